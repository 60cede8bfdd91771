from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import EPOCH, NOW, a_page, a_ticket
from tocsin import page, times
from tocsin.page import Page
from tocsin.rows import Row
from tocsin.rows import changed as written
from tocsin.ticket import Changes, Status, Ticket

COMMITTED = a_ticket(epoch=EPOCH + 1)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - jitter is no secret


def rewritten(one: Page, changes: Changes) -> Row:
    return written(page.row(one), changes)


def test_a_new_page_is_due_at_once_and_can_be_found_by_the_sweeper() -> None:
    row = page.row(a_page())
    assert (row["pk"], row["sk"]) == ("T#acme#TICKET#t1", f"PAGE#{EPOCH}#ada#phone")
    assert row["due_at"] == times.text(NOW)
    assert {"due_shard", "look_at"} <= set(row)
    assert Page.of(row) == a_page()


@pytest.mark.parametrize("ticket", [a_ticket(), COMMITTED, a_ticket(epoch=EPOCH + 9)])
def test_a_page_of_the_present_escalation_is_wanted_while_the_ticket_is_unread(ticket: Ticket) -> None:
    assert page.unwanted(a_page(), ticket, [], NOW) is None


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.UNREAD])
def test_a_page_of_a_ticket_that_is_not_unread_is_unwanted(status: Status) -> None:
    ticket = COMMITTED.model_copy(update={"status": status})
    assert page.unwanted(a_page(), ticket, [], NOW) == f"The ticket is {status.value}."


def test_a_page_of_a_snoozed_or_vanished_ticket_is_unwanted() -> None:
    snoozed = COMMITTED.model_copy(update={"snoozed_until": NOW + timedelta(hours=1)})
    assert page.unwanted(a_page(), snoozed, [], NOW) == "The ticket is snoozed."
    assert page.unwanted(a_page(), None, [], NOW) == "The ticket is gone."


@pytest.mark.parametrize("status", list(Status))
def test_a_responders_page_is_wanted_until_the_ticket_is_resolved(status: Status) -> None:
    later = a_ticket(epoch=EPOCH + 9, run=EPOCH + 8, status=status, snoozed_until=NOW + timedelta(hours=1))
    wanted = page.unwanted(a_page(ask=1), later, [a_page(epoch=EPOCH + 5)], NOW + timedelta(days=1))
    assert wanted == ("The ticket is resolved." if status is Status.RESOLVED else None)
    assert page.unwanted(a_page(ask=1), None, [], NOW) == "The ticket is gone."


def test_a_responders_page_takes_no_steps_place() -> None:
    assert page.unwanted(a_page(), COMMITTED, [a_page(epoch=EPOCH + 1, ask=1)], NOW) is None
    assert a_page(ask=2).page_id == f"{EPOCH}.R2:ada:phone"


def test_a_page_of_an_escalation_before_this_one_is_unwanted() -> None:
    again = a_ticket(epoch=EPOCH + 2, run=EPOCH + 1)
    assert page.unwanted(a_page(), again, [], NOW) == "The escalation began anew."
    assert page.unwanted(a_page(epoch=EPOCH + 1), again, [], NOW) is None


@pytest.mark.parametrize(
    ("later", "wanted"),
    [
        ({"epoch": EPOCH + 1}, False),
        ({"epoch": EPOCH + 1, "status": "sent"}, False),
        ({"epoch": EPOCH + 1, "method_id": "mail"}, True),
        ({"epoch": EPOCH + 1, "user": "bob"}, True),
        ({"epoch": EPOCH}, True),
    ],
)
def test_a_later_page_that_went_the_same_way_makes_one_unwanted(later: dict[str, Any], wanted: bool) -> None:
    why = page.unwanted(a_page(), COMMITTED, [a_page(**later)], NOW)
    assert why == (None if wanted else "A later page of this ticket went the same way.")


@pytest.mark.parametrize(
    ("wait", "age", "wanted"),
    [
        (10, timedelta(minutes=15), True),
        (10, timedelta(minutes=15, milliseconds=1), False),
        (3600, timedelta(hours=1), True),
        (3600, timedelta(hours=1, milliseconds=1), False),
    ],
)
def test_a_page_is_fresh_for_its_steps_wait_and_at_least_a_quarter_of_an_hour(
    wait: int, age: timedelta, wanted: bool
) -> None:
    why = page.unwanted(a_page(wait=wait), COMMITTED, [], NOW + age)
    assert why == (None if wanted else "It came too late.")


@pytest.mark.parametrize(("ahead", "waits"), [(-60, False), (0, False), (2, False), (2.1, True), (60, True)])
def test_a_page_that_was_put_off_waits_until_its_time_but_for_what_two_clocks_may_differ(
    ahead: float, waits: bool
) -> None:
    assert a_page(due_at=NOW + timedelta(seconds=ahead)).waits(NOW) is waits


def test_a_page_that_was_put_off_falls_due_again_by_itself() -> None:
    until = NOW + timedelta(seconds=30)
    row = rewritten(a_page(), page.put_off(a_page().tried(), until, NOW, "SNS is busy."))
    assert (row["status"], row["error"], row["attempts"]) == ("pending", "SNS is busy.", 1)
    assert row["due_at"] == times.text(until)
    assert row["look_at"] > row["due_at"]
    assert Page.of(row).waits(NOW)


