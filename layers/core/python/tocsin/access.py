"""Who may do what: one table, asked for every request before anything else is read of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from tocsin.errors import Forbidden, Overloaded, Unauthorized


class Role(StrEnum):
    """What a principal is. Company roles include those before them; the operator is none of a company's."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    ADMIN = "admin"
    OPERATOR = "operator"


CompanyRole = Literal["admin", "responder", "viewer"]

_RANK: Final = {Role.VIEWER: 0, Role.RESPONDER: 1, Role.ADMIN: 2}

# noun: (who may read, who may change)
TABLE: Final[dict[str, tuple[Role, Role]]] = {
    "tickets": (Role.VIEWER, Role.RESPONDER),
    "rules": (Role.VIEWER, Role.ADMIN),
    "schedules": (Role.VIEWER, Role.ADMIN),
    "oncall": (Role.VIEWER, Role.ADMIN),
    "teams": (Role.VIEWER, Role.ADMIN),
    "users": (Role.VIEWER, Role.ADMIN),
    "severities": (Role.VIEWER, Role.ADMIN),
    "integrations": (Role.VIEWER, Role.ADMIN),
    "api_keys": (Role.ADMIN, Role.ADMIN),
    "company": (Role.VIEWER, Role.ADMIN),
    "sso": (Role.ADMIN, Role.ADMIN),
    "scim": (Role.ADMIN, Role.ADMIN),
    "me": (Role.VIEWER, Role.ADMIN),
    "companies": (Role.OPERATOR, Role.OPERATOR),
}


@dataclass(frozen=True)
class Principal:
    """Who is asking, as the authorizer found it: the tenant comes from here and nowhere else.

    `actor` is how history names it: `api_key:<id>`, `operator`, or a user id. The operator's tenant is empty.
    `requests_per_second` is how much the tenant may ask for, all its principals together; None: there is no limit.
    """

    tenant: str
    actor: str
    role: Role
    requests_per_second: int | None = None


def principal(event: Mapping[str, Any]) -> Principal:
    """Return whom the authorizer found.

    Raises `Unauthorized` with its reason if it found nobody, `Forbidden` if it knows the credential and refuses it,
    `Overloaded` if it could not look it up.
    """
    found = event["requestContext"].get("authorizer", {}).get("lambda") or {}
    if found.get("forbidden"):
        raise Forbidden(found["problem"])
    if found.get("overloaded"):
        raise Overloaded(found["problem"])
    if not found.get("role"):
        raise Unauthorized(found.get("problem") or "There is no credential.")
    most = found.get("requests_per_second")
    return Principal(
        tenant=found["tenant"],
        actor=found["actor"],
        role=Role(found["role"]),
        requests_per_second=int(most) if most else None,
    )


def check(principal: Principal, noun: str, method: str) -> None:
    """Raise `Forbidden` unless the table lets this principal use the method on the noun."""
    reads, changes = TABLE[noun]
    needed = reads if method == "GET" else changes
    if principal.role is needed:
        return
    if Role.OPERATOR in (principal.role, needed):
        only = "The operator's key is good for companies only." if needed is not Role.OPERATOR else None
        raise Forbidden(only or "Only the operator may do this.")
    if _RANK[principal.role] < _RANK[needed]:
        raise Forbidden(f"This takes the role {needed}; yours is {principal.role}.")
