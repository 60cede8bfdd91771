"""A team's maintenance: its tickets are opened and kept, and nobody is paged until it ends.

A step that falls due meanwhile is held by the escalator, a quarter of an hour at most at a time: whoever ends a
maintenance early wakes what is held, and what that misses is not late for longer.
"""

from datetime import datetime

from tocsin import keys, resource, teams, ticket, tickets
from tocsin.errors import NotFound
from tocsin.rows import Row
from tocsin.team import Maintenance, NewMaintenance, Team
from tocsin.ticket import Changes, Status, Ticket


def begin(tenant: str, team_id: str, wish: NewMaintenance, by: str, now: datetime) -> Maintenance:
    """Put a team into maintenance, or change when it ends. Raises `NotFound` and `Invalid`."""
    wish.check(now)
    made = Maintenance(until=wish.until, reason=wish.reason)
    before = Team.of(resource.get(keys.team(tenant, team_id))).pauses(now)
    resource.change(keys.team(tenant, team_id), lambda _: {"maintenance": made.fields()})
    # Also where it ends then already: a first call may have died before it woke everything.
    if before is not None and made.until <= before:
        _wake(tenant, team_id, by, now)
    return made


def end(tenant: str, team_id: str, by: str, now: datetime) -> None:
    """End a team's maintenance: what was held is due now. Raises `NotFound` if there is none."""
    ended = []

    def decide(row: Row) -> Row:
        ended.append("maintenance" in row)
        return {"maintenance": None}

    resource.change(keys.team(tenant, team_id), decide)
    # Also where a first call has ended it, and may have died before it woke everything.
    _wake(tenant, team_id, by, now)
    if not ended[-1]:
        raise NotFound("The team is in no maintenance.")


def _wake(tenant: str, team_id: str, by: str, now: datetime) -> None:
    for row in teams.open_tickets(tenant, team_id):
        if row.get("held"):
            tickets.change(tenant, row["ticket_id"], lambda one: _released(one, by, now))


def _released(one: Ticket, by: str, now: datetime) -> Changes:
    # What is snoozed sleeps on, and a step that waits for somebody on call goes on waiting: nobody asked for another.
    waits = one.held and one.status is Status.UNREAD and one.snoozed_until is None
    return ticket.woken(one, by, now, "The team's maintenance has ended.") if waits else {}
