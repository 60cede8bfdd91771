"""Names of things: chosen by the caller or made here; secrets, and the hashes by which they are stored."""

import hashlib
import json
import re
import secrets
import string
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import StringConstraints

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
COMPANY_PATTERN = r"^[a-z][a-z0-9-]{0,23}$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
CompanyId = Annotated[str, StringConstraints(pattern=COMPANY_PATTERN)]

REPLY_CODES = 100

_ALPHABET = string.ascii_letters + string.digits


def is_one(text: str) -> bool:
    """Say whether a text can be an id."""
    return re.fullmatch(ID_PATTERN[1:-1], text) is not None


def new() -> str:
    """Return a new ULID: 26 characters, sortable by the time they were made."""
    from ulid import ULID  # noqa: PLC0415 - who only reads ids does not pay for it

    return str(ULID())


def sha256(*parts: str) -> str:
    """Return the hex SHA-256 of the parts with a zero byte between them, so that no two lists run into each other."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def fingerprint(request: Any) -> str:
    """Return what tells one create request from another: SHA-256 of its JSON with sorted names."""
    return sha256(json.dumps(request, sort_keys=True, separators=(",", ":"), default=str))


def secret(length: int = 40) -> str:
    """Return a random secret of letters and digits, 5.95 bits each."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def link_token() -> str:
    """Return the 22 characters of a link: 130 bits, too many to guess."""
    return secret(22)


def integration_key() -> str:
    """Return 32 hex digits, the form of key that alerting clients expect."""
    return secrets.token_hex(16)


def reply_codes(tenant: str, number: str) -> Iterator[str]:
    """Yield the codes of five digits that a company has at a phone number, a hundred at most, in a random order.

    A code tells pages apart. What proves the person is the number: with one open page no code is asked for at all.
    """
    slots = list(range(REPLY_CODES))
    while slots:
        slot = slots.pop(secrets.randbelow(len(slots)))
        yield str(10_000 + int(sha256(tenant, number, str(slot))[:12], 16) % 90_000)


def digits(count: int) -> str:
    """Return a random decimal code that does not begin with zero, so that nobody drops the zero when typing it."""
    return str(10 ** (count - 1) + secrets.randbelow(9 * 10 ** (count - 1)))
