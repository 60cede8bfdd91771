from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import NOW, a_book, a_method, a_rule, a_step, a_ticket, a_user
from tocsin import decision
from tocsin.book import Book, Roster, Unread
from tocsin.decision import Decision, decide
from tocsin.rule import BUILT_IN
from tocsin.ticket import Kind, Ticket

ADA, BOB, CEO = a_user("ada"), a_user("bob"), a_user("ceo")
TWO_STEPS = (a_step("ada", wait="5m"), a_step("bob", wait="15m"))


def place(one: Decision) -> tuple[Kind, int, int]:
    return one.kind, one.round, one.step


def after(one: Decision, ticket: Ticket) -> Ticket:
    """Return the ticket when the decision was committed and its time has come."""
    moved = {"rule_id": one.rule_id, "step": one.step, "round": one.round, "beyond": one.beyond, "due_at": one.due_at}
    return ticket.model_copy(update=moved)


def history(ticket: Ticket, book: Book, moves: int) -> list[Decision]:
    made: list[Decision] = []
    now = NOW
    for _ in range(moves):
        made.append(decide(ticket, book, now))
        ticket = after(made[-1], ticket)
        now = made[-1].due_at or now
    return made


def test_a_new_ticket_takes_the_first_step_of_its_rule() -> None:
    made = decide(a_ticket(), a_book(a_rule(*TWO_STEPS), users=(ADA, BOB)), NOW)
    assert (place(made), made.rule_id, made.beyond) == ((Kind.ESCALATED, 1, 1), "r1", 0)
    assert (made.due_at, made.wait) == (NOW + timedelta(minutes=5), timedelta(minutes=5))
    assert [(page.user, page.channel, page.address) for page in made.pages] == [("ada", "email", "email address")]
    assert made.assigned_to == ["ada"]


def test_when_a_step_has_waited_the_next_one_comes() -> None:
    made = decide(a_ticket(rule_id="r1", step=1, round=1), a_book(a_rule(*TWO_STEPS), users=(ADA, BOB)), NOW)
    assert (place(made), made.assigned_to, made.wait) == ((Kind.ESCALATED, 1, 2), ["bob"], timedelta(minutes=15))


def test_a_step_gets_its_whole_time_even_when_it_comes_late() -> None:
    late = NOW + timedelta(hours=3)
    made = decide(a_ticket(due_at=NOW), a_book(a_rule(*TWO_STEPS), users=(ADA,)), late)
    assert made.due_at == late + timedelta(minutes=5)


def test_all_steps_come_in_each_round_and_then_the_reminders() -> None:
    made = history(a_ticket(), a_book(a_rule(*TWO_STEPS, repeat=2), users=(ADA, BOB)), 7)
    assert [place(one) for one in made] == [
        (Kind.ESCALATED, 1, 1),
        (Kind.ESCALATED, 1, 2),
        (Kind.REPEATED, 2, 1),
        (Kind.ESCALATED, 2, 2),
        (Kind.REPEATED, 3, 1),
        (Kind.ESCALATED, 3, 2),
        (Kind.REMINDED, 3, 2),
    ]


def test_further_rounds_begin_at_the_step_that_the_rule_names() -> None:
    book = a_book(a_rule(*TWO_STEPS, a_step("ada"), repeat=2, repeat_from=2), users=(ADA, BOB))
    made = history(a_ticket(), book, 8)
    assert [(one.round, one.step) for one in made[:7]] == [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 2), (3, 3)]
    assert [one.kind for one in made[3:]] == [
        Kind.REPEATED,
        Kind.ESCALATED,
        Kind.REPEATED,
        Kind.ESCALATED,
        Kind.REMINDED,
    ]


def test_a_step_that_reaches_nobody_passes_at_once() -> None:
    book = a_book(a_rule(a_step("gone"), a_step("bob")), users=(BOB,), missing=("gone",))
    assert place(decide(a_ticket(), book, NOW)) == (Kind.ESCALATED, 1, 2)
    mute = a_user("ada", a_method(verified=False))
    book = a_book(a_rule(a_step("ada"), a_step("bob")), users=(mute, BOB))
    assert decide(a_ticket(), book, NOW).assigned_to == ["bob"]


