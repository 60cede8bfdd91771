"""A port at whose root the HTTP API answers, as it would at a domain of its own.

The embedded AWS serves it below a path with the API's id, which is ugly to read and long in a text message.
"""

# ruff: noqa: SLF001  # the embedded AWS has no public way to list its APIs for all accounts

import importlib
from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def application(embedded: Application, port: int) -> Application:
    """The embedded AWS, with the one HTTP API at the root of `port`; all else is as before."""

    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        server = scope.get("server")
        if scope["type"] == "http" and server and server[1] == port:
            scope = _below(scope, f"/_aws/execute-api/{_api_id()}/$default")
        await embedded(scope, receive, send)

    return serve


def _below(scope: dict[str, Any], prefix: str) -> dict[str, Any]:
    raw = scope.get("raw_path") or scope["path"].encode()
    return {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}


def _api_id() -> str:
    apis = importlib.import_module("ministack.services.apigateway")._apis
    return next((key[-1] for key in apis._data), "none")
