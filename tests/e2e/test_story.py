"""The main job, over HTTP and the embedded AWS: what `make run` shows is asserted here."""

import io

import pytest

from infra.local import demo
from infra.local.stack import Stack
from infra.local.story import Outcome, Story
from infra.local.terminal import Terminal


@pytest.fixture(scope="module")
def told() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def outcome(stack: Stack, told: io.StringIO) -> Outcome:
    return Story(stack, Terminal(told)).play()


def test_an_alarm_pages_the_first_person_by_sms_and_email(outcome: Outcome) -> None:
    ada = demo.PEOPLE[0]
    assert {(message.channel, message.to) for message in outcome.first} == {("sms", ada.phone), ("email", ada.email)}
    assert "checkout-5xx" in outcome.first[0].text


def test_nobody_answers_and_the_second_person_is_paged_when_the_step_is_due(outcome: Outcome) -> None:
    grace = demo.PEOPLE[1]
    assert {message.to for message in outcome.second} == {grace.phone, grace.email}
    assert outcome.second_late > -1.0  # no page before its due time - 1 s


def test_the_third_persons_turn_is_a_schedule_until_the_acknowledgement(outcome: Outcome) -> None:
    assert outcome.schedule["ActionAfterCompletion"] == "DELETE"
    assert outcome.schedules_left == []


def test_a_reply_by_sms_acknowledges_for_the_person_who_was_paged(outcome: Outcome) -> None:
    assert outcome.ticket["status"] == "under_investigation"
    assert outcome.ticket["acknowledged_by"] == "grace"
    assert outcome.ticket["assigned_to"] == ["grace"]


def test_nobody_is_paged_after_the_acknowledgement(outcome: Outcome) -> None:
    assert outcome.after_acknowledgement == []


def test_the_history_tells_it_in_order(outcome: Outcome) -> None:
    kinds = [item["kind"] for item in outcome.history]
    assert kinds[0] == "opened"
    assert kinds.count("escalated") == 2
    assert kinds.count("paged") == 4
    assert kinds[-1] == "acknowledged"


def test_the_story_is_told_without_control_characters_where_nobody_sees_them(
    outcome: Outcome, told: io.StringIO
) -> None:
    assert "\033" not in told.getvalue()
    assert "ACK" in told.getvalue()
