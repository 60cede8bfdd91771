"""The heart: a due ticket's next step is decided, acted on, and then committed.

Act, then commit: pages are put and queued first, the ticket's move is written last, on condition that the epoch is
still the timer's. A crash in between leaves the ticket overdue, and the same names make the same pages again.
"""

from datetime import datetime
from enum import StrEnum

from tocsin import aws, decision, description, due, keys, page, queues, reading, ticket
from tocsin.book import Unread
from tocsin.decision import Decision
from tocsin.due import Due
from tocsin.errors import ConditionFailed, Overloaded
from tocsin.page import Draft, Page
from tocsin.store import EXISTS, NEW, tickets
from tocsin.telemetry import about, logger, took
from tocsin.ticket import Changes, Ticket


class Outcome(StrEnum):
    """What became of a timer."""

    EARLY = "early"
    DROPPED = "dropped"
    MOVED = "moved"
    OVERTAKEN = "overtaken"


def run(timer: Due, now: datetime) -> Outcome:
    """Let a timer do its work. May be called any number of times, at any time."""
    about(timer.tenant, timer.ticket)
    outcome = _run(timer, now)
    logger.info("timer", extra={"outcome": outcome, "epoch": timer.epoch})
    return outcome


def _run(timer: Due, now: datetime) -> Outcome:
    if timer.due_at - now > due.EARLY:
        queues.put_due(timer, now)
        return Outcome.EARLY
    row = tickets.get(keys.ticket(timer.tenant, timer.ticket))
    if row is None or row["epoch"] != timer.epoch or "due_at" not in row:
        return Outcome.DROPPED
    overdue = Ticket.of(row)
    ended = ticket.rung(overdue, now)
    if ended:
        return _write(overdue, ended, now)
    decided = _decide(overdue, now)
    queues.put_pages(_put_pages(overdue, decided, now), now)
    return _commit(overdue, decided, now)


def _decide(overdue: Ticket, now: datetime) -> Decision:
    """Decide, reading what the decision asks for. A rule that cannot be carried out pages somebody all the same."""
    book = reading.begin(overdue.tenant, overdue.team)
    whole = description.whole(overdue)  # a rule may match what stands far down in the description
    why: Exception | None = None
    while True:
        try:
            if why is None:
                return decision.decide(whole, book, now)
            return decision.fall_back(whole, book, now, f"The rules could not be carried out ({why}).")
        except Unread as unread:
            reading.go_on(overdue.tenant, book, unread)
        except Exception as error:
            # What another try may mend is left to another try.
            if why is not None or isinstance(error, (Overloaded, *aws.failures())):
                raise
            logger.exception("a decision failed; the built-in rule is taken")
            why = error


def _put_pages(overdue: Ticket, decided: Decision, now: datetime) -> list[Page]:
    """Put the step's pages, each once, and return those that are not settled yet, by whoever took the step before."""
    made = [_page(overdue, decided, draft, now) for draft in decided.pages]
    return [one for one in made if _put(one)]


def _put(new: Page) -> bool:
    try:
        tickets.put(page.row(new), when=NEW)
    except ConditionFailed as failure:
        if Page.of(failure.found or {}).settled:
            return False
        _renew(new)
    return True


def _renew(new: Page) -> None:
    """Let a page of an attempt that died count from now; else it would be too late before its step is committed."""
    try:
        tickets.update(new.key, page.renewed(new), when=page.PENDING)
    except ConditionFailed:
        logger.info("a page was settled while its step was taken again")


def _page(overdue: Ticket, decided: Decision, draft: Draft, now: datetime) -> Page:
    return Page(
        tenant=overdue.tenant,
        ticket_id=overdue.ticket_id,
        epoch=overdue.epoch,
        step=decided.step,
        round=decided.round,
        wait=round(decided.wait.total_seconds()),
        created_at=now,
        expected_at=draft.not_before or overdue.due_at,
        **draft.model_dump(exclude={"because", "held", "follows"}),
    )


def _commit(overdue: Ticket, decided: Decision, now: datetime) -> Outcome:
    return _write(overdue, decided.changes(overdue, now), now)


def _write(overdue: Ticket, changes: Changes, now: datetime) -> Outcome:
    try:
        tickets.update(overdue.key, changes, when=[*EXISTS, ("epoch", "=", overdue.epoch)])
    except ConditionFailed:
        return Outcome.OVERTAKEN
    took("EscalationLateness", now - (overdue.due_at or now))
    return Outcome.MOVED
