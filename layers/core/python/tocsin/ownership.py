"""Whose something is: asked of the directory where a person's role alone does not let the person do it."""

from collections.abc import Mapping
from typing import Any, Final

from tocsin import access, ids, keys, resource
from tocsin.access import Own, Principal
from tocsin.store import directory

# What nobody sets for oneself: to be an admin, or to be reached at an address that was never proven.
_FOR_ADMINS: Final = {"role", "verified"}


def check(who: Principal, route: str, own: Own, path: Mapping[str, str], body: Mapping[str, Any]) -> None:
    """Raise `Forbidden` unless a request is about what is the person's own, `NotFound` if there is no such thing.

    `path` holds the path's ids by name, `body` the fields of the request.
    """
    if not _holds(who.tenant, str(who.person), own, path, body):
        raise access.refusal(who, route)


def _holds(tenant: str, person: str, own: Own, path: Mapping[str, str], body: Mapping[str, Any]) -> bool:
    match own:
        case Own.SELF:
            return path["user_id"] == person and not any(body.get(name) for name in _FOR_ADMINS)
        case Own.TEAM:
            return _leads(tenant, person, [_team(tenant, path)])
        case Own.TOLD_TEAM:
            now = [_team(tenant, path)] if path else []
            return _leads(tenant, person, [*now, body.get("team")])
        case Own.SHIFT:
            return _swaps(tenant, person, path, body)


def _team(tenant: str, path: Mapping[str, str]) -> str | None:
    """Return the team that a path is about; None: the company itself."""
    if "team_id" in path:
        return path["team_id"]
    if "rule_id" in path:
        row = resource.get(keys.rule(tenant, path["rule_id"]))
    else:
        row = resource.get(keys.schedule(tenant, path["schedule_id"]))
    return row.get("team")


def _leads(tenant: str, person: str, teams: list[Any]) -> bool:
    """Say whether the person is an admin of all the teams; of the company itself (None) only its own admins are."""
    if not all(isinstance(team, str) and ids.is_one(team) for team in teams):
        return False
    return None not in directory.get_many([keys.member(tenant, team, person, admin=True) for team in teams])


def _swaps(tenant: str, person: str, path: Mapping[str, str], body: Mapping[str, Any]) -> bool:
    """Say whether it is an override of the person's own, on a schedule of the person's, or one of a team it leads."""
    row = resource.get(keys.schedule(tenant, path["schedule_id"]))
    team = row.get("team")
    if "override_id" in path:
        made = resource.get(keys.override_name(tenant, path["schedule_id"], path["override_id"]))
        return made["user"] == person or _leads(tenant, person, [team])
    takes_turns = any(person in layer["users"] for layer in row["layers"])
    if body.get("user") == person and takes_turns:
        return True
    places = [keys.member(tenant, team, person, admin=admin) for admin in (True, False)] if team else []
    leads, belongs = directory.get_many(places) if places else (None, None)
    return leads is not None or (belongs is not None and body.get("user") == person)
