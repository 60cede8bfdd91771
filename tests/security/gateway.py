"""The HTTPS API from the gateway on, in memory: the authorizer and every function, routed as the deployment routes.

It is a WSGI application, for tools that speak to one. `tests/infra/test_api.py` holds its routes against the
template's.
"""

import base64
import json
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from infra.openapi import NOUNS
from tests.simulation.cloud import errors
from tests.simulation.cloud.gate import Call
from tests.simulation.cloud.table import Item, Table
from tests.simulation.invariants import rights
from tests.simulation.world import World
from tests.world import Answer
from tocsin import authorizer, leases, reading

OPERATOR_KEY = "0perat0r" * 5
API = "/api/v1"
Snapshot = dict[str, dict[tuple[str, str], Item]]


def route(path: str) -> tuple[str, bool]:
    """Return the function that a path leads to, and whether the authorizer is asked first."""
    match path.split("/")[1:]:
        case ["api", "v1", "company", "sso", *_]:
            return "sso", True
        case ["api", "v1", noun, *_] if noun in NOUNS and noun != "sso":
            return noun, True
        case ["api", "v1", first, *rest] if first or rest:
            return "root", True
        case ["scim", "v2", first, *rest] if first or rest:
            return "scim", True
        case ["a", token] if token:
            return "links", False
        case ["feed", key] if key:
            return "feeds", False
        case ["in", first, *rest] if first or rest:
            return "ingest", False
    return "root", False


class Secrets:
    """The part of Secrets Manager that the authorizer asks."""

    @staticmethod
    def get_secret_value(**_: Any) -> dict[str, str]:
        """Return the operator's key."""
        return {"SecretString": OPERATOR_KEY}


class Unicode:
    """AWS takes no half of a surrogate pair: whoever sends one fails."""

    @staticmethod
    def before(call: Call) -> None:
        """Raise UnicodeEncodeError for text that is none."""
        json.dumps(call.arguments, ensure_ascii=False, default=str).encode()

    @staticmethod
    def after(call: Call) -> None:
        """Nothing more happens."""


class Rights:
    """AWS denies what no right of a function allows."""

    @staticmethod
    def before(call: Call) -> None:
        """Raise AccessDeniedException for a call that is denied."""
        if beyond := rights.beyond([call]):
            raise errors.error("AccessDeniedException", call.operation, str(beyond))

    @staticmethod
    def after(call: Call) -> None:
        """What was allowed is done."""


class Gateway:
    """The gateway before a world. Leaving the block takes the world down too."""

    def __init__(self) -> None:
        self.world = World(seed=1)
        self.world.gate.faults += [Unicode(), Rights()]
        self.world.clients["secretsmanager"] = Secrets()  # type: ignore[assignment]

    def __enter__(self) -> Self:
        self.world.__enter__()
        self.world.put(socket, "getaddrinfo", _no_such_host)
        os.environ["OPERATOR_SECRET_ARN"] = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:operator"
        authorizer.forget_operator()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        authorizer.forget_operator()
        self.world.__exit__(kind, error, trace)

    # --- requests

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, query: str = "") -> Answer:
        """Send JSON, with an API key."""
        headers = {"content-type": "application/json"} if body is not None else {}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.send(method, path, headers, content, query=query)
        is_json = "json" in answer.headers.get("content-type", "")
        return replace(answer, body=json.loads(answer.body)) if is_json and answer.body else answer

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"", *, query: str = "") -> Answer:
        """Send a request as it comes over the wire, the path decoded. The answer's body is its text."""
        function, guarded = route(path)
        event = _event(method, path, headers, body, query)
        if guarded:
            if not headers.get("authorization"):  # the identity source: without it the gateway asks nobody
                return Answer(401, '{"message":"Unauthorized"}', {"content-type": "application/json"})
            found = self.world.invoke("authorizer", {**event, "type": "REQUEST"})
            event["requestContext"]["authorizer"] = {"lambda": found["context"]}
        found = self.world.invoke(function, event)
        if found is None:
            return Answer(500, '{"message":"Internal Server Error"}', {"content-type": "application/json"})
        return Answer(found["statusCode"], found.get("body") or "", _headers(found))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI (PEP 3333)."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): text
            for name, text in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = self.send(environ["REQUEST_METHOD"], path, headers, body, query=environ.get("QUERY_STRING", ""))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [answer.body.encode()]

    # --- what stands in the tables

    def snapshot(self) -> Snapshot:
        """Return all rows as they are."""
        return {table.name: dict(table.items) for table in self._tables()}

    def restore(self, snapshot: Snapshot) -> None:
        """Put all rows back as they were."""
        for table in self._tables():
            table.items.clear()
            for index in (table.primary, *table.indexes.values()):
                index.partitions.clear()
            table.load(snapshot[table.name])
        self.world.gate.calls.clear()
        self.world.lost.clear()
        reading.forget()
        leases.forget()  # what a company may ask in a second begins anew with each example, for the clock stands still

    def _tables(self) -> tuple[Table, Table]:
        return self.world.tickets, self.world.directory


def _no_such_host(*_: Any, **__: Any) -> Any:
    """The names of hosts that companies give lead nowhere: nothing here leaves the process."""
    raise socket.gaierror(socket.EAI_NONAME, "there is no such host")


def _event(method: str, path: str, headers: dict[str, str], body: bytes, query: str) -> dict[str, Any]:
    """Return a request, payload format 2.0; what is no UTF-8 comes in base64, as all that is no text does."""
    parameters: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True, errors="replace"):
        parameters.setdefault(name, []).append(text)
    try:
        text, is_base64 = body.decode(), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "queryStringParameters": {name: ",".join(texts) for name, texts in parameters.items()} or None,
        "requestContext": {
            "stage": "$default",
            "requestId": "r1",
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
        },
        "body": text or None,
        "isBase64Encoded": is_base64,
    }


def _headers(found: dict[str, Any]) -> dict[str, str]:
    headers = {name.lower(): str(text) for name, text in (found.get("headers") or {}).items()}
    return headers | {name.lower(): texts[0] for name, texts in (found.get("multiValueHeaders") or {}).items()}
