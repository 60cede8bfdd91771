"""The door of SCIM: from a request under /scim/v2 to what is done with it, and the answer in SCIM's own form."""

import json
from base64 import b64decode
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from tocsin import access, ids, journal, limits, people, sessions, users
from tocsin.access import Principal
from tocsin.errors import MethodNotAllowed, NotFound, Problem, TooLarge, UnsupportedMedia
from tocsin.rows import Row
from tocsin.scim import messages, patch, person
from tocsin.scim.messages import CONTENT_TYPE, NotOffered, Unacceptable
from tocsin.scim.query import Query, selected
from tocsin.settings import settings
from tocsin.telemetry import about, logger

PREFIX: Final = "/scim/v2"
BODY_LIMIT: Final = 256 * 1024
_TYPES: Final = ("", CONTENT_TYPE, "application/json")

Answer = dict[str, Any]


def answer(request: Mapping[str, Any], now: datetime) -> Answer:
    """Answer a request (HTTP API, payload format 2.0), whatever it is."""
    try:
        who = access.principal(request)
        about(who.tenant)
        with sessions.acting_for(who.tenant):
            limits.admit_request(who, now)
            access.check(who, access.SCIM)
            with _audited(who, request, now):
                return _routed(who, request, now)
    except Problem as problem:
        return _answer(problem.status, messages.error(problem), headers=problem.headers)
    except Exception as error:
        logger.exception("a request failed", exc_info=error)
        failed = Problem("Something failed here. The request may be repeated as it is.")
        return _answer(failed.status, messages.error(failed))


def _audited(who: Principal, request: Mapping[str, Any], now: datetime) -> AbstractContextManager[None]:
    context = request["requestContext"]
    name, method = context.get("requestId") or ids.new(), context["http"]["method"]
    return journal.kept(who, "scim", name, now, method=method, path=request["rawPath"])


def _routed(who: Principal, request: Mapping[str, Any], now: datetime) -> Answer:
    method = request["requestContext"]["http"]["method"]
    path = str(request["rawPath"]).removeprefix(PREFIX).strip("/").split("/")
    match path:
        case ["Users"]:
            _allow(method, "GET", "POST")
            return _list(who, request) if method == "GET" else _create(who, request, now)
        case [".search"] | ["Users", ".search"] | ["Bulk"] | ["Me"]:
            raise NotOffered("This service does not offer it: see ServiceProviderConfig.")
        case ["Users", user_id]:
            _allow(method, "GET", "PUT", "PATCH", "DELETE")
            return _one(who, user_id, method, request, now)
        case _:
            _allow(method, "GET")
            return _answer(HTTPStatus.OK, _described(path))


def _described(path: list[str]) -> dict[str, Any]:
    base = _base()
    match path:
        case ["ServiceProviderConfig"]:
            return messages.service(base)
        case ["ResourceTypes"]:
            return messages.listed([messages.resource_type(base)], total=1, start=1)
        case ["ResourceTypes", "User"]:
            return messages.resource_type(base)
        case ["Schemas"]:
            return messages.listed([messages.schema(base)], total=1, start=1)
        case ["Schemas", messages.USER]:
            return messages.schema(base)
    raise NotFound("There is no such path.")


def _list(who: Principal, request: Mapping[str, Any]) -> Answer:
    query = Query.of(_parameters(request))
    if query.where:
        found = people.find(who.tenant, *query.where)
        rows, total = ([found], 1) if found else ([], 0)
        rows = rows[query.start - 1 : query.start - 1 + query.count]
    else:
        rows, total = people.listed(who.tenant, query.start, query.count)
    shown = [_shown(row, request) for row in rows]
    return _answer(HTTPStatus.OK, messages.listed(shown, total=total, start=query.start))


def _create(who: Principal, request: Mapping[str, Any], now: datetime) -> Answer:
    row = people.create(who.tenant, person.wanted(_body(request)), now)
    headers = {"Location": f"{_base()}/Users/{row['user_id']}"}
    return _answer(HTTPStatus.CREATED, _shown(row, request), headers=headers)


def _one(who: Principal, user_id: str, method: str, request: Mapping[str, Any], now: datetime) -> Answer:
    row = people.found(who.tenant, user_id)
    match method:
        case "DELETE":
            users.delete(who.tenant, user_id, now)
            return {"statusCode": int(HTTPStatus.NO_CONTENT), "body": ""}
        case "PUT":
            wanted = person.wanted(_body(request))
            row = people.change(who.tenant, user_id, lambda _: wanted, now)
        case "PATCH":
            body = _body(request)
            row = people.change(
                who.tenant, user_id, lambda it: person.wanted(patch.patched(person.shown(it, _base()), body)), now
            )
    return _answer(HTTPStatus.OK, _shown(row, request))


def _shown(row: Row, request: Mapping[str, Any]) -> dict[str, Any]:
    return selected(person.shown(row, _base()), _parameters(request))


def _parameters(request: Mapping[str, Any]) -> Mapping[str, str]:
    return request.get("queryStringParameters") or {}


def _body(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object that a request brings. Raises `Problem`."""
    headers = {name.lower(): text for name, text in (request.get("headers") or {}).items()}
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
        raise UnsupportedMedia(f"The body must be {CONTENT_TYPE}.")
    text = request.get("body") or ""
    if len(text) > BODY_LIMIT * 2:
        raise TooLarge(f"A body holds at most {BODY_LIMIT} bytes.")
    try:
        content = b64decode(text, validate=True) if request.get("isBase64Encoded") else text.encode()
        if len(content) > BODY_LIMIT:
            raise TooLarge(f"A body holds at most {BODY_LIMIT} bytes.")
        found = json.loads(content)
        json.dumps(found, ensure_ascii=False).encode()  # no half of a surrogate pair
    except (ValueError, RecursionError):
        raise Unacceptable("invalidSyntax", "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Unacceptable("invalidSyntax", "The body must be a JSON object.")
    return found


def _allow(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise MethodNotAllowed(allowed)


def _base() -> str:
    return settings.public_url + PREFIX


def _answer(status: HTTPStatus, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> Answer:
    sent = {"Content-Type": CONTENT_TYPE, **(headers or {})}
    return {"statusCode": int(status), "headers": sent, "body": json.dumps(body)}
