"""Whom nothing would reach if a ticket were opened: told from values alone, without reading or writing."""

from typing import Any

import pytest

from tests.examples import NOW, a_book, a_method, a_rule, a_step, a_user
from tests.unit.test_explanation import ADA, BOB, MINUTE, asleep_until, doubts, plan, resolving, told
from tocsin.book import Roster
from tocsin.decision import MAX_PAGES
from tocsin.explanation import Warned
from tocsin.oncall import Rota
from tocsin.schedule import Override, Schedule

GAP = Schedule.model_validate(
    {"schedule_id": "gap", "name": "Gap", "layers": [], "time_zone": "UTC", "created_at": NOW, "updated_at": NOW}
)


def texts(*steps: dict[str, Any], **known: Any) -> list[str]:
    return [text for _, text in doubts(told(a_book(a_rule(*steps), **known)))]


def test_everybody_whom_nothing_reaches_is_named_once() -> None:
    new, gone = a_user("new", a_method(verified=False)), a_user("gone").model_copy(update={"active": False})
    bare = a_user("bare").model_copy(update={"methods": {}})
    steps = [a_step("new", "nobody", "bare", "gone"), a_step("bob", "bare", channels=["sms", "voice"]), a_step("ada")]
    one = told(a_book(a_rule(*steps), users=(ADA, BOB, new, gone, bare), missing=("nobody",)))
    assert doubts(one) == [
        (1, "new has no verified contact method."),
        (1, "There is no user nobody."),
        (1, "bare has no verified contact method."),
        (1, "gone is deactivated, and is not paged."),
        (2, "bob has no verified contact method by sms or voice."),
        (2, "bare has no verified contact method."),
    ]
    assert one.warnings[0] == Warned(at=NOW, step=1, text="new has no verified contact method.")


@pytest.mark.parametrize(("of_step", "by"), [(None, "sms or voice"), (["voice"], "voice")])
def test_where_the_step_names_no_channels_it_is_the_severitys_that_reach_nobody(
    of_step: list[str] | None, by: str
) -> None:
    severities = [{"name": "sev1", "default": True, "channels": ["sms", "voice"]}]
    bare = a_user("bare").model_copy(update={"methods": {}})
    step = a_step("bob", "bare", channels=of_step)
    assert texts(step, users=(BOB, bare), severities=severities) == [
        f"bob has no verified contact method by {by}.",
        "bare has no verified contact method.",
    ]


def test_a_method_that_is_of_no_use_is_named_with_its_owner() -> None:
    spare = a_method("sms", address="+4915112345678", verified=False)
    flagged = a_method("voice", address="+4915112345679", flagged="The carrier refuses it.")
    user = a_user("ada", a_method("email", address="ada@example.com"), spare, flagged)
    assert texts(a_step("ada"), users=(user,)) == [
        "ada's sms ***678 is not verified, and is not used.",
        "ada's voice ***679 is flagged, and used only where there is no other: The carrier refuses it.",
    ]


@pytest.mark.parametrize(
    ("roster", "text"),
    [
        (Roster(), "The team ops has no members: nobody of it is paged."),
        (
            Roster((), ("x",), large=True),
            "The team ops has more than 100 members and no admins: nobody of it is paged.",
        ),
    ],
)
def test_a_team_of_which_nobody_is_paged_is_named(roster: Roster, text: str) -> None:
    step = {"notify": [{"team": "ops"}, {"user": "ada"}], "wait": "5m"}
    assert texts(step, users=(ADA,), rosters={"ops": roster}) == [text]


def test_a_team_without_anybody_is_named_where_its_admins_are_paged() -> None:
    one = told(a_book(users=(), rosters={"payments": Roster()}))
    assert doubts(one)[0] == (1, "The team payments has no members: nobody of it is paged.")


def test_a_team_of_which_somebody_is_paged_is_not_named() -> None:
    step = {"notify": [{"team": "ops"}], "wait": "5m"}
    assert texts(step, users=(ADA,), rosters={"ops": Roster((), ("ada",))}) == []


def test_a_large_team_without_admins_is_not_named_where_its_members_stand_in_for_them() -> None:
    assert doubts(told(a_book(users=(ADA,), rosters={"payments": Roster((), ("ada",), large=True)}))) == []


