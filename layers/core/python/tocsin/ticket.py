"""A ticket: a small state machine with one alarm clock, `due_at`.

Functions here take a ticket and the time and return changes: attribute to new value, None for what goes away,
`Next(name)` for what the table counts. Whoever changes a ticket makes one conditional write of them.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel

from tocsin import due, keys, times
from tocsin.model import Record
from tocsin.rows import Next
from tocsin.times import Moment

Changes = dict[str, Any]
Passed = tuple[int, int, str]
"""A step that reached nobody and passed at once: its round, its number, and what is to be said of it."""


class Status(StrEnum):
    """Where a ticket stands. Escalation runs only while it is unread; resolved is final."""

    UNREAD = "unread"
    UNDER_INVESTIGATION = "under_investigation"
    PENDING_FIX = "pending_fix"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What a write did, and so the kind of its line in the history."""

    OPENED = "opened"
    DEDUPLICATED = "deduplicated"
    ESCALATED = "escalated"
    REPEATED = "repeated"
    LAST_RESORT = "last_resort"
    REMINDED = "reminded"
    NOBODY_REACHED = "nobody_reached"
    KEPT = "kept"
    ACKNOWLEDGED = "acknowledged"
    STATUS_CHANGED = "status_changed"
    RESOLVED = "resolved"
    EDITED = "edited"
    HURRIED = "hurried"
    PAGED = "paged"
    PAGE_FAILED = "page_failed"
    PAGE_SKIPPED = "page_skipped"
    NOTED = "noted"


class Link(BaseModel):
    """Something to look at."""

    href: str
    text: str = ""


class Ticket(Record):
    """What is wrong, whose it is, and how far its escalation has come."""

    tenant: str
    ticket_id: str
    team: str
    title: str
    severity: str
    status: Status = Status.UNREAD
    description: str | None = None
    body: str | None = None  # digest of the long text's row; `description` is then its beginning
    body_size: int | None = None  # bytes of the long text
    labels: dict[str, str] = {}
    links: list[Link] = []
    dedup_key: str | None = None
    dedup: str | None = None  # digest of scope and key: the dedup row that may count on this ticket
    count: int = 1
    source: str
    rule_id: str | None = None
    step: int = 0
    round: int = 0
    beyond: int = 0  # how far past the rule's end: 1 the last resort, then the reminders
    due_at: Moment | None = None
    assigned_to: list[str] = []
    acknowledged_by: str | None = None
    acknowledged_at: Moment | None = None
    resolved_at: Moment | None = None
    snoozed_until: Moment | None = None
    created_at: Moment
    updated_at: Moment
    rev: int = 1
    epoch: int
    run: int
    changed_by: str
    change: Kind = Kind.OPENED
    remark: str | None = None
    fingerprint: str = ""
    healed: bool | None = None  # made for a dedup row that another request had put

    @property
    def key(self) -> keys.Key:
        """The row's key."""
        return keys.ticket(self.tenant, self.ticket_id)

    @property
    def resolved(self) -> bool:
        """Whether it is over."""
        return self.status is Status.RESOLVED

    def subject(self) -> dict[str, Any]:
        """Return the fields that a rule's pattern is matched against."""
        names = ("team", "title", "severity", "status", "description", "labels", "dedup_key", "source")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def row(ticket: Ticket) -> dict[str, Any]:
    """Return the row of a new ticket, with its places in the indexes."""
    opened = f"{times.text(ticket.created_at)}#{ticket.ticket_id}"
    return {
        **ticket.fields(),
        **ticket.key,
        **(wound(ticket.key["pk"], ticket.due_at, ticket.created_at) if ticket.due_at else {}),
        "open_shard": keys.open_shard(ticket.tenant, ticket.ticket_id),
        "team_shard": keys.team_shard(ticket.tenant, ticket.team, ticket.ticket_id),
        "opened": opened,
    }


