"""Who may do what: one table of all routes, asked for every request before anything else is read of it."""

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


class Own(StrEnum):
    """What a person may do without the role that it takes, where it is about the person's own (`ownership.py`).

    A viewer changes nothing but the ways to be reached: who administers a team or swaps shifts is a responder at least.
    """

    TEAM = "a team that you are an admin of"  # the path names it, or a thing of it
    TOLD_TEAM = "a team that you are an admin of, now and then"  # the body names it; and that which has the thing now
    SELF = "yourself, and takes no field that only admins set"
    SHIFT = "an override for yourself, where you take turns"


@dataclass(frozen=True)
class May:
    """Who may use a route: this role and those above it, whatever it is about, or somebody to whom it is own."""

    role: Role
    own: Own | None = None


_RANK: Final = {Role.VIEWER: 0, Role.RESPONDER: 1, Role.ADMIN: 2}
_LEAST: Final = {
    Own.SELF: Role.VIEWER,
    Own.TEAM: Role.RESPONDER,
    Own.TOLD_TEAM: Role.RESPONDER,
    Own.SHIFT: Role.RESPONDER,
}

_READ: Final = May(Role.VIEWER)
_ANSWER: Final = May(Role.RESPONDER)
_ADMIN: Final = May(Role.ADMIN)
_OPERATE: Final = May(Role.OPERATOR)
_TEAM: Final = May(Role.ADMIN, Own.TEAM)
_TOLD_TEAM: Final = May(Role.ADMIN, Own.TOLD_TEAM)
_SELF: Final = May(Role.ADMIN, Own.SELF)
_SHIFT: Final = May(Role.ADMIN, Own.SHIFT)

SCIM: Final = "ANY /scim/v2"  # an identity provider's key keeps users, and sees all that an admin sees of them

