from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from tests.examples import NOW, a_ticket, changed
from tocsin import due, keys, ticket, times
from tocsin.rows import Next
from tocsin.rows import changed as written
from tocsin.ticket import Kind, Status, Ticket

LATER = NOW + timedelta(minutes=7)
ACKNOWLEDGED = {"acknowledged_by": "ada", "acknowledged_at": NOW, "assigned_to": ["ada"], "due_at": None}
BEFORE: dict[Status, dict[str, Any]] = {
    Status.UNREAD: {"rule_id": "r1", "step": 2, "round": 3, "beyond": 1, "assigned_to": ["bob"], "due_at": LATER},
    Status.UNDER_INVESTIGATION: ACKNOWLEDGED,
    Status.PENDING_FIX: ACKNOWLEDGED,
}
MOVES = [(old, new) for old, new in product(BEFORE, Status) if old is not new]


def moved(old: Status, new: Status) -> tuple[Ticket, Ticket]:
    before = a_ticket(status=old, **BEFORE[old])
    return before, changed(before, ticket.to_status(before, new, "bob", LATER))


@pytest.mark.parametrize(("old", "new"), MOVES)
def test_a_move_is_told_who_made_it_and_when(old: Status, new: Status) -> None:
    before, after = moved(old, new)
    assert (after.status, after.changed_by, after.updated_at, after.rev) == (new, "bob", LATER, before.rev + 1)


@pytest.mark.parametrize(("old", "new"), MOVES)
def test_the_clock_runs_only_while_a_ticket_is_unread(old: Status, new: Status) -> None:
    _, after = moved(old, new)
    assert after.due_at == (LATER if new is Status.UNREAD else None)


@pytest.mark.parametrize(("old", "new"), [pair for pair in MOVES if Status.UNREAD in pair])
def test_what_sets_or_stops_the_clock_voids_the_timers_before(old: Status, new: Status) -> None:
    before, after = moved(old, new)
    assert after.epoch == before.epoch + 1


def test_leaving_unread_stops_the_clock_even_where_it_seemed_to_stand() -> None:
    # Somebody else may have set it since the ticket was read.
    kept = a_ticket(due_at=None, rule_id="quiet")
    changes = ticket.to_status(kept, Status.UNDER_INVESTIGATION, "ada", NOW)
    assert {"due_at": None, "due_shard": None, "look_at": None, "epoch": Next("epoch")}.items() <= changes.items()


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (Status.UNREAD, Status.UNDER_INVESTIGATION, Kind.ACKNOWLEDGED),
        (Status.UNREAD, Status.PENDING_FIX, Kind.STATUS_CHANGED),
        (Status.UNREAD, Status.RESOLVED, Kind.RESOLVED),
        (Status.UNDER_INVESTIGATION, Status.UNREAD, Kind.STATUS_CHANGED),
        (Status.UNDER_INVESTIGATION, Status.PENDING_FIX, Kind.STATUS_CHANGED),
        (Status.UNDER_INVESTIGATION, Status.RESOLVED, Kind.RESOLVED),
        (Status.PENDING_FIX, Status.UNREAD, Kind.STATUS_CHANGED),
        (Status.PENDING_FIX, Status.UNDER_INVESTIGATION, Kind.STATUS_CHANGED),
        (Status.PENDING_FIX, Status.RESOLVED, Kind.RESOLVED),
    ],
)
def test_a_move_has_its_kind_of_line_in_the_history(old: Status, new: Status, kind: Kind) -> None:
    assert moved(old, new)[1].change is kind


@pytest.mark.parametrize("status", Status)
def test_the_same_status_again_changes_nothing(status: Status) -> None:
    assert ticket.to_status(a_ticket(status=status), status, "bob", NOW) == {}


def test_who_acknowledges_first_stays_the_one_who_did() -> None:
    _, after = moved(Status.UNREAD, Status.UNDER_INVESTIGATION)
    assert (after.acknowledged_by, after.acknowledged_at, after.assigned_to) == ("bob", LATER, ["bob"])
    _, after = moved(Status.UNDER_INVESTIGATION, Status.PENDING_FIX)
    assert (after.acknowledged_by, after.acknowledged_at, after.assigned_to) == ("ada", NOW, ["ada"])


