"""The conventions of the HTTPS API, for every function behind it: who asks, what may be sent, what an error looks like.

A function makes one `Api` for its noun and hangs its routes on it. Powertools matches, validates against the types of
a route and writes the OpenAPI document from them; this module decides what comes before (401, 404, 405, 403, 429, 413,
415, 400) and how every refusal is written (RFC 9457).
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel, BeforeValidator

from tocsin import access, aws, clock, ids, journal, limits, ownership, sessions
from tocsin.access import Principal, principal
from tocsin.errors import (
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    UnsupportedMedia,
)
from tocsin.telemetry import about, counted, logger

PREFIX = "/api/v1"
BODY_LIMIT = 256 * 1024
JSON_TYPES = ("application/json", "application/merge-patch+json")
PROBLEM_TYPE = "application/problem+json"


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """A page of a list. `next_cursor` is null on the last one; a page may hold fewer items than `limit`, or none."""

    items: list[Item]
    next_cursor: str | None


def _plain(number: Any) -> Any:
    """Let plain digits through alone: pydantic would read `+5`, ` 5`, `1_0` and `5.0` too."""
    if isinstance(number, str) and not re.fullmatch("[0-9]{1,9}", number):
        raise ValueError("a whole number, written in digits")
    return number


Limit = Annotated[int, BeforeValidator(_plain), Query(ge=1, le=100, description="Items a page, at most.")]
Cursor = Annotated[str | None, Query(description="The `next_cursor` of the page before.")]


def _described(status: int, model: type[BaseModel] | None, description: str) -> dict[int, Any]:
    content = {"content": {"application/json": {"model": model}}} if model else {}
    return {status: {"description": description, **content}}


def creates(model: type[BaseModel]) -> dict[int, Any]:
    """Return the OpenAPI responses of a create."""
    return _described(201, model, "Made.") | _described(200, model, "Made before, by the same request.")


DELETES = _described(204, None, "Gone.")
ACCEPTS = _described(202, None, "Accepted for later.")


def require(holds: bool, *loc: str, msg: str) -> None:
    """Raise `Invalid` at a place unless something holds."""
    if not holds:
        raise Invalid.at(*loc, msg=msg)


def mentions(part: str | None, *texts: str) -> bool:
    """Say whether a list's `q` is in one of the texts, whatever the case; no `q` is in all."""
    return part is None or any(part.casefold() in text.casefold() for text in texts)


