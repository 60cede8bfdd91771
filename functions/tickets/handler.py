"""HTTPS API: tickets are opened, read, listed, changed, noted, snoozed, escalated, reassigned, and page more people."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from tocsin import api, clock, keys, reception, tickets
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.ids import Id
from tocsin.ticket import Status
from tocsin.ticket_api import (
    Assignment,
    ChangeResults,
    Escalation,
    EventView,
    NewNote,
    NewTicket,
    NoteView,
    PageView,
    Responders,
    Snooze,
    StatusName,
    TicketChanges,
    TicketPatch,
    TicketView,
)
from tocsin.times import Moment

app = Api("tickets")

TICKET = f"{PREFIX}/tickets/<ticket_id>"


@app.post(f"{PREFIX}/tickets", summary="Open a ticket", responses=api.creates(TicketView))
def create(body: NewTicket) -> Response[Any]:
    ticket, new = reception.open_(app.principal, body, clock.now())
    return api.created(f"/tickets/{ticket.ticket_id}", TicketView.of(ticket), new=new)


@app.get(f"{PREFIX}/tickets", summary="List tickets, newest first")
def list_(
    team: Annotated[Id | None, Query(description="Tickets of this team; missing: of all teams.")] = None,
    status: Annotated[
        list[StatusName] | None, Query(description="May repeat. Missing: all that is not resolved; with `team`: all.")
    ] = None,
    severity: Annotated[str | None, Query(description="Tickets of this severity.")] = None,
    since: Annotated[Moment | None, Query(description="Opened at or after this time.")] = None,
    until: Annotated[Moment | None, Query(description="Opened before this time.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[TicketView]:
    api.require(
        team is not None or Status.RESOLVED not in (status or []), "query", "status", msg="`resolved` needs `team`."
    )
    found, following = tickets.newest(app.principal.tenant, team, since=since, until=until, limit=limit, after=cursor)
    wanted = [
        one
        for one in found
        if (status is None or one.status in status)
        and (severity is None or one.severity == severity)
        and (team is not None or not one.resolved)
    ]
    return Page(items=[TicketView.of(one) for one in wanted], next_cursor=following)


@app.get(TICKET, summary="Read a ticket")
def get(ticket_id: str) -> TicketView:
    return TicketView.of(tickets.get(app.principal.tenant, ticket_id))


@app.patch(TICKET, summary="Change a ticket, acknowledge or resolve it")
def patch(ticket_id: str, body: TicketPatch) -> TicketView:
    return TicketView.of(reception.change(app.principal, ticket_id, body, clock.now()))


@app.post(f"{TICKET}/notes", summary="Put a note on a ticket", responses=api.creates(NoteView))
def add_note(ticket_id: str, body: NewNote) -> Response[Any]:
    row, new = reception.note(app.principal, ticket_id, body, clock.now())
    view = NoteView.model_validate(row)
    return api.created(f"/tickets/{ticket_id}/notes/{view.note_id}", view, new=new)


@app.post(f"{TICKET}/snooze", summary="Silence a ticket for a while")
def snooze(ticket_id: str, body: Snooze) -> TicketView:
    return TicketView.of(reception.snooze(app.principal, ticket_id, body, clock.now()))


@app.post(f"{TICKET}/escalate", summary="Take the next step now, or another one")
def escalate(ticket_id: str, body: Annotated[Escalation | None, Body()] = None) -> TicketView:
    return TicketView.of(reception.escalate(app.principal, ticket_id, body or Escalation(), clock.now()))


@app.post(f"{TICKET}/reassign", summary="Give a ticket to another team, or to a user first")
def reassign(ticket_id: str, body: Assignment) -> TicketView:
    return TicketView.of(reception.reassign(app.principal, ticket_id, body, clock.now()))


@app.post(f"{TICKET}/responders", summary="Page more people, while the escalation goes on")
def add_responders(ticket_id: str, body: Responders) -> TicketView:
    return TicketView.of(reception.add_responders(app.principal, ticket_id, body, clock.now()))


@app.post(f"{PREFIX}/tickets/changes", summary="Change many tickets alike")
def change_all(body: TicketChanges) -> ChangeResults:
    return ChangeResults(results=reception.change_all(app.principal, body, clock.now()))


@app.get(f"{TICKET}/history", summary="What happened to a ticket, oldest first")
def history(ticket_id: str, limit: Limit = 25, cursor: Cursor = None) -> Page[EventView]:
    rows, following = tickets.children(app.principal.tenant, ticket_id, keys.EVENTS, limit=limit, after=cursor)
    return Page(items=[EventView.model_validate(row) for row in rows], next_cursor=following)


@app.get(f"{TICKET}/pages", summary="Whom a ticket paged, oldest first")
def pages(ticket_id: str, limit: Limit = 25, cursor: Cursor = None) -> Page[PageView]:
    rows, following = tickets.children(app.principal.tenant, ticket_id, keys.PAGES, limit=limit, after=cursor)
    return Page(items=[PageView.of(row) for row in rows], next_cursor=following)


lambda_handler = app.resolve
