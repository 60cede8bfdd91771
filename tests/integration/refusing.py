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
def refused(service: str, operation: str, code: str, **more: str) -> Iterator[list[dict[str, Any]]]:
    """Answer every call of an operation with an error code, or not at all. Yield the calls that were made."""
    problem = {"Error": {"Code": code, "Message": "No."}, **more}
    with _instead(service, operation, 400, None if code == TIMEOUT else problem) as calls:
        yield calls


@contextmanager
def answered(service: str, operation: str, answer: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Answer every call of an operation in the place of a service that there is not. Yield the calls."""
    with _instead(service, operation, 200, answer) as calls:
        yield calls


@contextmanager
def _instead(service: str, operation: str, status: int, said: dict[str, Any] | None) -> Iterator[list[dict[str, Any]]]:
    calls: list[dict[str, Any]] = []

    def answer(params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        calls.append(params)
        if said is None:
            raise ReadTimeoutError(endpoint_url=f"https://{service}.example")
        return SimpleNamespace(status_code=status), said

    clients = [aws.client(service), *([aws.lent_client(service, LENT)] if service == "dynamodb" else [])]
    name = f"before-call.{clients[0].meta.service_model.service_id.hyphenize()}.{operation}"
    for client in clients:
        client.meta.events.register(name, answer)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister(name, answer)
