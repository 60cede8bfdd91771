"""Clients of the embedded AWS."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

from infra.local.engine import ACCOUNT, REGION


@cache
def _session() -> Any:
    """Nothing of the user's own AWS settings counts here, a profile that is not there least of all."""
    nothing = {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}
    ours = {name: (None, None, value, None) for name, value in nothing.items()}
    return boto3.Session(botocore_session=Session(session_vars={**Session.SESSION_VARIABLES, **ours}))


def client(service: str, endpoint: str) -> Any:
    """A client of one service. The account is told by a twelve-digit access key."""
    return _session().client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="none",  # noqa: S106  # the embedded AWS does not look at it
        config=Config(
            proxies={}, max_pool_connections=32, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 2}
        ),
    )
