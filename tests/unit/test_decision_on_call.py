"""What a step decides that is for whoever is on call."""

from datetime import timedelta
from typing import Any

import pytest

from tests.examples import NOW, a_book, a_rule, a_step, a_ticket, a_user
from tocsin.book import Book, Unread
from tocsin.decision import decide
from tocsin.oncall import Rota
from tocsin.schedule import Schedule
from tocsin.ticket import Kind

ADA, BOB = a_user("ada"), a_user("bob")


def a_rota(*layers: tuple[str, ...]) -> Rota:
    """Return a schedule whose layers change hands every day at midnight, since the day before."""
    made = [{"users": list(users), "rotation": "daily", "start": "2026-11-21"} for users in layers]
    named = {"schedule_id": "s", "name": "s", "time_zone": "UTC", "created_at": NOW, "updated_at": NOW}
    return Rota(Schedule.model_validate(named | {"layers": made}))


def on_call(*schedules: str, **fields: Any) -> dict[str, Any]:
    return {"notify": [{"schedule": name} for name in schedules], "wait": "5m"} | fields


def test_a_step_that_targets_a_schedule_pages_who_is_on_call_when_it_comes() -> None:
    book = a_book(a_rule(on_call("s"), repeat=1), users=(ADA, BOB))
    book.read_schedules = {"s": a_rota(("ada", "bob"))}
    first = decide(a_ticket(), book, NOW)
    assert (first.assigned_to, first.remarks) == (["bob"], ())
    tomorrow = decide(a_ticket(rule_id="r1", step=1, round=1), book, NOW + timedelta(days=1))
    assert (tomorrow.kind, tomorrow.assigned_to) == (Kind.REPEATED, ["ada"])


def test_where_nobody_is_on_call_the_step_passes_at_once_and_says_so() -> None:
    book = a_book(a_rule(on_call("s", "t"), a_step("ada")), users=(ADA,))
    book.read_schedules = {"s": a_rota(), "t": None}
    made = decide(a_ticket(), book, NOW)
    assert (made.kind, made.step, made.assigned_to) == (Kind.ESCALATED, 2, ["ada"])
    assert made.passed == ((1, 1, "Nobody is on call by schedule s, t."),)


def test_of_two_schedules_the_empty_one_is_spoken_of() -> None:
    book = a_book(a_rule(on_call("s", "t")), users=(ADA, BOB))
    book.read_schedules = {"s": a_rota(), "t": a_rota(("ada",))}
    made = decide(a_ticket(), book, NOW)
    assert (made.assigned_to, made.remarks) == (["ada"], ("Nobody is on call by schedule s.",))


def test_whoever_comes_below_stands_in_for_a_deleted_user() -> None:
    book = Book([a_rule(on_call("s"))], read_team=a_book().read_team, read_company=a_book().read_company)
    with pytest.raises(Unread) as schedules:
        decide(a_ticket(), book, NOW)
    assert schedules.value.schedules == {"s"}
    book.read_schedules = {"s": a_rota(("bob",), ("gone",))}
    for name, user in (("gone", None), ("bob", BOB)):
        with pytest.raises(Unread) as unread:
            decide(a_ticket(), book, NOW)
        assert unread.value.users == {name}
        book.read_users[name] = user
    assert decide(a_ticket(), book, NOW).assigned_to == ["bob"]


def test_and_for_one_who_is_not_active() -> None:
    away = a_user("gone").model_copy(update={"active": False})
    book = a_book(a_rule(on_call("s")), users=(away, BOB))
    book.read_schedules = {"s": a_rota(("bob",), ("gone",))}
    assert decide(a_ticket(), book, NOW).assigned_to == ["bob"]