class Api(APIGatewayHttpResolver):
    """The routes of one noun. `lambda_handler` is `api.resolve`."""

    def __init__(self, noun: str) -> None:
        aws.prepare("dynamodb")
        super().__init__(enable_validation=True, json_body_deserializer=_object)
        self._noun = noun
        self.routes: dict[str, re.Pattern[str]] = {}  # by name, as in the table of who may do what
        self.use(middlewares=[_known_parameters_only, _known_fields_only])
        self.exception_handler(Problem)(_refuse)
        self.exception_handler(RequestValidationError)(_refuse_invalid)
        self.exception_handler(Exception)(_refuse_unexpected)

    @property
    def principal(self) -> Principal:
        """Who is asking."""
        return principal(self.current_event.raw_event)

    def route(self, rule: str, method: Any, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Register a route, as Powertools does, and remember it to tell 404 from 405 and who may use it."""
        # What could be nobody's id is no path: it need not be looked up, and Powertools need not match it.
        pattern = re.compile(re.sub(r"<(\w+)>", rf"(?P<\1>{ids.ID_PATTERN[1:-1]})", rule))
        for one in (method,) if isinstance(method, str) else method:
            name = f"{one} {rule.removeprefix(PREFIX)}"
            if name not in access.TABLE:
                raise LookupError(f"Who may use {name}? The table in access.py does not say.")
            self.routes[name] = pattern
        return super().route(rule, method, *args, **kwargs)

    @counted
    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer a request (HTTP API, payload format 2.0)."""
        request = dict(event)
        try:
            who = principal(request)
            with sessions.acting_for(who.tenant):
                self._admit(who, request)
                return self._answer(who, request, context)
        except Problem as problem:
            return _gateway_answer(_refuse(problem))

    def _answer(self, who: Principal, request: dict[str, Any], context: Any) -> dict[str, Any]:
        asked = request["requestContext"]["http"]
        name, path = request["requestContext"].get("requestId") or ids.new(), request["rawPath"]
        with journal.kept(who, self._noun, name, clock.now(), method=asked["method"], path=path):
            answer = super().resolve(request, context)
        told = {"method": asked["method"], "path": path, "status": answer["statusCode"]}
        logger.info("request", extra=told)  # with the request's id and, by now, the ticket that it was about
        return answer

    def _admit(self, who: Principal, request: dict[str, Any]) -> None:
        logger.set_correlation_id(request["requestContext"].get("requestId"))
        about(who.tenant)
        proxy = APIGatewayProxyEventV2(request)
        route, path = self._matched(proxy.path, proxy.http_method)
        own = access.check(who, route)
        limits.admit_request(who, clock.now())  # after what costs nothing, and may not concern a function with tables
        _check_body(request)
        if own:
            ownership.check(who, route, own, path, _object(request["body"] or "{}"))

    def _matched(self, path: str, method: str) -> tuple[str, dict[str, str]]:
        """Return the route that a request takes, and the ids in its path. Raises `NotFound`, `MethodNotAllowed`."""
        found = {name: match for name, pattern in self.routes.items() if (match := pattern.fullmatch(path))}
        if not found:
            raise NotFound("There is no such path.")
        # A word in a path goes before an id, as for Powertools.
        fitting = sorted((name for name in found if name.split()[0] == method), key=lambda name: name.count("<"))
        if not fitting:
            raise MethodNotAllowed(sorted({name.split()[0] for name in found}))
        return fitting[0], found[fitting[0]].groupdict()


def created(location: str, body: BaseModel, *, new: bool = True) -> Response[Any]:
    """Return 201 with Location, or 200 for a create that had been made before."""
    status = HTTPStatus.CREATED if new else HTTPStatus.OK
    headers = {"Location": PREFIX + location} if new else {}
    return answer(body, status=status, headers=headers)


def answer(body: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """Return a resource."""
    content = body.model_dump(mode="json", by_alias=True)
    return Response(status_code=status, content_type="application/json", body=content, headers=dict(headers or {}))


def no_content() -> Response[str]:
    """Return 204."""
    return Response(status_code=HTTPStatus.NO_CONTENT, body="")


def accepted() -> Response[str]:
    """Return 202 for what is done later and has nothing to show."""
    return Response(status_code=HTTPStatus.ACCEPTED, body="")


def _json(text: str) -> Any:
    """Parse a body strictly: no NaN, no half of a surrogate pair, no nesting beyond what Python takes."""
    try:
        found = json.loads(text, parse_constant=_no_constant)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON.") from error
    return found


def _object(text: str) -> dict[str, Any]:
    """Parse a body that must be an object. Of a list Powertools would take the first, unseen by who looked before."""
    found = _json(text)
    if not isinstance(found, dict):
        raise Invalid.at("body", msg="The body must be a JSON object.")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _check_body(request: dict[str, Any]) -> None:
    """Read the body as UTF-8 text and check its size and type. Puts both back in the form that Powertools takes."""
    content = body_bytes(request)
    if len(content) > BODY_LIMIT:
        raise TooLarge(f"A body holds at most {BODY_LIMIT} bytes.")
    headers = {name.lower(): text for name, text in (request.get("headers") or {}).items()}
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content and media not in JSON_TYPES:
        raise UnsupportedMedia("The body must be JSON: Content-Type: application/json.")
    try:
        request["body"] = content.decode()
    except UnicodeDecodeError as error:
        raise Malformed("The body is not UTF-8.") from error
    request["isBase64Encoded"] = False
    request["headers"] = {**headers, "content-type": "application/json"}


def body_bytes(request: Mapping[str, Any]) -> bytes:
    """Return the bytes of a request's body. Raises `Malformed` if the gateway's base64 is none."""
    text = request.get("body") or ""
    if not request.get("isBase64Encoded"):
        return str(text).encode(errors="surrogatepass")
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("The body cannot be read.") from error


def _known_parameters_only(app: Any, next_middleware: Callable[..., Any]) -> Any:
    known = {field.alias for field in app.context["_route"].dependant.query_params}
    unknown = sorted(set(app.current_event.query_string_parameters or {}) - known)
    if unknown:
        raise Invalid([{"loc": ["query", name], "msg": "There is no such parameter."} for name in unknown])
    return next_middleware(app)


def _known_fields_only(app: Any, next_middleware: Callable[..., Any]) -> Any:
    """Refuse fields in the body of a call that has none; where a route has a model, the model does it."""
    event = app.current_event
    if event.http_method in ("POST", "PUT") and event.body and not app.context["_route"].dependant.body_params:
        found = _json(event.body)
        if not isinstance(found, dict):
            raise Invalid.at("body", msg="This call takes no body.")
        if found:
            raise Invalid([{"loc": ["body", name], "msg": "This call takes no fields."} for name in found])
    return next_middleware(app)


def _refuse(problem: Problem) -> Response[Any]:
    return Response(
        status_code=problem.status,
        content_type=PROBLEM_TYPE,
        body=json.dumps(problem.document()),
        headers=dict(problem.headers),
    )


def _refuse_invalid(error: RequestValidationError) -> Response[Any]:
    return _refuse(Invalid([{"loc": list(one["loc"]), "msg": _sentence(one["msg"])} for one in error.errors()]))


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


def _refuse_unexpected(error: Exception) -> Response[Any]:
    logger.exception("a request failed", exc_info=error)
    return _refuse(Problem("Something failed here. The request may be repeated as it is."))


def _gateway_answer(response: Response[Any]) -> dict[str, Any]:
    headers = {name: str(value) for name, value in response.headers.items()}
    return {"statusCode": int(response.status_code), "headers": headers, "body": response.body}
