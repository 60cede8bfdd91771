import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.examples import EPOCH, NOW
from tocsin import due
from tocsin.due import Due, Way

TENANTS = st.from_regex(r"\A[a-z][a-z0-9-]{0,23}\Z")
TICKETS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
AHEAD = st.timedeltas(timedelta(days=-30), timedelta(days=30))
TIMER = Due(tenant="acme", ticket="t1", epoch=EPOCH, due_at=NOW)


@pytest.mark.parametrize(
    ("ahead", "way"),
    [
        (timedelta(hours=-1), Way.QUEUE),
        (timedelta(0), Way.QUEUE),
        (timedelta(minutes=3), Way.QUEUE),
        (timedelta(minutes=3, milliseconds=1), Way.SCHEDULE),
        (timedelta(days=1), Way.SCHEDULE),
        (timedelta(days=1, milliseconds=1), Way.SWEEPER),
        (timedelta(days=400), Way.SWEEPER),
    ],
)
def test_what_is_due_soon_goes_by_the_queue_within_a_day_by_a_schedule_and_later_by_the_sweeper(
    ahead: timedelta, way: Way
) -> None:
    assert due.way(NOW + ahead, NOW) is way


@pytest.mark.parametrize(
    ("ahead", "delay"),
    [(-3600, 0), (0, 0), (0.4, 0), (0.6, 1), (20, 20), (179.6, 180), (900, 900), (901, 900), (90_000, 900)],
)
def test_a_delay_ends_nearest_to_the_due_time_and_is_one_that_the_queue_takes(ahead: float, delay: int) -> None:
    assert due.delay_seconds(NOW + timedelta(seconds=ahead), NOW) == delay


@given(ahead=AHEAD)
def test_any_delay_is_one_that_the_queue_takes(ahead: timedelta) -> None:
    assert 0 <= due.delay_seconds(NOW + ahead, NOW) <= 900


@given(tenant=TENANTS, ticket=TICKETS, ahead=st.timedeltas(due.QUEUE_WITHIN, due.HORIZON))
def test_a_schedule_fires_so_early_that_schedulers_minute_does_not_matter(
    tenant: str, ticket: str, ahead: timedelta
) -> None:
    timer = Due(tenant=tenant, ticket=ticket, epoch=EPOCH, due_at=NOW + ahead)
    fires = due.fire_at(timer, NOW)
    assert fires >= NOW + due.SOONEST_SCHEDULE
    assert timedelta(seconds=75) <= timer.due_at - fires <= timedelta(seconds=135)
    # What is left to wait when it fires is a delay that the queue takes.
    assert timer.due_at - fires <= due.MAX_DELAY


def test_the_spread_of_one_ticket_stays_and_tickets_are_spread_over_a_minute() -> None:
    def fires(ticket: str, epoch: int) -> float:
        timer = TIMER.model_copy(update={"ticket": ticket, "epoch": epoch, "due_at": NOW + timedelta(hours=1)})
        return (timer.due_at - due.fire_at(timer, NOW)).total_seconds()

    assert fires("t1", EPOCH) == fires("t1", EPOCH + 5)
    spread = {fires(f"t{number}", EPOCH) for number in range(600)}
    assert (min(spread), max(spread)) == (75, 135)
    assert len(spread) == 61


def test_tickets_of_one_name_are_spread_too_where_they_are_different_tenants() -> None:
    hour = TIMER.model_copy(update={"due_at": NOW + timedelta(hours=1)})
    fires = {due.fire_at(hour.model_copy(update={"tenant": f"a{number}"}), NOW) for number in range(200)}
    assert len(fires) > 50


@given(tenant=TENANTS, ticket=TICKETS, epoch=st.integers(EPOCH, 9_999_999_999))
def test_a_schedules_name_is_one_that_scheduler_takes(tenant: str, ticket: str, epoch: int) -> None:
    assert re.fullmatch(r"[0-9a-zA-Z_.-]{1,64}", due.schedule_name(tenant, ticket, epoch))


def test_names_of_two_tenants_do_not_run_into_each_other() -> None:
    names = [due.schedule_name(*pair, EPOCH) for pair in (("a", "bc"), ("ab", "c"), ("abc", "d"), ("a", "bcd"))]
    assert len(set(names)) == len(names)


@given(st.lists(st.tuples(TENANTS, TICKETS, st.integers(0, 9_999_999_999)), min_size=2, max_size=2, unique=True))
def test_no_two_timers_have_one_name(timers: list[tuple[str, str, int]]) -> None:
    first, second = timers
    assert due.schedule_name(*first) != due.schedule_name(*second)


def test_the_name_of_a_timer_stays_what_it_is_over_a_deployment() -> None:
    name = due.schedule_name("acme", "t1", 1_795_379_308)
    assert name == "NPPCB7SEXU765XHH3EFXI476GM7M6IMOOLB2DFGU76A7LLSNEEZA-1795379308"


def test_the_body_of_a_timer_stays_what_it_is_over_a_deployment() -> None:
    text = '{"v":1,"tenant":"acme","ticket":"t1","epoch":1795379308,"due_at":"2026-11-22T20:28:28.123Z"}'
    assert TIMER.model_dump_json() == text
    assert Due.model_validate_json(text) == TIMER


def test_a_timer_of_another_version_is_not_understood() -> None:
    with pytest.raises(ValidationError):
        Due.model_validate_json(TIMER.model_dump_json().replace('"v":1', '"v":2'))


@given(ahead=AHEAD)
def test_the_sweeper_first_looks_when_it_can_do_something(ahead: timedelta) -> None:
    due_at = NOW + ahead
    look = due.first_look(due_at, NOW)
    if due.way(due_at, NOW) is Way.SWEEPER:
        assert due.way(due_at, look) is Way.SCHEDULE
        assert look > NOW
    else:
        assert look == due_at + due.LOOK_AFTER == due.look_at(due_at)
