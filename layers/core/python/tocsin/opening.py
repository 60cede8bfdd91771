"""Opening a ticket: once for each id, and once for each dedup key while a ticket with it is not resolved.

Ordered conditional writes, each of which heals if it was the last thing that happened: long text, dedup row, ticket.
The increment of `count`, on condition that the ticket is not resolved, is the proof that it was open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tocsin import description, ids, keys, ticket, times
from tocsin.errors import ConditionFailed, Conflict
from tocsin.rows import Row
from tocsin.store import EXISTS, NEW, Condition, tickets
from tocsin.telemetry import about
from tocsin.ticket import Link, Status, Ticket

HEALS = timedelta(minutes=2)  # how long a dedup row may wait for its ticket; longer than any request lives


@dataclass(frozen=True)
class Request:
    """A ticket to be opened, checked and with its defaults filled in. `scope`: within which its dedup key counts."""

    tenant: str
    team: str
    title: str
    severity: str
    source: str
    scope: str
    description: str | None = None
    labels: Mapping[str, str] | None = None
    links: Sequence[Link] = ()
    dedup_key: str | None = None
    ticket_id: str | None = None
    remark: str | None = None
    times: Mapping[str, int | None] = field(default_factory=dict)  # what it is to remember of its severity
    alarmed_at: datetime | None = None  # when its monitor said so: what it told before does not end the ticket
    delivery: str | None = None  # the message that told it, where it has a name: told again, it is the same ticket

    def fingerprint(self) -> str:
        """Return what tells this request from another with the same id."""
        if self.delivery is not None:
            return ids.fingerprint(self.delivery)
        told: dict[str, Any] = {
            **{name: getattr(self, name) for name in ("team", "title", "severity", "description", "dedup_key")},
            "labels": dict(self.labels or {}),
            "links": [link.model_dump() for link in self.links],
        }
        return ids.fingerprint(told)


def run(request: Request, now: datetime) -> tuple[Ticket, bool]:
    """Open a ticket. Return it and whether this call made it; one that stands for the same is counted instead.

    Raises `Conflict` if the id is taken by another request's ticket.
    """
    new = draft(request, now)
    about(new.tenant, new.ticket_id)
    if request.dedup_key is None:
        return _put(new, request)
    while True:
        done = _once(new, request, now)
        if done is not None:
            about(new.tenant, done[0].ticket_id)
            return done


def dedup_digest(scope: str, dedup_key: str) -> str:
    """Return the digest that names a dedup row."""
    return ids.sha256(scope, dedup_key)


def find(tenant: str, scope: str, dedup_key: str) -> Ticket | None:
    """Return the ticket that is not resolved and has this dedup key, None if there is none."""
    digest = dedup_digest(scope, dedup_key)
    row = tickets.get(keys.dedup(tenant, digest))
    found = tickets.get(keys.ticket(tenant, row["ticket_id"])) if row else None
    if found is None or found["status"] == Status.RESOLVED or found.get("dedup") != digest:
        return None
    return Ticket.of(found)


def known(request: Request) -> bool:
    """Say whether a request would find a ticket: one with its id, or one that stands for the same already."""
    if request.ticket_id is not None and tickets.get(keys.ticket(request.tenant, request.ticket_id)) is not None:
        return True
    return request.dedup_key is not None and find(request.tenant, request.scope, request.dedup_key) is not None


def draft(request: Request, now: datetime) -> Ticket:
    """Return the ticket that a request would open; a long description is cut."""
    epoch = int(now.timestamp())
    return Ticket(
        tenant=request.tenant,
        ticket_id=request.ticket_id or ids.new(),
        team=request.team,
        title=request.title,
        severity=request.severity,
        **description.fields(request.description),
        labels=dict(request.labels or {}),
        links=list(request.links),
        dedup_key=request.dedup_key,
        dedup=dedup_digest(request.scope, request.dedup_key) if request.dedup_key is not None else None,
        source=request.source,
        alarmed_at=request.alarmed_at,
        due_at=now,
        created_at=now,
        updated_at=now,
        epoch=epoch,
        run=epoch,
        changed_by=request.source,
        remark=request.remark,
        **request.times,
        fingerprint=request.fingerprint(),
    )


def _put_row(draft: Ticket, request: Request) -> None:
    """Put the ticket, its long text before it. Raises `ConditionFailed` if there is one with its id."""
    if draft.body and request.description is not None:
        description.put(draft.tenant, draft.ticket_id, draft.body, request.description, draft.created_at)
    tickets.put(ticket.row(draft), when=NEW)


def _put(draft: Ticket, request: Request) -> tuple[Ticket, bool]:
    try:
        _put_row(draft, request)
    except ConditionFailed as failure:
        return _made_before(draft, failure.found), False
    return draft, True


def _made_before(draft: Ticket, found: Row | None) -> Ticket:
    if found is None or found["fingerprint"] != draft.fingerprint:
        raise Conflict("There is already a ticket with this id, made by another request.")
    return Ticket.of(found)


def _once(draft: Ticket, request: Request, now: datetime) -> tuple[Ticket, bool] | None:
    """Try once to open or count a ticket with a dedup key. None: somebody else was faster, look again."""
    key = keys.dedup(draft.tenant, draft.dedup or "")
    try:
        tickets.put({**key, "ticket_id": draft.ticket_id, "put_at": times.text(now)}, when=NEW)
    except ConditionFailed as failure:
        there = failure.found
        return _follow(draft, request, there, now) if there is not None else None
    return _put_named(draft, request)


def _put_named(draft: Ticket, request: Request) -> tuple[Ticket, bool] | None:
    """Put the ticket that the dedup row names by now."""
    try:
        _put_row(draft, request)
    except ConditionFailed as failure:
        there = failure.found
        if there is None:
            return None
        if _in_its_stead(there, draft):
            return (Ticket.of(there), False) if there["status"] == Status.RESOLVED else None
        try:
            return _made_before(draft, there), False
        except Conflict:
            if there.get("dedup") != draft.dedup:
                _withdraw(draft)
            raise
    return draft, True


def _withdraw(draft: Ticket) -> None:
    """Take back a dedup row that names a ticket of another request."""
    try:
        tickets.delete(keys.dedup(draft.tenant, draft.dedup or ""), when=[("ticket_id", "=", draft.ticket_id)])
    except ConditionFailed:
        return


def _follow(draft: Ticket, request: Request, there: Row, now: datetime) -> tuple[Ticket, bool] | None:
    """Go where the dedup row points: count on that ticket, heal it, or move the row to a new one."""
    if request.ticket_id is not None:
        before = tickets.get(draft.key)
        if before is not None and not _in_its_stead(before, draft):
            return _made_before(draft, before), False
        if before is None and there["ticket_id"] == draft.ticket_id:
            return _move(draft, request, there, now)  # it may be about to go with an earlier ticket of this id
    still = [*EXISTS, ("status", "<>", Status.RESOLVED.value), ("dedup", "=", draft.dedup)]
    try:
        return _count(keys.ticket(draft.tenant, there["ticket_id"]), request, still, now), False
    except ConditionFailed as failure:
        if failure.found is None and now - times.parse(there["put_at"]) < HEALS:
            return _heal(draft, request, there["ticket_id"])
        return _move(draft, request, there, now)


def _count(key: keys.Key, request: Request, still: Sequence[Condition], now: datetime) -> Ticket:
    """Count a request on a ticket that stands for the same. Raises `ConditionFailed` if that is over."""
    if request.alarmed_at is not None:
        newest = ("alarmed_at", "missing or <", times.text(request.alarmed_at))
        try:
            changes = ticket.counted(request.source, now, request.alarmed_at)
            return Ticket.of(tickets.update(key, changes, when=[*still, newest]))
        except ConditionFailed:
            pass  # it is over, or knows of a newer alarm
    return Ticket.of(tickets.update(key, ticket.counted(request.source, now), when=still))


def _heal(draft: Ticket, request: Request, ticket_id: str) -> tuple[Ticket, bool] | None:
    """Put the ticket that a dedup row waits for: whoever put the row has died, or comes and counts on it."""
    healed = draft.model_copy(update={"ticket_id": ticket_id, "healed": True})
    try:
        _put_row(healed, request)
    except ConditionFailed:
        return None
    return healed, request.ticket_id is None


def _in_its_stead(found: Row, draft: Ticket) -> bool:
    """Say whether a ticket was made for this request's dedup row, by another that found the row without a ticket.

    It has the id, and not what was sent with it: while it is open the request counts on it; later, it was that one.
    """
    return bool(found.get("healed")) and found.get("dedup") == draft.dedup


def _move(draft: Ticket, request: Request, there: Row, now: datetime) -> tuple[Ticket, bool] | None:
    """Point the dedup row to the new ticket, if it still points to the one that is over."""
    key = keys.dedup(draft.tenant, draft.dedup or "")
    try:
        tickets.update(
            key,
            {"ticket_id": draft.ticket_id, "put_at": times.text(now)},
            when=[*EXISTS, ("ticket_id", "=", there["ticket_id"])],
        )
    except ConditionFailed:
        return None
    return _put_named(draft, request)