def test_a_return_to_unread_begins_the_escalation_anew_and_forgets_who_acknowledged() -> None:
    far = {"rule_id": "r1", "step": 3, "round": 2, "beyond": 4}
    before = a_ticket(status=Status.UNDER_INVESTIGATION, **ACKNOWLEDGED, **far)
    after = changed(before, ticket.to_status(before, Status.UNREAD, "bob", LATER))
    assert (after.rule_id, after.step, after.round, after.beyond, after.assigned_to) == (None, 0, 0, 0, [])
    assert (after.acknowledged_by, after.acknowledged_at) == (None, None)
    assert (after.due_at, after.epoch, after.run) == (LATER, before.epoch + 1, before.epoch + 1)


def test_a_resolved_ticket_says_when_and_is_no_longer_among_the_open_ones() -> None:
    before = a_ticket()
    changes = ticket.to_status(before, Status.RESOLVED, "bob", LATER)
    row = written(ticket.row(before), changes)
    assert row["resolved_at"] == times.text(LATER)
    assert not {"open_shard", "due_shard", "look_at", "due_at"} & set(row)
    assert row["team_shard"] == keys.team_shard("acme", "payments", "t1")


def test_a_ticket_expires_400_days_after_it_was_resolved_and_no_other_ticket_does() -> None:
    before = a_ticket()
    expires = {status: ticket.to_status(before, status, "bob", LATER).get("expires") for status in Status}
    end = (LATER + timedelta(days=400)).timestamp()
    assert end <= expires.pop(Status.RESOLVED) <= end + 1
    assert set(expires.values()) == {None}
    assert "expires" not in ticket.row(before)


def test_a_resolved_ticket_keeps_who_had_acknowledged_it() -> None:
    _, after = moved(Status.UNDER_INVESTIGATION, Status.RESOLVED)
    assert (after.acknowledged_by, after.resolved_at) == ("ada", LATER)


def test_hurrying_makes_the_next_step_due_now_and_keeps_the_place() -> None:
    before = a_ticket(**BEFORE[Status.UNREAD])
    after = changed(before, ticket.woken(before, "system", NOW, "All failed."))
    assert (after.rule_id, after.step, after.round, after.beyond) == ("r1", 2, 3, 1)
    assert (after.due_at, after.epoch, after.run) == (NOW, before.epoch + 1, before.run)
    assert (after.change, after.remark) == (Kind.HURRIED, "All failed.")


def test_who_asks_for_the_next_step_by_hand_lets_it_wait_for_nothing() -> None:
    before = a_ticket(**BEFORE[Status.UNREAD], held=True, held_since=NOW, snoozed_until=LATER)
    by_hand = changed(before, ticket.hurried(before, "ada", NOW))
    assert (by_hand.held, by_hand.held_since, by_hand.snoozed_until, by_hand.due_at) == (False, None, None, NOW)
    woken = changed(before, ticket.woken(before, "ada", NOW))
    assert (woken.held, woken.held_since, woken.snoozed_until, woken.due_at) == (True, NOW, LATER, NOW)


def test_resuming_an_acknowledged_ticket_goes_on_after_its_last_step() -> None:
    before = a_ticket(status=Status.PENDING_FIX, **ACKNOWLEDGED, rule_id="r1", step=2, round=1)
    after = changed(before, ticket.resumed(before, "ada", LATER))
    assert (after.status, after.rule_id, after.step, after.round) == (Status.UNREAD, "r1", 2, 1)
    assert (after.acknowledged_by, after.due_at) == (None, LATER)
    assert after.epoch == after.run == before.epoch + 1


def test_a_ticket_is_assigned_to_who_takes_it_on_and_no_more_to_who_was_paged() -> None:
    before = a_ticket(assigned_to=["cyd", "dan"])
    for status in (Status.UNDER_INVESTIGATION, Status.PENDING_FIX):
        assert changed(before, ticket.to_status(before, status, "ada", LATER)).assigned_to == ["ada"]


