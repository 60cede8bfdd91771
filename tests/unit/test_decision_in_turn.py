"""What a step decides whose team's members take turns."""

from collections import Counter
from typing import Any

import pytest

from tests.examples import NOW, a_book, a_method, a_rule, a_step, a_ticket, a_user
from tests.unit.test_decision import history
from tocsin.book import Book, Roster, Unread
from tocsin.decision import decide
from tocsin.ticket import Kind

NAMES = ("ada", "bob", "cyd")
IN_TURN: dict[str, Any] = {"notify": [{"team": "payments", "round_robin": True}]}


def of_three(*steps: dict[str, Any], mute: tuple[str, ...] = (), **fields: Any) -> Book:
    """Return a book with a team of three, of whom some have no verified address."""
    users = tuple(a_user(name, a_method(verified=name not in mute)) for name in NAMES)
    return a_book(a_rule(*steps, **fields), users=users, rosters={"payments": Roster(("cyd",), ("cyd", "ada", "bob"))})


def test_one_member_is_paged_and_the_next_one_each_time() -> None:
    made = history(a_ticket(), of_three(IN_TURN, repeat=4), 7)
    paged = [one.assigned_to for one in made]
    assert all(len(users) == 1 for users in paged)
    places = [NAMES.index(users[0]) for users in paged]
    assert [(place - places[0]) % 3 for place in places] == [0, 1, 2, 0, 1, 2, 0]
    assert made[-1].kind is Kind.REMINDED


def test_steps_that_are_for_others_move_nobody_on() -> None:
    made = history(a_ticket(), of_three(IN_TURN, a_step("ada"), IN_TURN, repeat=1, repeat_from=2), 5)
    places = [NAMES.index(made[at].assigned_to[0]) for at in (0, 2, 4)]
    assert [(place - places[0]) % 3 for place in places] == [0, 1, 2]
    assert [one.assigned_to for one in made if one.step == 2] == [["ada"], ["ada"]]


def test_the_same_ticket_has_the_same_turns_whoever_is_an_admin() -> None:
    book = of_three(IN_TURN)
    first = decide(a_ticket(), book, NOW).assigned_to
    book.read_rosters["payments"] = Roster(("ada", "bob"), ("ada", "bob", "cyd"))
    assert decide(a_ticket(), book, NOW).assigned_to == first


def test_many_tickets_are_shared_out_evenly() -> None:
    book = of_three(IN_TURN)
    paged = Counter(decide(a_ticket(ticket_id=f"t{n}"), book, NOW).assigned_to[0] for n in range(3000))
    assert set(paged) == set(NAMES)
    assert all(900 < number < 1100 for number in paged.values())


def test_who_cannot_be_reached_is_passed_over() -> None:
    book = of_three(IN_TURN, repeat=2, mute=("ada", "cyd"))
    assert [one.assigned_to for one in history(a_ticket(), book, 3)] == [["bob"]] * 3
    by_text = {**IN_TURN, "channels": ["sms"]}
    book = of_three(by_text, a_step("ada"))
    book.read_users["cyd"] = a_user("cyd", a_method("sms"))
    assert decide(a_ticket(), book, NOW).assigned_to == ["cyd"]


def test_who_sleeps_is_passed_over_while_somebody_is_awake() -> None:
    asleep = {"quiet": [{"from": "12:00", "to": "23:00"}]}
    book = of_three(IN_TURN, repeat=2)
    for name in ("ada", "cyd"):
        book.read_users[name] = a_user(name).model_copy(update={"rule": asleep})
    assert [one.assigned_to for one in history(a_ticket(), book, 3)] == [["bob"]] * 3
    book.read_users["bob"] = a_user("bob").model_copy(update={"rule": asleep})
    book.read_users["eve"] = a_user("eve")
    book.team_rules = [a_rule(IN_TURN, a_step("eve"))]
    made = decide(a_ticket(), book, NOW)
    assert made.assigned_to == ["eve"]
    assert [page.user in NAMES for page in made.pages if page.held] == [True]


def test_if_all_sleep_the_next_in_turn_who_has_a_way_to_be_reached_is_paged_on_waking() -> None:
    book = of_three(IN_TURN, a_step("eve"))
    turns = [decide(a_ticket(), of_three(IN_TURN), NOW).assigned_to[0]]
    turns += [NAMES[(NAMES.index(turns[0]) + 1) % 3], NAMES[(NAMES.index(turns[0]) + 2) % 3]]
    book.read_users["eve"] = a_user("eve")
    for name in NAMES:
        quiet = {"quiet": [{"from": "12:00", "to": "23:00"}]}
        book.read_users[name] = a_user(name).model_copy(update={"rule": quiet})
    assert [page.user for page in decide(a_ticket(), book, NOW).pages if page.held] == [turns[0]]
    book.read_users[turns[0]] = a_user(turns[0], a_method(verified=False))
    assert [page.user for page in decide(a_ticket(), book, NOW).pages if page.held] == [turns[1]]


def test_where_nobody_of_the_team_can_be_reached_the_step_passes() -> None:
    book = of_three(IN_TURN, a_step("eve"), mute=NAMES)
    book.read_users["eve"] = a_user("eve")
    made = decide(a_ticket(), book, NOW)
    assert (made.step, made.assigned_to) == (2, ["eve"])
    book = a_book(a_rule(IN_TURN, a_step("eve")), users=(a_user("eve"),))
    assert decide(a_ticket(), book, NOW).assigned_to == ["eve"]


def test_no_more_users_are_read_than_it_takes() -> None:
    book = of_three(IN_TURN)
    known, book.read_users = book.read_users, {}
    with pytest.raises(Unread) as first:
        decide(a_ticket(), book, NOW)
    (name,) = first.value.users
    book.read_users[name] = None
    with pytest.raises(Unread) as others:
        decide(a_ticket(), book, NOW)
    assert others.value.users == set(NAMES) - {name}
    book.read_users[name] = known[name]
    assert decide(a_ticket(), book, NOW).assigned_to == [name]


def test_the_last_resort_may_be_whose_turn_it_is() -> None:
    book = of_three(a_step("ada"), last_resort=None)
    assert book.read_company is not None
    book.read_company = book.read_company.model_copy(update={"last_resort": IN_TURN["notify"]})
    made = history(a_ticket(), book, 5)
    assert made[1].kind is Kind.LAST_RESORT
    assert all(len(one.assigned_to) == 1 for one in made)
    assert len({one.assigned_to[0] for one in made[2:]}) == 3
