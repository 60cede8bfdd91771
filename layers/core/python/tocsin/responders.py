"""Responders: people whom somebody asks for beside the escalation, which goes on as if nobody had.

Act, then commit: their pages are put and queued first, the line of the history is written last. Who asks again within
a minute, or while a page of the last ask is under way, asks for the same pages: the call may be repeated.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin import decision, keys, page, queues, reading, rule, ticket, tickets
from tocsin.book import Book
from tocsin.decision import MAX_PAGES, Reached
from tocsin.errors import ConditionFailed, Conflict
from tocsin.page import Draft, Page
from tocsin.rule import Rung, Target
from tocsin.store import NEW
from tocsin.store import tickets as table
from tocsin.ticket import Changes, Ticket

AGAIN = timedelta(minutes=1)


def add(tenant: str, ticket_id: str, target: Target, by: str, now: datetime) -> Ticket:
    """Page whom a target means, whatever the escalation does, and return the ticket.

    Raises `NotFound`, and `Conflict` for a ticket that is resolved and for a target that reaches nobody: nobody is on
    call, has a way to be reached, or is awake.
    """

    def decide(one: Ticket) -> Changes:
        _check_open(one)
        told = ticket.joined(reached.users, target.model_dump(), by, now, " ".join(reached.remarks) or None)
        return {**told, "followers": sorted({*one.followers, *reached.followers}) or None}

    found = tickets.get(tenant, ticket_id)
    _check_open(found)
    reached = _reached(found, target, now)
    if not reached.awake:
        raise Conflict(reached.remark or "Nobody who is meant has a way to be reached.")
    made = _pages(found, reached.pages[:MAX_PAGES], now)
    queues.put_pages([one for one in made if _put(one, now)], now)
    return tickets.change(tenant, ticket_id, decide)


def _check_open(one: Ticket) -> None:
    if one.resolved:
        raise Conflict(tickets.OVER)


def _reached(one: Ticket, target: Target, now: datetime) -> Reached:
    rung = Rung((rule.audience(target),), None, timedelta(0))
    book = Book([], one.team)
    return reading.answered(one.tenant, book, lambda: decision.reach(rung, one, book, now))


def _pages(of: Ticket, drafts: Sequence[Draft], now: datetime) -> list[Page]:
    before: dict[str, list[Page]] = defaultdict(list)
    for row in table.query_all(of.key["pk"], begins=keys.PAGES):
        if row.get("ask"):
            before[row["user"]].append(Page.of(row))
    made = []
    for draft in drafts:
        epoch, ask = _ask(before[draft.user], of, now)
        place = {"tenant": of.tenant, "ticket_id": of.ticket_id, "epoch": epoch, "ask": ask}
        place |= {"step": of.step, "round": of.round}
        fields = draft.model_dump(exclude={"because", "held", "follows"})
        made.append(Page(**place, **fields, created_at=now, expected_at=draft.not_before or now))
    return made


def _ask(before: Sequence[Page], of: Ticket, now: datetime) -> tuple[int, int]:
    """Return the epoch and number of an ask for a user: those of the last one while that is fresh or under way."""
    if not before:
        return of.epoch, 1
    epoch, ask = max((one.epoch, one.ask) for one in before)
    last = [one for one in before if (one.epoch, one.ask) == (epoch, ask)]
    if any(not one.settled or one.created_at > now - AGAIN for one in last):
        return epoch, ask
    return of.epoch, ask + 1 if epoch == of.epoch else 1


def _put(new: Page, now: datetime) -> bool:
    """Put a page if it is not there, and say whether it is to be asked for: nobody has it in hand."""
    try:
        table.put(page.row(new), when=NEW)
    except ConditionFailed as failure:
        there = Page.of(failure.found or {})
        return not there.settled and (there.sleeps(now) or not there.waits(now))
    return True
