"""Write the OpenAPI document of all functions: `python -m infra.openapi`.

Powertools writes each function's part from the types of its routes. Added here is what holds for all of them: how they
are called, and how they refuse. The file that comes of it is checked in, and a test keeps it in step with the code.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "functions" / "root" / "openapi.json"
# Paths that are not described by types: they have no bearer token, or are read leniently.
OPEN: Final = Path(__file__).with_name("openapi_open.json")
NOUNS: Final = (
    "tickets",
    "rules",
    "schedules",
    "oncall",
    "users",
    "teams",
    "severities",
    "company",
    "companies",
    "api_keys",
    "integrations",
    "sso",
    "audit",
    "me",
)
PROBLEM: Final = "application/problem+json"

DESCRIPTION: Final = """\
Something breaks, a ticket is opened, the right person is paged, and if nobody answers the next one is.

**Credentials.** `Authorization: Bearer <API key>`, or of a person a token of the company's identity provider. The \
company is the credential's; no request names it. A viewer reads, a responder reads and changes tickets, an admin does \
all. Persons also change what is their own: the admins of a team its name, members, rules, schedules and overrides \
(if they are responders), everybody the own contact methods, and overrides by which they take over a shift. The \
operator's key is good for `/companies` only.

**Ids.** Every resource has its id as `<noun>_id`. Choose it yourself or leave it out. A create may be repeated: the \
same request again is 200 and the resource as it is now (what is secret is not shown again), another request with the \
same id is 409.

**Changes.** `PATCH` is a JSON Merge Patch (RFC 7396): null puts a field back to its default. `PUT` replaces. \
`DELETE` is 204, and 404 when it is done again. What is answered is written; pages are sent after that.

**Times** are RFC 3339, in answers UTC with milliseconds. **Durations** are written `30s`, `5m`, `1h30m`, `7d`.

**Lists** take `limit` and `cursor`; go on until `next_cursor` is null, for a page may hold fewer items than `limit`.

**Limits.** `GET /company` shows how many tickets and requests a company may send in a second; ten times as many may \
come at once after a quiet time. What is over is a 429 with `Retry-After` and leaves no trace: send it again.

**Errors** are problem documents (RFC 9457). An unknown field or parameter is a 422, and so is one that is not built \
yet: nothing is stored and ignored. Another company's things are not found.
"""

REFUSALS: Final = {
    "400": "The body is not JSON.",
    "401": "There is no credential, or a bad one; `detail` says why.",
    "403": "The credential does not allow this, or its company is suspended.",
    "404": "There is no such thing, or no such path.",
    "405": "The path does not take this method; `Allow` names those it takes.",
    "409": "The id is taken by another request, or the state of things does not allow this.",
    "413": "The body is too large: 256 KiB are taken, of doors 1 MiB.",
    "415": "The body is not JSON by its type.",
    "422": "Understood, but wrong: `errors` says where.",
    "429": "Over a limit. Try again after `Retry-After` seconds.",
    "503": "Too much to do. Try again after `Retry-After` seconds; the request may be repeated as it is.",
}
# What the gateway itself answers, before any function is asked: a missing Authorization header, its own limits.
_GATEWAY: Final = ("401", "413", "429", "503")
_GATEWAY_SCHEMA: Final = {"type": "object", "title": "Message", "properties": {"message": {"type": "string"}}}
_HEADERS: Final = {"401": "WWW-Authenticate", "405": "Allow", "429": "Retry-After", "503": "Retry-After"}

_PROBLEM_SCHEMA: Final = {
    "type": "object",
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence for a person."},
        "errors": {
            "type": "array",
            "description": "For 422: what is wrong, and where.",
            "items": {
                "type": "object",
                "properties": {
                    "loc": {
                        "type": "array",
                        "items": {"type": ["string", "integer"]},
                        "examples": [["body", "steps", 0, "wait"]],
                    },
                    "msg": {"type": "string"},
                },
                "required": ["loc", "msg"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"}


def document() -> dict[str, Any]:
    """Return the document, generated from the functions' code as it is now."""
    found = _generated()
    found["paths"] = dict(sorted(found["paths"].items()))
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            _complete(operation, noun=path.split("/")[3], method=method, path=path)
    schemas = found["components"]["schemas"]
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(unused, None)
    found["components"] |= _shared() | {"schemas": dict(sorted({**schemas, "Problem": _PROBLEM_SCHEMA}.items()))}
    found["paths"] |= json.loads(OPEN.read_text(encoding="utf-8"))
    return found


def _generated() -> dict[str, Any]:
    merge = OpenAPIMerge(
        title="Tocsin",
        version="1",
        description=DESCRIPTION,
        tags=list(NOUNS),
        security=[{"bearer": []}],
        on_conflict="error",
    )
    for noun in NOUNS:
        merge.add_file(ROOT / "functions" / noun / "handler.py", "app")
    found: dict[str, Any] = json.loads(merge.get_openapi_json_schema())
    return found


def _complete(operation: dict[str, Any], *, noun: str, method: str, path: str) -> None:
    """Add to a route what holds for all: its noun, the form of ids, the refusals."""
    operation["tags"] = [noun]
    operation["operationId"] = _operation_id(method, path)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["schema"] = _ID
    for response in operation["responses"].values():
        if response["description"] == "Successful Response":  # what Powertools says of all of them
            response["description"] = "What is asked for."
    for status in ("202", "204"):
        operation["responses"].get(status, {}).pop("content", None)
    if method == "patch":
        taken = operation["requestBody"]["content"]
        taken["application/merge-patch+json"] = taken["application/json"]
    refusals = {status: {"$ref": f"#/components/responses/{status}"} for status in REFUSALS}
    operation["responses"] = dict(sorted({**operation["responses"], **refusals}.items()))


def _operation_id(method: str, path: str) -> str:
    return "_".join([method, *(part.strip("{}") for part in path.split("/")[3:])])


def _shared() -> dict[str, Any]:
    refusals = {status: _refusal(status, text) for status, text in REFUSALS.items()}
    page = {"description": "A page for a person.", "content": {"text/html": {"schema": {"type": "string"}}}}
    door_key = {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "The key of an integration.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    }
    return {
        "parameters": {"DoorKey": door_key},
        "responses": {**refusals, "LinkPage": page},
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a token."}},
    }


def _refusal(status: str, text: str) -> dict[str, Any]:
    content: dict[str, Any] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in _GATEWAY:
        content["application/json"] = {"schema": _GATEWAY_SCHEMA}
    header = _HEADERS.get(status)
    headers = {"headers": {header: {"schema": {"type": "string"}}}} if header else {}
    return {"description": text, "content": content, **headers}


def text() -> str:
    """Return the document as the file holds it."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "layers" / "core" / "python"))
    TARGET.write_text(text(), encoding="utf-8")
