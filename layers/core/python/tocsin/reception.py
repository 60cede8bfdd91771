"""What callers of the API want of tickets, checked against what the company has, then done."""

from datetime import datetime
from typing import Any

from tocsin import description, keys, limits, opening, responders, steering, targets, tickets
from tocsin.access import Principal
from tocsin.company import Company
from tocsin.errors import Forbidden, Invalid, Problem
from tocsin.opening import Request
from tocsin.rows import Row
from tocsin.severity import Severity
from tocsin.store import directory
from tocsin.ticket import Changes, Link, Ticket
from tocsin.ticket_api import (
    LABELS_AND_LINKS,
    MAX_LABELS,
    Assignment,
    ChangeResult,
    Escalation,
    NewNote,
    NewTicket,
    Responders,
    Snooze,
    TicketChanges,
    TicketPatch,
    TicketView,
)


def open_(who: Principal, wish: NewTicket, now: datetime) -> tuple[Ticket, bool]:
    """Open a ticket as the API has it. Raises `Invalid` for a team or severity that the company does not have, and
    `TooMany` for a company that is over its limit.

    A ticket that was made, or stands for the same already, is found whatever has been deleted since.
    """
    row, team = directory.get_many([keys.company(who.tenant), keys.team(who.tenant, wish.team)])
    company = _company(row)
    request = _request(who, wish, company)
    limits.admit_ticket(company, now)
    missing = _missing(company, team, request.severity)
    if missing and not opening.known(request):
        raise _lacking(missing, "body")
    ticket, new = opening.run(request, now)
    whole = ticket.model_copy(update={"description": wish.description}) if new else description.whole(ticket)
    return whole, new


def imagined(who: Principal, wish: NewTicket) -> Request:
    """Return the request to open a ticket that is only talked of. Raises `Invalid` as opening it would."""
    row, team = directory.get_many([keys.company(who.tenant), keys.team(who.tenant, wish.team)])
    company = _company(row)
    request = _request(who, wish, company)
    missing = _missing(company, team, request.severity)
    if missing:
        raise _lacking(missing, "body", "ticket")
    return request


def _request(who: Principal, wish: NewTicket, company: Company) -> Request:
    links = [Link(href=link.href, text=link.text) for link in wish.links]
    _check_size(wish.labels, links)
    severity = wish.severity or company.default_severity
    return Request(
        tenant=who.tenant,
        team=wish.team,
        title=wish.title,
        severity=severity,
        source=who.actor,
        scope=f"team/{wish.team}",
        description=wish.description,
        labels=wish.labels,
        links=links,
        dedup_key=wish.dedup_key,
        ticket_id=wish.ticket_id,
        times=company.times_of(severity),
    )


def _lacking(nouns: list[str], *at: str) -> Invalid:
    return Invalid([{"loc": [*at, noun], "msg": f"There is no such {noun}."} for noun in nouns])


def _missing(company: Company, team: Row | None, severity: str) -> list[str]:
    """Return what a ticket refers to and the company does not have."""
    return [*(["team"] if team is None else []), *([] if company.severity(severity) else ["severity"])]


def change(who: Principal, ticket_id: str, patch: TicketPatch, now: datetime) -> Ticket:
    """Change a ticket as the API has it. Raises `Invalid`, `NotFound`, `Conflict`."""
    return _change(who, ticket_id, *_wished(who, patch), now)


def change_all(who: Principal, wish: TicketChanges, now: datetime) -> list[ChangeResult]:
    """Change many tickets alike, one after the other: what one of them refuses is told in its place.

    Raises `Invalid` for what the company does not have.
    """
    fields, actor = _wished(who, wish.patch)
    results: list[ChangeResult] = []
    room = tickets.PAGE_BYTES
    for ticket_id in wish.ticket_ids:
        try:
            one = _change(who, ticket_id, fields, actor, now)
        except Problem as problem:
            results.append(ChangeResult(ticket_id=ticket_id, status=problem.status, error=problem.document()))
        else:
            view = TicketView.of(one)
            room -= len(view.model_dump_json())
            results.append(ChangeResult(ticket_id=ticket_id, status=200, ticket=view if room >= 0 else None))
    return results


def _wished(who: Principal, patch: TicketPatch) -> tuple[dict[str, Any], str]:
    """Return the fields of a patch, and who makes it. A severity comes with its times."""
    fields = patch.model_dump(exclude_unset=True)
    actor = _actor(who, fields.pop("by", None))
    if "severity" in fields:
        severity = _company(directory.get(keys.company(who.tenant))).severity(patch.severity)
        if severity is None:
            raise Invalid.at("body", "severity", msg="There is no such severity.")
        fields["severity"] = severity
    return fields, actor


