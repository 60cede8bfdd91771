"""What people make of an escalation: a ticket is snoozed, escalated at once, or given to somebody else."""

from datetime import datetime

from tocsin import decision, description, reading, ticket, tickets
from tocsin.book import Book
from tocsin.errors import Conflict, Invalid
from tocsin.rule import Plan
from tocsin.ticket import Changes, Status, Ticket


def snooze(tenant: str, ticket_id: str, until: datetime, by: str, now: datetime) -> Ticket:
    """Silence a ticket until a time. Raises `NotFound`, and `Conflict` for one that is resolved."""

    def decide(one: Ticket) -> Changes:
        _check_open(one)
        return ticket.snoozed(one, until, by, now)

    return tickets.change(tenant, ticket_id, decide)


def escalate(tenant: str, ticket_id: str, by: str, now: datetime, *, step: int | None = None) -> Ticket:
    """Make the next step due now, or the one that is named; an acknowledged ticket becomes unread first.

    Raises `NotFound`, `Conflict` for a ticket that is resolved or after whose last step nothing comes, and `Invalid`
    for a step that its rule does not have.
    """

    def decide(one: Ticket) -> Changes:
        _check_open(one)
        plan, book = _plan(one, now)
        if step is None:
            if not decision.goes_on(one, plan, book):
                raise Conflict("Nothing comes after the last step.")
            return ticket.hurried(one, by, now) if one.status is Status.UNREAD else ticket.resumed(one, by, now)
        if step > len(plan.rungs):
            raise Invalid.at("body", "step", msg=f"The rule {plan.rule_id} has no step {step}.")
        return ticket.led(one, plan.rule_id, step, by, now)

    return tickets.change(tenant, ticket_id, decide)


def reassign(tenant: str, ticket_id: str, team: str | None, user: str | None, by: str, now: datetime) -> Ticket:
    """Give a ticket to a team, or first to a user and then to the team it has; it begins anew.

    Raises `NotFound`, and `Conflict` for one that is resolved.
    """

    def decide(one: Ticket) -> Changes:
        _check_open(one)
        return ticket.reassigned(one, team or one.team, user, by, now)

    return tickets.change(tenant, ticket_id, decide)


def _check_open(one: Ticket) -> None:
    if one.resolved:
        raise Conflict(tickets.OVER)


def _plan(one: Ticket, now: datetime) -> tuple[Plan, Book]:
    """Return the rule that a ticket would go on by now, and the book with the company's settings."""
    whole = description.whole(one)
    book = reading.begin(one.tenant, one.team)

    def ask() -> Plan:
        _ = book.company
        return decision.plan(whole, book, now)

    return reading.answered(one.tenant, book, ask), book