TABLE: Final[dict[str, May]] = {
    "GET /api_keys": _ADMIN,
    "POST /api_keys": _ADMIN,
    "GET /api_keys/<key_id>": _ADMIN,
    "DELETE /api_keys/<key_id>": _ADMIN,
    "GET /audit": _ADMIN,
    "GET /companies": _OPERATE,
    "POST /companies": _OPERATE,
    "GET /companies/<company_id>": _OPERATE,
    "PATCH /companies/<company_id>": _OPERATE,
    "POST /companies/<company_id>/api_keys": _OPERATE,
    "GET /company": _READ,
    "PATCH /company": _ADMIN,
    "GET /company/sso": _ADMIN,
    "PUT /company/sso": _ADMIN,
    "DELETE /company/sso": _ADMIN,
    "GET /integrations": _READ,
    "POST /integrations": _ADMIN,
    "GET /integrations/<integration_id>": _READ,
    "PATCH /integrations/<integration_id>": _ADMIN,
    "DELETE /integrations/<integration_id>": _ADMIN,
    "POST /integrations/<integration_id>/keys": _ADMIN,
    "DELETE /integrations/<integration_id>/keys/<key_id>": _ADMIN,
    "GET /me": _READ,
    "GET /oncall": _READ,
    "GET /rules": _READ,
    "POST /rules": _TOLD_TEAM,
    "POST /rules/explain": _READ,
    "GET /rules/<rule_id>": _READ,
    "PUT /rules/<rule_id>": _TOLD_TEAM,
    "DELETE /rules/<rule_id>": _TEAM,
    "GET /schedules": _READ,
    "POST /schedules": _TOLD_TEAM,
    "POST /schedules/preview": _READ,
    "GET /schedules/<schedule_id>": _READ,
    "PUT /schedules/<schedule_id>": _TOLD_TEAM,
    "DELETE /schedules/<schedule_id>": _TEAM,
    "POST /schedules/<schedule_id>/feed_keys": _TEAM,
    "DELETE /schedules/<schedule_id>/feed_keys/<key_id>": _TEAM,
    "GET /schedules/<schedule_id>/overrides": _READ,
    "POST /schedules/<schedule_id>/overrides": _SHIFT,
    "DELETE /schedules/<schedule_id>/overrides/<override_id>": _SHIFT,
    "GET /schedules/<schedule_id>/shifts": _READ,
    "GET /severities": _READ,
    "PUT /severities": _ADMIN,
    "GET /teams": _READ,
    "POST /teams": _ADMIN,
    "GET /teams/<team_id>": _READ,
    "PATCH /teams/<team_id>": _TEAM,
    "DELETE /teams/<team_id>": _ADMIN,
    "PUT /teams/<team_id>/maintenance": _TEAM,
    "DELETE /teams/<team_id>/maintenance": _TEAM,
    "GET /teams/<team_id>/members": _READ,
    "PUT /teams/<team_id>/members/<user_id>": _TEAM,
    "DELETE /teams/<team_id>/members/<user_id>": _TEAM,
    "GET /tickets": _READ,
    "POST /tickets": _ANSWER,
    "POST /tickets/changes": _ANSWER,
    "GET /tickets/<ticket_id>": _READ,
    "PATCH /tickets/<ticket_id>": _ANSWER,
    "POST /tickets/<ticket_id>/escalate": _ANSWER,
    "GET /tickets/<ticket_id>/history": _READ,
    "POST /tickets/<ticket_id>/notes": _ANSWER,
    "GET /tickets/<ticket_id>/pages": _READ,
    "POST /tickets/<ticket_id>/reassign": _ANSWER,
    "POST /tickets/<ticket_id>/responders": _ANSWER,
    "POST /tickets/<ticket_id>/snooze": _ANSWER,
    "GET /users": _READ,
    "POST /users": _ADMIN,
    "GET /users/<user_id>": _READ,
    "PATCH /users/<user_id>": _SELF,
    "DELETE /users/<user_id>": _ADMIN,
    "GET /users/<user_id>/rule": _READ,
    "PUT /users/<user_id>/rule": _SELF,
    "DELETE /users/<user_id>/rule": _SELF,
    "GET /users/<user_id>/contact_methods": _READ,
    "POST /users/<user_id>/contact_methods": _SELF,
    "GET /users/<user_id>/contact_methods/<method_id>": _READ,
    "PATCH /users/<user_id>/contact_methods/<method_id>": _SELF,
    "DELETE /users/<user_id>/contact_methods/<method_id>": _SELF,
    "POST /users/<user_id>/contact_methods/<method_id>/code": _SELF,
    "PUT /users/<user_id>/contact_methods/<method_id>/code": _SELF,
    "POST /users/<user_id>/contact_methods/<method_id>/test": _SELF,
    SCIM: _ADMIN,
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

    @property
    def person(self) -> str | None:
        """The user that this is, None for an API key and the operator: those are nobody."""
        return None if self.role is Role.OPERATOR or ":" in self.actor else self.actor


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


def check(principal: Principal, route: str) -> Own | None:
    """Say on what it depends whether this principal may use a route of the table; None: on nothing more.

    Raises `Forbidden` if the principal may not, whatever the request is about.
    """
    needed = TABLE[route]
    if principal.role is needed.role:
        return None
    if principal.role is Role.OPERATOR:
        raise Forbidden("The operator's key is good for companies only.")
    if needed.role is Role.OPERATOR:
        raise Forbidden("Only the operator may do this.")
    if _RANK[principal.role] > _RANK[needed.role]:
        return None
    if needed.own and principal.person and _RANK[principal.role] >= _RANK[_LEAST[needed.own]]:
        return needed.own
    raise refusal(principal, route)


def refusal(principal: Principal, route: str) -> Forbidden:
    """Return the refusal that says what would be needed."""
    needed = TABLE[route]
    own = f" unless it is about {needed.own}" if needed.own and principal.person else ""
    return Forbidden(f"This takes the role {needed.role}{own}; yours is {principal.role}.")
