"""The link in a message: it shows the ticket, and acknowledges it. Whoever has the link may do so, nobody else."""

from dataclasses import dataclass
from datetime import datetime

from tocsin import answer, tickets
from tocsin.answer import Answer
from tocsin.errors import Gone, NotFound
from tocsin.telemetry import about, logger
from tocsin.ticket import Ticket


@dataclass(frozen=True)
class Seen:
    """A ticket as its link shows it, and whose link it is."""

    ticket: Ticket
    user: str


def show(token: str, now: datetime) -> Seen:
    """Return what a link shows. Raises `NotFound` for an unknown one, `Gone` for one that has expired."""
    link = _live(token, now)
    try:
        return _open(tickets.get(link.tenant, link.ticket_id), link)
    except NotFound as error:
        raise Gone("The ticket is gone.") from error


def acknowledge(token: str, now: datetime) -> Seen:
    """Acknowledge by a link. If somebody was faster, the ticket says who. Raises as `show` does."""
    link = _live(token, now)
    try:
        changed = tickets.acknowledge(link.tenant, link.ticket_id, link.user, now)
    except NotFound as error:
        raise Gone("The ticket is gone.") from error
    return _open(changed, link)


def _live(token: str, now: datetime) -> Answer:
    link = answer.by_link(token)
    if link is None:
        raise NotFound("There is no such link.")
    if not link.live(now):
        raise Gone("This link has expired.")
    about(link.tenant, link.ticket_id)
    logger.info("link", extra={"user": link.user})
    return link


def _open(ticket: Ticket, link: Answer) -> Seen:
    if ticket.resolved:
        raise Gone(f"The ticket is resolved: {ticket.title}")
    return Seen(ticket, link.user)