def test_a_step_that_reaches_nobody_is_passed_into_the_next_round() -> None:
    book = a_book(a_rule(a_step("ada"), a_step("gone"), repeat=1), users=(ADA,), missing=("gone",))
    assert place(decide(a_ticket(rule_id="r1", step=1, round=1), book, NOW)) == (Kind.REPEATED, 2, 1)


def test_a_round_that_reaches_nobody_goes_to_the_last_resort_at_once() -> None:
    rule = a_rule(a_step("gone"), a_step("gone"), repeat=9)
    book = a_book(rule, users=(CEO,), missing=("gone",), last_resort=[{"user": "ceo"}])
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.assigned_to, made.beyond) == (Kind.LAST_RESORT, ["ceo"], 1)
    assert made.due_at == NOW + decision.LAST_RESORT_WAIT


def test_after_the_last_resort_come_reminders_that_double_up_to_a_day() -> None:
    book = a_book(a_rule(a_step("ada")), users=(ADA, CEO), last_resort=[{"user": "ceo"}])
    _, last_resort, *reminders = history(a_ticket(), book, 12)
    assert last_resort.kind is Kind.LAST_RESORT
    assert {one.kind for one in reminders} == {Kind.REMINDED}
    assert [one.wait / timedelta(minutes=30) for one in reminders] == [1, 2, 4, 8, 16, 32, 48, 48, 48, 48]
    assert [one.beyond for one in reminders] == list(range(2, 12))
    assert all(one.assigned_to == ["ceo"] for one in reminders)


def test_without_a_last_resort_the_last_step_that_reaches_somebody_is_reminded() -> None:
    book = a_book(a_rule(a_step("ada"), a_step("bob"), a_step("gone")), users=(ADA, BOB), missing=("gone",))
    made = decide(a_ticket(rule_id="r1", step=3, round=1), book, NOW)
    assert (made.kind, made.assigned_to, made.wait) == (Kind.REMINDED, ["bob"], timedelta(minutes=30))


def test_a_last_resort_that_reaches_nobody_is_passed_over() -> None:
    book = a_book(a_rule(a_step("ada")), users=(ADA,), missing=("ceo",), last_resort=[{"user": "ceo"}])
    made = decide(a_ticket(rule_id="r1", step=1, round=1), book, NOW)
    assert (made.kind, made.assigned_to) == (Kind.REMINDED, ["ada"])


def test_where_nobody_can_be_reached_at_all_the_clock_still_runs() -> None:
    book = a_book(a_rule(a_step("gone")), missing=("gone",))
    first, second = history(a_ticket(), book, 2)
    assert (first.kind, first.pages) == (Kind.NOBODY_REACHED, ())
    assert (first.wait, second.wait) == (timedelta(minutes=30), timedelta(hours=1))


def test_reminders_fall_back_on_the_teams_admins() -> None:
    book = a_book(
        a_rule(a_step("gone")), users=(ADA,), missing=("gone",), rosters={"payments": Roster(("ada",), ("ada",))}
    )
    assert decide(a_ticket(), book, NOW).assigned_to == ["ada"]


def test_another_rule_than_before_begins_at_its_first_step() -> None:
    book = a_book(a_rule(*TWO_STEPS), users=(ADA, BOB))
    for beyond in (0, 1, 5):
        made = decide(a_ticket(rule_id="other", step=2, round=3, beyond=beyond), book, NOW)
        assert (place(made), made.beyond) == ((Kind.ESCALATED, 1, 1), 0)


