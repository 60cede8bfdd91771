"""A service that refuses a call, or does not answer, as its client sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ReadTimeoutError

from tocsin import aws

TIMEOUT = "time-out"


@contextmanager
def refused(service: str, operation: str, code: str) -> Iterator[list[dict[str, Any]]]:
    """Answer every call of an operation with an error code, or not at all. Yield the calls that were made."""
    calls: list[dict[str, Any]] = []

    def answer(params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        calls.append(params)
        if code == TIMEOUT:
            raise ReadTimeoutError(endpoint_url=f"https://{service}.example")
        return SimpleNamespace(status_code=400), {"Error": {"Code": code, "Message": "No."}}

    client = aws.client(service)
    events, name = client.meta.events, f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    events.register(name, answer)
    try:
        yield calls
    finally:
        events.unregister(name, answer)
