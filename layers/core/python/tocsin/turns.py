"""Turns: a person gets one message per 30 seconds by each contact method, which tells of all pages that have come.

Who has the turn is the only one who sends there, so the turn is also the claim on what is sent: it is longer than the
notifier may run, and runs out by itself if its holder dies. Pages that come meanwhile are put off until the turn is
over and named in rows beside it; the first of them asks for the next turn, by a delayed message, for all.

The row of a turn has

    until   when it is over; missing: it is free
    asked   the next one was asked for during this one
    waited  there may be rows of pages that wait: kept until they were dealt with, for who took a turn may die before
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from tocsin import keys, page, queues, times
from tocsin.errors import ConditionFailed
from tocsin.keys import Key
from tocsin.page import Page
from tocsin.queues import TurnMessage
from tocsin.rows import Row
from tocsin.store import tickets
from tocsin.telemetry import logger

LENGTH = timedelta(seconds=30)
MOST = 200  # pages that one message tells of; those beyond wait for the next turn
KEPT = timedelta(days=1)  # after which the table forgets a row; what it named was found otherwise long before


@dataclass(frozen=True)
class Turn:
    """A turn that was taken. `waited`: whether pages have put themselves aside, for it or for one whose holder died."""

    way: TurnMessage
    until: str
    waited: bool


@dataclass(frozen=True)
class Waiting:
    """A page that waits for a turn."""

    ticket_id: str
    page: str


def take(way: TurnMessage, now: datetime) -> Turn | datetime:
    """Take the turn of a contact method. Return when the present one is over if another has it."""
    until = times.text(now + LENGTH)
    changes = {"until": until, "asked": None, "expires": _expires(now)}
    try:
        before = tickets.exchange(_key(way), changes, when=[("until", "missing or <", times.text(now))])
    except ConditionFailed as failure:
        return times.parse((failure.found or {}).get("until", until))
    return Turn(way, until, "waited" in before)


def wait(one: Page, until: datetime, now: datetime) -> bool:
    """Put a page aside until the present turn is over. Return False if it is over already: the turn may be taken.

    The page itself is moved last: who comes back to one that waits leaves it to the turn.
    """
    way = queues.turn_message(one)
    tickets.put(_row(one, now))
    try:
        before = tickets.exchange(_key(way), {"waited": True, "asked": True}, when=[("until", "=", times.text(until))])
    except ConditionFailed:
        return False
    # A page that comes again before its turn is one whose turn nobody may ask for any more: queues were lost.
    if "asked" not in before or one.due_at == until:
        _ask(way, until, now)
    try:
        tickets.update(one.key, page.turn_awaited(one, until, now), when=page.PENDING)
    except ConditionFailed:
        logger.info("a page was settled while it waited for its turn")
    return True


def waiting(way: TurnMessage) -> list[Waiting]:
    """Return the pages that wait for a turn, in no order, as many as there is room for."""
    rows = tickets.query(_key(way)["pk"], begins=keys.waiting_for(way.method_id), limit=room(way))
    return [Waiting(row["ticket_id"], row["page"]) for row in rows.items]


def room(way: TurnMessage) -> int:
    """Return how many pages a turn takes: fewer each time that so many could not be looked at in time."""
    return max(1, MOST >> way.halved)


def forget(turn: Turn, pages: Sequence[Waiting]) -> None:
    """Take pages off the list of those that wait, and the mark that there are some, unless more have come meanwhile."""
    way = turn.way
    tickets.delete_all([keys.waiting(way.tenant, way.user, way.method_id, one.ticket_id, one.page) for one in pages])
    if turn.waited:
        try:
            tickets.update(_key(way), {"waited": None}, when=[("until", "=", turn.until), ("asked", "missing", None)])
        except ConditionFailed:
            logger.info("pages came to wait while others were sent")


def put_off(turn: Turn, pages: Sequence[Page], until: datetime, now: datetime, error: str | None = None) -> None:
    """Let all these pages wait for the next turn, which begins at `until`: nothing was sent in this one.

    `error` says what went wrong; None: nothing did. It is asked for first: who comes back to a page that is put off
    leaves it to the turn.
    """
    tickets.put_all([_row(one, now) for one in pages])
    _ask(turn.way, until, now)
    for one in pages:
        changes = page.put_off(one, until, now, error) if error else page.turn_awaited(one, until, now)
        try:
            tickets.update(one.key, changes, when=page.PENDING)
        except ConditionFailed:
            logger.info("a page was settled before it was put off")
    _end(turn, {"until": times.text(until), "waited": True, "asked": True})


def go_on_waiting(way: TurnMessage, until: datetime, now: datetime) -> None:
    """Ask for another turn for those that wait, for this one is taken: its holder may have begun before they came."""
    try:
        before = tickets.exchange(_key(way), {"waited": True, "asked": True}, when=[("until", "=", times.text(until))])
    except ConditionFailed:
        before = {}
    # Near its end by a clock that is behind, this may be the very message that was asked for.
    if "asked" not in before or until - now < page.SKEW:
        _ask(way, until, now)


def ask_again(turn: Turn, now: datetime) -> None:
    """Ask for the next turn for those that this one had no room for."""
    _ask(turn.way, times.parse(turn.until), now)
    _end(turn, {"waited": True, "asked": True})


def give_back(turn: Turn, now: datetime, *, more: bool) -> None:
    """End a turn in which nothing was sent. Who waits for its end (`more`: had no room in it) gets the next one now."""
    if more:
        _ask(turn.way, now, now)
    before = _end(turn, {"until": None, **({"waited": True} if more else {})})
    if "asked" in before and not more:
        _ask(turn.way, now, now)


def _end(turn: Turn, changes: dict[str, str | bool | None]) -> Row:
    """Change a turn that is ending, and return what it was; nothing if it has run out."""
    try:
        return tickets.exchange(_key(turn.way), changes, when=[("until", "=", turn.until)])
    except ConditionFailed:
        logger.info("a turn ran out before it was ended")
        return {}


def _ask(way: TurnMessage, until: datetime, now: datetime) -> None:
    """Ask for a turn a little after `until`: SQS counts whole seconds."""
    queues.put(way, delay=max(1, ceil((until - now).total_seconds())))


def _key(way: TurnMessage) -> Key:
    return keys.turn(way.tenant, way.user, way.method_id)


def _row(one: Page, now: datetime) -> dict[str, str | int]:
    key = keys.waiting(one.tenant, one.user, one.method_id, one.ticket_id, one.key["sk"])
    return {
        "pk": key["pk"],
        "sk": key["sk"],
        "ticket_id": one.ticket_id,
        "page": one.key["sk"],
        "expires": _expires(now),
    }


def _expires(now: datetime) -> int:
    return int((now + KEPT).timestamp())
