"""What would become of a ticket if nobody answered: told from values alone, without reading or writing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.examples import NOW, a_book, a_method, a_rule, a_step, a_ticket, a_user
from tocsin import times
from tocsin.book import Book, Roster, Unread
from tocsin.company import Company
from tocsin.explanation import Explanation, LookedAt, PlannedPage, Telling
from tocsin.rule import Rule
from tocsin.team import Team

MINUTE = timedelta(minutes=1)
ADA = a_user("ada", a_method("sms", address="+4915112345678"))
BOB, CEO = a_user("bob", a_method(address="bob@example.com")), a_user("ceo")
TWO_STEPS = (a_step("ada", wait="5m"), a_step("bob", wait="15m"))
ADMINS = {"payments": Roster(("ada",), ("ada", "bob"))}


def telling(book: Book, **fields: Any) -> Telling:
    one = Telling(a_ticket(**fields), book)
    while one.goes_on:
        one.go_on()
    return one


def told(book: Book, **fields: Any) -> Explanation:
    return telling(book, **fields).told(NOW)


def plan(one: Explanation) -> list[tuple[datetime, int, int, str]]:
    return [(page.at, page.round, page.step, page.user) for page in one.plan]


def reasons(one: Explanation) -> list[str]:
    return [page.because for page in one.plan]


def doubts(one: Explanation) -> list[tuple[int, str]]:
    return [(warned.step, warned.text) for warned in one.warnings]


def asleep_until(end: str) -> dict[str, Any]:
    return {"quiet": [{"from": "20:00", "to": end}]}


# --- the plan


def test_the_plan_goes_from_step_to_step_up_to_the_first_reminder() -> None:
    one = told(a_book(a_rule(*TWO_STEPS), users=(ADA, BOB)))
    assert plan(one) == [(NOW, 1, 1, "ada"), (NOW + 5 * MINUTE, 1, 2, "bob"), (NOW + 20 * MINUTE, 1, 2, "bob")]
    assert reasons(one) == [
        "Step 1, round 1 of rule r1: ada is named, by every verified method.",
        "Step 2, round 1 of rule r1: bob is named, by every verified method.",
        "A reminder: bob is named, by every verified method.",
    ]
    assert (one.at, one.end, one.complete) == (NOW, "Reminders go on, at growing intervals up to a day.", True)
    assert one.warnings == []


def test_of_an_address_only_the_end_or_the_domain_is_shown() -> None:
    first, second, _ = told(a_book(a_rule(*TWO_STEPS), users=(ADA, BOB))).plan
    assert (first.channel, first.address) == ("sms", "***678")
    assert second == PlannedPage(
        at=NOW + 5 * MINUTE,
        step=2,
        round=1,
        user="bob",
        channel="email",
        address="b***@example.com",
        because="Step 2, round 1 of rule r1: bob is named, by every verified method.",
    )


def test_each_round_is_told() -> None:
    one = told(a_book(a_rule(*TWO_STEPS, repeat=1), users=(ADA, BOB)))
    assert [page[1:] for page in plan(one)[:4]] == [(1, 1, "ada"), (1, 2, "bob"), (2, 1, "ada"), (2, 2, "bob")]
    assert reasons(one)[2] == "Step 1, round 2 of rule r1: ada is named, by every verified method."


def test_after_the_last_step_comes_the_last_resort() -> None:
    one = told(a_book(a_rule(a_step("ada")), users=(ADA, CEO), last_resort=[{"user": "ceo"}]))
    assert reasons(one) == [
        "Step 1, round 1 of rule r1: ada is named, by every verified method.",
        "The last resort: ceo is named, by every verified method.",
        "A reminder: ceo is named, by every verified method.",
    ]


def resolving(after: str) -> dict[str, Any]:
    return {"severities": [{"name": "sev1", "default": True, "auto_resolve": after}]}


def test_a_ticket_that_is_resolved_by_itself_has_no_plan_beyond_it() -> None:
    one = told(a_book(a_rule(*TWO_STEPS), users=(ADA, BOB), **resolving("10m")))
    assert [page[3] for page in plan(one)] == ["ada", "bob"]
    assert (one.end, one.complete) == ("The ticket is resolved by itself. It was opened 10m ago.", True)


@pytest.mark.parametrize(("resolved_after", "paged"), [("10m", ["bob"]), ("11m", ["bob", "ada"])])
def test_what_would_be_sent_when_it_is_resolved_already_is_not_in_the_plan(
    resolved_after: str, paged: list[str]
) -> None:
    slow = ADA.model_copy(update={"rule": {"default": [{"channel": "sms", "after": "10m"}]}})
    book = a_book(a_rule(a_step("ada", "bob", wait="1h")), users=(slow, BOB), **resolving(resolved_after))
    assert [page[3] for page in plan(told(book))] == paged


@pytest.mark.parametrize(
    ("resolved_after", "paged"), [("15m", ["bob", "bob", "ada"]), ("16m", ["bob", "bob", "ada", "ada"])]
)
def test_of_what_waits_after_the_first_reminder_only_that_counts_which_comes_before_it_is_resolved(
    resolved_after: str, paged: list[str]
) -> None:
    slow = ADA.model_copy(update={"rule": {"default": [{"channel": "sms", "after": "10m"}]}})
    one = told(a_book(a_rule(a_step("ada", "bob", wait="5m")), users=(slow, BOB), **resolving(resolved_after)))
    assert [page[3] for page in plan(one)] == paged


@pytest.mark.parametrize(
    ("resolved_after", "end"),
    [
        ("35m", "The ticket is resolved by itself. It was opened 35m ago."),
        ("36m", "Reminders go on, at growing intervals up to a day."),
    ],
)
def test_reminders_go_on_only_where_the_next_one_comes_before_it_is_resolved(resolved_after: str, end: str) -> None:
    book = a_book(a_rule(a_step("ada", wait="5m")), users=(ADA,), **resolving(resolved_after))  # and 30m to the next
    one = told(book)
    assert (len(one.plan), one.end, one.complete) == (2, end, True)


def test_a_rule_that_pages_nobody_has_no_plan() -> None:
    one = told(a_book(a_rule(page=False)))
    assert (one.plan, one.end, one.complete) == ([], "The rule pages nobody: the ticket is kept.", True)


def test_a_ticket_that_is_kept_is_kept_though_it_is_resolved_by_itself_later() -> None:
    assert told(a_book(a_rule(page=False), **resolving("10m"))).end == "The rule pages nobody: the ticket is kept."


def test_a_ticket_without_a_due_time_pages_nobody_any_more() -> None:
    one = told(a_book(a_rule(*TWO_STEPS), users=(ADA, BOB)), due_at=None)
    assert (one.plan, one.end, one.complete) == ([], "Nobody is paged any more.", True)


def test_a_plan_has_an_end_though_the_ticket_has_none() -> None:
    crowd = tuple(a_user(f"u{number}") for number in range(20))
    step = a_step(*(one.user_id for one in crowd), wait="7d")
    one = told(a_book(a_rule(*[step] * 20, repeat=9), users=crowd))
    assert (len(one.plan), one.complete, one.end) == (1000, False, "It goes on like this.")


def test_a_plan_of_as_many_pages_as_are_shown_is_whole() -> None:
    crowd = tuple(a_user(f"u{number}") for number in range(20))
    step = a_step(*(one.user_id for one in crowd), wait="7d")
    one = told(a_book(a_rule(*[step] * 7, repeat=6), users=crowd))  # 49 steps and a reminder
    assert (len(one.plan), one.complete) == (1000, True)


def test_moves_that_page_nobody_end_too() -> None:
    endless = Telling(a_ticket(), a_book(a_rule(*TWO_STEPS), users=(ADA, BOB)))
    endless._moves = 4998
    endless.go_on()
    assert endless.goes_on
    endless.go_on()
    assert not endless.goes_on


# --- pages that wait


def test_who_sleeps_is_paged_when_that_ends_and_once() -> None:
    sleeper = a_user("ada").model_copy(update={"rule": asleep_until("21:00")})
    steps = (a_step("ada", "bob", wait="5m"), a_step("ada", "bob", wait="1h"))
    one = told(a_book(a_rule(*steps), users=(sleeper, BOB)))
    wakes = times.parse("2026-11-22T21:00:00Z")
    assert plan(one)[:3] == [(NOW, 1, 1, "bob"), (NOW + 5 * MINUTE, 1, 2, "bob"), (wakes, 1, 2, "ada")]
    assert [page[3] for page in plan(one)].count("ada") == 2  # and the reminder
    asleep = "ada is in quiet hours, and is paged when they end."
    assert doubts(one) == [(1, asleep), (2, asleep)]


@pytest.mark.parametrize(("end", "reminders"), [("20:38", 1), ("21:07", 1), ("21:08", 2), ("21:09", 2), ("22:09", 3)])
def test_as_long_as_a_page_waits_that_a_later_one_may_replace_it_goes_on(end: str, reminders: int) -> None:
    opened = times.parse("2026-11-22T20:28:00Z")
    sleeper = a_user("ada").model_copy(update={"rule": asleep_until(end)})
    steps = (a_step("bob", wait="5m"), a_step("ada", "bob", wait="5m"))
    one = told(a_book(a_rule(*steps), users=(sleeper, BOB)), created_at=opened, due_at=opened)
    assert len([page for page in one.plan if page.user == "bob" and page.because.startswith("A reminder")]) == reminders
    assert one.end == "Reminders go on, at growing intervals up to a day."


def test_a_page_that_waits_is_in_its_place_in_the_plan() -> None:
    slow = a_user("ada").model_copy(update={"rule": {"default": [{"channel": "email", "after": "10m"}]}})
    one = told(a_book(a_rule(a_step("ada", wait="5m"), a_step("bob", wait="1h")), users=(slow, BOB)))
    assert plan(one)[:2] == [(NOW + 5 * MINUTE, 1, 2, "bob"), (NOW + 10 * MINUTE, 1, 1, "ada")]


def test_a_page_that_waits_is_told_though_a_later_one_goes_the_same_way_after_it() -> None:
    slow = a_user("ada").model_copy(update={"rule": {"default": [{"channel": "email", "after": "10m"}]}})
    one = told(a_book(a_rule(a_step("ada", wait="5m"), a_step("ada", wait="1h")), users=(slow,)))
    assert [(page[0], page[2]) for page in plan(one)][:2] == [(NOW + 10 * MINUTE, 1), (NOW + 15 * MINUTE, 2)]


# --- the rule


def test_it_is_said_which_rule_it_is_and_why_not_the_ones_before_it() -> None:
    office = [{"from": "09:00", "to": "18:00", "time_zone": "Europe/Berlin"}]
    search = a_rule(rule_id="search", name="Search", position=1, when={"severity": ["sev2"]}, page=False)
    by_day = a_rule(rule_id="by_day", position=2, active=office, page=False)
    book = a_book(by_day, search)
    book.read_company_rules = [a_rule(rule_id=name, position=number, team=None, page=False) for number, name in CHOICE]
    one = told(book)
    assert one.rules[0] == LookedAt(
        rule_id="search",
        name="Search",
        team="payments",
        position=1,
        chosen=False,
        because="Its pattern does not match: severity.",
    )
    assert [(each.rule_id, each.chosen, each.because) for each in one.rules[1:]] == [
        ("by_day", False, "It is not active at that time."),
        ("own", True, "It is the first that matches, of the team's rules and then the company's."),
    ]
    assert (one.rule_id, one.because) == ("own", one.rules[-1].because)


CHOICE = ((9, "own"), (10, "later"))


def test_a_rule_that_asks_for_labels_and_hours_is_told_like_any_other() -> None:
    choosy = {"when": {"severity": ["sev1"]}, "active": [{"from": "20:00", "to": "21:00", "time_zone": "UTC"}]}
    one = told(a_book(a_rule(a_step("x", "ada", wait="1h"), **choosy), users=(ADA,), missing=("x",)))
    assert reasons(one)[0] == "Step 1, round 1 of rule r1: ada is named, by every verified method."
    assert doubts(one)[0] == (1, "There is no user x.")


def test_where_no_rule_matches_it_is_the_built_in_one() -> None:
    one = told(a_book(users=(ADA, BOB), rosters=ADMINS))
    assert (one.rule_id, one.rules) == (None, [])
    assert one.because == "No rule matches: the team's admins are paged, or all members if it has none."
    assert (
        reasons(one)[0]
        == "Step 1, round 1 of the built-in rule: ada is an admin of payments, by every verified method."
    )


def test_of_a_rule_that_cannot_be_carried_out_it_is_said_and_the_built_in_one_is_taken() -> None:
    other = a_rule(rule_id="other", position=1, when={"severity": ["sev2"]}, page=False)
    broken = a_rule(a_step("bob"), rule_id="broken", position=2, when={"severity": [{"sounds-like": "one"}]})
    later = a_rule(a_step("bob"), rule_id="later", position=3)
    one = told(a_book(later, broken, other, users=(ADA, BOB), rosters=ADMINS))
    why = "It cannot be carried out ('sounds-like'): the built-in rule is taken."
    assert [(each.rule_id, each.chosen) for each in one.rules] == [("other", False), ("broken", False)]
    assert (one.rule_id, one.because, one.rules[-1].because) == (None, why, why)
    assert reasons(one)[0].startswith("Step 1, round 1 of the built-in rule: ada is an admin of payments")


def test_where_the_companys_rules_were_not_read_there_are_none() -> None:
    book = a_book(a_rule(rule_id="own", when={"severity": ["sev2"]}, page=False))
    book.read_company_rules = None
    assert Telling(a_ticket(), book).told(NOW).rule_id is None


def test_where_a_decision_fails_it_is_the_built_in_rule_as_in_earnest() -> None:
    broken = Rule.model_construct(**{**a_rule(a_step("bob")).__dict__, "steps": None})
    one = told(a_book(broken, users=(ADA, BOB), rosters=ADMINS))
    assert reasons(one)[0].startswith("Step 1, round 1 of the built-in rule: ada is an admin of payments")
    assert doubts(one) == []


def test_where_a_decision_fails_in_a_maintenance_it_is_said_what_failed() -> None:
    broken = Rule.model_construct(**{**a_rule(a_step("bob")).__dict__, "steps": None})
    paused = {"until": NOW + 20 * MINUTE}
    one = told(a_book(broken, users=(ADA, BOB), rosters=ADMINS, maintenance=paused))
    assert "NoneType" in doubts(one)[1][1]


# --- maintenance


def test_a_team_in_maintenance_is_paged_when_that_ends_and_it_is_not_walked_through_by_the_quarter_of_an_hour() -> None:
    until = NOW + timedelta(days=29)
    one = telling(a_book(a_rule(*TWO_STEPS), users=(ADA, BOB), maintenance={"until": until}))
    assert plan(one.told(NOW))[:2] == [(until, 1, 1, "ada"), (until + 5 * MINUTE, 1, 2, "bob")]
    assert doubts(one.told(NOW)) == [(0, f"The team is in maintenance until {times.text(until)}.")]
    assert one._moves < 10


# --- what was not read


def test_what_is_to_be_read_is_asked_for_and_then_it_goes_on_where_it_was() -> None:
    book = Book(team_rules=[a_rule(a_step("ada"))], team_id="payments", read_company_rules=())
    one = Telling(a_ticket(), book)
    with pytest.raises(Unread) as unread:
        one.go_on()
    assert unread.value.users == {"ada"}
    book.read_users = {"ada": ADA}
    book.read_team = Team.model_validate({"team_id": "payments", "name": "P", "created_at": NOW})
    book.read_company = Company.model_validate({"company_id": "acme", "name": "Acme", "created_at": NOW})
    one.go_on()
    assert plan(one.told(NOW)) == [(NOW, 1, 1, "ada")]
    assert (one.told(NOW).complete, one.told(NOW).end) == (False, "It goes on like this.")


def test_a_rule_that_pages_nobody_is_told_without_anything_else_being_read() -> None:
    assert told(Book(team_rules=[a_rule(page=False)])).end == "The rule pages nobody: the ticket is kept."
