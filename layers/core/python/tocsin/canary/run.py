"""One run of the canary: a ticket is opened, two people are paged on time, one acknowledges, and then it is silent."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from tocsin import clock, times
from tocsin.canary import company, credential, customer, home
from tocsin.canary.customer import Customer
from tocsin.canary.sink import STALE, Arrival, Sink
from tocsin.errors import CanaryFailed
from tocsin.telemetry import about, count, logger, took

# A page later than this has failed the customer; the runs of a minute must fit into it all the same.
PATIENCE = timedelta(seconds=10)
EARLY = timedelta(seconds=1)  # no page of a step before its due time - 1 s
SILENT_AFTER = timedelta(seconds=3)  # no page later than the acknowledgement + 3 s
COMMITTED = 2.0  # seconds after a page, by which its step is committed: pages go out first
SETTLED = 5.0  # seconds by which escalation sees what was changed


def run(ticket_id: str) -> bool | None:
    """Play the story once, with a ticket of this id. Return whether it went well; None if another run has this id."""
    about(company.COMPANY, ticket_id)
    try:
        passed = _play(ticket_id)
    except CanaryFailed as failure:
        logger.warning("the canary failed", extra={"kind": failure.kind, "reason": failure.detail})
        count("CanaryFailed", kind=failure.kind)
        passed = False
    if passed is not None:
        count("CanaryPassed", int(passed))
    return passed


def _play(ticket_id: str) -> bool | None:
    me = _admitted()
    if not _open(me, ticket_id):
        logger.info("another run has this ticket")
        return None
    try:
        _escalate(me, ticket_id, opened=clock.now())
    except Exception:
        with suppress(CanaryFailed):  # what failed first is what is told
            _resolve(me, ticket_id)
            home.furnish(me)  # somebody may have taken people or rule away: the next run finds them
        raise
    _resolve(me, ticket_id)
    return True


def _admitted() -> Customer:
    """Return the customer with a key that is good, after what earlier runs left open was resolved."""
    me = credential.kept()
    try:
        if me:
            _resolve_left(me)
            return me
    except CanaryFailed as refused:
        if refused.status != 401:
            raise
    me = credential.renewed()
    _furnish(me)
    return me


def _furnish(me: Customer) -> None:
    home.furnish(me)
    clock.pause(SETTLED)


def _resolve_left(me: Customer) -> None:
    _, page = me.ask("GET", "/tickets", good=(200,))
    for ticket in page["items"]:
        if times.parse(ticket["created_at"]) < clock.now() - STALE:
            _resolve(me, ticket["ticket_id"])


def _resolve(me: Customer, ticket_id: str) -> None:
    me.ask("PATCH", f"/tickets/{ticket_id}", {"status": "resolved"}, good=(200, 404))


def _open(me: Customer, ticket_id: str) -> bool:
    """Open the ticket. Say whether it is new."""
    try:
        status, _ = me.ask("POST", "/tickets", company.ticket(ticket_id), good=(200, 201))
    except CanaryFailed as refused:
        if refused.status != 422:
            raise
        _furnish(me)  # its team is gone
        status, _ = me.ask("POST", "/tickets", company.ticket(ticket_id), good=(200, 201))
    return status == 201


def _escalate(me: Customer, ticket_id: str, *, opened: datetime) -> None:
    sink = Sink(ticket_id)
    first = sink.wait_for(company.FIRST, until=opened + PATIENCE)
    if first is None:
        raise CanaryFailed("first_page", f"Nobody was paged within {PATIENCE.seconds} s.")
    _tell_lateness(first, opened)
    second = _second(me, ticket_id, sink)
    customer.press(second.link)
    acknowledged = clock.now()
    _check_acknowledged(_ticket(me, ticket_id))
    _listen(sink, acknowledged)


def _second(me: Customer, ticket_id: str, sink: Sink) -> Arrival:
    clock.pause(COMMITTED)
    ticket = _ticket(me, ticket_id)
    due = times.parse(ticket["due_at"]) if ticket["due_at"] and ticket["step"] == 1 else None
    if due is None or due > clock.now() + company.WAIT:
        raise CanaryFailed("second_page", f"The second step is not set: step {ticket['step']}, {ticket['due_at']}.")
    clock.pause(max(0.0, (due - clock.now() - EARLY).total_seconds()))
    page = sink.wait_for(company.SECOND, until=due + PATIENCE)
    if page is None:
        raise CanaryFailed("second_page", f"The second step paged nobody within {PATIENCE.seconds} s.")
    if page.at < due - EARLY:
        raise CanaryFailed("second_page", "The second step paged before its time.")
    _tell_lateness(page, due)
    return page


def _listen(sink: Sink, acknowledged: datetime) -> None:
    """Wait until the third step would have paged."""
    clock.pause((company.WAIT + SILENT_AFTER).total_seconds())
    sink.look()
    late = [page for page in sink.arrivals if page.at > acknowledged + SILENT_AFTER]
    if late:
        raise CanaryFailed("noise", f"After the acknowledgement {late[0].address} was paged.")


def _ticket(me: Customer, ticket_id: str) -> dict[str, Any]:
    _, ticket = me.ask("GET", f"/tickets/{ticket_id}", good=(200,))
    return dict(ticket)


def _check_acknowledged(ticket: dict[str, Any]) -> None:
    if (ticket["status"], ticket["acknowledged_by"]) != ("under_investigation", company.SECOND):
        raise CanaryFailed("ack", f"The ticket is {ticket['status']}, by {ticket['acknowledged_by']}.")


def _tell_lateness(page: Arrival, due: datetime) -> None:
    took("CanaryLateness", page.at - due)
