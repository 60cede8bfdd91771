"""The AWS clients: the one module that imports boto3, and the seam behind which tests put another AWS.

Clients are made when first asked for: a function pays only for the services that it calls.
"""

from functools import cache
from typing import Any

TIMEOUT_SECONDS = 5


@cache
def client(service: str, region: str | None = None) -> Any:
    """Return the client of a service, made once per process; `region` None is our own.

    Standard retries with few attempts: what still fails is retried by whoever called us, later and elsewhere.
    """
    import boto3  # noqa: PLC0415 - half of a cold start; a process that answers from memory never pays it
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=2,
        read_timeout=TIMEOUT_SECONDS,
        retries={"mode": "standard", "max_attempts": 3},
        tcp_keepalive=True,
    )
    return boto3.client(service, region_name=region, config=config)


def error_code(error: Exception) -> str:
    """Return the code of a client error as its service names it, such as `ConflictException`; else an empty string."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