def test_a_ticket_that_was_to_resolve_itself_waits_for_it_no_more_once_it_is_resolved() -> None:
    before = a_ticket(auto_resolve=600, resolve_at=NOW + timedelta(minutes=10))
    row = written(ticket.row(before), ticket.to_status(before, Status.RESOLVED, "ada", LATER))
    assert "resolve_at" not in row


def test_a_ticket_that_is_due_never_has_no_place_among_those_that_are() -> None:
    row = ticket.row(a_ticket(due_at=None))
    assert not {"due_at", "due_shard", "look_at", "looks"} & set(row)


def test_an_acknowledged_ticket_that_is_made_unread_forgets_who_acknowledged_it_and_when() -> None:
    before = a_ticket(status=Status.UNDER_INVESTIGATION, **ACKNOWLEDGED)
    row = written(ticket.row(before), ticket.resumed(before, "ada", LATER))
    assert not {"acknowledged_by", "acknowledged_at"} & set(row)


def test_the_next_step_is_asked_for_whatever_it_waits_for() -> None:
    before = a_ticket(snoozed_until=LATER, held=True, held_since=NOW)
    after = changed(before, ticket.hurried(before, "ada", NOW))
    assert (after.snoozed_until, after.held, after.held_since) == (None, False, None)


def test_who_asks_for_responders_changes_neither_clock_nor_escalation() -> None:
    before = a_ticket(**BEFORE[Status.UNREAD])
    changes = ticket.joined(("bob", "cyd"), {"team": "search"}, "ada", LATER, "One sleeps.")
    after = changed(before, changes)
    told = (after.change, after.changed_by, after.updated_at, after.remark, after.rev)
    assert told == (Kind.RESPONDERS_ADDED, "ada", LATER, "One sleeps.", before.rev + 1)
    assert (after.due_at, after.epoch, after.step, after.assigned_to) == (LATER, before.epoch, 2, ["bob"])
    assert changes["added"] == {"users": ["bob", "cyd"], "target": {"team": "search"}}


def test_what_is_told_with_one_write_is_gone_with_the_next() -> None:
    row = written(ticket.row(a_ticket()), ticket.joined(["bob"], {"user": "bob"}, "ada", NOW, "Late."))
    again = written(row, ticket.counted("x", LATER))
    assert not {"added", "remark", "passed"} & set(again)


HALF_AN_HOUR = timedelta(minutes=30)
SEEN = {"status": Status.UNDER_INVESTIGATION, **ACKNOWLEDGED}


def test_of_what_competes_the_earliest_is_the_due_time() -> None:
    before = a_ticket(auto_resolve=600)
    for at, first in [(None, 10), (NOW + timedelta(minutes=5), 5), (NOW + timedelta(minutes=15), 10)]:
        after = changed(before, ticket.moved(before, at, NOW))
        assert (after.due_at, after.resolve_at) == (NOW + timedelta(minutes=first), NOW + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("fields", "kind", "status"),
    [
        ({}, None, None),
        ({"resolve_at": LATER + HALF_AN_HOUR}, None, None),
        ({"resolve_at": LATER}, Kind.RESOLVED, Status.RESOLVED),
        ({"snoozed_until": LATER}, Kind.SNOOZE_ENDED, Status.UNREAD),
        ({"snoozed_until": LATER + HALF_AN_HOUR, "resolve_at": LATER}, Kind.RESOLVED, Status.RESOLVED),
        ({**SEEN}, Kind.ACK_EXPIRED, Status.UNREAD),
        ({**SEEN, "resolve_at": LATER}, Kind.RESOLVED, Status.RESOLVED),
        ({**SEEN, "snoozed_until": LATER}, Kind.SNOOZE_ENDED, Status.UNREAD),
        ({**SEEN, "status": Status.PENDING_FIX, "snoozed_until": LATER}, Kind.SNOOZE_ENDED, Status.UNREAD),
    ],
)
def test_what_a_due_time_means_follows_from_the_ticket(
    fields: dict[str, Any], kind: Kind | None, status: Status | None
) -> None:
    before = a_ticket(**{**fields, "due_at": LATER})
    changes = ticket.rung(before, LATER)
    assert (changes.get("change"), changes.get("status")) == (kind, status)
    if kind is not None:
        after = changed(before, changes)
        assert (after.epoch, after.changed_by, after.snoozed_until) == (before.epoch + 1, "system", None)
        assert (after.due_at, after.run > before.run) == ((LATER, True) if status is Status.UNREAD else (None, False))


