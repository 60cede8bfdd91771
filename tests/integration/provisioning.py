"""What tests of SCIM share: a caller of the door, and one that foreign clients speak to as a web server."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from tests.world import Answer, Context, handler, request

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ADMIN = {"tenant": "acme", "actor": "api_key:k1", "role": "admin"}
GRACE = {
    "schemas": [USER],
    "userName": "Grace@example.com",
    "externalId": "00u1",
    "name": {"givenName": "Grace", "familyName": "Hopper"},
    "emails": [{"value": "grace@example.com", "type": "work", "primary": True}],
    "active": True,
}


def scim(method: str, path: str, body: Any = None, *, principal: dict[str, str] = ADMIN, **how: Any) -> Answer:
    """Ask the door of SCIM: `scim("GET", "/Users", query={"filter": ...})`."""
    how.setdefault("headers", {"content-type": "application/scim+json"})
    event = request(method, f"/scim/v2{path}", body, principal=principal, **how)
    found = handler("scim").lambda_handler(event, Context())
    assert found["statusCode"] == 204 or found["headers"]["Content-Type"] == "application/scim+json"
    return Answer(found["statusCode"], json.loads(found["body"] or "null"), found.get("headers") or {})


def created(**fields: Any) -> str:
    """Make a user and return the id."""
    answer = scim("POST", "/Users", GRACE | fields)
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


def patched(user_id: str, *operations: dict[str, Any]) -> Answer:
    return scim("PATCH", f"/Users/{user_id}", {"schemas": [PATCH], "Operations": list(operations)})


def named(user_name: str) -> list[str]:
    """Return the ids of who is found by a userName."""
    answer = scim("GET", "/Users", query={"filter": f"userName eq {json.dumps(user_name)}"})
    return [one["id"] for one in answer.body["Resources"]]


def web_server(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Be the gateway, as a WSGI application (PEP 3333)."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    event = request(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ["wsgi.input"].read(length).decode() or None,
        query=dict(parse_qsl(environ["QUERY_STRING"])),
        headers={"content-type": environ.get("CONTENT_TYPE", "")},
        principal=ADMIN,
    )
    found = handler("scim").lambda_handler(event, Context())
    start_response(f"{found['statusCode']} -", list((found.get("headers") or {}).items()))
    return [found["body"].encode()]
