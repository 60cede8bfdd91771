"""Blocks of an allowance, held by a process: few writes however much is done, and none for who does little."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.examples import NOW
from tests.integration.refusing import refused
from tocsin import allowance, keys, leases
from tocsin.errors import Overloaded
from tocsin.rate import Rate
from tocsin.store import tickets

KEY = keys.allowance("acme", "tickets")
Writes = list[int]


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Writes:
    """The size of each block that the table was asked for."""
    asked: Writes = []
    take = allowance.take

    def noted(*args: Any, cost: int, **how: Any) -> timedelta | None:
        asked.append(cost)
        return take(*args, cost=cost, **how)

    monkeypatch.setattr(allowance, "take", noted)
    return asked


def after(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


def let_through(per_second: float, seconds: float, rate: Rate, *, begin: float = 0) -> int:
    """Return how many are let through of a steady stream of requests."""
    times = [begin + number / per_second for number in range(int(per_second * seconds))]
    return sum(leases.take("acme", "tickets", rate, after(at)) is None for at in times)


def test_one_a_second_is_let_through_without_asking(writes: Writes) -> None:
    assert let_through(1, 30, Rate(50, 500)) == 30
    assert (writes, tickets.get(KEY)) == ([], None)


def test_who_does_more_leases_blocks_that_grow_until_one_lasts_a_second(writes: Writes) -> None:
    assert let_through(100, 1, Rate(200, 2000)) == 100
    assert writes == [1, 2, 4, 8, 16, 32, 64]
    assert let_through(100, 10, Rate(200, 2000), begin=1) == 1000
    assert len(writes) <= 7 + 11


def test_a_block_is_a_tenth_of_the_burst_at_most(writes: Writes) -> None:
    assert let_through(300, 2, Rate(50, 600)) == 600
    assert max(writes) == 60


def test_what_is_not_used_in_time_is_given_up_and_the_next_block_is_smaller(writes: Writes) -> None:
    let_through(100, 0.7, Rate(200, 2000))
    assert writes[-1] == 64
    for seconds, block in ((1.5, 64), (2.8, 32), (5, 16), (5.01, 16), (14.9, 8)):
        assert leases.take("acme", "tickets", Rate(200, 2000), after(seconds)) is None
        assert writes[-1] == block
    asked = len(writes)
    assert leases.take("acme", "tickets", Rate(200, 2000), after(25)) is None
    assert len(writes) == asked, "it had not asked for ten seconds"


def test_a_flood_gets_its_burst_and_its_rate(writes: Writes) -> None:
    passed = let_through(500, 20, Rate(20, 200))
    assert 200 + 20 * 19 <= passed <= 200 + 20 * 20 + 2
    assert len(writes) <= 9 + 4 * 20, "a refusal is remembered for a second"


def test_a_refusal_tells_how_long_to_stay_away_and_is_kept_to() -> None:
    assert allowance.take(KEY, NOW, rate=1, burst=10, cost=10) is None
    assert leases.take("acme", "tickets", Rate(1, 10), NOW) is None, "the one that is not asked for"
    wait = leases.take("acme", "tickets", Rate(1, 10), NOW)
    assert wait == timedelta(seconds=1)
    assert leases.take("acme", "tickets", Rate(1, 10), after(0.4)) == timedelta(seconds=0.6)
    assert leases.take("acme", "tickets", Rate(1, 10), NOW + wait) is None
    assert leases.take("acme", "tickets", Rate(1, 10), NOW + wait) is not None


def test_who_asks_for_more_than_there_is_gets_what_there_is(writes: Writes) -> None:
    rate = Rate(100, 1000)
    let_through(100, 0.64, rate)
    assert allowance.take(KEY, after(0.64), rate=100, burst=1000, cost=970) is None
    writes.clear()
    left = 0
    while leases.take("acme", "tickets", rate, after(0.64)) is None:
        left += 1
    assert left == 30
    assert writes == [64, 30], "who got the last does not ask again at once"


def test_many_processes_let_through_what_is_allowed_and_one_a_second_each() -> None:
    rate, random = Rate(10, 100), Random(1)  # noqa: S311 - the same story every time
    processes = [_process(rate) for _ in range(8)]
    asked = [number / 200 for number in range(200 * 12)]
    passed = [at for at in asked if random.choice(processes)(after(at)) is None]
    assert 100 + 10 * 10 <= len(passed) <= 100 + 10 * 12 + 8
    steady = [at for at in passed if at >= 6]
    assert len(steady) <= 10 * 7, "once the processes have had to ask, nothing of a flood is let through unasked"


def test_tenants_do_not_touch_each_other() -> None:
    let_through(500, 2, Rate(10, 100))
    assert leases.take("acme", "tickets", Rate(10, 100), after(2)) is not None
    for number in range(50):
        assert leases.take("other", "tickets", Rate(10, 100), after(2 + number / 100)) is None


def test_where_it_cannot_be_said_it_is_overload() -> None:
    assert leases.take("acme", "tickets", Rate(1, 10), NOW) is None
    with refused("dynamodb", "UpdateItem", "ThrottlingException"), pytest.raises(Overloaded):
        leases.take("acme", "tickets", Rate(1, 10), NOW)


def _process(rate: Rate) -> Callable[[Any], timedelta | None]:
    """Return a process: it remembers for itself."""
    memory: Any = {}

    def take(now: Any) -> timedelta | None:
        leases.forget()
        leases._held.update(memory)
        found = leases.take("acme", "tickets", rate, now)
        memory.update(leases._held)
        return found

    return take
