"""Timers on Scheduler and the due queue."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.examples import NOW, a_ticket
from tests.integration.refusing import TIMEOUT, refused
from tests.world import ENVIRONMENT
from tocsin import aws, due, ticket, timers
from tocsin.due import Due
from tocsin.rows import Row
from tocsin.settings import settings

REFUSALS = ["ThrottlingException", "ServiceQuotaExceededException", "InternalServerException", "AccessDenied", TIMEOUT]


def row(ahead: timedelta | None, epoch: int = 1) -> Row:
    """Return a ticket's row that is due so far ahead; None: its clock stands."""
    found = ticket.row(a_ticket(epoch=epoch, due_at=None if ahead is None else NOW + ahead))
    return {name: value for name, value in found.items() if value is not None}


def a_timer(ahead: timedelta) -> Due:
    found = timers.timer(row(ahead))
    assert found
    return found


def schedules() -> list[str]:
    return [one["Name"] for one in aws.client("scheduler").list_schedules(GroupName="tocsin")["Schedules"]]


def queued() -> list[tuple[dict[str, Any], int]]:
    """Return bodies and delays, in seconds, of the due queue's messages; delayed ones are not received yet."""
    from moto.sqs.models import sqs_backends  # noqa: PLC0415 - the one way to see what is delayed

    queue = sqs_backends["123456789012"][ENVIRONMENT["AWS_DEFAULT_REGION"]].queues["due"]
    return [
        (json.loads(one.body), max(0, round((one.delayed_until - one.sent_timestamp) / 1000)))
        for one in queue._messages
    ]


def test_a_timer_within_the_day_is_a_schedule_that_fires_early_into_the_due_queue() -> None:
    timer = a_timer(timedelta(hours=1))
    assert timers.arm(timer, NOW)
    name = due.schedule_name("acme", "t1", 1)
    made = aws.client("scheduler").get_schedule(GroupName="tocsin", Name=name)
    assert made["ScheduleExpression"] == f"at({due.fire_at(timer, NOW):%Y-%m-%dT%H:%M:%S})"
    assert (made["ScheduleExpressionTimezone"], made["FlexibleTimeWindow"]) == ("UTC", {"Mode": "OFF"})
    assert made["ActionAfterCompletion"] == "DELETE"
    assert made["Target"]["Arn"] == settings.due_queue_arn
    assert made["Target"]["DeadLetterConfig"] == {"Arn": settings.schedule_dead_letter_arn}
    assert Due.model_validate_json(made["Target"]["Input"]) == timer
    assert queued() == []


@pytest.mark.parametrize(("ahead", "delay"), [(-5, 0), (0, 0), (20, 20), (180, 180)])
def test_a_timer_within_minutes_is_a_delayed_message(ahead: int, delay: int) -> None:
    timer = a_timer(timedelta(seconds=ahead))
    assert timers.arm(timer, NOW)
    assert queued() == [(timer.model_dump(mode="json"), delay)]
    assert schedules() == []


def test_a_timer_beyond_the_horizon_is_left_to_the_sweeper() -> None:
    assert not timers.arm(a_timer(timedelta(days=2)), NOW)
    assert (schedules(), queued()) == ([], [])


def test_arming_twice_and_cancelling_twice_are_success() -> None:
    timer = a_timer(timedelta(hours=1))
    assert timers.arm(timer, NOW)
    assert timers.arm(timer, NOW)
    assert len(schedules()) == 1
    timers.cancel(timer)
    timers.cancel(timer)
    assert schedules() == []


@pytest.mark.parametrize("code", REFUSALS)
def test_what_scheduler_does_not_take_goes_by_the_queue_if_it_is_soon(code: str) -> None:
    timer = a_timer(timedelta(minutes=15))
    with refused("scheduler", "CreateSchedule", code):
        assert timers.arm(timer, NOW)
    assert queued() == [(timer.model_dump(mode="json"), 900)]


@pytest.mark.parametrize("code", REFUSALS)
def test_what_scheduler_does_not_take_is_else_left_to_the_sweeper(code: str) -> None:
    with refused("scheduler", "CreateSchedule", code):
        assert not timers.arm(a_timer(timedelta(minutes=16)), NOW)
    assert (schedules(), queued()) == ([], [])


@pytest.mark.parametrize("code", REFUSALS)
def test_a_cancel_that_fails_holds_nobody_up(code: str) -> None:
    timer = a_timer(timedelta(hours=1))
    timers.arm(timer, NOW)
    with refused("scheduler", "DeleteSchedule", code):
        timers.cancel(timer)
    assert len(schedules()) == 1


HOUR = timedelta(hours=1)


def test_a_clock_that_is_set_is_armed_and_one_that_moves_is_armed_anew() -> None:
    timers.follow(None, row(HOUR, 1), NOW)
    assert schedules() == [due.schedule_name("acme", "t1", 1)]
    timers.follow(row(HOUR, 1), row(HOUR * 2, 2), NOW)
    assert schedules() == [due.schedule_name("acme", "t1", 2)]


def test_a_clock_that_stops_is_cancelled() -> None:
    timers.follow(None, row(HOUR, 1), NOW)
    timers.follow(row(HOUR, 1), row(None, 2), NOW)
    assert schedules() == []
    timers.follow(None, row(HOUR, 1), NOW)
    timers.follow(row(HOUR, 1), None, NOW)
    assert schedules() == []


def test_a_write_that_leaves_the_clock_alone_calls_nobody() -> None:
    before = row(HOUR, 1)
    with refused("scheduler", "CreateSchedule", "X") as made, refused("scheduler", "DeleteSchedule", "X") as gone:
        timers.follow(before, before | {"title": "New", "rev": 2, "look_at": "later"}, NOW)
        timers.follow(row(None), row(None) | {"rev": 2}, NOW)
        timers.follow(None, row(None), NOW)
    assert (made, gone, queued()) == ([], [], [])


def test_one_that_was_due_has_fired_and_is_not_cancelled() -> None:
    with refused("scheduler", "DeleteSchedule", "X") as gone:
        timers.follow(row(timedelta(0), 1), row(HOUR, 2), NOW)
    assert gone == []
    assert len(schedules()) == 1
