"""A page: one message to one contact method because of one step, or because somebody asked for a responder."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Self

from pydantic import BaseModel

from tocsin import keys, times
from tocsin.model import Record
from tocsin.ticket import Changes, Status, Ticket, wound
from tocsin.times import Moment

SKEW = timedelta(seconds=2)  # two machines' clocks, and an SQS delay that is cut to seconds
FRESH_FOR = timedelta(minutes=15)
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=5)


class PageStatus(StrEnum):
    """How far a page has come."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Outcome(StrEnum):
    """What became of a message of a channel's queue."""

    SENT = "sent"
    SKIPPED = "skipped"
    LEFT = "left"
    PUT_OFF = "put_off"
    FAILED = "failed"


PENDING: list[tuple[str, str, str]] = [("status", "=", PageStatus.PENDING.value)]
"""The condition of a write of a page that is not settled."""


class Draft(BaseModel, frozen=True):
    """Whom a page would reach, and where."""

    user: str
    method_id: str
    channel: str
    address: str
    because: str = ""  # of what this person is paged by this method; for who asks, it is not stored
    not_before: datetime | None = None  # None: at once
    held: bool = False  # by the person's quiet hours
    follows: bool = False  # the person wants to know what others do with the ticket


class Page(Record):
    """A page as it is stored. `due_at` is its own alarm clock until it is settled.

    A responder's page is of no step: `step` and `round` say where the escalation was when somebody asked.
    """

    tenant: str
    ticket_id: str
    epoch: int
    step: int
    round: int
    user: str
    method_id: str
    channel: str
    address: str
    wait: int = 0  # seconds its step waits for an answer
    ask: int = 0  # of a responder: how often the user has been asked for in this epoch
    status: PageStatus = PageStatus.PENDING
    attempts: int = 0
    created_at: Moment
    expected_at: Moment | None = None  # its step's due time, or its person's turn: what lateness is counted from
    not_before: Moment | None = None  # its person wants it later than its step
    instead: bool | None = None  # it was put because another of its person could not be sent
    due_at: Moment | None = None
    sent_at: Moment | None = None
    error: str | None = None
    code: str | None = None
    provider_id: str | None = None

    @property
    def key(self) -> keys.Key:
        """The row's key."""
        return keys.page(self.tenant, self.ticket_id, self.epoch, self.user, self.method_id, self.ask)

    @property
    def made_by(self) -> str:
        """The name of the move, or of the ask, that it was made by."""
        return keys.move(self.epoch, self.ask)

    @property
    def page_id(self) -> str:
        """How the API names it."""
        return f"{self.made_by}:{self.user}:{self.method_id}"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.status is not PageStatus.PENDING

    @property
    def begins_at(self) -> datetime:
        """From when on it may be sent."""
        return max(self.created_at, self.not_before or self.created_at)

    def sleeps(self, now: datetime) -> bool:
        """Say whether it was never to be sent by now: whoever has its message brings it up later."""
        return self.waits(now) and self.due_at == self.not_before

    def waits(self, now: datetime) -> bool:
        """Say whether it is to be sent later: it was put off, and comes back by itself."""
        return self.due_at is not None and self.due_at > now + SKEW

    def tried(self) -> Self:
        """Return the page after one more attempt."""
        return self.model_copy(update={"attempts": self.attempts + 1})


def row(page: Page) -> dict[str, Any]:
    """Return the row of a new page, due as soon as it may be sent."""
    return {**page.fields(), **page.key, **wound(page.key["pk"], page.begins_at, page.created_at)}


def unwanted(page: Page, ticket: Ticket | None, later: Sequence[Page], now: datetime) -> str | None:
    """Return why a page is not to be sent any more, None if it is. `later` are pages of this ticket after it."""
    if ticket is None:
        return "The ticket is gone."
    if page.ask and not ticket.resolved:
        return None  # who is asked for is wanted whatever the escalation does
    if ticket.status is not Status.UNREAD:
        return f"The ticket is {ticket.status}."
    if ticket.snoozed_until is not None:
        return "The ticket is snoozed."
    if page.epoch < ticket.run:
        return "The escalation began anew."
    same_way = [one for one in later if (one.user, one.method_id) == (page.user, page.method_id) and not one.ask]
    # One that is to be sent still later is not in its place: where steps are short none would ever be sent.
    if any(one.epoch > page.epoch and one.begins_at <= now + SKEW for one in same_way):
        return "A later page of this ticket went the same way."
    # A step that is not committed yet is overdue: late is better than never.
    if ticket.epoch > page.epoch and now - page.begins_at > max(timedelta(seconds=page.wait), FRESH_FOR):
        return "It came too late."
    return None


def renewed(new: Page) -> Changes:
    """Return the changes by which a step that is taken again makes an attempt's page its own: it is fresh from now.

    Its person may want it later, or sooner, than when it was decided first.
    """
    made = row(new)
    names = ("wait", "step", "round", "created_at", "expected_at", "not_before")
    return {**{name: made.get(name) for name in names}, **wound(new.key["pk"], new.begins_at, new.created_at)}


def retry_delay(page: Page, random: Random) -> timedelta:
    """Return how long a page waits after a failed attempt: doubling from five seconds to five minutes, with jitter."""
    longest: timedelta = min(FIRST_RETRY * 2 ** min(page.attempts - 1, 10), LONGEST_RETRY)
    return longest * random.uniform(0.5, 1)


def put_off(page: Page, until: datetime, now: datetime, error: str | None = None) -> Changes:
    """Return the changes that let a page fall due later."""
    return {"error": error, "code": page.code, "attempts": page.attempts, **wound(page.key["pk"], until, now)}


def sleeping(page: Page, until: datetime, now: datetime) -> Changes:
    """Return the changes that let a page that waited for its time wait on, as if it had never been to come sooner."""
    return {**turn_awaited(page, until, now), "not_before": times.text(until)}


def turn_awaited(page: Page, until: datetime, now: datetime) -> Changes:
    """Return the changes that let a page wait for a turn or a share, as it should: it is not late for that."""
    return {**put_off(page, until, now, page.error), "expected_at": times.text(until)}


def sent(page: Page, provider_id: str, code: str | None, now: datetime) -> Changes:
    """Return the changes that mark a page as handed to its provider."""
    settled = {"status": PageStatus.SENT.value, "sent_at": times.text(now), "provider_id": provider_id}
    return {**settled, "code": code, "error": None, **_settled(page, now)}


def failed(page: Page, error: str, now: datetime) -> Changes:
    """Return the changes that mark a page as failed for good."""
    return {"status": PageStatus.FAILED.value, "error": error, **_settled(page, now)}


def skipped(page: Page, reason: str, now: datetime) -> Changes:
    """Return the changes that mark a page as not wanted any more."""
    return {"status": PageStatus.SKIPPED.value, "error": reason, **_settled(page, now)}


def _settled(page: Page, now: datetime) -> Changes:
    return {"attempts": page.attempts, "settled_at": times.text(now), **wound(page.key["pk"], None, now)}
