"""A service that refuses a call, or does not answer, as its client sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ReadTimeoutError

from tocsin import aws

TIMEOUT = "time-out"
LENT = aws.Credentials("ASIA", "secret", "token")  # a tenant's session has a client of its own


@contextmanager
def refused(service: str, operation: str, code: str) -> Iterator[list[dict[str, Any]]]:
    """Answer every call of an operation with an error code, or not at all. Yield the calls that were made."""
    calls: list[dict[str, Any]] = []

    def answer(params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        calls.append(params)
        if code == TIMEOUT:
            raise ReadTimeoutError(endpoint_url=f"https://{service}.example")
        return SimpleNamespace(status_code=400), {"Error": {"Code": code, "Message": "No."}}

    clients = [aws.client(service), *([aws.lent_client(service, LENT)] if service == "dynamodb" else [])]
    name = f"before-call.{clients[0].meta.service_model.service_id.hyphenize()}.{operation}"
    for client in clients:
        client.meta.events.register(name, answer)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister(name, answer)