def test_a_user_is_not_taken_for_the_team_of_the_same_name() -> None:
    steps = (a_step("ops"), {"notify": [{"team": "ops"}, {"user": "ada"}], "wait": "5m"})
    one = told(a_book(a_rule(*steps), users=(ADA, a_user("ops")), rosters={"ops": Roster()}))
    assert [step for step, _ in doubts(one)] == [2]


def test_of_members_who_take_turns_each_is_doubted_in_their_round() -> None:
    spare = a_method("sms", address="+4915112345678", verified=False)
    members = tuple(a_user(name, a_method(), spare) for name in ("cat", "dan"))
    step = {"notify": [{"team": "ops", "round_robin": True}], "wait": "5m"}
    one = told(a_book(a_rule(step, repeat=1), users=members, rosters={"ops": Roster((), ("cat", "dan"))}))
    assert sorted(text.split("'")[0] for _, text in doubts(one)) == ["cat", "dan"]


def test_of_members_who_take_turns_and_all_sleep_the_one_is_named_who_is_paged_on_waking() -> None:
    members = tuple(a_user(name).model_copy(update={"rule": asleep_until("21:00")}) for name in ("cat", "dan"))
    steps = ({"notify": [{"team": "ops", "round_robin": True}], "wait": "5m"}, a_step("bob", wait="1h"))
    one = told(a_book(a_rule(*steps), users=(*members, BOB), rosters={"ops": Roster((), ("cat", "dan"))}))
    (woken,) = [page.user for page in one.plan if page.user != "bob"]
    assert doubts(one) == [(1, f"{woken} is in quiet hours, and is paged when they end.")]


def test_each_step_is_doubted_for_the_time_at_which_it_comes() -> None:
    cover = {"override_id": "o", "user": "ada", "from": NOW - MINUTE, "to": NOW + MINUTE, "created_at": NOW}
    book = a_book(a_rule(a_step("bob"), {"notify": [{"schedule": "gap"}, {"user": "bob"}], "wait": "5m"}), users=(BOB,))
    book.read_schedules = {"gap": Rota(GAP, (Override.model_validate(cover),))}
    assert doubts(told(book)) == [(2, "Nobody is on call by schedule gap.")]


def test_a_schedule_by_which_nobody_is_on_call_is_named_and_one_that_is_gone() -> None:
    steps = [{"notify": [{"schedule": "gap"}, {"schedule": "gone"}, {"user": "ada"}], "wait": "5m"}]
    book = a_book(a_rule(*steps), users=(ADA,))
    book.read_schedules = {"gap": Rota(GAP), "gone": None}
    assert doubts(told(book)) == [
        (1, "Nobody is on call by schedule gap."),
        (1, "There is no schedule gone."),
    ]


def test_steps_that_were_passed_are_doubted_each_for_itself() -> None:
    one = told(a_book(a_rule(a_step("x"), a_step("y"), a_step("ada")), users=(ADA,), missing=("x", "y")))
    assert doubts(one) == [(1, "There is no user x."), (2, "There is no user y.")]
    assert plan(one)[0] == (NOW, 1, 3, "ada")


def test_the_last_resort_is_doubted_as_no_step() -> None:
    book = a_book(a_rule(a_step("ada")), users=(ADA,), missing=("ceo",), last_resort=[{"user": "ceo"}])
    assert doubts(told(book)) == [(0, "There is no user ceo.")]


def test_a_last_resort_that_is_never_asked_is_not_doubted() -> None:
    known = {"last_resort": [{"user": "ceo"}], **resolving("2m")}
    assert doubts(told(a_book(a_rule(a_step("ada")), users=(ADA,), missing=("ceo",), **known))) == []


def test_where_nobody_at_all_can_be_reached_it_is_said() -> None:
    one = told(a_book(a_rule(a_step("x")), missing=("x",)))
    assert one.plan == []
    assert one.end == "Nobody can be reached. It is tried again at growing intervals, up to a day."


def test_of_very_many_pages_it_is_said_how_many_are_sent() -> None:
    crowd = tuple(a_user(f"u{number}") for number in range(MAX_PAGES + 1))
    members = tuple(one.user_id for one in crowd)
    step = {"notify": [{"team": "ops"}], "wait": "5m"}
    assert texts(step, users=crowd[1:], rosters={"ops": Roster((), members[1:])}) == []
    assert texts(step, users=crowd, rosters={"ops": Roster((), members)}) == [
        f"Only the first {MAX_PAGES} of {MAX_PAGES + 1} pages are sent."
    ]