def test_a_shortened_rule_counts_as_past_its_last_step() -> None:
    short = a_rule(a_step("ada"))
    made = decide(a_ticket(rule_id="r1", step=3, round=1), a_book(short, users=(ADA,)), NOW)
    assert made.kind is Kind.REMINDED
    again = a_rule(a_step("ada"), repeat=1)
    made = decide(a_ticket(rule_id="r1", step=3, round=1), a_book(again, users=(ADA,)), NOW)
    assert place(made) == (Kind.REPEATED, 2, 1)


def test_a_lengthened_rule_goes_on_with_its_new_step() -> None:
    book = a_book(a_rule(a_step("ada"), a_step("bob")), users=(ADA, BOB))
    assert place(decide(a_ticket(rule_id="r1", step=1, round=1), book, NOW)) == (Kind.ESCALATED, 1, 2)


def test_fewer_repeats_than_have_been_end_the_rule() -> None:
    book = a_book(a_rule(*TWO_STEPS, repeat=0), users=(ADA, BOB))
    assert decide(a_ticket(rule_id="r1", step=1, round=2), book, NOW).kind is Kind.REMINDED


def test_a_rule_that_pages_nobody_stops_the_clock() -> None:
    book = a_book(a_rule(page=False), last_resort=[{"user": "ceo"}])
    for ticket in (a_ticket(), a_ticket(rule_id="r1", step=2, round=2), a_ticket(rule_id="other", beyond=3)):
        made = decide(ticket, book, NOW)
        assert (made.kind, made.due_at, made.pages, made.rule_id) == (Kind.KEPT, None, (), "r1")
        assert (made.step, made.round, made.beyond) == (0, 0, 0)


def test_where_no_rule_matches_the_teams_admins_are_paged_three_times() -> None:
    roster = Roster(admins=("ada",), everybody=("ada", "bob"))
    book = a_book(a_rule(a_step("bob"), when={"severity": ["sev4"]}), users=(ADA, BOB), rosters={"payments": roster})
    made = history(a_ticket(), book, 4)
    assert [place(one) for one in made[:3]] == [(Kind.ESCALATED, 1, 1), (Kind.REPEATED, 2, 1), (Kind.REPEATED, 3, 1)]
    assert {one.rule_id for one in made} == {BUILT_IN}
    assert {one.wait for one in made[:3]} == {timedelta(minutes=5)}
    assert all(one.assigned_to == ["ada"] for one in made)
    assert made[3].kind is Kind.REMINDED


def test_a_team_without_admins_is_paged_whole_by_the_built_in_rule() -> None:
    book = a_book(users=(ADA, BOB), rosters={"payments": Roster(admins=(), everybody=("ada", "bob"))})
    assert decide(a_ticket(), book, NOW).assigned_to == ["ada", "bob"]


def test_the_teams_rules_come_by_position_and_before_the_companys() -> None:
    late = a_rule(a_step("bob"), rule_id="a", position=2)
    early = a_rule(a_step("ada"), rule_id="z", position=1)
    book = a_book(late, early, users=(ADA, BOB, CEO))
    book.read_company_rules = [a_rule(a_step("ceo"), rule_id="c", team=None, position=0)]
    assert decide(a_ticket(), book, NOW).rule_id == "z"
    book.team_rules = [a_rule(a_step("ada"), rule_id="z", when={"severity": ["sev4"]})]
    assert decide(a_ticket(), book, NOW).rule_id == "c"


def test_of_rules_at_one_position_the_first_by_name_is_taken() -> None:
    book = a_book(a_rule(a_step("ada"), rule_id="b"), a_rule(a_step("bob"), rule_id="a"), users=(ADA, BOB))
    assert decide(a_ticket(), book, NOW).rule_id == "a"


def test_a_rule_that_is_not_active_any_more_gives_way_at_the_next_step() -> None:
    by_day = a_rule(a_step("ada"), a_step("ada"), active=[{"from": "00:00", "to": f"{NOW:%H:%M}"}])
    by_night = a_rule(a_step("bob"), rule_id="r2", position=2)
    book, before = a_book(by_day, by_night, users=(ADA, BOB)), NOW - timedelta(minutes=3)
    first = decide(a_ticket(), book, before)
    assert (first.rule_id, first.step) == ("r1", 1)
    second = decide(after(first, a_ticket()), book, first.due_at or before)
    assert (second.rule_id, second.step) == ("r2", 1)


