"""What a decision writes on its ticket, what it says of itself, and whether a step comes after it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.examples import NOW, a_book, a_method, a_rule, a_step, a_ticket, a_user, changed
from tests.unit.test_decision_in_turn import IN_TURN, of_three
from tocsin import decision
from tocsin.book import Book, Roster
from tocsin.decision import decide
from tocsin.rule import Plan
from tocsin.ticket import Kind, Ticket

ADA, BOB = a_user("ada"), a_user("bob")
MINUTE = timedelta(minutes=1)
MUTE = a_method(verified=False)


def taken(before: Ticket, book: Book) -> Ticket:
    """Return the ticket after its decision was written."""
    return changed(before, decide(before, book, NOW).changes(before, NOW))


def test_a_ticket_that_takes_a_step_says_where_it_stands_and_whom_it_pages() -> None:
    before = a_ticket(held=True, held_since=NOW - MINUTE, handed_to="gone", assigned_to=["cyd"])
    after = taken(before, a_book(a_rule(a_step("ada", "bob")), users=(ADA, BOB), missing=("gone",)))
    assert (after.rule_id, after.step, after.round, after.beyond) == ("r1", 1, 1, 0)
    assert (after.assigned_to, after.handed_to, after.held, after.held_since) == (["ada", "bob"], None, None, None)
    assert (after.due_at, after.epoch, after.rev) == (NOW + 5 * MINUTE, before.epoch + 1, before.rev + 1)
    assert (after.change, after.changed_by, after.updated_at, after.remark) == (Kind.ESCALATED, "system", NOW, None)


def test_what_is_past_the_end_of_the_rule_is_written_too() -> None:
    before = a_ticket(rule_id="r1", step=1, round=1, beyond=3)
    after = taken(before, a_book(a_rule(a_step("ada")), users=(ADA,)))
    assert (after.step, after.round, after.beyond, after.change) == (1, 1, 4, Kind.REMINDED)


def test_a_ticket_that_is_held_keeps_whom_it_was_assigned_and_handed_to() -> None:
    before = a_ticket(handed_to="ada", assigned_to=["cyd"], held_since=NOW - MINUTE)
    end = NOW + 10 * MINUTE
    after = taken(before, a_book(a_rule(a_step("ada")), users=(ADA,), maintenance={"until": end}))
    assert (after.change, after.held, after.held_since) == (Kind.HELD, True, NOW - MINUTE)
    assert (after.assigned_to, after.handed_to, after.due_at) == (["cyd"], "ada", end)
    assert after.remark == "The team is in maintenance until 2026-11-22T20:38:28.123Z."


def test_the_times_of_the_severity_count_from_this_step_on() -> None:
    severity = {"name": "sev1", "default": True, "ack_timeout": "30m", "auto_resolve": "3m"}
    before = a_ticket(ack_timeout=60)
    after = taken(before, a_book(a_rule(a_step("ada")), users=(ADA,), severities=[severity]))
    assert (after.ack_timeout, after.auto_resolve) == (1800, 180)
    assert after.due_at == after.resolve_at == NOW + 3 * MINUTE


def test_where_the_company_was_not_asked_for_the_ticket_remembers_what_it_did() -> None:
    before = a_ticket(ack_timeout=60)
    after = taken(before, Book(team_rules=[a_rule(page=False)]))
    assert (after.change, after.ack_timeout, after.due_at) == (Kind.KEPT, 60, None)


def test_a_ticket_that_is_kept_is_at_no_place_of_its_rule() -> None:
    before = a_ticket(rule_id="other", step=2, round=3, beyond=4)
    after = taken(before, Book(team_rules=[a_rule(page=False)]))
    assert (after.rule_id, after.step, after.round, after.beyond) == ("r1", 0, 0, 0)
    assert after.kept


def test_all_that_is_to_be_said_stands_in_one_remark() -> None:
    sleeper = a_user("cyd").model_copy(update={"rule": {"quiet": [{"from": "20:00", "to": "21:00"}]}})
    book = a_book(a_rule(a_step("ada", "bob", "cyd")), users=(a_user("ada", MUTE), BOB, sleeper))
    assert taken(a_ticket(), book).remark == "Without a way to be reached: ada. In quiet hours: cyd."


def test_a_round_in_which_nobody_is_reached_is_passed_once_and_no_step_of_it_was_taken() -> None:
    book = a_book(a_rule(a_step("gone"), a_step("gone"), repeat=9), missing=("gone",))
    made = decide(a_ticket(), book, NOW)
    assert made.passed == ((1, 1, ""), (1, 2, ""))
    assert (made.kind, made.round, made.step, made.beyond) == (Kind.NOBODY_REACHED, 0, 0, 2)


def test_the_own_rule_for_the_tickets_severity_counts() -> None:
    own = {"by_severity": {"sev1": [{"channel": "sms"}]}}
    user = a_user("ada", a_method("sms"), a_method("email")).model_copy(update={"rule": own})
    made = decide(a_ticket(severity="sev1"), a_book(a_rule(a_step("ada")), users=(user,)), NOW)
    assert [page.channel for page in made.pages] == ["sms"]


def test_steps_that_were_passed_are_written_with_why() -> None:
    book = a_book(a_rule(a_step("gone"), a_step("ada")), users=(ADA,), missing=("gone",))
    changes = decide(a_ticket(), book, NOW).changes(a_ticket(), NOW)
    assert changes["passed"] == [[1, 1]]


def test_who_follows_is_remembered_with_those_before() -> None:
    follower = a_user("ada").model_copy(update={"rule": {"updates": ["email"]}})
    before = a_ticket(followers=["cyd"])
    after = taken(before, a_book(a_rule(a_step("bob", "ada")), users=(follower, BOB)))
    assert after.followers == ["ada", "cyd"]
    # Where nobody follows the row has no such attribute.
    assert decide(a_ticket(), ONE_STEP, NOW).changes(a_ticket(), NOW)["followers"] is None


ONE_STEP = a_book(a_rule(a_step("ada")), users=(ADA,))


def test_who_has_no_way_to_be_reached_is_said_beside_who_is_paged() -> None:
    book = a_book(a_rule(a_step("ada", "bob")), users=(a_user("ada", MUTE), BOB))
    made = decide(a_ticket(), book, NOW)
    assert made.remarks == ("Without a way to be reached: ada.",)
    alone = a_book(a_rule(a_step("ada")), users=(a_user("ada", MUTE),))
    assert decide(a_ticket(), alone, NOW).remarks == ()


@pytest.mark.parametrize(
    ("target", "roster", "because"),
    [
        ({"user": "ada"}, Roster(), "is named"),
        ({"team": "payments"}, Roster((), ("ada",)), "is a member of payments"),
        ({"team": "payments"}, Roster(("ada",), ("ada",), large=True), "is an admin of payments"),
        (
            {"team": "payments", "round_robin": True},
            Roster((), ("ada",)),
            "is the next of payments in turn, for a ticket of this id",
        ),
        (None, Roster(("ada",), ("ada", "bob")), "is an admin of payments"),
        (None, Roster((), ("ada",)), "is a member of payments"),
    ],
)
def test_a_page_says_because_of_what_its_person_is_paged(
    target: dict[str, Any] | None, roster: Roster, because: str
) -> None:
    rules = [a_rule({"notify": [target]})] if target else []
    book = a_book(*rules, users=(ADA, BOB), rosters={"payments": roster})
    assert decide(a_ticket(), book, NOW).pages[0].because == f"ada {because}, by every verified method"


# --- whether a step comes next


def goes_on(ticket: Ticket, book: Book) -> bool:
    return decision.goes_on(ticket, decision.plan(ticket, book, NOW), book)


def test_a_step_comes_next_while_the_rule_has_one_in_this_round_or_a_further_one() -> None:
    book = a_book(a_rule(a_step("ada"), a_step("bob"), repeat=1), users=(ADA, BOB))
    left = [goes_on(a_ticket(rule_id="r1", step=step, round=round_), book) for round_ in (1, 2) for step in (1, 2)]
    assert left == [True, True, True, False]


def test_the_last_resort_counts_as_a_step_and_a_reminder_does_not() -> None:
    at_the_end = {"rule_id": "r1", "step": 1, "round": 1}
    book = a_book(a_rule(a_step("ada")), users=(ADA,), last_resort=[{"user": "ada"}])
    assert goes_on(a_ticket(**at_the_end), book)
    assert not goes_on(a_ticket(**at_the_end, beyond=1), book)
    assert not goes_on(a_ticket(rule_id="r1", step=0, round=0, beyond=1), book)


def test_a_rule_that_pages_nobody_has_no_step_but_whom_the_ticket_was_handed_to() -> None:
    quiet = a_book(a_rule(page=False), last_resort=[{"user": "ada"}])
    assert not goes_on(a_ticket(rule_id="r1"), quiet)
    assert not goes_on(a_ticket(), quiet)
    assert goes_on(a_ticket(handed_to="ada"), quiet)


def test_another_rule_than_before_begins_with_a_step_if_it_has_one() -> None:
    assert goes_on(a_ticket(rule_id="other", step=9, beyond=4), ONE_STEP)
    assert not decision.goes_on(a_ticket(rule_id="other"), Plan("r1", (), 0), ONE_STEP)


# --- whose turn it is


def test_a_reminder_goes_on_from_whose_turn_it_was_though_not_all_steps_come_in_each_round() -> None:
    book = of_three(IN_TURN, a_step("ada"), repeat=1, repeat_from=2)
    first = decide(a_ticket(), book, NOW).assigned_to[0]
    # Until the end of the last round one member had a turn.
    book.read_users["ada"] = a_user("ada", MUTE)
    reminded = decide(a_ticket(rule_id="r1", step=2, round=2), book, NOW)
    assert (reminded.kind, first, reminded.assigned_to) == (Kind.REMINDED, "ada", ["bob"])


def test_with_whom_a_ticket_begins_stays_so_over_a_deployment_and_is_the_tenants_own() -> None:
    book = of_three(IN_TURN)
    begins = [decide(a_ticket(ticket_id=f"t{n}"), book, NOW).assigned_to[0] for n in range(6)]
    others = [decide(a_ticket(ticket_id=f"t{n}", tenant="other"), book, NOW).assigned_to[0] for n in range(6)]
    assert begins == ["bob", "ada", "cyd", "ada", "cyd", "bob"]
    assert others == ["bob", "ada", "ada", "ada", "cyd", "ada"]


# --- whose rule, and which admins


def test_a_rule_of_the_companys_counts_by_its_pattern_and_its_hours_like_a_teams() -> None:
    other = a_rule(a_step("bob"), rule_id="a", team=None, when={"severity": ["sev4"]})
    by_night = a_rule(a_step("bob"), rule_id="b", team=None, active=[{"from": "00:00", "to": "06:00"}])
    fits = a_rule(a_step("ada"), rule_id="c", team=None, when={"severity": ["sev1"]})
    book = a_book(users=(ADA, BOB))
    book.read_company_rules = [other, by_night, fits]
    assert decide(a_ticket(), book, NOW).rule_id == "c"


def test_admins_whom_nothing_reaches_are_as_good_as_none_and_all_members_are_paged() -> None:
    rosters = {"payments": Roster(("ada",), ("ada", "bob"))}
    book = a_book(users=(a_user("ada", MUTE), BOB), rosters=rosters)
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.assigned_to) == (Kind.ESCALATED, ["bob"])
    assert made.pages[0].because == "bob is a member of payments, by every verified method"


def test_no_members_stand_in_where_a_step_names_somebody_who_cannot_be_reached() -> None:
    rosters = {"payments": Roster((), ("bob",)), "ada": Roster((), ("bob",))}
    book = a_book(a_rule(a_step("ada"), a_step("gone")), users=(BOB,), missing=("ada", "gone"), rosters=rosters)
    assert decide(a_ticket(), book, NOW).passed == ((1, 1, ""), (1, 2, ""))
