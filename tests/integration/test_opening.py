"""Opening tickets: each write heals if it was the last thing that happened, and two at once make one ticket."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tocsin import aws, ids, keys, opening, ticket, times
from tocsin import tickets as acts
from tocsin.errors import Conflict
from tocsin.opening import HEALS, Request
from tocsin.rows import Row, plain
from tocsin.store import tickets
from tocsin.ticket import Status

NOW = datetime(2026, 11, 22, 20, 28, 28, tzinfo=UTC)
SCOPE, KEY = "team/payments", "checkout-5xx"
LONG = "long " * 1000


class Crash(BaseException):
    """A worker dies."""


def a_request(**fields: Any) -> Request:
    told = {"team": "payments", "title": "Checkout 5xx", "severity": "sev1", "source": "api_key:k1", "scope": SCOPE}
    return Request(tenant="acme", **(told | {"dedup_key": KEY} | fields))


def everything() -> list[Row]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName="Tickets")
    return [plain(row) for page in pages for row in page["Items"]]


def all_tickets() -> list[Row]:
    return [row for row in everything() if row["sk"] == "TICKET"]


def named() -> str:
    """Return the ticket that the dedup row names."""
    row = tickets.get(keys.dedup("acme", opening.dedup_digest(SCOPE, KEY)))
    assert row
    return str(row["ticket_id"])


def put_dedup_row(ticket_id: str, at: datetime) -> None:
    key = keys.dedup("acme", opening.dedup_digest(SCOPE, KEY))
    tickets.put({**key, "ticket_id": ticket_id, "put_at": times.text(at)})


@contextmanager
def before_call(number: int, act: Callable[[], object]) -> Iterator[list[str]]:
    """Do something else just before the database gets the call of this number, as another process would."""
    calls: list[str] = []
    busy = False

    def called(model: Any, **_: Any) -> None:
        nonlocal busy
        if busy:
            return
        calls.append(model.name)
        if len(calls) == number:
            busy = True
            act()
            busy = False

    events = aws.client("dynamodb").meta.events
    events.register("before-call.dynamodb", called)
    try:
        yield calls
    finally:
        events.unregister("before-call.dynamodb", called)


def crash() -> None:
    raise Crash


def test_a_first_alert_opens_a_ticket_that_its_key_names() -> None:
    opened, new = opening.run(a_request(), NOW)
    assert new
    assert named() == opened.ticket_id
    assert opening.find("acme", SCOPE, KEY) == opened
    assert (opened.epoch, opened.run, opened.due_at) == (int(NOW.timestamp()), int(NOW.timestamp()), NOW)


def test_opening_makes_two_writes_with_a_key_one_without_and_one_more_for_a_long_text() -> None:
    for request, expected in [
        (a_request(dedup_key=None), ["PutItem"]),
        (a_request(), ["PutItem", "PutItem"]),
        (a_request(dedup_key=None, description=LONG), ["PutItem", "PutItem"]),
    ]:
        with before_call(0, crash) as calls:
            opening.run(request, NOW)
        assert calls == expected


def test_a_repeated_alert_is_counted_and_nothing_else_of_the_ticket_changes() -> None:
    first, _ = opening.run(a_request(), NOW)
    later = NOW + timedelta(minutes=1)
    again, new = opening.run(a_request(title="Other", severity="sev4", source="api_key:k2"), later)
    told = {"count": 2, "rev": 2, "updated_at": later, "changed_by": "api_key:k2", "change": ticket.Kind.DEDUPLICATED}
    assert not new
    assert again == first.model_copy(update=told)


def test_a_dedup_row_whose_ticket_was_never_put_heals_within_minutes() -> None:
    put_dedup_row("lost", NOW)
    opened, new = opening.run(a_request(description=LONG), NOW + HEALS - timedelta(milliseconds=1))
    assert (new, opened.ticket_id) == (True, "lost")
    assert acts.get("acme", "lost").description == LONG
    assert len(all_tickets()) == 1


def test_a_dedup_row_without_a_ticket_is_replaced_later() -> None:
    # An id of an earlier life must not come back.
    put_dedup_row("lost", NOW)
    opened, new = opening.run(a_request(), NOW + HEALS)
    assert new
    assert opened.ticket_id != "lost"
    assert named() == opened.ticket_id


def test_who_died_is_told_of_the_ticket_that_was_made_in_the_stead_and_is_over() -> None:
    put_dedup_row("mine", NOW)
    healed, new = opening.run(a_request(title="Other"), NOW + timedelta(seconds=1))
    assert (new, healed.ticket_id) == (True, "mine")
    counted, new = opening.run(a_request(ticket_id="mine"), NOW + timedelta(seconds=2))
    assert (new, counted.ticket_id, counted.count) == (False, "mine", 2)
    acts.resolve("acme", "mine", "ada", NOW)
    over, new = opening.run(a_request(ticket_id="mine"), NOW + timedelta(seconds=3))
    assert (new, over.ticket_id, over.status) == (False, "mine", Status.RESOLVED)
    with pytest.raises(Conflict):
        opening.run(a_request(ticket_id="mine", dedup_key="another"), NOW + timedelta(seconds=4))
    assert tickets.get(keys.dedup("acme", opening.dedup_digest(SCOPE, "another"))) is None


def test_a_ticket_that_is_made_in_the_stead_and_resolved_meanwhile_is_the_answer() -> None:
    def meanwhile() -> None:
        healed, _ = opening.run(a_request(title="Other"), NOW)
        acts.resolve("acme", healed.ticket_id, "ada", NOW)

    with before_call(2, meanwhile):
        opened, new = opening.run(a_request(), NOW)
    assert (new, opened.status, opened.title) == (False, Status.RESOLVED, "Other")


def test_the_newest_alarm_of_a_ticket_is_known_in_whatever_order_they_come() -> None:
    minutes = [NOW + timedelta(minutes=one) for one in range(4)]
    for number, at in enumerate((minutes[1], minutes[3], minutes[0]), 1):
        opened, _ = opening.run(a_request(alarmed_at=at), NOW)
        assert opened.count == number
    assert opened.alarmed_at == minutes[3]
    assert acts.resolve("acme", opened.ticket_id, "ada", NOW, told_at=minutes[2]).status is Status.UNREAD
    assert acts.acknowledge("acme", opened.ticket_id, "ada", NOW, told_at=minutes[2]).status is Status.UNREAD
    assert acts.resolve("acme", opened.ticket_id, "ada", NOW, told_at=minutes[3]).status is Status.RESOLVED


def test_an_alarm_that_goes_off_while_it_is_being_ended_goes_on() -> None:
    opened, _ = opening.run(a_request(alarmed_at=NOW), NOW)
    later = NOW + timedelta(minutes=1)
    with before_call(2, lambda: opening.run(a_request(alarmed_at=later), NOW)):
        ended = acts.resolve("acme", opened.ticket_id, "ada", NOW, told_at=NOW + timedelta(seconds=30))
    assert (ended.status, ended.alarmed_at, ended.count) == (Status.UNREAD, later, 2)


def test_a_resolved_ticket_hands_its_key_to_the_next() -> None:
    first, _ = opening.run(a_request(), NOW)
    acts.resolve("acme", first.ticket_id, "ada", NOW)
    assert opening.find("acme", SCOPE, KEY) is None
    second, new = opening.run(a_request(), NOW)
    assert new
    assert second.ticket_id != first.ticket_id
    assert named() == second.ticket_id
    assert acts.get("acme", first.ticket_id).count == 1


def test_a_dedup_row_that_names_a_ticket_of_another_key_is_moved() -> None:
    foreign, _ = opening.run(a_request(dedup_key=None, ticket_id="foreign"), NOW)
    put_dedup_row("foreign", NOW)
    assert opening.find("acme", SCOPE, KEY) is None
    opened, new = opening.run(a_request(), NOW)
    assert new
    assert opened.ticket_id != "foreign"
    assert acts.get("acme", "foreign") == foreign


def test_a_create_that_was_cut_short_after_its_dedup_row_is_finished_by_its_retry() -> None:
    request = a_request(ticket_id="t1")
    put_dedup_row("t1", NOW)
    opened, new = opening.run(request, NOW + timedelta(hours=1))
    assert (new, opened.ticket_id) == (True, "t1")
    assert opening.run(request, NOW) == (opened, False)


def test_a_retry_after_the_key_went_to_another_ticket_finds_its_own() -> None:
    request = a_request(ticket_id="t1")
    opening.run(request, NOW)
    acts.resolve("acme", "t1", "ada", NOW)
    opening.run(a_request(ticket_id="t2"), NOW)
    again, new = opening.run(request, NOW)
    assert (new, again.ticket_id, again.status) == (False, "t1", Status.RESOLVED)
    assert named() == "t2"


def test_an_id_of_another_request_is_a_conflict_that_takes_no_key() -> None:
    opening.run(a_request(dedup_key=None, ticket_id="t1"), NOW)
    with pytest.raises(Conflict):
        opening.run(a_request(ticket_id="t1"), NOW)
    assert tickets.get(keys.dedup("acme", opening.dedup_digest(SCOPE, KEY))) is None


def test_a_key_of_another_scope_or_tenant_is_another_key() -> None:
    made = [
        opening.run(a_request(), NOW),
        opening.run(a_request(scope="team/ops"), NOW),
        opening.run(a_request(scope="integration/payments"), NOW),
        opening.run(Request(**(vars(a_request()) | {"tenant": "beta"})), NOW),
    ]
    assert all(new for _, new in made)


def test_scope_and_key_do_not_run_into_each_other() -> None:
    assert opening.dedup_digest("team/a", "b") != opening.dedup_digest("team/ab", "")


BEFORE: dict[str, Callable[[], None]] = {
    "nothing": lambda: None,
    "open": lambda: put_open("first", Status.UNREAD),
    "resolved": lambda: put_open("first", Status.RESOLVED),
    "row alone": lambda: put_dedup_row("lost", NOW),
    "old row alone": lambda: put_dedup_row("lost", NOW - HEALS),
}


def put_open(ticket_id: str, status: Status) -> None:
    opening.run(a_request(ticket_id=ticket_id), NOW)
    if status is Status.RESOLVED:
        acts.resolve("acme", ticket_id, "ada", NOW)


def is_sound(alerts: int) -> None:
    """Check that one ticket is open, that the key names it, and that every alert is opened or counted once."""
    open_ = [row for row in all_tickets() if row["status"] != Status.RESOLVED]
    assert [row["ticket_id"] for row in open_] == [named()]
    assert open_[0]["count"] == alerts


WISHES = [({}, {}), ({"ticket_id": "mine"}, {}), ({}, {"ticket_id": "other"}), ({"ticket_id": "a"}, {"ticket_id": "b"})]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize(("mine", "other"), WISHES, ids=["plain", "named-plain", "plain-named", "named"])
def test_two_alerts_at_once_make_one_ticket_that_counts_both(
    before: str, number: int, mine: dict[str, str], other: dict[str, str]
) -> None:
    BEFORE[before]()
    with before_call(number, lambda: opening.run(a_request(title="Other", **other), NOW)) as calls:
        opening.run(a_request(**mine), NOW)
    both = number <= len(calls)
    is_sound(1 + both + (before == "open"))


# Where it is counted on another's ticket, a create has no ticket by which its retry would be known.
@pytest.mark.parametrize("before", ["nothing", "resolved", "old row alone"])
@pytest.mark.parametrize("number", range(1, 6))
def test_a_create_and_its_retry_at_once_are_one_alert(before: str, number: int) -> None:
    BEFORE[before]()
    with before_call(number, lambda: opening.run(a_request(ticket_id="mine"), NOW)):
        opening.run(a_request(ticket_id="mine"), NOW)
    opening.run(a_request(ticket_id="mine"), NOW)
    is_sound(1)


@pytest.mark.parametrize("number", range(1, 4))
def test_of_two_requests_with_one_id_at_once_one_is_a_conflict_and_the_key_names_the_other(number: int) -> None:
    conflicts = 0

    def attempt(title: str) -> None:
        nonlocal conflicts
        try:
            opening.run(a_request(ticket_id="mine", title=title), NOW)
        except Conflict:
            conflicts += 1

    with before_call(number, lambda: attempt("Other")) as calls:
        attempt("Mine")
    is_sound(1)
    assert conflicts == (number <= len(calls))


@pytest.mark.parametrize("before", ["open", "resolved"])
@pytest.mark.parametrize("number", range(1, 4))
def test_an_alert_while_its_ticket_is_resolved_is_not_lost(before: str, number: int) -> None:
    BEFORE[before]()
    with before_call(number, lambda: acts.resolve("acme", "first", "ada", NOW)):
        opened, new = opening.run(a_request(), NOW)
    if opened.ticket_id == "first":  # it was counted before that
        assert opened.count == 2
    else:
        assert new
        is_sound(1)


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("wish", [{}, {"ticket_id": "mine"}, {"description": LONG}], ids=["plain", "named", "long"])
def test_an_opening_that_dies_is_healed_by_the_next_alert(before: str, number: int, wish: dict[str, str]) -> None:
    BEFORE[before]()
    with before_call(number, crash) as calls:
        try:
            opening.run(a_request(**wish), NOW)
        except Crash:
            opening.run(a_request(**wish), NOW + timedelta(seconds=3))
    assert len(calls) >= 1
    is_sound(2 if before == "open" else 1)
    found = opening.find("acme", SCOPE, KEY)
    assert found
    if wish.get("description") and before != "open":
        assert acts.get("acme", found.ticket_id).description == LONG


def test_what_names_a_dedup_row_is_a_hash_of_scope_and_key() -> None:
    assert opening.dedup_digest(SCOPE, KEY) == ids.sha256(SCOPE, KEY)
