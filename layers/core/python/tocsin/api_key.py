"""API keys: `tsk_<company>_<key_id>_<secret>`. Only the SHA-256 of the whole is kept.

A plain hash is right for a secret of 40 random characters: there is nothing to guess it from.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints

from tocsin import ids
from tocsin.access import CompanyRole
from tocsin.ids import Id
from tocsin.model import Body, Record
from tocsin.times import Moment

PREFIX: Final = "tsk_"
# A company id has no underscore and a secret has none; a key id may have some.
_SHAPE: Final = re.compile(
    r"tsk_(?P<company>[a-z0-9-]{1,24})_(?P<key_id>[A-Za-z0-9_.-]{1,64})_(?P<secret>[A-Za-z0-9]{40})"
)

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]


@dataclass(frozen=True)
class Named:
    """Which key a token claims to be."""

    company: str
    key_id: str

    @classmethod
    def of(cls, token: str) -> Self | None:
        """Return the key that a token names, None if it is no API key at all."""
        found = _SHAPE.fullmatch(token)
        return cls(found["company"], found["key_id"]) if found else None


def token(company: str, key_id: str) -> str:
    """Return a new secret for a key."""
    return f"{PREFIX}{company}_{key_id}_{ids.secret()}"


class ShownKey(Record):
    """An API key as the API shows it, without its secret. `expires_at` null: it does not expire."""

    key_id: str
    name: str
    role: CompanyRole
    expires_at: Moment | None = None
    created_at: Moment


class ApiKey(ShownKey):
    """An API key as it is stored; `by` is who made it."""

    sha256: str
    by: str

    def expired(self, now: datetime) -> bool:
        """Say whether the key is over."""
        return self.expires_at is not None and self.expires_at <= now


class MadeKey(ShownKey):
    """A new key. `secret` is shown once, when the key was made."""

    secret: str | None = Field(default=None, exclude_if=lambda secret: secret is None)


class NewKey(Body):
    """`POST /api_keys`."""

    key_id: Id | None = None
    name: Name
    role: CompanyRole
    expires_at: Moment | None = Field(default=None, description="In the future; null: the key does not expire.")


class NewCompanyKey(Body):
    """`POST /companies/{id}/api_keys`: without fields, an admin's key that does not expire."""

    key_id: Id | None = None
    name: Name = "Made by the operator"
    role: CompanyRole = "admin"
    expires_at: Moment | None = Field(default=None, description="In the future; null: the key does not expire.")