def wound(pk: str, due_at: datetime | None, now: datetime) -> Changes:
    """Return the changes that set a row's due time, and with it its place in the due index; None takes both away."""
    if due_at is None:
        return {"due_at": None, "due_shard": None, "look_at": None, "looks": None}
    return {
        "due_at": times.text(due_at),
        "due_shard": keys.due_shard(pk),
        "look_at": times.text(due.first_look(due_at, now)),
        "looks": None,
    }


def marked(kind: Kind, by: str, now: datetime, *, remark: str | None = None, passed: Sequence[Passed] = ()) -> Changes:
    """Return what every write of a ticket says of itself: the history is made of it.

    `passed`: steps of the rule that were passed at once, for they reach nobody.
    """
    return {
        "rev": Next("rev"),
        "change": kind.value,
        "changed_by": by,
        "updated_at": times.text(now),
        "remark": remark,
        "passed": [list(filter(None, step)) for step in passed] or None,
    }


def moved(ticket: Ticket, due_at: datetime | None, now: datetime) -> Changes:
    """Return the changes that move a ticket's clock: timers of the epoch before are void."""
    return {**wound(ticket.key["pk"], due_at, now), "epoch": Next("epoch")}


_FRESH: Final[Changes] = {
    "rule_id": None,
    "step": 0,
    "round": 0,
    "beyond": 0,
    "assigned_to": [],
    "acknowledged_by": None,
    "acknowledged_at": None,
}


def restarted(ticket: Ticket, now: datetime) -> Changes:
    """Return the changes that begin the escalation anew, at step 1, now. Pages of the run before are void."""
    return {**_FRESH, **moved(ticket, now, now), "run": Next("epoch"), "status": Status.UNREAD.value}


def to_status(ticket: Ticket, status: Status, by: str, now: datetime) -> Changes:
    """Return the changes that bring a ticket into another status; none if it is there already.

    The caller has made sure that the ticket is not resolved.
    """
    if status is ticket.status:
        return {}
    if status is Status.UNREAD:
        return {**restarted(ticket, now), **marked(Kind.STATUS_CHANGED, by, now)}
    # Whatever the clock said when the ticket was read: in this status it stands still.
    changes: Changes = {"status": status.value, **moved(ticket, None, now)}
    if status is Status.RESOLVED:
        changes |= {"resolved_at": times.text(now), "open_shard": None}
    elif ticket.acknowledged_by is None:
        changes |= {"acknowledged_by": by, "acknowledged_at": times.text(now), "assigned_to": [by]}
    return {**changes, **marked(_kind(ticket.status, status), by, now)}


def _kind(old: Status, new: Status) -> Kind:
    if new is Status.RESOLVED:
        return Kind.RESOLVED
    if old is Status.UNREAD and new is Status.UNDER_INVESTIGATION:
        return Kind.ACKNOWLEDGED
    return Kind.STATUS_CHANGED


def edited(ticket: Ticket, by: str, now: datetime) -> Changes:
    """Return the changes that go with an edit. It does not move the clock, and counts from the next step on.

    A ticket that a rule keeps without paging has no next step: it is asked again whether it is still one of those.
    """
    kept = ticket.status is Status.UNREAD and ticket.due_at is None
    return {**(moved(ticket, now, now) if kept else {}), **marked(Kind.EDITED, by, now)}


def hurried(ticket: Ticket, by: str, now: datetime, remark: str | None = None) -> Changes:
    """Return the changes that make an unread ticket's next step due now."""
    return {**moved(ticket, now, now), **marked(Kind.HURRIED, by, now, remark=remark)}


def resumed(ticket: Ticket, by: str, now: datetime) -> Changes:
    """Return the changes that make an acknowledged ticket unread again, with the step after the last one due now."""
    gone = {"acknowledged_by": None, "acknowledged_at": None, "status": Status.UNREAD.value, "run": Next("epoch")}
    return {**gone, **moved(ticket, now, now), **marked(Kind.HURRIED, by, now)}


def counted(by: str, now: datetime) -> Changes:
    """Return the changes for an alert that the ticket stands for already."""
    return {"count": Next("count"), **marked(Kind.DEDUPLICATED, by, now)}
