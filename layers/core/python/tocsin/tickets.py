"""Tickets in their table: read, listed and changed. Opening them is a room of its own."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from heapq import merge
from itertools import accumulate, islice

from tocsin import cursor, description, ids, keys, ticket, times
from tocsin.errors import ConditionFailed, Conflict, NotFound, Overloaded
from tocsin.keys import Key
from tocsin.rows import Row
from tocsin.store import EXISTS, NEW, tickets
from tocsin.telemetry import about
from tocsin.ticket import Changes, Status, Ticket

_TRIES = 10
_MERGED = {"labels", "followers"}
_TIMES = ("ack_timeout", "auto_resolve")  # of its severity, as its last step or an edit took them
OVER = "The ticket is resolved: it takes notes only."
PAGE_BYTES = 1_000_000  # of a list; Lambda answers with 6 MB at most, and JSON makes six characters of some


def get(tenant: str, ticket_id: str) -> Ticket:
    """Return a ticket with its whole description. Raises `NotFound`."""
    return description.whole(get_short(tenant, ticket_id))


def get_short(tenant: str, ticket_id: str) -> Ticket:
    """Return a ticket, a long description cut. Raises `NotFound`."""
    about(tenant, ticket_id)
    row = tickets.get(keys.ticket(tenant, ticket_id))
    if row is None:
        raise NotFound("There is no such ticket.")
    return Ticket.of(row)


def change(tenant: str, ticket_id: str, decide: Callable[[Ticket], Changes], *, fence: Collection[str] = ()) -> Ticket:
    """Change a ticket by what `decide` makes of it, and return it as it is then (a long description cut).

    Conditional on what it goes by alone (status, snooze, times, the attributes in `fence`): a person's act counts
    whatever timers did meanwhile. The loser of a race decides again. No changes, no write. Raises `NotFound`, and what
    `decide` raises.
    """
    about(tenant, ticket_id)
    for _ in range(_TRIES):
        row = tickets.get(keys.ticket(tenant, ticket_id))
        if row is None:
            raise NotFound("There is no such ticket.")
        before = Ticket.of(row)
        changes = decide(before)
        if not changes:
            return before
        # A snooze is a time that must not be lost; what a due time is worked out from, or is merged with, must still be
        # what was read.
        snooze = row.get("snoozed_until")
        guard = [("snoozed_until", "=", snooze) if snooze else ("snoozed_until", "missing", None)]
        read = {*fence, *(_MERGED & changes.keys()), *(_TIMES if "due_at" in changes else ())}
        guard += [(name, "=", row[name]) if name in row else (name, "missing", None) for name in sorted(read)]
        try:
            return Ticket.of(
                tickets.update(before.key, changes, when=[*EXISTS, ("status", "=", row["status"]), *guard])
            )
        except ConditionFailed:
            continue
    raise Overloaded


def acknowledge(tenant: str, ticket_id: str, by: str, now: datetime, *, told_at: datetime | None = None) -> Ticket:
    """Acknowledge a ticket that is unread, or again; any other is left as it is, whoever was faster.

    `told_at`: when a monitor said so; a ticket whose alarm is newer than that is left too.
    """

    def decide(one: Ticket) -> Changes:
        seen = one.resolved or one.status is Status.PENDING_FIX or one.alarmed_after(told_at)
        return {} if seen else ticket.to_status(one, Status.UNDER_INVESTIGATION, by, now)

    return change(tenant, ticket_id, decide, fence=_fence(told_at))


def resolve(tenant: str, ticket_id: str, by: str, now: datetime, *, told_at: datetime | None = None) -> Ticket:
    """Resolve a ticket, unless it is resolved already, or its alarm is newer than `told_at`."""

    def decide(one: Ticket) -> Changes:
        return {} if one.alarmed_after(told_at) else ticket.to_status(one, Status.RESOLVED, by, now)

    return change(tenant, ticket_id, decide, fence=_fence(told_at))


def _fence(told_at: datetime | None) -> list[str]:
    return [] if told_at is None else ["alarmed_at"]


def add_note(tenant: str, ticket_id: str, note_id: str | None, text: str, by: str, now: datetime) -> tuple[Row, bool]:
    """Put a note on a ticket. Return its row and whether it is new. Raises `NotFound`, `Conflict`."""
    get(tenant, ticket_id)
    name = note_id or ids.new()
    row = {
        **keys.note(tenant, ticket_id, name),
        "tenant": tenant,
        "ticket_id": ticket_id,
        "note_id": name,
        "text": text,
        "actor": by,
        "created_at": times.text(now),
    }
    try:
        tickets.put(row, when=NEW)
    except ConditionFailed as failure:
        if failure.found is None or (failure.found["text"], failure.found["actor"]) != (text, by):
            raise Conflict("There is already a note with this id, made by another request.") from failure
        return failure.found, False
    return row, True


def newest(
    tenant: str, team: str | None, *, since: datetime | None, until: datetime | None, limit: int, after: str | None
) -> tuple[list[Ticket], str | None]:
    """Return a page of tickets, newest first: a team's, or all that are not resolved. And the next page's cursor."""
    place = f"tickets/{team or ''}"
    start = cursor.read(tenant, place, after)
    low = times.text(since) if since else "0"
    # "~" sorts after everything that an `opened` holds; `until` is not part of the list.
    high = start or (times.text(until) if until else "~")
    if high < low:
        return [], None
    shards = keys.team_shards(tenant, team) if team is not None else keys.open_shards(tenant)
    index = "team" if team is not None else "open"
    read = [
        tickets.query(
            shard,
            index=index,
            hash_name=f"{index}_shard",
            range_name="opened",
            between=(low, high),
            forward=False,
            limit=limit + 2,
        ).items
        for shard in shards
    ]
    ordered = merge(*read, key=lambda row: str(row["opened"]), reverse=True)
    listed = list(islice((row for row in ordered if row["opened"] < high), limit + 1))
    rows = tickets.get_many([Key(pk=row["pk"], sk=row["sk"]) for row in listed[:limit]])
    count = _fitting(rows)
    following = cursor.write(tenant, place, listed[count - 1]["opened"]) if len(listed) > count else None
    return description.whole_ones([Ticket.of(row) for row in rows[:count] if row is not None]), following


def _fitting(rows: Sequence[Row | None]) -> int:
    """Return how many of these tickets go on one page: as many as an answer holds, and one at least."""
    sizes = accumulate(len(str(row)) + row.get("body_size", 0) if row else 0 for row in rows)
    return max(1, sum(1 for size in sizes if size <= PAGE_BYTES))


def children(tenant: str, ticket_id: str, kind: str, *, limit: int, after: str | None) -> tuple[list[Row], str | None]:
    """Return a page of a ticket's history, notes or pages, oldest first, and the next page's cursor."""
    about(tenant, ticket_id)
    pk = keys.ticket(tenant, ticket_id)["pk"]
    place = f"{ticket_id}/{kind}"
    start = cursor.read(tenant, place, after)
    if tickets.get(keys.ticket(tenant, ticket_id)) is None:
        raise NotFound("There is no such ticket.")
    begin = {"pk": pk, "sk": kind + start} if start else None
    page = tickets.query(pk, begins=kind, limit=limit, after=begin)
    following = cursor.write(tenant, place, page.after["sk"].removeprefix(kind)) if page.after else None
    return page.items, following


def patched(one: Ticket, fields: Changes, by: str, now: datetime) -> Changes:
    """Return the changes that a patch makes of a ticket: what is as it was is left out.

    `fields` are attributes as the row has them, merged already. Raises `Conflict` for a resolved ticket.
    """
    status = Status(fields.pop("status")) if "status" in fields else None
    as_stored = one.fields()
    edits = {name: new for name, new in fields.items() if as_stored.get(name) != new}
    if one.resolved:
        if edits or status not in (None, one.status):
            raise Conflict(OVER)
        return {}
    moves = ticket.to_status(one, status, by, now) if status else {}
    if not edits or moves:
        return {**edits, **moves}
    return {**edits, **ticket.edited(one, by, now)}
