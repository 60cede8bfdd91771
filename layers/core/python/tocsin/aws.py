"""The AWS clients: the one module that imports boto3, and the seam behind which tests put another AWS.

A function names the services that it calls with `prepare`, so that their clients are made while it starts and not
while somebody waits for a page. Elsewhere clients are made when first asked for.
"""

import os
from functools import cache
from typing import Any, NamedTuple

TIMEOUT_SECONDS = 3
ONCE = dict.fromkeys(("sns", "pinpoint-sms-voice-v2", "sesv2", "scheduler", "lambda"), 1)
SLOW = {"lambda": 35}  # seconds: a function at work is waited for


class Credentials(NamedTuple):
    """What a call is signed with."""

    access_key: str
    secret_key: str
    token: str


@cache
def client(service: str, region: str | None = None) -> Any:
    """Return the client of a service, made once per process; `region` None is our own.

    Few attempts: what still fails is retried by whoever called us, later and elsewhere. What reaches people, and what
    sets timers, is tried once: a message that timed out may have been sent, and a throttled timer has another way.
    """
    return _made(service, region)


@cache
def unsigned_client(service: str, region: str) -> Any:
    """Return a client that calls without credentials: what needs none is not measured by the rights of our role."""
    from botocore import UNSIGNED  # noqa: PLC0415 - as below

    return _made(service, region, signature_version=UNSIGNED)


def lent_client(service: str, credentials: Credentials) -> Any:
    """Return a client whose next call is signed with these credentials: one for all, with its connections."""
    from botocore.credentials import ReadOnlyCredentials  # noqa: PLC0415 - as below

    made, lent = _lent(service)
    lent.frozen = ReadOnlyCredentials(*credentials)
    return made


@cache
def _lent(service: str) -> tuple[Any, Any]:
    """Return a client that asks, whenever it signs a call, for the credentials that were lent last; and those."""
    import boto3  # noqa: PLC0415 - as below
    from botocore.credentials import Credentials as Asked  # noqa: PLC0415
    from botocore.session import Session  # noqa: PLC0415

    class Lent(Asked):  # type: ignore[misc]  # botocore has no types
        def get_frozen_credentials(self) -> Any:
            return self.frozen

    class Provider:
        @staticmethod
        def load_credentials() -> Any:
            return lent

    lent = Lent("none", "none")
    session = Session()
    session.register_component("credential_provider", Provider)
    return boto3.Session(botocore_session=session).client(service, config=_config(service)), lent


def _made(service: str, region: str | None, **how: Any) -> Any:
    import boto3  # noqa: PLC0415 - half of a cold start; a process that answers from memory never pays it

    return boto3.client(service, region_name=region, config=_config(service, **how))


def _config(service: str, **how: Any) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - as above

    return Config(
        connect_timeout=2,
        read_timeout=SLOW.get(service, TIMEOUT_SECONDS),
        retries={"mode": "standard", "total_max_attempts": ONCE.get(service, 3)},
        tcp_keepalive=True,
        **how,
    )


def prepare(*services: str) -> None:
    """Make the clients of these services now, if this is a Lambda function's start: there processor time is free."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        for service in services:
            client(service)
        if "TENANT_ROLE_ARN" in os.environ:
            client("sts")
            _lent("dynamodb")


@cache
def failures() -> tuple[type[Exception], ...]:
    """Return what a call raises when the service refuses it, or does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as below

    return BotoCoreError, ClientError


def error_code(error: Exception) -> str:
    """Return the code of a client error as its service names it, such as `ConflictException`; else an empty string."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
