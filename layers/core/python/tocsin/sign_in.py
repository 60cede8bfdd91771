"""Somebody comes with a token of an identity provider: which company's, which user's, in which role.

Identity is company, issuer and subject, never an e-mail address. Who comes for the first time becomes a user. What a
process remembers saves reads and decides nothing: company, provider and user are read for every token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cachetools import TTLCache

from tocsin import clock, id_token, identities, ids, issuers, keys
from tocsin.access import CompanyRole
from tocsin.company import ShownCompany
from tocsin.errors import Forbidden
from tocsin.id_token import BadToken, UnknownKey, Unverified
from tocsin.issuer import Issuer, pair
from tocsin.rows import Row
from tocsin.store import directory

_tenants: TTLCache[str, str] = TTLCache(10_000, 600, timer=lambda: clock.now().timestamp())
_users: TTLCache[tuple[str, str], str] = TTLCache(10_000, 600, timer=lambda: clock.now().timestamp())


class _Stranger(BadToken):
    """The token is of nobody's provider, or not of the company's where it was looked for."""

    def __init__(self) -> None:
        super().__init__("No company here takes tokens of this issuer for this audience.")


@dataclass(frozen=True)
class Person:
    """Who signed in."""

    company: ShownCompany
    user_id: str
    role: CompanyRole


def forget() -> None:
    """Forget what is remembered: for tests, each of which has tables of its own."""
    _tenants.clear()
    _users.clear()


def person(token: str, now: datetime) -> Person:
    """Return who holds a token.

    Raises:
        BadToken: the token proves nothing here.
        Forbidden: it does, and its holder has no role, is deactivated, or of a company that is suspended.
    """
    said = Unverified.of(token)
    remembered = _tenants.get(pair(said.issuer, said.audiences[0])) if len(said.audiences) == 1 else None
    try:
        return _person(token, said, remembered or _tenant(said), now)
    except _Stranger:
        if remembered is None:
            raise
        return _person(token, said, _tenant(said), now)  # the pair may have gone to another company


def _person(token: str, said: Unverified, tenant: str, now: datetime) -> Person:
    digest = ids.sha256(said.issuer, said.subject)
    known = _users.get((tenant, digest))
    company_row, issuer_row, found = directory.get_many(
        [
            keys.company(tenant),
            keys.issuer(tenant),
            keys.user(tenant, known) if known else keys.identity(tenant, digest),
        ]
    )
    company, issuer = _checked(said, company_row, issuer_row)
    claims = _claims(tenant, token, issuer, now)
    role = issuer.role(claims)
    if role is None:
        raise Forbidden(
            f"Your identity provider gives you no role here: no value of {issuer.role_claim} stands for one."
        )
    # Whoever has a remembered user's id by now may be another: the row says whose identities are the user's.
    same = found if known and found and digest in found.get("identities", []) else None
    user = same or identities.user_of(tenant, digest, None if known else found, claims, role, now)
    _users[tenant, digest] = user["user_id"]
    if not user.get("active", True):
        raise Forbidden("You are deactivated in this company.")
    identities.follow(tenant, user, role, claims, now)
    return Person(company, user["user_id"], role)


def _tenant(said: Unverified) -> str:
    """Return the company that takes tokens of this issuer for one of these audiences."""
    pairs = [pair(said.issuer, audience) for audience in said.audiences]
    found = {str(row["tenant"]) for row in directory.get_many([keys.issuer_pair(one) for one in pairs]) if row}
    if not found:
        raise _Stranger
    if len(found) > 1:
        raise BadToken("The token is meant for several companies.")
    (tenant,) = found
    if len(pairs) == 1:
        _tenants[pairs[0]] = tenant
    return tenant


def _checked(said: Unverified, company_row: Row | None, issuer_row: Row | None) -> tuple[ShownCompany, Issuer]:
    """Return the company and its provider if the token says that it comes from there."""
    issuer = issuers.read(issuer_row)
    if issuer is None or company_row is None or issuer.issuer != said.issuer or issuer.audience not in said.audiences:
        raise _Stranger
    company = ShownCompany.of(company_row)
    if company.suspended:
        raise Forbidden("The company is suspended.")
    return company, issuer


def _claims(tenant: str, token: str, issuer: Issuer, now: datetime) -> Mapping[str, Any]:
    if not issuer.fresh(now):
        issuer = issuers.refreshed(tenant, issuer, now)
    if not issuer.usable(now):
        raise BadToken("The identity provider has not answered for a day.")
    try:
        return _verified(token, issuer, now)
    except UnknownKey:
        changed = issuers.refreshed(tenant, issuer, now)
        if changed is issuer:
            raise
        return _verified(token, changed, now)


def _verified(token: str, issuer: Issuer, now: datetime) -> Mapping[str, Any]:
    return id_token.verified(token, issuer.keys, issuer=issuer.issuer, audience=issuer.audience, now=now)
