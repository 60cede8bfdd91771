from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import NOW
from tocsin.rate import Rate, micros

START = micros(NOW)
SECOND = 1_000_000
RATES = st.builds(Rate, st.floats(1e-3, 5000), st.floats(0.5, 5000))
PAUSES = st.one_of(st.just(0), st.integers(0, 3 * SECOND), st.integers(0, 10_000 * SECOND))
ASKED = st.lists(st.tuples(PAUSES, st.integers(1, 50)), min_size=1, max_size=60)


def let_through(rate: Rate, asked: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what is taken, and when, of what is asked for after these pauses."""
    now, tat = START, None
    taken = []
    for pause, cost in asked:
        now += pause
        if rate.wait(tat, now, cost) is None:
            tat = rate.taken(tat, now, cost)
            taken.append((now, cost))
    return taken


@given(RATES, ASKED)
def test_in_no_window_is_more_taken_than_the_burst_and_what_came_back(rate: Rate, asked: list[tuple[int, int]]) -> None:
    taken = let_through(rate, asked)
    for first in range(len(taken)):
        sum_, largest = 0, rate.burst
        for at, cost in taken[first:]:
            sum_, largest = sum_ + cost, max(largest, cost)
            assert sum_ <= largest + rate.per_second * (at - taken[first][0]) / SECOND + 1e-6


@given(RATES, st.lists(st.tuples(st.integers(1, 50), st.integers(0, SECOND)), max_size=60))
def test_who_stays_below_the_rate_is_always_let_through(rate: Rate, asked: list[tuple[int, int]]) -> None:
    # Each comes when what the one before took has come back.
    pauses = [0, *(rate.time(cost) + idle for cost, idle in asked)]
    paced = [(pause, cost) for pause, (cost, _) in zip(pauses, asked, strict=False)]
    assert len(let_through(rate, paced)) == len(asked)


@given(RATES)
def test_a_burst_after_a_quiet_time_is_let_through_at_once(rate: Rate) -> None:
    asked = [(0, 1)] * (int(rate.burst) + 10)
    assert len(let_through(rate, asked)) == max(1, int(rate.burst))


@given(RATES, st.integers(0, 10_000 * SECOND), st.integers(1, 50))
def test_the_wait_is_exact(rate: Rate, owed: int, cost: int) -> None:
    wait = rate.wait(START + owed, START, cost)
    if wait is None:
        return
    there = START + wait // timedelta(microseconds=1)
    assert wait > timedelta(0)
    assert rate.wait(START + owed, there, cost) is None
    assert rate.wait(START + owed, there - 1, cost) == timedelta(microseconds=1)


@given(RATES, st.integers(0, 10_000 * SECOND), st.integers(1, 50))
def test_of_the_wait_can_be_told_what_is_there_now(rate: Rate, owed: int, cost: int) -> None:
    wait = rate.wait(START + owed, START, cost)
    if wait is None:
        return
    there = cost - rate.tokens(wait)
    assert there < cost
    if cost <= rate.burst:
        assert there <= 0 or rate.wait(START + owed, START, there) is None
        assert there < 0 or rate.wait(START + owed, START, there + 1) is not None


def test_a_moment_is_a_whole_number_of_microseconds_since_1970() -> None:
    assert str(micros(NOW)) == "1795379308123000"


def test_tokens_are_counted_whole_and_begun_ones_too() -> None:
    found = [Rate(2, 10).tokens(timedelta(seconds=wait)) for wait in (0, 0.1, 0.5, 0.6, 5)]
    assert [str(tokens) for tokens in found] == ["0", "1", "1", "2", "10"]


def test_what_is_asked_for_is_one_token_unless_it_is_said() -> None:
    rate = Rate(2, 10)
    assert (rate.latest(START), rate.time()) == (rate.latest(START, 1), SECOND // 2)
    assert rate.latest(START) == START + 9 * SECOND // 2


def test_ten_at_once_and_then_two_a_second() -> None:
    rate = Rate(2, 10)
    tat = None
    for _ in range(10):
        assert rate.wait(tat, START) is None
        tat = rate.taken(tat, START)
    assert rate.wait(tat, START) == timedelta(seconds=0.5)
    assert rate.wait(tat, START + SECOND // 2) is None
    assert rate.wait(tat, START + SECOND // 2, 2) == timedelta(seconds=0.5)


def test_what_costs_more_than_the_bucket_holds_is_taken_when_it_is_full_and_paid_for_afterwards() -> None:
    rate = Rate(1, 2)
    tat = rate.taken(None, START, 5)
    assert rate.wait(None, START, 5) is None
    assert rate.wait(tat, START) == timedelta(seconds=4)
    assert rate.wait(tat, START, 5) == timedelta(seconds=5)


def test_a_hundred_a_day_is_a_rate_as_well() -> None:
    rate = Rate(100 / 86_400, 100)
    taken = let_through(rate, [(0, 1)] * 200 + [(SECOND * 865, 1)] * 10)
    assert len(taken) == 110


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (1, 0), (float("nan"), 1)])
def test_a_rate_that_lets_nothing_through_is_none(per_second: float, burst: float) -> None:
    with pytest.raises(ValueError, match=r"^a rate and its burst are more than nothing$"):
        Rate(per_second, burst)
