"""Ask what a company names: over HTTPS, at a public address, once resolved, no redirects, little and soon.

A URL that a customer chooses must not lead into our own network (server-side request forgery, OWASP). The name is
resolved once, every address it has must be public, and the connection is made to one of these addresses while
certificate and SNI are the name's: what is checked is what is connected to.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util import Timeout

from tocsin.errors import TocsinError
from tocsin.settings import settings
from tocsin.url import Place

SECONDS: Final = 3.0  # for all of it: name, connection, answer
SECONDS_TO_TAKE: Final = 8.0  # what is sent, as long: it is work for who takes it
BYTES: Final = 256 * 1024
JSON: Final = "application/json"

_NOT_CONNECTED: Final = (ConnectTimeoutError, NewConnectionError, ConnectionRefusedError)


class FetchError(TocsinError):
    """A URL was not fetched; `detail` says why, `permanent` that to try it again will not help."""

    def __init__(self, detail: str, *, permanent: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent


@dataclass(frozen=True)
class _Answer:
    """What came back: up to `BYTES` of it, and nothing of what was not asked for."""

    status: int
    body: bytes


@dataclass
class _Line:
    """The connections of a fetch. Who waits no longer cuts them: a trickle of bytes could keep a thread for hours."""

    opened: list[Any] = field(default_factory=list)

    def opening(self, kind: Callable[..., Any]) -> Callable[..., Any]:
        """Return what opens connections of a kind, and remembers them."""

        def open_(*given: Any, **how: Any) -> Any:
            self.opened.append(kind(*given, **how))
            return self.opened[-1]

        return open_

    def cut(self) -> None:
        """Let whoever reads from a connection read its end."""
        for one in self.opened:
            with suppress(OSError):
                if one.sock is not None:
                    one.sock.shutdown(socket.SHUT_RDWR)


def get(url: str) -> bytes:
    """Return what stands under a URL, up to 256 KiB of it, within 3 seconds.

    Raises:
        FetchError: the URL leads to no public address, or was not answered with 200.
    """
    place = _place(url)
    answer = _in_time(lambda line: _asked(place, None, line, SECONDS), SECONDS)
    if answer.status != HTTPStatus.OK:
        refused = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.TOO_MANY_REQUESTS
        raise FetchError(f"The answer was {answer.status}, not 200.", permanent=refused)
    return answer.body


def post(url: str, body: bytes) -> int:
    """Hand JSON to a URL, within 8 seconds. Return the answer's status; the rest of it is not read.

    Raises:
        FetchError: the URL leads to no public address, or there was no answer.
    """
    place = _place(url)
    return _in_time(lambda line: _asked(place, body, line, SECONDS_TO_TAKE), SECONDS_TO_TAKE).status


def _place(url: str) -> Place:
    try:
        return Place.of(url)
    except ValueError as error:
        raise FetchError(str(error), permanent=True) from None


def _in_time(work: Callable[[_Line], _Answer], seconds: float) -> _Answer:
    """Do the work on a thread that is left behind when it takes too long: nothing else can cut off a name's look-up."""
    result: list[_Answer | FetchError] = []
    line = _Line()

    def run() -> None:
        try:
            result.append(work(line))
        except FetchError as error:
            result.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    answer = result[0] if result else FetchError("There was no answer in time.")
    line.cut()  # after that: what is cut off may look like an answer
    if isinstance(answer, FetchError):
        raise answer
    return answer


def _asked(place: Place, body: bytes | None, line: _Line, seconds: float) -> _Answer:
    """Ask at one address after the other; but what may have been taken at one is not handed to the next."""
    end = time.monotonic() + seconds
    problem = FetchError("The name has no address.")
    for address in _resolved(place):
        if time.monotonic() > end:
            break
        try:
            return _answered(place, address, body, line, end)
        except (HTTPError, OSError) as error:
            problem = FetchError(f"There was no answer: {type(error).__name__}.")
            if body is not None and not isinstance(error, _NOT_CONNECTED):
                break
    raise problem


def _resolved(place: Place) -> list[str]:
    """Return a place's addresses, all of which must be public. IPv4 first: a function without a VPC has no other."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError("The name cannot be resolved.") from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    try:
        place.check(addresses, loopback=settings.loopback_urls)
    except ValueError as error:
        raise FetchError(str(error), permanent=True) from None
    return [str(address) for address in sorted(addresses, key=lambda address: address.version)]


def _answered(place: Place, address: str, body: bytes | None, line: _Line, end: float) -> _Answer:
    headers = {"Host": _host(place), "Accept": JSON, "User-Agent": "Tocsin"}
    with _pool(place, address, end - time.monotonic()) as pool:
        pool.ConnectionCls = line.opening(pool.ConnectionCls)  # type: ignore[assignment]  # it is only called
        answer = pool.request(
            "GET" if body is None else "POST",
            place.target,
            body=body,
            headers=headers if body is None else {**headers, "Content-Type": JSON},
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            return _Answer(answer.status, _body(answer, end) if body is None else b"")
        finally:
            answer.close()


def _pool(place: Place, address: str, seconds: float) -> urllib3.HTTPConnectionPool:
    """Return a connection to the address that speaks to the name (urllib3 guide, "Custom SNI hostname")."""
    timeout, retries = Timeout(total=max(seconds, 0.01)), urllib3.Retry(total=False)
    if not place.secure:
        return urllib3.HTTPConnectionPool(address, place.port, timeout=timeout, retries=retries)
    return urllib3.HTTPSConnectionPool(
        address,
        place.port,
        timeout=timeout,
        retries=retries,
        ssl_context=ssl.create_default_context(),
        server_hostname=place.host,
        assert_hostname=place.host,
    )


def _host(place: Place) -> str:
    name = f"[{place.host}]" if ":" in place.host else place.host
    return name if place.port == (443 if place.secure else 80) else f"{name}:{place.port}"


def _body(answer: urllib3.BaseHTTPResponse, end: float) -> bytes:
    body = b""
    for part in answer.stream(16 * 1024, decode_content=False):
        body += part
        if len(body) > BYTES:
            raise FetchError(f"The answer is longer than {BYTES} bytes.")
        if time.monotonic() > end:
            raise FetchError("There was no answer in time.")
    return body
