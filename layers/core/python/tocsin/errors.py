"""What can go wrong, as types that carry the decision.

TocsinError
├── Problem                     an answer to a caller: has an HTTP status
│   ├── Malformed         400   not JSON
│   ├── Unauthorized      401   no, or a bad, credential
│   ├── Forbidden         403   known, but not allowed
│   ├── NotFound          404   the tenant has no such thing (another tenant's thing is a 404 too)
│   ├── MethodNotAllowed  405   with Allow
│   ├── Conflict          409   an id, address or state that is taken or over
│   ├── Gone              410   a link that has expired
│   ├── TooLarge          413   body over the limit
│   ├── UnsupportedMedia  415   not JSON by its type
│   ├── Invalid           422   understood, but wrong: says where
│   ├── TooMany           429   over a limit, with Retry-After
│   └── Overloaded        503   try again, with Retry-After
├── ConditionFailed             a conditional write found something else there
├── NoAnswer                    a request over HTTP came to nothing
├── CanaryFailed                the canary was not served as a customer is to be
└── SendError                   a provider did not take a message: of what, and for good or not
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar


class TocsinError(Exception):
    """The root of the tree."""


class Problem(TocsinError):
    """An answer to a caller, RFC 9457. `detail` is one sentence for a person; `headers` go out with it."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """Return the problem document: type, title, status, detail."""
        return {"type": "about:blank", "title": self.status.phrase, "status": int(self.status), "detail": self.detail}


class Malformed(Problem):
    """400: the body is not JSON."""

    status = HTTPStatus.BAD_REQUEST


class Unauthorized(Problem):
    """401: there is no principal; `detail` says why."""

    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """403: the principal may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(Problem):
    """404: the tenant has no such thing, or there is no such path."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(Problem):
    """405: the path is known, the method is not."""

    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("This path takes " + ", ".join(allowed) + ".", headers={"Allow": ", ".join(allowed)})


class Conflict(Problem):
    """409: an id or address is taken, or a state is over."""

    status = HTTPStatus.CONFLICT


class Gone(Problem):
    """410: a link that has expired."""

    status = HTTPStatus.GONE


class TooLarge(Problem):
    """413: the body is over the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMedia(Problem):
    """415: the body is not JSON by its type."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Invalid(Problem):
    """422: the request was understood and is wrong. `errors` are `{"loc": [...], "msg": "..."}`."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in errors))
        self.errors = [dict(error) for error in errors]

    @classmethod
    def at(cls, *loc: str | int, msg: str) -> "Invalid":
        """Return the error for one place, such as `Invalid.at("body", "team", msg="there is no such team")`."""
        return cls([{"loc": list(loc), "msg": msg}])

    def document(self) -> dict[str, Any]:
        """Return the problem document with its list of errors."""
        return {**super().document(), "errors": self.errors}


class TooMany(Problem):
    """429: over a limit; `retry_after` is in seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


class Overloaded(Problem):
    """503: the installation has too much to do; the request may be repeated as it is."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str = "Tocsin has too much to do. Try again.", *, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class ConditionFailed(TocsinError):
    """A conditional write was not made. `found` is the row that stands there, None if there is none."""

    def __init__(self, found: dict[str, Any] | None) -> None:
        super().__init__("the condition of a write did not hold")
        self.found = found


class NoAnswer(TocsinError):
    """A request over HTTP was not answered in time, or not at all."""


class CanaryFailed(TocsinError):
    """What customers are promised did not happen to the canary.

    `kind`: api, first_page, second_page, ack, noise; `status`: of the HTTP answer that failed it, 0 if none did.
    """

    def __init__(self, kind: str, detail: str, *, status: int = 0) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.status = status


class Fault(StrEnum):
    """What an error of a provider is about, and so what may be flagged for it."""

    ADDRESS = "address"
    MESSAGE = "message"
    CHANNEL = "channel"


class SendError(TocsinError):
    """A provider did not take a message. Permanent: sending the same again will not help."""

    def __init__(self, detail: str, *, of: Fault, permanent: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.of = of
        self.permanent = permanent