def test_nobody_is_paged_twice_in_one_step() -> None:
    step = {"notify": [{"team": "payments"}, {"user": "ada"}, {"user": "bob"}, {"user": "ada"}]}
    rosters = {"payments": Roster(("ada",), ("ada", "bob"))}
    made = decide(a_ticket(), a_book(a_rule(step), users=(ADA, BOB), rosters=rosters), NOW)
    assert [page.user for page in made.pages] == ["ada", "bob"]


def test_of_a_large_team_its_admins_are_paged() -> None:
    rosters = {"crowd": Roster(("ada",), ("ada", "bob"), large=True), "payments": Roster()}
    made = decide(a_ticket(), a_book(a_rule({"notify": [{"team": "crowd"}]}), users=(ADA, BOB), rosters=rosters), NOW)
    assert made.assigned_to == ["ada"]


def test_a_large_team_without_admins_is_paged_by_the_built_in_rule_all_the_same() -> None:
    crowd = Roster(admins=(), everybody=("ada", "bob"), large=True)
    book = a_book(a_rule({"notify": [{"team": "payments"}]}), users=(ADA, BOB), rosters={"payments": crowd})
    assert decide(a_ticket(), book, NOW).kind is Kind.REMINDED
    book.team_rules = []
    assert decide(a_ticket(), book, NOW).assigned_to == ["ada", "bob"]


def test_a_step_sends_two_hundred_pages_at_most_and_says_so() -> None:
    crowd = tuple(a_user(f"u{number:03d}", a_method("sms"), a_method("email")) for number in range(101))
    names = tuple(one.user_id for one in crowd)
    book = a_book(a_rule({"notify": [{"team": "payments"}]}), users=crowd, rosters={"payments": Roster((), names)})
    made = decide(a_ticket(), book, NOW)
    assert len(made.pages) == decision.MAX_PAGES
    assert made.remarks == ("Only the first 200 of 202 pages were sent.",)


PHONE, MAIL = a_method("sms"), a_method("email")


@pytest.mark.parametrize(
    ("of_step", "of_severity", "paged_by"),
    [
        (["email"], ["sms"], {"email"}),
        (None, ["sms"], {"sms"}),
        (None, None, {"sms", "email"}),
        (["sms", "email"], ["sms"], {"sms", "email"}),
    ],
)
def test_the_steps_channels_count_before_the_severitys(
    of_step: list[str] | None, of_severity: list[str] | None, paged_by: set[str]
) -> None:
    severities = [{"name": "sev1", "default": True, "channels": of_severity}]
    rule = a_rule(a_step("ada", channels=of_step))
    book = a_book(rule, users=(a_user("ada", PHONE, MAIL),), severities=severities)
    assert {page.channel for page in decide(a_ticket(), book, NOW).pages} == paged_by


def test_a_user_without_a_method_of_the_channels_is_not_reached() -> None:
    book = a_book(a_rule(a_step("ada", channels=["sms"]), a_step("bob")), users=(a_user("ada", MAIL), BOB))
    assert decide(a_ticket(), book, NOW).assigned_to == ["bob"]


def test_flagged_methods_are_used_only_where_there_is_no_other() -> None:
    flagged = a_method("sms", flagged="opted out")
    both = decide(a_ticket(), a_book(a_rule(a_step("ada")), users=(a_user("ada", flagged, MAIL),)), NOW)
    assert [page.channel for page in both.pages] == ["email"]
    only = decide(a_ticket(), a_book(a_rule(a_step("ada")), users=(a_user("ada", flagged),)), NOW)
    assert [page.channel for page in only.pages] == ["sms"]


