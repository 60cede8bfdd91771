"""Clients of the embedded AWS."""

from typing import Any

import boto3
from botocore.config import Config

from infra.local.engine import ACCOUNT, REGION


def client(service: str, endpoint: str) -> Any:
    """A client of one service. The account is told by a twelve-digit access key."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="none",  # noqa: S106  # the embedded AWS does not look at it
        config=Config(
            proxies={}, max_pool_connections=32, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 2}
        ),
    )