def test_an_acknowledgement_expires_only_where_the_severity_says_so() -> None:
    for before, due_at in [(a_ticket(ack_timeout=1800), LATER + HALF_AN_HOUR), (a_ticket(), None)]:
        after = changed(before, ticket.to_status(before, Status.UNDER_INVESTIGATION, "ada", LATER))
        assert after.due_at == due_at


def test_acknowledging_again_moves_the_time_and_not_who_was_first() -> None:
    before = a_ticket(**SEEN, ack_timeout=1800)
    after = changed(before, ticket.to_status(before, Status.UNDER_INVESTIGATION, "bob", LATER))
    assert (after.due_at, after.epoch, after.run) == (LATER + HALF_AN_HOUR, before.epoch + 1, before.run)
    assert (after.acknowledged_by, after.acknowledged_at, after.change) == ("ada", NOW, Kind.ACKNOWLEDGED)


def test_a_snooze_is_not_shortened_by_acknowledging_again() -> None:
    before = a_ticket(**SEEN, ack_timeout=1800, snoozed_until=LATER)
    assert ticket.to_status(before, Status.UNDER_INVESTIGATION, "bob", NOW) == {}


def test_a_snooze_goes_on_when_an_acknowledged_ticket_is_moved_and_ends_when_an_unread_one_is_taken_on() -> None:
    snoozed = {"ack_timeout": 1800, "snoozed_until": LATER + HALF_AN_HOUR}
    for old, new in ((Status.UNDER_INVESTIGATION, Status.PENDING_FIX), (Status.PENDING_FIX, SEEN["status"])):
        before = a_ticket(**{**SEEN, "status": old}, **snoozed)
        after = changed(before, ticket.to_status(before, Status(new), "bob", LATER))
        assert after.snoozed_until == after.due_at == LATER + HALF_AN_HOUR
    unread = a_ticket(**snoozed)
    after = changed(unread, ticket.to_status(unread, Status.UNDER_INVESTIGATION, "bob", LATER))
    assert (after.snoozed_until, after.due_at) == (None, LATER + HALF_AN_HOUR)
    later = changed(unread, ticket.to_status(unread, Status.UNDER_INVESTIGATION, "bob", NOW))
    assert (later.snoozed_until, later.due_at) == (None, NOW + HALF_AN_HOUR)


def test_a_ticket_that_is_resolved_by_itself_says_how_old_it_was() -> None:
    before = a_ticket(due_at=LATER, resolve_at=LATER)
    assert ticket.rung(before, LATER)["remark"] == "It was opened 7m ago."


def test_a_snooze_keeps_the_status_and_voids_the_pages_so_far() -> None:
    before = a_ticket(**BEFORE[Status.UNREAD])
    after = changed(before, ticket.snoozed(before, LATER + HALF_AN_HOUR, "ada", LATER))
    assert (after.status, after.step, after.round) == (Status.UNREAD, 2, 3)
    assert after.snoozed_until == after.due_at == LATER + HALF_AN_HOUR
    assert after.epoch == after.run == before.epoch + 1


def test_a_named_step_is_the_next_one_in_the_present_round() -> None:
    before = a_ticket(**BEFORE[Status.UNREAD])
    after = changed(before, ticket.led(before, "r1", 1, "ada", LATER))
    assert (after.rule_id, after.step, after.round, after.beyond, after.due_at) == ("r1", 0, 3, 0, LATER)
    assert after.run == before.epoch + 1
    other = changed(before, ticket.led(before, "r2", 4, "ada", LATER))
    assert (other.rule_id, other.step, other.round) == ("r2", 3, 1)
    handed = a_ticket(handed_to="bob")
    assert changed(handed, ticket.led(handed, "r1", 1, "ada", LATER)).handed_to is None


def test_a_reassigned_ticket_is_in_the_other_teams_list() -> None:
    before = a_ticket(**SEEN)
    row = written(ticket.row(before), ticket.reassigned(before, "search", "cyd", "ada", LATER))
    after = Ticket.of(row)
    assert (after.team, row["team_shard"]) == ("search", keys.team_shard("acme", "search", "t1"))
    assert (after.status, after.handed_to, after.acknowledged_by, after.due_at) == (Status.UNREAD, "cyd", None, LATER)
    assert after.run == before.epoch + 1


