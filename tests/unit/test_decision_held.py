"""When a decision leaves a ticket where it is: in a maintenance, while people sleep, until somebody comes on call."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.examples import NOW, a_book, a_rule, a_step, a_ticket, a_user
from tests.unit.test_decision_on_call import on_call
from tocsin import decision, times
from tocsin.book import Roster
from tocsin.decision import decide
from tocsin.oncall import Rota
from tocsin.schedule import Schedule
from tocsin.ticket import Kind
from tocsin.user import User

ADA, BOB, CEO = a_user("ada"), a_user("bob"), a_user("ceo")
TWO_STEPS = (a_step("ada", wait="5m"), a_step("bob", wait="15m"))
MINUTE = timedelta(minutes=1)
FAR_ALONG: dict[str, Any] = {"rule_id": "r1", "step": 1, "round": 2, "beyond": 0}


def asleep(name: str, until: str) -> User:
    """Return a user who is not to be woken before that time of the day of `NOW`."""
    return a_user(name).model_copy(update={"rule": {"quiet": [{"from": "12:00", "to": until}]}})


def today(time: str) -> datetime:
    return times.parse(f"2026-11-22T{time}Z")


# --- maintenance


def test_in_a_maintenance_a_ticket_stays_where_it_is_until_the_end_of_it() -> None:
    end = NOW + 10 * MINUTE
    book = a_book(a_rule(*TWO_STEPS), users=(ADA, BOB), maintenance={"until": end})
    made = decide(a_ticket(**FAR_ALONG, held_since=NOW - MINUTE), book, NOW)
    assert (made.kind, made.pages, made.due_at) == (Kind.HELD, (), end)
    assert (made.rule_id, made.step, made.round, made.beyond) == ("r1", 1, 2, 0)
    assert made.remarks == (f"The team is in maintenance until {times.text(end)}.",)
    assert made.held_since == NOW - MINUTE
    assert decide(a_ticket(**FAR_ALONG), book, end).assigned_to == ["bob"]


def test_a_long_maintenance_is_asked_for_again_after_a_quarter_of_an_hour_for_it_may_have_been_ended() -> None:
    book = a_book(a_rule(*TWO_STEPS), users=(ADA, BOB), maintenance={"until": NOW + timedelta(days=3)})
    assert decide(a_ticket(), book, NOW).due_at == NOW + 15 * MINUTE


def test_a_maintenance_does_not_wake_a_ticket_that_its_rule_keeps() -> None:
    book = a_book(a_rule(page=False), maintenance={"until": NOW + MINUTE})
    assert decide(a_ticket(), book, NOW).kind is Kind.KEPT


def test_who_cannot_be_decided_for_is_not_paged_in_a_maintenance_either() -> None:
    roster = Roster(("ada",), ("ada",))
    paused = {"until": NOW + 20 * MINUTE}
    book = a_book(users=(ADA,), rosters={"payments": roster}, maintenance=paused)
    made = decision.fall_back(a_ticket(**FAR_ALONG), book, NOW, "It broke.")
    assert (made.kind, made.rule_id, made.step, made.due_at) == (Kind.HELD, "r1", 1, NOW + 15 * MINUTE)
    assert made.remarks == (f"The team is in maintenance until {times.text(paused['until'])}.", "It broke.")


# --- quiet hours


def test_where_everybody_sleeps_the_ticket_waits_for_the_first_who_wakes() -> None:
    book = a_book(a_rule(*TWO_STEPS), users=(asleep("ada", "20:40"), asleep("bob", "20:35")))
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.pages, made.rule_id, made.step) == (Kind.HELD, (), None, 0)
    assert made.due_at == today("20:35:00")
    assert made.remarks == (
        "Everybody who would be paged is in quiet hours, the first until 2026-11-22T20:35:00.000Z.",
    )


def test_who_is_on_call_may_change_before_somebody_wakes_and_so_it_is_asked_again() -> None:
    book = a_book(a_rule(*TWO_STEPS), users=(asleep("ada", "23:00"), asleep("bob", "22:00")))
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.due_at) == (Kind.HELD, NOW + 15 * MINUTE)


def test_a_reminder_waits_for_the_first_who_wakes_of_all_whom_it_is_for() -> None:
    users = (asleep("ada", "20:40"), asleep("bob", "20:35"), asleep("ceo", "20:45"))
    book = a_book(a_rule(*TWO_STEPS), users=users, last_resort=[{"user": "ceo"}])
    made = decide(a_ticket(rule_id="r1", step=2, round=1, beyond=3), book, NOW)
    assert (made.kind, made.due_at, made.beyond) == (Kind.HELD, today("20:35:00"), 3)


def test_whom_quiet_hours_hold_back_on_the_way_is_paged_along_with_who_is_awake_when_they_end() -> None:
    users = (asleep("ada", "21:00"), asleep("ceo", "22:00"), BOB)
    rosters = {"payments": Roster(("bob",), ("bob",))}
    book = a_book(a_rule(a_step("ada")), users=users, rosters=rosters, last_resort=[{"user": "ceo"}])
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.assigned_to) == (Kind.REMINDED, ["bob"])
    held = {page.user: page.not_before for page in made.pages if page.held}
    assert held == {"ada": today("21:00:00"), "ceo": today("22:00:00")}
    assert made.remarks == ("In quiet hours: ceo, ada.",)
    assert made.passed == ((1, 1, "In quiet hours: ada."),)


def test_the_last_resort_pages_those_who_sleep_when_they_wake() -> None:
    book = a_book(a_rule(a_step("ada")), users=(asleep("ada", "21:00"), CEO), last_resort=[{"user": "ceo"}])
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.assigned_to) == (Kind.LAST_RESORT, ["ceo"])
    assert [page.user for page in made.pages] == ["ceo", "ada"]


def test_all_who_sleep_on_the_way_are_paged_when_they_wake_also_whom_the_ticket_was_handed_to() -> None:
    users = (asleep("ceo", "21:00"), asleep("ada", "21:00"), asleep("cyd", "21:00"), BOB)
    book = a_book(a_rule(a_step("ada"), a_step("cyd"), a_step("bob")), users=users)
    made = decide(a_ticket(handed_to="ceo"), book, NOW)
    assert (made.step, made.assigned_to) == (3, ["bob"])
    assert {page.user for page in made.pages if page.held} == {"ceo", "ada", "cyd"}


def test_nobody_is_paged_twice_for_being_asleep_in_two_steps() -> None:
    steps = (a_step("ada"), a_step("ada", "bob"))
    made = decide(a_ticket(), a_book(a_rule(*steps), users=(asleep("ada", "21:00"), BOB)), NOW)
    assert made.step == 2
    assert [(page.user, page.held) for page in made.pages] == [("ada", True), ("bob", False)]


# --- a ticket that was handed to somebody


def test_whom_a_ticket_was_handed_to_is_paged_first_and_then_the_rule_begins() -> None:
    book = a_book(a_rule(*TWO_STEPS), users=(ADA, BOB, CEO))
    made = decide(a_ticket(handed_to="ceo"), book, NOW)
    assert (made.kind, made.rule_id, made.step, made.round, made.beyond) == (Kind.ASSIGNED, None, 0, 0, 0)
    assert (made.assigned_to, made.wait, made.due_at) == (["ceo"], 5 * MINUTE, NOW + 5 * MINUTE)
    assert made.pages[0].because == "ceo is named, by every verified method"


def test_where_that_person_sleeps_the_rule_begins_at_once_and_the_page_comes_later() -> None:
    book = a_book(a_rule(*TWO_STEPS), users=(ADA, BOB, asleep("ceo", "21:00")))
    made = decide(a_ticket(handed_to="ceo"), book, NOW)
    assert (made.kind, made.assigned_to) == (Kind.ESCALATED, ["ada"])
    assert [(page.user, page.not_before) for page in made.pages] == [("ada", None), ("ceo", today("21:00:00"))]


# --- a step that is held until somebody comes on call


def rota(start: str, *, user: str = "bob") -> Rota:
    """Return a schedule by which somebody comes on call at a time of the day of `NOW`, and nobody before."""
    layer = {"users": [user], "rotation": "daily", "start": "2026-11-22", "handoff": start}
    named = {"schedule_id": "s", "name": "s", "time_zone": "UTC", "created_at": NOW, "updated_at": NOW}
    return Rota(Schedule.model_validate(named | {"layers": [layer]}))


HELD = a_rule(on_call("s", hold_until_on_call="1h"), a_step("ada"))


def test_a_step_may_wait_until_somebody_comes_on_call_to_the_second() -> None:
    book = a_book(HELD, users=(ADA, BOB))
    book.read_schedules = {"s": rota("20:40")}
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.rule_id, made.step, made.pages) == (Kind.HELD, None, 0, ())
    assert (made.due_at, made.held_since) == (today("20:40:00"), NOW)
    assert made.remarks == (
        "Nobody is on call by schedule s. The step waits for somebody, until 2026-11-22T21:28:28.123Z at the latest.",
    )
    assert decide(a_ticket(held_since=NOW), book, today("20:40:00")).assigned_to == ["bob"]


def by_the_hour(*users: str, start: str = "20:00") -> Rota:
    """Return a schedule by which somebody else is on call each hour, from a time of the day of `NOW` on."""
    layer = {"users": list(users), "rotation": "hours:1", "start": "2026-11-22", "handoff": start}
    named = {"schedule_id": "s", "name": "s", "time_zone": "UTC", "created_at": NOW, "updated_at": NOW}
    return Rota(Schedule.model_validate(named | {"layers": [layer]}))


def test_who_comes_on_call_next_is_not_who_is_gone() -> None:
    book = a_book(users=(BOB,), missing=("gone", "left"))
    book.read_schedules = {"s": by_the_hour("gone", "left", "bob"), "t": None}
    assert book.comes_on_call(["s", "t"], NOW, NOW + timedelta(hours=6)) == today("22:00:00")
    assert book.comes_on_call(["s"], NOW, today("22:00:00")) is None
    assert book.comes_on_call(["t"], NOW, NOW + timedelta(hours=6)) is None


def test_who_is_on_call_already_does_not_come() -> None:
    book = a_book(users=(ADA, BOB))
    book.read_schedules = {"s": by_the_hour("ada", "bob", start="20:00")}
    assert book.comes_on_call(["s"], today("20:00:00"), today("21:00:00")) is None
    assert book.comes_on_call(["s"], today("20:00:00"), today("22:00:00")) == today("21:00:00")


def test_schedules_may_change_and_so_they_are_asked_again_before_long() -> None:
    book = a_book(HELD, users=(ADA, BOB))
    book.read_schedules = {"s": rota("22:00")}
    assert decide(a_ticket(), book, NOW).due_at == NOW + 15 * MINUTE


def test_a_step_is_held_no_longer_than_it_says_counted_from_when_it_began_to_wait() -> None:
    book = a_book(HELD, users=(ADA, BOB))
    book.read_schedules = {"s": rota("22:00")}
    made = decide(a_ticket(held_since=NOW - 50 * MINUTE), book, NOW)
    assert (made.kind, made.due_at, made.held_since) == (Kind.HELD, NOW + 10 * MINUTE, NOW - 50 * MINUTE)
    made = decide(a_ticket(held_since=NOW - 60 * MINUTE), book, NOW)
    assert (made.kind, made.step, made.assigned_to, made.held_since) == (Kind.ESCALATED, 2, ["ada"], None)
    assert made.passed == ((1, 1, "Nobody is on call by schedule s."),)


@pytest.mark.parametrize(("held", "waits"), [(None, True), (True, True), (False, False)])
def test_who_asked_for_the_next_step_by_hand_passes_the_one_that_is_held(held: bool | None, waits: bool) -> None:
    book = a_book(HELD, users=(ADA, BOB))
    book.read_schedules = {"s": rota("20:40")}
    assert (decide(a_ticket(held=held), book, NOW).kind is Kind.HELD) == waits


def test_nobody_can_come_on_call_by_schedules_that_are_gone() -> None:
    book = a_book(a_rule(on_call("s", "t", hold_until_on_call="1h"), a_step("ada")), users=(ADA, BOB))
    book.read_schedules = {"s": None, "t": None}
    assert decide(a_ticket(), book, NOW).assigned_to == ["ada"]
    book.read_schedules["t"] = rota("20:40")
    assert decide(a_ticket(), book, NOW).due_at == today("20:40:00")


def test_who_cannot_be_reached_beside_a_schedule_does_not_keep_its_step_from_waiting() -> None:
    step = {"notify": [{"user": "gone"}, {"schedule": "s"}], "hold_until_on_call": "1h"}
    book = a_book(a_rule(step, a_step("ada")), users=(ADA, BOB), missing=("gone",))
    book.read_schedules = {"s": rota("20:40")}
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.due_at) == (Kind.HELD, today("20:40:00"))