def _change(who: Principal, ticket_id: str, fields: dict[str, Any], actor: str, now: datetime) -> Ticket:
    def decide(one: Ticket) -> Changes:
        changes = tickets.patched(one, _merged(one, fields), actor, now)
        if changes.get("body"):
            description.put(one.tenant, one.ticket_id, changes["body"], fields["description"], now)
        return changes

    return description.whole(tickets.change(who.tenant, ticket_id, decide))


def snooze(who: Principal, ticket_id: str, wish: Snooze, now: datetime) -> Ticket:
    """Silence a ticket as the API has it. Raises `Invalid`, `NotFound`, `Conflict`."""
    until = wish.end(now)
    return description.whole(steering.snooze(who.tenant, ticket_id, until, _actor(who, wish.by), now))


def escalate(who: Principal, ticket_id: str, wish: Escalation, now: datetime) -> Ticket:
    """Make a step due as the API has it. Raises `Invalid`, `NotFound`, `Conflict`."""
    actor = _actor(who, wish.by)
    return description.whole(steering.escalate(who.tenant, ticket_id, actor, now, step=wish.step))


def reassign(who: Principal, ticket_id: str, wish: Assignment, now: datetime) -> Ticket:
    """Give a ticket to others as the API has it. Raises `Invalid`, `NotFound`, `Conflict`."""
    actor = _actor(who, wish.by)
    key = keys.team(who.tenant, wish.team) if wish.team is not None else keys.user(who.tenant, str(wish.user))
    if directory.get(key) is None:
        noun = "team" if wish.team is not None else "user"
        raise Invalid.at("body", noun, msg=f"There is no such {noun}.")
    return description.whole(steering.reassign(who.tenant, ticket_id, wish.team, wish.user, actor, now))


def add_responders(who: Principal, ticket_id: str, wish: Responders, now: datetime) -> Ticket:
    """Page people beside the escalation as the API has it. Raises `Invalid`, `NotFound`, `Conflict`."""
    (wanted,) = targets.references(who.tenant, [wish])
    _, noun, key = wanted
    targets.check([(("body", noun), noun, key)])
    return description.whole(responders.add(who.tenant, ticket_id, wish, who.actor, now))


def note(who: Principal, ticket_id: str, wish: NewNote, now: datetime) -> tuple[Row, bool]:
    """Put a note on a ticket. Raises `Invalid`, `NotFound`, `Conflict`."""
    return tickets.add_note(who.tenant, ticket_id, wish.note_id, wish.text, _actor(who, wish.by), now)


def _merged(one: Ticket, fields: dict[str, Any]) -> Changes:
    """Return the fields of a merge patch as the ticket's row has them."""
    changes: Changes = {name: new for name, new in fields.items() if name in ("status", "title")}
    severity: Severity | None = fields.get("severity")
    if severity and severity.name != one.severity:
        changes |= {"severity": severity.name, **severity.times}
    if "labels" in fields:
        changes["labels"] = _labels(one.labels, fields["labels"])
        _check_size(changes["labels"], one.links)
    if "description" in fields:
        changes |= description.fields(fields["description"])
    return changes


def _check_size(labels: dict[str, str], links: list[Link]) -> None:
    """Raise `Invalid` for more than a ticket's row can hold beside the rest (DynamoDB: 400 KB)."""
    size = sum(len(text.encode()) for pair in labels.items() for text in pair)
    size += sum(len(link.href.encode()) + len(link.text.encode()) for link in links)
    if size > LABELS_AND_LINKS:
        raise Invalid.at("body", "labels", msg=f"Labels and links together hold at most {LABELS_AND_LINKS} bytes.")


def _labels(current: dict[str, str], patch: dict[str, str | None] | None) -> dict[str, str]:
    merged = {} if patch is None else {**current, **patch}
    labels = {name: text for name, text in merged.items() if text is not None}
    if len(labels) > MAX_LABELS:
        raise Invalid.at("body", "labels", msg=f"A ticket has at most {MAX_LABELS} labels.")
    return labels


def _company(row: Row | None) -> Company:
    if row is None:
        raise Forbidden("The company is gone.")
    return Company.of(row)


def _actor(who: Principal, by: str | None) -> str:
    """Return who does it: the caller, or the user that an API key acts for.

    Raises `Forbidden` for a person who names another, `Invalid` for a user that there is not.
    """
    if by is None or by == who.person:
        return who.actor
    if who.person is not None:
        raise Forbidden("Only an API key may act for somebody: you are yourself.")
    if directory.get(keys.user(who.tenant, by)) is None:
        raise Invalid.at("body", "by", msg="There is no such user.")
    return by
