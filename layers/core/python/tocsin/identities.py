"""Identities in the directory: the user that somebody is who signs in. The first sign-in makes the user.

Unless SCIM has made it: whom the company's provider calls `externalId` there is who its tokens call `sub`.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import Any

from tocsin import ids, journal, keys, people, resource, user
from tocsin.access import CompanyRole, Principal, Role
from tocsin.errors import ConditionFailed
from tocsin.rows import Row
from tocsin.store import EXISTS, NEW, directory
from tocsin.user import User


def user_of(
    tenant: str, digest: str, found: Row | None, claims: Mapping[str, Any], role: CompanyRole, now: datetime
) -> Row:
    """Return the row of the user that an identity is, made if there is none yet.

    `digest` is the SHA-256 of issuer and subject, `found` the identity's row if it was read. The identity comes first:
    of two first sign-ins at once the second finds the first one's user id.
    """
    identity = found or directory.get(keys.identity(tenant, digest))
    if identity is None:
        kept = people.find(tenant, "externalId", str(claims["sub"]))
        identity = {**keys.identity(tenant, digest), "user_id": kept["user_id"] if kept else ids.new()}
        try:
            directory.put(identity, when=NEW)
        except ConditionFailed as failure:
            identity = failure.found or identity
    user_id = str(identity["user_id"])
    row = directory.get(keys.user(tenant, user_id)) or _made(tenant, user_id, digest, claims, role, now)
    return row if digest in row.get("identities", []) else _known_by(tenant, user_id, digest)


def follow(tenant: str, row: Row, role: CompanyRole, claims: Mapping[str, Any], now: datetime) -> None:
    """Give the user the role that the identity provider gives: that of the newest token, for old ones live on."""
    issued = claims.get("iat")
    if row["role"] == role or not isinstance(issued, int) or issued <= row.get("role_at", issued - 1):
        return
    newest = ("role_at", "missing or <", issued)
    with suppress(ConditionFailed), _audited(tenant, row["user_id"], role, now):
        directory.update(keys.user(tenant, row["user_id"]), {"role": role, "role_at": issued}, when=[*EXISTS, newest])


def _known_by(tenant: str, user_id: str, digest: str) -> Row:
    """Let the user know of the identity, which goes when the user goes."""
    return resource.change(keys.user(tenant, user_id), lambda row: {"identities": [*row.get("identities", []), digest]})


def _made(tenant: str, user_id: str, digest: str, claims: Mapping[str, Any], role: CompanyRole, now: datetime) -> Row:
    person = User(user_id=user_id, name=_name(claims) or user_id, email=_email(claims), role=role, created_at=now)
    row = {
        **person.fields(),
        **resource.listing(tenant, "USERS", user_id),
        **keys.user(tenant, user_id),
        "identities": [digest],
    }
    try:
        with _audited(tenant, user_id, role, now):
            directory.put(row, when=NEW)
    except ConditionFailed as failure:
        return failure.found or row
    return row


def _audited(tenant: str, user_id: str, role: CompanyRole, now: datetime) -> AbstractContextManager[None]:
    """Who signs in does so in the own name, whatever the provider makes of it."""
    return journal.kept(Principal(tenant, user_id, Role(role)), "sign_in", ids.new(), now)


def _name(claims: Mapping[str, Any]) -> str:
    """Return what a token calls its holder, at most as long as a name may be."""
    named = (claims.get(name) for name in ("name", "preferred_username", "email"))
    return next((text.strip()[:256] for text in named if isinstance(text, str) and text.strip()), "")


def _email(claims: Mapping[str, Any]) -> str:
    """Return a token's e-mail address: a name beside the name, and no way to be somebody."""
    try:
        return user.reachable("email", str(claims.get("email") or ""))
    except ValueError:
        return ""
