"""Schedules in the directory: made, changed, read with the overrides that a question is about, and asked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from tocsin import ids, keys, oncall, resource, targets, times
from tocsin.errors import Invalid, NotFound
from tocsin.keys import Key
from tocsin.oncall import Rota, Shift
from tocsin.rows import Row
from tocsin.schedule import LONGEST_OVERRIDE, OnCall, Override, Schedule, ScheduleBody
from tocsin.store import directory
from tocsin.targets import Reference

SHIFTS_LIMIT = 10_000
HORIZON = timedelta(days=366)  # how far is looked for the end of a shift


def create(tenant: str, request: ScheduleBody, now: datetime) -> tuple[Schedule, bool]:
    """Make a schedule. Raises `Invalid` for a reference to what does not exist, `Conflict` if the id is taken."""
    schedule_id = request.schedule_id or ids.new()
    told = _told(request, schedule_id)
    key = keys.schedule(tenant, schedule_id)
    if request.schedule_id is None or directory.get(key) is None:
        _check(tenant, request)
    row = {**_row(tenant, schedule_id, told, now), "created_at": times.text(now)}
    made, new = resource.create(key, row, fingerprint=ids.fingerprint(told))
    return Schedule.of(made), new


def get(tenant: str, schedule_id: str) -> Schedule:
    """Return a schedule. Raises `NotFound`."""
    return Schedule.of(resource.get(keys.schedule(tenant, schedule_id)))


def replace(tenant: str, schedule_id: str, request: ScheduleBody, now: datetime) -> Schedule:
    """Put another schedule in the place of this one; its overrides and feed keys stay. Raises `NotFound`, `Invalid`."""
    if request.schedule_id not in {None, schedule_id}:
        raise Invalid.at("body", "schedule_id", msg="This is another id than the path's.")
    key = keys.schedule(tenant, schedule_id)
    resource.get(key)
    _check(tenant, request)
    told = _told(request, schedule_id)

    def decide(row: Row) -> dict[str, Any]:
        same = all(row.get(name) == value for name, value in told.items())
        return {} if same else _row(tenant, schedule_id, told, now)

    return Schedule.of(resource.change(key, decide))


def delete(tenant: str, schedule_id: str) -> None:
    """Delete a schedule with its overrides and feeds. Its own row goes last: a retry finishes what was cut short."""
    schedule = get(tenant, schedule_id)
    for key in schedule.keys.values():
        directory.delete(keys.feed(key.sha256))
    own = keys.schedule(tenant, schedule_id)
    for row in directory.query_all(own["pk"]):
        if row["sk"] != own["sk"]:
            directory.delete(Key(pk=row["pk"], sk=row["sk"]))
    directory.delete(own)


def delete_all(tenant: str, team_id: str) -> None:
    """Delete the schedules of a team."""
    partition = keys.schedules_of(tenant, team_id)
    for row in directory.query_all(partition, index="listed", hash_name="list_pk", range_name="list_sk"):
        try:
            delete(tenant, row["schedule_id"])
        except NotFound:  # the index lags behind
            continue


def current(tenant: str, schedule_id: str, now: datetime) -> Rota | None:
    """Return a schedule with its overrides that are not over, in one read; None if there is no such schedule."""
    own = keys.schedule(tenant, schedule_id)
    rows = directory.query_all(own["pk"], between=(f"{keys.OVERRIDES}{times.text(now)}", own["sk"]))
    if not rows or rows[-1]["sk"] != own["sk"]:
        return None
    return Rota(Schedule.of(rows[-1]), tuple(map(Override.of, rows[:-1])))


def overriding(tenant: str, schedule_id: str, begin: datetime, end: datetime) -> tuple[Override, ...]:
    """Return a schedule's overrides that count within a time."""
    since, until = times.text(begin), times.text(end + LONGEST_OVERRIDE)
    rows = directory.query_all(
        keys.schedule(tenant, schedule_id)["pk"],
        between=(f"{keys.OVERRIDES}{since}", f"{keys.OVERRIDES}{until}"),
    )
    found = map(Override.of, rows)
    return tuple(one for one in found if one.begin < end and one.end > begin)


