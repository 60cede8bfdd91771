"""Calls by AWS End User Messaging, which the embedded AWS lacks: what would be said is kept, to be read."""

import json
import time
import uuid
from typing import Any

from infra.local.server.front import Application

TARGET = b"PinpointSMSVoiceV2.SendVoiceMessage"
KEPT = "/_tocsin/calls"
"""Where the calls are read: `{"calls": [{"number", "text", "at"}]}`, `at` in seconds since 1970."""


def application(embedded: Application) -> Application:
    """The embedded AWS, with SendVoiceMessage (AWS JSON 1.0)."""
    calls: list[dict[str, Any]] = []

    async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await embedded(scope, receive, send)
        elif scope["path"] == KEPT:
            await _answer(send, {"calls": calls})
        elif TARGET in dict(scope["headers"]).values():
            asked = json.loads(await _body(receive))
            said = {"number": asked["DestinationPhoneNumber"], "text": asked["MessageBody"], "at": time.time()}
            calls.append(said)
            await _answer(send, {"MessageId": str(uuid.uuid4())})
        else:
            await embedded(scope, receive, send)

    return serve


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _answer(send: Any, content: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/x-amz-json-1.0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})
