"""HTTPS API: what belongs to no noun: health, the OpenAPI document, and paths that there are not."""

import json
from pathlib import Path
from typing import Any, Final

from tocsin import access, problem
from tocsin.errors import MethodNotAllowed, NotFound, Problem

OPEN: Final = {
    "/health": json.dumps({"status": "ok"}),
    "/openapi.json": Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"),
}


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer a request (HTTP API, payload format 2.0)."""
    try:
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": find(event)}
    except Problem as refusal:
        return problem.answer(refusal)


def find(event: dict[str, Any]) -> str:
    """Return what there is at the path. Raises a `Problem`."""
    path = event["rawPath"]
    if path in OPEN:
        if event["requestContext"]["http"]["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(["GET"])
        return OPEN[path]
    if path.startswith("/api/v1/"):
        access.principal(event)
    raise NotFound("There is no such path.")
