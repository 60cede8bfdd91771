"""What the API takes and shows of tickets."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.examples import NOW, a_page, a_ticket
from tocsin import page, times
from tocsin.errors import Invalid
from tocsin.ticket import Link
from tocsin.ticket_api import Assignment, PageView, Snooze, TicketView, shortened

MOMENT = timedelta(milliseconds=1)
TOLD = [{"loc": ["body", "until"], "msg": "A snooze ends within the next 7 days."}]


def refusal(model: type[BaseModel], body: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    return str(refused.value.errors()[0]["msg"]).removeprefix("Value error, ")


def test_a_snooze_is_for_so_long_or_until_a_time_within_a_week() -> None:
    assert Snooze.model_validate({"for": "7d"}).end(NOW) == NOW + timedelta(days=7)
    for ahead in (MOMENT, timedelta(days=7)):
        assert Snooze.model_validate({"until": times.text(NOW + ahead)}).end(NOW) == NOW + ahead
    for ahead in (timedelta(0), timedelta(days=7) + MOMENT):
        with pytest.raises(Invalid) as refused:
            Snooze.model_validate({"until": times.text(NOW + ahead)}).end(NOW)
        assert refused.value.errors == TOLD


def test_a_snooze_has_one_of_for_and_until_and_not_both() -> None:
    for body in ({}, {"for": "1m", "until": times.text(NOW)}):
        assert refusal(Snooze, body) == "A snooze has exactly one of for and until."


def test_a_ticket_is_reassigned_to_a_team_or_to_a_user_and_not_to_both() -> None:
    assert Assignment.model_validate({"team": "ops"}).user is None
    assert Assignment.model_validate({"user": "ada"}).team is None
    for body in ({}, {"team": "ops", "user": "ada"}):
        assert refusal(Assignment, body) == "A ticket is reassigned to exactly one of team and user."


def test_a_ticket_is_shown_with_all_that_people_set_of_it() -> None:
    fields = {"labels": {"a": "b"}, "dedup_key": "k", "count": 3, "description": "Long.", "snoozed_until": NOW}
    shown = TicketView.of(a_ticket(**fields, links=[Link(href="https://a.b", text="x")]))
    assert {name: getattr(shown, name) for name in fields} == fields
    assert shown.links == [Link(href="https://a.b", text="x")]
    assert (shown.created_at, shown.updated_at, shown.assigned_to) == (NOW, NOW, [])


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("sms", "+4915112345678", "***678"),
        ("email", "ada@example.com", "a***@example.com"),
        ("voice", "+4915112345678", "***678"),
        ("webhook", "https://chat.example.com/hooks/secret", "https://chat.example.com/***"),
        ("canary", "first@sink", "f***@sink"),
    ],
)
def test_of_an_address_as_much_is_shown_as_its_owner_knows_it_by(channel: str, address: str, shown: str) -> None:
    assert shortened(channel, address) == shown


def test_a_page_is_shown_with_what_became_of_it() -> None:
    one = a_page(status="failed", error="No.", attempts=4, sent_at=NOW, step=2, round=3)
    shown = PageView.of(page.row(one))
    assert (shown.status, shown.error, shown.attempts, shown.sent_at) == ("failed", "No.", 4, NOW)
    assert (shown.page_id, shown.step, shown.round, shown.address) == (one.page_id, 2, 3, "***678")
    assert (shown.user, shown.method_id, shown.channel, shown.created_at) == ("ada", "phone", "sms", NOW)
