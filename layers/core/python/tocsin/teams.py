"""Teams and their members in the directory."""

from collections.abc import Iterator
from datetime import datetime

from tocsin import cursor, ids, keys, resource, schedules
from tocsin.errors import Conflict, NotFound
from tocsin.keys import Key
from tocsin.me import OwnTeam
from tocsin.rows import Row
from tocsin.store import directory, tickets
from tocsin.team import Member, MemberRole, NewTeam, Team, TeamPatch, TeamSettings


def create(tenant: str, request: NewTeam, now: datetime) -> tuple[Team, bool]:
    """Make a team. Raises `Conflict` if the id is taken."""
    team = Team(team_id=request.team_id or ids.new(), name=request.name, created_at=now)
    row, new = resource.create(
        keys.team(tenant, team.team_id),
        {**team.fields(), **resource.listing(tenant, "TEAMS", team.team_id)},
        fingerprint=ids.fingerprint(request.model_dump(mode="json")),
    )
    return Team.of(row), new


def change(tenant: str, team_id: str, patch: TeamPatch) -> Team:
    """Change a team. Raises `NotFound` and `Invalid`."""
    key = keys.team(tenant, team_id)
    return Team.of(resource.change(key, lambda row: resource.patched(TeamSettings, row, patch).model_dump()))


def delete(tenant: str, team_id: str) -> None:
    """Delete a team with its members, rules and schedules.

    Raises `Conflict` while it has tickets that are not resolved, or integrations that would open some for nobody.

    The team's own row goes last: a delete that was cut short is finished by the next one.
    """
    resource.get(keys.team(tenant, team_id))
    if has_open_tickets(tenant, team_id):
        raise Conflict("The team has tickets that are not resolved.")
    if any(row["team"] == team_id for row in _listed(keys.listed(tenant, "INTEGRATIONS"))):
        raise Conflict("An integration opens tickets for the team: give it another one first.")
    rules = _listed(keys.rules_of(tenant, team_id))
    schedules.delete_all(tenant, team_id)
    members = [row for admin in (True, False) for row in _rows(tenant, team_id, admin=admin)]
    for row in [*rules, *members]:
        directory.delete(Key(pk=row["pk"], sk=row["sk"]))
    directory.delete(keys.team(tenant, team_id))


def has_open_tickets(tenant: str, team_id: str) -> bool:
    """Say whether a ticket of the team is not resolved. Reads the tenant's open tickets until one is found."""
    return next(open_tickets(tenant, team_id), None) is not None


def open_tickets(tenant: str, team_id: str) -> Iterator[Row]:
    """Yield the team's tickets that are not resolved, read from all that the tenant has."""
    for shard in keys.open_shards(tenant):
        rows = tickets.query_all(shard, index="open", hash_name="open_shard", range_name="opened")
        found = tickets.get_many([Key(pk=row["pk"], sk=row["sk"]) for row in rows])
        yield from (row for row in found if row and row["team"] == team_id and row["status"] != "resolved")


def put_member(tenant: str, team_id: str, user_id: str, role: MemberRole) -> tuple[Member, bool]:
    """Put a user into a team, or change the role there. Return it and whether the user is new in the team.

    Raises `NotFound` if there is no such team or user.
    """
    team, user, *old = directory.get_many(
        [
            keys.team(tenant, team_id),
            keys.user(tenant, user_id),
            keys.member(tenant, team_id, user_id, admin=True),
            keys.member(tenant, team_id, user_id, admin=False),
        ]
    )
    if team is None or user is None:
        raise NotFound("There is no such team." if team is None else "There is no such user.")
    admin = role == "admin"
    directory.put(
        {
            **keys.member(tenant, team_id, user_id, admin=admin),
            "team_id": team_id,
            "user_id": user_id,
            "role": role,
            "list_pk": keys.teams_of(tenant, user_id),
            "list_sk": team_id,
        }
    )
    # The new place first: whoever reads in between finds the user twice, never not at all.
    directory.delete(keys.member(tenant, team_id, user_id, admin=not admin))
    return Member(team_id=team_id, user_id=user_id, role=role), not any(old)


def remove_member(tenant: str, team_id: str, user_id: str) -> None:
    """Take a user out of a team. Raises `NotFound` if the user is not in it."""
    removed = [directory.delete(keys.member(tenant, team_id, user_id, admin=admin)) for admin in (True, False)]
    if not any(removed):
        raise NotFound("The team has no such member.")


def members(tenant: str, team_id: str, *, limit: int, after: str | None) -> tuple[list[Member], str | None]:
    """Return a page of members, admins first, and the cursor of the next one. Raises `NotFound`."""
    pk = resource.get(keys.team(tenant, team_id))["pk"]
    # ADMIN# and MEMBER# sort before TEAM, and nothing else in a team's partition does.
    within = (keys.ADMINS, "MEMBER$")
    start = cursor.read(tenant, f"members/{team_id}", after, within=within)
    page = directory.query(pk, between=within, limit=limit, after={"pk": pk, "sk": start} if start else None)
    following = cursor.write(tenant, f"members/{team_id}", page.after["sk"]) if page.after else None
    return [_member(row) for row in page.items], following


def of_user(tenant: str, user_id: str) -> list[OwnTeam]:
    """Return the teams that a user is in, by id. Who is no user (an API key) is in none."""
    return [OwnTeam.of(row) for row in _listed(keys.teams_of(tenant, user_id))]


def _listed(partition: str) -> list[Row]:
    return directory.query_all(partition, index="listed", hash_name="list_pk", range_name="list_sk")


def _rows(tenant: str, team_id: str, *, admin: bool) -> list[Row]:
    return directory.query_all(keys.team(tenant, team_id)["pk"], begins=keys.ADMINS if admin else keys.MEMBERS)


def _member(row: Row) -> Member:
    return Member(team_id=row["team_id"], user_id=row["user_id"], role=row["role"])
