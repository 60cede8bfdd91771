"""Fetch what a company names: over HTTPS, from a public address, once resolved, no redirects, little and soon.

A URL that a customer chooses must not lead into our own network (server-side request forgery, OWASP). The name is
resolved once, every address it has must be public, and the connection is made to one of these addresses while
certificate and SNI are the name's: what is checked is what is connected to.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, Self
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from tocsin.errors import TocsinError
from tocsin.settings import settings

SECONDS: Final = 3.0  # for all of it: name, connection, answer
BYTES: Final = 256 * 1024

# RFC 3986 without user, fragment, and what parsers read differently: white space, backslashes, controls.
_SHAPE: Final = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*|\?[!-~]*)?")
_UNICAST: Final = IPv6Network("2000::/3")  # the only global unicast space that IANA has given out


class FetchError(TocsinError):
    """A URL was not fetched; `detail` says why, `permanent` that to try it again will not help."""

    def __init__(self, detail: str, *, permanent: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent


@dataclass(frozen=True)
class Place:
    """Where a URL leads: `port` is the scheme's if it names none, `target` is path and query."""

    secure: bool
    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Read a URL. Raises `FetchError` unless it can only be read in one way."""
        found = _SHAPE.fullmatch(url)
        if not found or "\\" in url or "#" in url:
            raise FetchError("This is not a URL that can be fetched.", permanent=True)
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        try:
            port = parts.port or (443 if secure else 80)
        except ValueError:
            raise FetchError("There is no such port.", permanent=True) from None
        query = f"?{parts.query}" if parts.query else ""
        return cls(secure, str(parts.hostname), port, (parts.path or "/") + query)


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
    place = Place.of(url)
    line = _Line()
    answer = _in_time(lambda: _fetched(place, line))
    line.cut()
    if isinstance(answer, FetchError):
        raise answer
    return answer


def public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address can only be a stranger's: none of this machine, network, or account.

    IPv6 forms that stand for an IPv4 address (mapped, 6to4, Teredo, NAT64) are none, whatever they stand for.
    """
    special = address.is_multicast or address.is_reserved or address.is_link_local or address.is_unspecified
    if special or address.is_private or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in _UNICAST and address.sixtofour is None and address.teredo is None


def _in_time(work: Callable[[], bytes]) -> bytes | FetchError:
    """Do the work on a thread that is left behind when it takes too long: nothing else can cut off a name's look-up."""
    result: list[bytes | FetchError] = []

    def run() -> None:
        try:
            result.append(work())
        except FetchError as error:
            result.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(SECONDS)
    return result[0] if result else FetchError("There was no answer in time.")


def _fetched(place: Place, line: _Line) -> bytes:
    end = time.monotonic() + SECONDS
    problem = FetchError("The name has no address.")
    for address in _resolved(place):
        if time.monotonic() > end:
            break
        try:
            return _answered(place, address, line, end)
        except (HTTPError, OSError) as error:
            problem = FetchError(f"There was no answer: {type(error).__name__}.")
    raise problem


def _resolved(place: Place) -> list[str]:
    """Return a place's addresses, all of which must be public. IPv4 first: a function without a VPC has no other."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError("The name cannot be resolved.") from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if settings.loopback_issuers and addresses and all(address.is_loopback for address in addresses):
        return [str(address) for address in sorted(addresses, key=lambda address: address.version)]
    if not place.secure:
        raise FetchError("The URL must begin with https://.", permanent=True)
    if not all(public(address) for address in addresses):
        raise FetchError("The name leads to an address that is not public.", permanent=True)
    return [str(address) for address in sorted(addresses, key=lambda address: address.version)]


def _answered(place: Place, address: str, line: _Line, end: float) -> bytes:
    with _pool(place, address) as pool:
        pool.ConnectionCls = line.opening(pool.ConnectionCls)  # type: ignore[assignment]  # it is only called
        answer = pool.request(
            "GET",
            place.target,
            headers={"Host": _host(place), "Accept": "application/json", "User-Agent": "Tocsin"},
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            return _body(answer, end)
        finally:
            answer.close()


def _pool(place: Place, address: str) -> urllib3.HTTPConnectionPool:
    """Return a connection to the address that speaks to the name (urllib3 guide, "Custom SNI hostname")."""
    timeout, retries = Timeout(total=SECONDS), urllib3.Retry(total=False)
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
    if answer.status != HTTPStatus.OK:
        refused = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.TOO_MANY_REQUESTS
        raise FetchError(f"The answer was {answer.status}, not 200.", permanent=refused)
    body = b""
    for part in answer.stream(16 * 1024, decode_content=False):
        body += part
        if len(body) > BYTES:
            raise FetchError(f"The answer is longer than {BYTES} bytes.")
        if time.monotonic() > end:
            raise FetchError("There was no answer in time.")
    return body
