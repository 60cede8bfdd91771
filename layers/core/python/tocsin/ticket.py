"""A ticket: a small state machine with one alarm clock, `due_at`.

Functions here take a ticket and the time and return changes: attribute to new value, None for what goes away,
`Next(name)` for what the table counts. Whoever changes a ticket makes one conditional write of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel

from tocsin import due, duration, keys, times
from tocsin.model import Record
from tocsin.rows import Next
from tocsin.times import Moment

KEPT: Final = timedelta(days=400)  # after it was resolved, at least; then the table clears its row away

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
    ACK_EXPIRED = "ack_expired"
    STATUS_CHANGED = "status_changed"
    RESOLVED = "resolved"
    EDITED = "edited"
    HURRIED = "hurried"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    REASSIGNED = "reassigned"
    ASSIGNED = "assigned"
    RESPONDERS_ADDED = "responders_added"
    HELD = "held"
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
    alarmed_at: Moment | None = None  # when its monitor said last that something is wrong, by its own clock
    rule_id: str | None = None
    step: int = 0
    round: int = 0
    beyond: int = 0  # how far past the rule's end: 1 the last resort, then the reminders
    due_at: Moment | None = None
    assigned_to: list[str] = []
    followers: list[str] = []  # who was paged for it, and wants to be told what others do with it
    acknowledged_by: str | None = None
    acknowledged_at: Moment | None = None
    resolved_at: Moment | None = None
    snoozed_until: Moment | None = None
    ack_timeout: int | None = None  # seconds; as its severity had it when the ticket was opened or took its last step
    auto_resolve: int | None = None  # seconds after it was opened
    resolve_at: Moment | None = None  # set whenever the clock is, which it may be ahead of
    # Its next step waits: for a maintenance to end, people to wake, somebody to come on call. False: somebody asked for
    # it by hand, and it waits for nobody on call.
    held: bool | None = None
    held_since: Moment | None = None  # for somebody to come on call: from when on
    handed_to: str | None = None  # the user whom it was reassigned to and who is paged before the team's rules
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

    @property
    def kept(self) -> bool:
        """Whether its rule keeps it without paging anybody."""
        return self.status is Status.UNREAD and self.rule_id is not None and not self.round and not self.beyond

    def alarmed_after(self, told_at: datetime | None) -> bool:
        """Whether its monitor has said since that something is wrong: what it told then is of an earlier alarm."""
        return told_at is not None and self.alarmed_at is not None and self.alarmed_at > told_at

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
        "added": None,
    }


def moved(ticket: Ticket, at: datetime | None, now: datetime) -> Changes:
    """Return the changes that move a ticket's clock: timers of the epoch before are void.

    `at`: when what comes next is due, None if nothing is. An automatic resolve that comes earlier takes its place; one
    that should have come already, for its severity has only just said so, is due now.
    """
    resolve_at = ticket.created_at + timedelta(seconds=ticket.auto_resolve) if ticket.auto_resolve else None
    first = min((time for time in (at, resolve_at and max(resolve_at, now)) if time is not None), default=None)
    return {
        **wound(ticket.key["pk"], first, now),
        "epoch": Next("epoch"),
        "resolve_at": times.text(resolve_at) if resolve_at else None,
    }


_FRESH: Final[Changes] = {
    "rule_id": None,
    "step": 0,
    "round": 0,
    "beyond": 0,
    "assigned_to": [],
    "acknowledged_by": None,
    "acknowledged_at": None,
    "snoozed_until": None,
    "handed_to": None,
    "held": None,
    "held_since": None,
}


def restarted(ticket: Ticket, now: datetime) -> Changes:
    """Return the changes that begin the escalation anew, at step 1, now. Pages of the run before are void."""
    return {**_FRESH, **moved(ticket, now, now), "run": Next("epoch"), "status": Status.UNREAD.value}


def rung(ticket: Ticket, now: datetime) -> Changes:
    """Return the changes that an overdue ticket's time brings by itself; none if it is the time of its next step.

    Which of the times that competed has come follows from the ticket alone: a resolve at or before the due time, else
    the end of a snooze, else, unless it is unread, the end of its acknowledgement.
    """
    if ticket.due_at and ticket.resolve_at and ticket.resolve_at <= ticket.due_at:
        told = f"It was opened {duration.text(now - ticket.created_at)} ago."
        return {**to_status(ticket, Status.RESOLVED, "system", now), "remark": told}
    if ticket.snoozed_until is not None:
        return {**restarted(ticket, now), **marked(Kind.SNOOZE_ENDED, "system", now)}
    if ticket.status is not Status.UNREAD:
        return {**restarted(ticket, now), **marked(Kind.ACK_EXPIRED, "system", now)}
    return {}


def to_status(ticket: Ticket, status: Status, by: str, now: datetime) -> Changes:
    """Return the changes that bring a ticket into another status; none if it is there already.

    The caller has made sure that the ticket is not resolved. Who acknowledges what is acknowledged renews its time-out.
    """
    if status is ticket.status:
        return _renewed(ticket, by, now)
    if status is Status.UNREAD:
        return {**restarted(ticket, now), **marked(Kind.STATUS_CHANGED, by, now)}
    if status is Status.RESOLVED:
        over: Changes = {"resolved_at": times.text(now), "open_shard": None, "snoozed_until": None, "resolve_at": None}
        stopped = {**wound(ticket.key["pk"], None, now), "epoch": Next("epoch")}
        over["expires"] = int((now + KEPT).timestamp()) + 1  # never taken back: nothing comes after being resolved
        return {"status": status.value, **over, **stopped, **marked(Kind.RESOLVED, by, now)}
    return {"status": status.value, **_seen(ticket, status, by, now), **marked(_kind(ticket.status, status), by, now)}


def _seen(ticket: Ticket, status: Status, by: str, now: datetime) -> Changes:
    """Return what else changes when somebody takes a ticket on: whatever its clock said, it has another time now.

    A snooze goes on, for it will end; but who takes an unread ticket on is there, and needs it no more.
    """
    until = ticket.snoozed_until if ticket.status is not Status.UNREAD else None
    changes: Changes = {"snoozed_until": times.text(until) if until else None}
    changes |= moved(ticket, until or _expiry(ticket, status, now), now)
    if ticket.acknowledged_by is None:
        changes |= {"acknowledged_by": by, "acknowledged_at": times.text(now), "assigned_to": [by]}
    return changes


def _expiry(ticket: Ticket, status: Status, now: datetime) -> datetime | None:
    """Return when an acknowledgement made now expires. What is pending a fix is known, and is not asked for again."""
    if status is not Status.UNDER_INVESTIGATION or not ticket.ack_timeout:
        return None
    return now + timedelta(seconds=ticket.ack_timeout)


def _renewed(ticket: Ticket, by: str, now: datetime) -> Changes:
    """Return the changes of an acknowledgement that is given again: none if it does not expire, or is snoozed."""
    expiry = _expiry(ticket, ticket.status, now)
    if expiry is None or ticket.snoozed_until is not None:
        return {}
    return {**moved(ticket, expiry, now), **marked(Kind.ACKNOWLEDGED, by, now)}


def _kind(old: Status, new: Status) -> Kind:
    if old is Status.UNREAD and new is Status.UNDER_INVESTIGATION:
        return Kind.ACKNOWLEDGED
    return Kind.STATUS_CHANGED


def edited(ticket: Ticket, by: str, now: datetime) -> Changes:
    """Return the changes that go with an edit. It does not move the clock, and counts from the next step on.

    A ticket that a rule keeps without paging has no next step: it is asked again whether it is still one of those.
    """
    asked_again = moved(ticket, now, now) if ticket.kept and ticket.snoozed_until is None else {}
    return {**asked_again, **marked(Kind.EDITED, by, now)}


def woken(ticket: Ticket, by: str, now: datetime, remark: str | None = None) -> Changes:
    """Return the changes that make an unread ticket's next step due now: what holds it may go on doing so."""
    return {**moved(ticket, now, now), **marked(Kind.HURRIED, by, now, remark=remark)}