def test_a_page_that_waits_for_its_turn_is_not_late_for_that_and_keeps_what_went_wrong_before() -> None:
    until = NOW + timedelta(seconds=30)
    row = rewritten(a_page(error="busy"), page.turn_awaited(a_page(error="busy"), until, NOW))
    assert (row["expected_at"], row["due_at"], row["error"]) == (times.text(until), times.text(until), "busy")
    assert "expected_at" not in rewritten(a_page(), page.put_off(a_page(), until, NOW, "busy"))


@given(attempts=st.integers(1, 500), seed=st.integers())
def test_a_retry_waits_longer_each_time_with_jitter_and_five_minutes_at_most(attempts: int, seed: int) -> None:
    delay = page.retry_delay(a_page(attempts=attempts), seeded(seed)).total_seconds()
    longest = min(5 * 2 ** (attempts - 1), 300)
    assert longest / 2 <= delay <= longest


def test_retries_of_one_moment_are_spread() -> None:
    delays = {round(page.retry_delay(a_page(attempts=9), seeded(seed)).total_seconds()) for seed in range(400)}
    assert len(delays) > 80
    assert (min(delays) < 160, max(delays) > 290) == (True, True)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        (page.sent(a_page(error="busy"), "id-1", "48213", NOW), "sent"),
        (page.failed(a_page(), "No such number.", NOW), "failed"),
        (page.skipped(a_page(), "The ticket is resolved.", NOW), "skipped"),
    ],
)
def test_a_settled_page_asks_for_nothing_more(changes: Changes, status: str) -> None:
    row = rewritten(a_page(error="busy"), changes)
    assert row["status"] == status
    assert Page.of(row).settled
    assert row["settled_at"] == times.text(NOW)
    assert not {"due_at", "due_shard", "look_at", "looks"} & set(row)


def test_a_sent_page_says_what_the_provider_called_it_and_no_longer_what_went_wrong_before() -> None:
    sent = Page.of(rewritten(a_page(error="busy"), page.sent(a_page(), "id-1", None, NOW)))
    assert (sent.provider_id, sent.sent_at, sent.error, sent.code) == ("id-1", NOW, None, None)


def test_a_page_that_failed_or_was_skipped_says_why() -> None:
    assert rewritten(a_page(), page.failed(a_page(), "No such number.", NOW))["error"] == "No such number."
    assert rewritten(a_page(), page.skipped(a_page(), "Too late.", NOW))["error"] == "Too late."


def test_a_page_that_was_never_to_be_sent_by_now_sleeps_and_one_that_was_put_off_does_not() -> None:
    wakes = NOW + timedelta(hours=1)
    assert a_page(due_at=wakes, not_before=wakes).sleeps(NOW)
    assert not a_page(due_at=NOW + timedelta(seconds=30), not_before=None).sleeps(NOW)
    assert not a_page(due_at=wakes, not_before=wakes).sleeps(wakes)
    assert not a_page(due_at=wakes, not_before=NOW).sleeps(NOW)


def test_a_later_page_takes_the_place_of_one_when_it_may_be_sent_itself_by_either_clock() -> None:
    for ahead, wanted in ((timedelta(seconds=2), False), (timedelta(seconds=2, milliseconds=1), True)):
        later = a_page(epoch=EPOCH + 1, not_before=NOW + ahead)
        assert (page.unwanted(a_page(), COMMITTED, [later], NOW) is None) == wanted


def test_a_page_whose_step_is_not_committed_yet_is_never_too_late() -> None:
    assert page.unwanted(a_page(), a_ticket(), [], NOW + timedelta(days=1)) is None


def test_a_page_keeps_its_code_and_how_often_it_was_tried() -> None:
    tried = a_page(code="48213", attempts=3)
    put_off = rewritten(a_page(), page.put_off(tried, NOW + timedelta(seconds=30), NOW, "busy"))
    assert (put_off["code"], put_off["attempts"]) == ("48213", 3)
    sent = rewritten(a_page(), page.sent(tried, "id-1", "54321", NOW))
    assert (sent["code"], sent["attempts"]) == ("54321", 3)
    assert rewritten(a_page(), page.failed(tried, "No.", NOW))["attempts"] == 3


def test_a_step_that_is_taken_again_says_anew_when_its_page_is_wanted() -> None:
    wanted = NOW + timedelta(minutes=20)
    before = a_page(expected_at=NOW, not_before=NOW + timedelta(minutes=3))
    again = a_page(step=2, round=3, wait=600, created_at=NOW + timedelta(minutes=5), not_before=wanted)
    row = rewritten(before, page.renewed(again))
    assert (row["step"], row["round"], row["wait"]) == (2, 3, 600)
    assert row["not_before"] == row["due_at"] == times.text(wanted)
    assert "expected_at" not in row
    assert rewritten(before, page.renewed(a_page(expected_at=wanted)))["expected_at"] == times.text(wanted)


def test_a_page_that_waits_on_for_its_time_sleeps_as_if_it_had_never_been_to_come_sooner() -> None:
    until = NOW + timedelta(hours=1)
    tried = a_page(error="busy", code="48213", attempts=1, not_before=NOW, due_at=NOW)
    row = rewritten(tried, page.sleeping(tried, until, NOW))
    assert row["not_before"] == row["expected_at"] == row["due_at"] == times.text(until)
    assert (row["error"], row["code"], row["attempts"]) == ("busy", "48213", 1)
    assert Page.of(row).sleeps(NOW)