def shifts(tenant: str, schedule_id: str, begin: datetime, end: datetime) -> list[Shift]:
    """Return the final shifts of a time, gaps among them. Raises `NotFound`, `Invalid` for more than can be shown."""
    return _shown(tenant, get(tenant, schedule_id), begin, end)


def preview(tenant: str, request: ScheduleBody, begin: datetime, end: datetime, now: datetime) -> list[Shift]:
    """Return the shifts that a schedule would have; overrides are those of the schedule of this id, if there is one.

    Raises `Invalid`.
    """
    _check(tenant, request)
    schedule_id = request.schedule_id or ids.new()
    made = {"schedule_id": schedule_id, "created_at": now, "updated_at": now}
    return _shown(tenant, Schedule.of(_told(request, schedule_id) | made), begin, end)


def _shown(tenant: str, schedule: Schedule, begin: datetime, end: datetime) -> list[Shift]:
    rota = Rota(schedule, overriding(tenant, schedule.schedule_id, begin, end))
    found, _ = settled(
        tenant,
        lambda gone: list(islice(oncall.people(oncall.shifts(rota, begin, end, gone=gone)), SHIFTS_LIMIT + 1)),
    )
    if len(found) > SHIFTS_LIMIT:
        raise Invalid.at("query", "to", msg=f"These are more than {SHIFTS_LIMIT} shifts: ask for a shorter time.")
    return found


def on_call(
    tenant: str, team_id: str | None, at: datetime, *, limit: int, after: str | None
) -> tuple[list[OnCall], str | None]:
    """Return who is on call by each schedule of a team (None: the company's own), and the cursor of the next page."""
    rows, following = resource.listed(
        tenant,
        keys.schedules_of(tenant, team_id),
        lambda name: keys.schedule(tenant, name),
        limit=limit,
        after=after,
    )
    until = at + HORIZON
    schedules = [Schedule.of(row) for row in rows]
    rotas = [Rota(one, overriding(tenant, one.schedule_id, at, until)) for one in schedules]
    found, _ = settled(
        tenant,
        lambda gone: [next(oncall.people(oncall.shifts(rota, at, until, gone=gone))) for rota in rotas],
    )
    told = [
        OnCall(
            schedule_id=schedule.schedule_id,
            name=schedule.name,
            team=schedule.team,
            user=shift.user,
            until=shift.end if shift.end < until else None,
            missing=shift.missing,
        )
        for schedule, shift in zip(schedules, found, strict=True)
    ]
    return told, following


def settled(tenant: str, ask: Callable[[set[str]], list[Shift]]) -> tuple[list[Shift], dict[str, Row]]:
    """Return shifts of people who exist, and their rows: those are read who are on call, and nobody else.

    `ask` is told who was deleted or deactivated, and may name others in their stead.
    """
    people: dict[str, Row] = {}
    gone: set[str] = set()
    while True:
        found = ask(gone)
        unknown = sorted({one.user for one in found if one.user is not None} - people.keys())
        rows = directory.get_many([keys.user(tenant, name) for name in unknown])
        there = {name: row for name, row in zip(unknown, rows, strict=True) if row and row.get("active", True)}
        people |= there
        if len(there) == len(unknown):
            return found, people
        gone |= set(unknown) - there.keys()


def _told(request: ScheduleBody, schedule_id: str) -> dict[str, Any]:
    told = request.model_dump(mode="json", exclude={"schedule_id"})
    return told | {"name": request.name or schedule_id}


def _row(tenant: str, schedule_id: str, told: dict[str, Any], now: datetime) -> dict[str, Any]:
    place = {"list_pk": keys.schedules_of(tenant, told["team"]), "list_sk": schedule_id}
    return {**told, "schedule_id": schedule_id, "updated_at": times.text(now), **place}


def _check(tenant: str, request: ScheduleBody) -> None:
    """Raise `Invalid` with every user, and the team, that the tenant does not have, each at its place."""
    references: list[Reference] = []
    if request.team is not None:
        references.append((("body", "team"), "team", keys.team(tenant, request.team)))
    for number, layer in enumerate(request.layers):
        for position, user in enumerate(layer.users):
            references.append((("body", "layers", number, "users", position), "user", keys.user(tenant, user)))
    targets.check(references)