def test_unverified_methods_are_never_used() -> None:
    user = a_user("ada", a_method("sms", verified=False), MAIL)
    made = decide(a_ticket(), a_book(a_rule(a_step("ada")), users=(user,)), NOW)
    assert [page.channel for page in made.pages] == ["email"]


def test_a_decision_that_failed_takes_the_built_in_rule_and_says_why() -> None:
    book = a_book(a_rule(a_step("bob")), users=(ADA, BOB), rosters={"payments": Roster(("ada",), ("ada",))})
    made = decision.fall_back(a_ticket(rule_id="r1", step=1, round=1), book, NOW, "It broke.")
    assert (made.rule_id, made.assigned_to, made.remarks) == (BUILT_IN, ["ada"], ("It broke.",))


def test_what_is_missing_in_the_book_is_asked_for_at_once() -> None:
    rule = a_rule({"notify": [{"user": "ada"}, {"team": "ops"}, {"team": "payments"}, {"user": "bob"}]})
    book = Book(team_rules=[rule])
    with pytest.raises(Unread) as rosters:
        decide(a_ticket(), book, NOW)
    assert rosters.value.rosters == {"ops", "payments"}
    book.read_rosters = {"ops": Roster((), ("cat",)), "payments": Roster()}
    with pytest.raises(Unread) as users:
        decide(a_ticket(), book, NOW)
    assert users.value.users == {"ada", "bob", "cat"}
    assert (users.value.company, users.value.team) == (True, True)


def test_the_companys_rules_are_read_only_where_the_teams_do_not_match() -> None:
    with pytest.raises(Unread) as unread:
        decide(a_ticket(), Book(team_rules=[]), NOW)
    assert unread.value.company_rules
    book = Book(team_rules=[a_rule(page=False)])
    assert decide(a_ticket(), book, NOW).kind is Kind.KEPT


NAMES = ["ada", "bob", "gone"]
steps = st.lists(st.builds(a_step, st.sampled_from(NAMES), wait=st.sampled_from(["10s", "1m", "7d"])), min_size=1)


@given(
    steps=steps,
    repeat=st.integers(0, 9),
    step=st.integers(0, 25),
    round_=st.integers(0, 12),
    beyond=st.integers(0, 40),
    rule_id=st.sampled_from(["r1", "other", None]),
    last_resort=st.sampled_from([[], [{"user": "ceo"}], [{"user": "gone"}]]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda one: one.replace(tzinfo=NOW.tzinfo)),  # noqa: DTZ001
)
def test_every_decision_pages_somebody_or_waits_a_minute_and_none_goes_back(
    steps: list[dict[str, Any]],
    repeat: int,
    step: int,
    round_: int,
    beyond: int,
    rule_id: str | None,
    last_resort: list[dict[str, str]],
    now: datetime,
) -> None:
    book = a_book(a_rule(*steps, repeat=repeat), users=(ADA, BOB, CEO), missing=("gone",), last_resort=last_resort)
    ticket = a_ticket(rule_id=rule_id, step=step, round=round_, beyond=beyond)
    made = decide(ticket, book, now)
    assert made.due_at is not None
    assert made.due_at - now >= (timedelta(seconds=10) if made.pages else timedelta(minutes=1))
    if rule_id == "r1":
        before = (beyond, round_, step)
        assert (made.beyond, made.round, made.step) > before


@given(steps=steps, repeat=st.integers(0, 3))
def test_every_step_that_reaches_somebody_comes_once_a_round(steps: list[dict[str, Any]], repeat: int) -> None:
    book = a_book(a_rule(*steps, repeat=repeat), users=(ADA, BOB), missing=("gone",))
    reaching = [number for number, one in enumerate(steps, start=1) if one["notify"] != [{"user": "gone"}]]
    expected = [(round_, step) for round_ in range(1, repeat + 2) for step in reaching]
    made = history(a_ticket(), book, len(expected) + 1)
    assert [(one.round, one.step) for one in made[:-1]] == expected
    assert made[-1].beyond > 0
