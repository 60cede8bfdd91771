"""The link in a message: it shows the tickets, and acknowledges them. Whoever has the link may do so, nobody else."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from tocsin import answer, sessions, tickets
from tocsin.answer import Answer
from tocsin.errors import Gone, NotFound
from tocsin.telemetry import about, logger
from tocsin.ticket import Ticket


@dataclass(frozen=True)
class Seen:
    """Tickets as their link shows them, those that are not resolved, and whose link it is."""

    tickets: list[Ticket]
    user: str


def show(token: str, now: datetime) -> Seen:
    """Return what a link shows. Raises `NotFound` for an unknown one, `Gone` for one that has expired or is over."""
    link = _live(token, now)
    read = tickets.get if len(link.ticket_ids) == 1 else tickets.get_short
    with sessions.acting_for(link.tenant):
        return _open(link, partial(read, link.tenant))


def acknowledge(token: str, now: datetime) -> Seen:
    """Acknowledge by a link. If somebody was faster, the ticket says who. Raises as `show` does."""
    link = _live(token, now)
    with sessions.acting_for(link.tenant):
        return _open(link, lambda ticket_id: tickets.acknowledge(link.tenant, ticket_id, link.user, now))


def _live(token: str, now: datetime) -> Answer:
    link = answer.by_link(token)
    if link is None:
        raise NotFound("There is no such link.")
    if not link.live(now):
        raise Gone("This link has expired.")
    return link


def _open(link: Answer, look: Callable[[str], Ticket]) -> Seen:
    found = []
    for ticket_id in link.ticket_ids:
        about(link.tenant, ticket_id)
        logger.info("link", extra={"user": link.user})
        with suppress(NotFound):
            found.append(look(ticket_id))
    if not found:
        raise Gone("The ticket is gone.")
    left = [ticket for ticket in found if not ticket.resolved]
    if not left:
        raise Gone(f"The ticket is resolved: {found[0].title}" if len(found) == 1 else "All tickets are resolved.")
    return Seen(left, link.user)