def test_counting_an_alert_moves_no_clock() -> None:
    before = a_ticket(count=3)
    after = changed(before, ticket.counted("integration:i1", LATER))
    assert (after.count, after.epoch, after.due_at, after.change) == (4, before.epoch, NOW, Kind.DEDUPLICATED)


def test_a_remark_is_gone_with_the_next_write() -> None:
    before = a_ticket(remark="An unknown severity.")
    assert changed(before, ticket.counted("x", NOW)).remark is None


def test_of_alarms_that_are_counted_the_newest_is_remembered_and_an_alert_without_a_time_forgets_none() -> None:
    after = changed(a_ticket(alarmed_at=NOW), ticket.counted("integration:i1", LATER, LATER))
    assert after.alarmed_at == LATER
    assert changed(after, ticket.counted("integration:i1", LATER)).alarmed_at == LATER


@pytest.mark.parametrize(
    ("alarmed_at", "told_at", "since"),
    [(LATER, NOW, True), (NOW, NOW, False), (NOW, LATER, False), (None, NOW, False), (LATER, None, False)],
)
def test_an_end_is_of_what_was_before_unless_the_alarm_went_off_since(
    alarmed_at: datetime | None, told_at: datetime | None, since: bool
) -> None:
    assert a_ticket(alarmed_at=alarmed_at).alarmed_after(told_at) is since


@pytest.mark.parametrize(
    ("ahead", "look"),
    [
        (timedelta(0), due.LOOK_AFTER),
        (timedelta(minutes=10), timedelta(minutes=10) + due.LOOK_AFTER),
        (timedelta(days=1), timedelta(days=1) + due.LOOK_AFTER),
        (timedelta(days=3), timedelta(days=2)),
    ],
)
def test_the_sweeper_looks_soon_after_a_due_time_or_a_day_before_a_far_one(ahead: timedelta, look: timedelta) -> None:
    changes = ticket.wound("pk", NOW + ahead, NOW)
    assert changes["look_at"] == times.text(NOW + look)
    assert changes["due_shard"] == keys.due_shard("pk")


def test_a_clock_that_is_set_or_stopped_is_looked_at_anew() -> None:
    assert ticket.wound("pk", NOW, NOW)["looks"] is None
    assert set(ticket.wound("pk", None, NOW)) == {"due_at", "due_shard", "look_at", "looks"}
    assert set(ticket.wound("pk", None, NOW).values()) == {None}


def test_a_new_tickets_row_has_its_places_in_every_index() -> None:
    row = ticket.row(a_ticket())
    assert (row["pk"], row["sk"]) == ("T#acme#TICKET#t1", "TICKET")
    assert row["due_shard"] == keys.due_shard(row["pk"])
    assert row["open_shard"] == keys.open_shard("acme", "t1")
    assert row["opened"] == "2026-11-22T20:28:28.123Z#t1"
    assert Ticket.of(row) == a_ticket()


def test_a_pattern_sees_the_fields_that_are_there() -> None:
    assert a_ticket(labels={"a": "b"}).subject() == {
        "team": "payments",
        "title": "Checkout 5xx",
        "severity": "sev1",
        "status": "unread",
        "labels": {"a": "b"},
        "source": "api_key:k1",
    }


def test_a_ticket_older_than_its_severity_now_allows_is_resolved_at_once_and_not_in_the_past() -> None:
    old = a_ticket(created_at=NOW - timedelta(hours=1), auto_resolve=600)
    changes = ticket.moved(old, LATER, NOW)
    assert (changes["due_at"], changes["resolve_at"]) == (times.text(NOW), times.text(NOW - timedelta(minutes=50)))
    assert changes["look_at"] > times.text(NOW)


def test_what_the_table_counts_is_counted_from_what_stands_there() -> None:
    assert ticket.marked(Kind.EDITED, "ada", NOW)["rev"] == Next("rev")
    assert ticket.restarted(a_ticket(), NOW)["run"] == Next("epoch")