def hurried(ticket: Ticket, by: str, now: datetime) -> Changes:
    """Return the changes by which somebody asks for an unread ticket's next step now, whatever else it waits for."""
    return {**woken(ticket, by, now), "snoozed_until": None, "held": False, "held_since": None}


def resumed(ticket: Ticket, by: str, now: datetime) -> Changes:
    """Return the changes that make an acknowledged ticket unread again, with the step after the last one due now."""
    gone = {"acknowledged_by": None, "acknowledged_at": None, "status": Status.UNREAD.value, "run": Next("epoch")}
    return {**hurried(ticket, by, now), **gone}


def led(ticket: Ticket, rule_id: str, step: int, by: str, now: datetime) -> Changes:
    """Return the changes that make a step of a rule due now, in the present round, whatever has been or is to come."""
    round_ = ticket.round if ticket.rule_id == rule_id else 0
    place = {"rule_id": rule_id, "step": step - 1, "round": max(round_, 1), "beyond": 0, "handed_to": None}
    return {**resumed(ticket, by, now), **place}


def snoozed(ticket: Ticket, until: datetime, by: str, now: datetime) -> Changes:
    """Return the changes that silence a ticket until a time, at which it will begin anew. Its pages so far are void."""
    changes = {"snoozed_until": times.text(until), "run": Next("epoch")}
    return {**changes, **moved(ticket, until, now), **marked(Kind.SNOOZED, by, now)}


def reassigned(ticket: Ticket, team: str, user: str | None, by: str, now: datetime) -> Changes:
    """Return the changes that give a ticket to a team, or first to a user: it is unread, and begins anew."""
    place = {"team": team, "team_shard": keys.team_shard(ticket.tenant, team, ticket.ticket_id)}
    return {**restarted(ticket, now), **place, "handed_to": user, **marked(Kind.REASSIGNED, by, now)}


def joined(users: Sequence[str], target: Mapping[str, str], by: str, now: datetime, remark: str | None) -> Changes:
    """Return the changes that say that somebody asked for responders. The clock and the escalation stay as they are."""
    return {
        **marked(Kind.RESPONDERS_ADDED, by, now, remark=remark),
        "added": {"users": list(users), "target": dict(target)},
    }


def counted(by: str, now: datetime, alarmed_at: datetime | None = None) -> Changes:
    """Return the changes for an alert that the ticket stands for already. `alarmed_at`: the newest of its alarms."""
    newest = {"alarmed_at": times.text(alarmed_at)} if alarmed_at else {}
    return {"count": Next("count"), **newest, **marked(Kind.DEDUPLICATED, by, now)}
