"""URLs that a company names: read in one way only, and never leading to this machine, its network or its account."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, Self
from urllib.parse import urlsplit

LONGEST: Final = 2000  # characters
Address = IPv4Address | IPv6Address

# RFC 3986 without user, fragment, and what parsers read differently: white space, backslashes, controls.
_SHAPE: Final = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*|\?[!-~]*)?")
_UNICAST: Final = IPv6Network("2000::/3")  # the only global unicast space that IANA has given out


@dataclass(frozen=True)
class Place:
    """Where a URL leads: `port` is the scheme's if it names none, `target` is path and query."""

    secure: bool
    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Read a URL. Raises ValueError unless it can only be read in one way."""
        found = _SHAPE.fullmatch(url)
        if not found or "\\" in url or "#" in url:
            raise ValueError("This is not a URL that can be fetched.")
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        try:
            port = parts.port or (443 if secure else 80)
        except ValueError:
            raise ValueError("There is no such port.") from None
        query = f"?{parts.query}" if parts.query else ""
        return cls(secure, str(parts.hostname), port, (parts.path or "/") + query)

    def check(self, addresses: list[Address], *, loopback: bool) -> None:
        """Raise ValueError unless the place may be asked at these addresses, which are all that its name has.

        `loopback`: all of them may be this machine's own, and are then asked over HTTP too.
        """
        if loopback and addresses and all(address.is_loopback for address in addresses):
            return
        if not self.secure:
            raise ValueError("The URL must begin with https://.")
        if not all(public(address) for address in addresses):
            raise ValueError("The name leads to an address that is not public.")


def check(url: str, *, loopback: bool) -> None:
    """Raise ValueError for a URL that would never be asked.

    A name is not resolved: it may lead elsewhere by the time that it is asked, and is looked at then.
    """
    place = Place.of(url)
    try:
        addresses = [ip_address(place.host)]
    except ValueError:
        addresses = [ip_address("::1")] if place.host == "localhost" else []
    place.check(addresses, loopback=loopback)


def normal(url: str) -> str:
    """Return a URL with its host in small letters. Raises ValueError for one that can be read in two ways."""
    Place.of(url)
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower()).geturl()


def host(url: str) -> str:
    """Return host and port of a URL that was checked."""
    return urlsplit(url).netloc


def masked(url: str) -> str:
    """Show a URL's host only: the rest is often a secret."""
    return f"https://{host(url)}/***"


def public(address: Address) -> bool:
    """Say whether an address can only be a stranger's: none of this machine, network, or account.

    IPv6 forms that stand for an IPv4 address (mapped, 6to4, Teredo, NAT64) are none, whatever they stand for.
    """
    special = address.is_multicast or address.is_reserved or address.is_link_local or address.is_unspecified
    if special or address.is_private or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in _UNICAST and address.sixtofour is None and address.teredo is None
