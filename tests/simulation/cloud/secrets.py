"""Secrets Manager: secrets by ARN, which may have no value yet."""
# ruff: noqa: N803 - arguments are named as AWS names them

from typing import Any

from tests.simulation.cloud import errors
from tests.simulation.cloud.errors import Exceptions


class SecretsManager:
    """The service."""

    exceptions = Exceptions("ResourceNotFoundException", "InvalidRequestException")

    def __init__(self, **values: str) -> None:
        self.values = dict(values)

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:
        if SecretId not in self.values:
            raise errors.error("ResourceNotFoundException", "GetSecretValue")
        return {"SecretString": self.values[SecretId]}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> dict[str, Any]:
        self.values[SecretId] = SecretString
        return {}
