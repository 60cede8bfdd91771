"""STS: a role that is assumed for a tenant. The session token names whose it is, to tell its calls apart."""
# ruff: noqa: N803 - arguments are named as AWS names them

import re
from collections.abc import Sequence
from typing import Any

from tests.simulation.cloud import errors
from tests.simulation.cloud.errors import Exceptions


class STS:
    """The service."""

    exceptions = Exceptions("RegionDisabledException")

    def assume_role(
        self, *, RoleArn: str, RoleSessionName: str, DurationSeconds: int, Tags: Sequence[dict[str, str]]
    ) -> dict[str, Any]:
        if not 900 <= DurationSeconds <= 3600 or not re.fullmatch(r"[\w+=,.@-]{2,64}", RoleSessionName):
            raise errors.error("ValidationError", "AssumeRole")
        ((name, tenant),) = [(tag["Key"], tag["Value"]) for tag in Tags]
        assert name == "tenant", "the trust policy lets no other tag through"
        return {"Credentials": {"AccessKeyId": RoleArn, "SecretAccessKey": "secret", "SessionToken": tenant}}
