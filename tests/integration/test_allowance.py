"""What a tenant may still do, in its row: taken in few calls, and never twice, however many ask at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.examples import NOW
from tests.integration.refusing import refused
from tocsin import allowance, aws, keys
from tocsin.errors import Overloaded
from tocsin.store import tickets

KEY = keys.allowance("acme", "sms")


def after(**how: float) -> Any:
    return NOW + timedelta(**how)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the calls to DynamoDB that are made meanwhile."""
    events, calls = aws.client("dynamodb").meta.events, []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    events.register("before-call.dynamodb", note)
    try:
        yield calls
    finally:
        events.unregister("before-call.dynamodb", note)


@contextmanager
def meanwhile(what: Any, *, before: int) -> Iterator[None]:
    """Let something happen right before a call, such as the second."""
    events, left = aws.client("dynamodb").meta.events, [before]

    def act(**_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            what()

    events.register("before-call.dynamodb.UpdateItem", act)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.UpdateItem", act)


def test_a_burst_is_taken_at_once_and_then_so_many_a_second() -> None:
    for _ in range(5):
        assert allowance.take(KEY, NOW, rate=2, burst=5) is None
    assert allowance.take(KEY, NOW, rate=2, burst=5) == timedelta(seconds=0.5)
    assert allowance.take(KEY, after(seconds=0.499), rate=2, burst=5) == timedelta(milliseconds=1)
    assert allowance.take(KEY, after(seconds=0.5), rate=2, burst=5) is None
    assert allowance.take(KEY, after(seconds=60), rate=2, burst=5, cost=5) is None
    assert allowance.take(KEY, after(seconds=60), rate=2, burst=5, cost=2) == timedelta(seconds=1)


def test_one_call_takes_of_a_full_bucket_and_two_of_any_other() -> None:
    for seconds, calls in ((0, 1), (0, 2), (10, 1), (10.1, 2)):
        with counted() as made:
            assert allowance.take(KEY, after(seconds=seconds), rate=1, burst=10) is None
        assert made == ["UpdateItem"] * calls


def test_who_is_to_wait_is_told_so_by_one_call() -> None:
    assert allowance.take(KEY, NOW, rate=1, burst=1) is None
    with counted() as made:
        assert allowance.take(KEY, NOW, rate=1, burst=1) == timedelta(seconds=1)
    assert made == ["UpdateItem"]


@pytest.mark.parametrize("taken_before", [0, 3])
def test_what_others_take_between_two_calls_is_counted(taken_before: int) -> None:
    assert not taken_before or allowance.take(KEY, NOW, rate=1, burst=5, cost=taken_before) is None

    def take_one() -> None:
        assert allowance.take(KEY, NOW, rate=1, burst=5) is None

    with meanwhile(take_one, before=1 if not taken_before else 2):
        assert allowance.take(KEY, NOW, rate=1, burst=5) is None
    assert allowance.take(KEY, NOW, rate=1, burst=5, cost=5) == timedelta(seconds=taken_before + 2)


def test_who_loses_the_last_token_to_another_is_to_wait() -> None:
    assert allowance.take(KEY, NOW, rate=1, burst=2) is None
    with meanwhile(lambda: allowance.take(KEY, NOW, rate=1, burst=2), before=2):
        assert allowance.take(KEY, NOW, rate=1, burst=2) == timedelta(seconds=1)


def test_a_row_that_is_gone_between_two_calls_is_asked_again_soon() -> None:
    assert allowance.take(KEY, NOW, rate=1, burst=5) is None
    with meanwhile(lambda: tickets.delete(KEY), before=2):
        assert allowance.take(KEY, NOW, rate=1, burst=5) == timedelta(seconds=1)
    assert allowance.take(KEY, NOW, rate=1, burst=5) is None


def test_many_processes_with_clocks_of_their_own_take_no_more_than_there_is() -> None:
    random, taken = Random(1), 0  # noqa: S311 - clocks that are off the same way every time
    for asked in range(400):
        now = after(seconds=asked / 40, milliseconds=random.randrange(-200, 200))
        taken += allowance.take(KEY, now, rate=10, burst=20) is None
    assert 20 + 10 * 9.5 <= taken <= 20 + 10 * 10.4


def test_tenants_and_names_have_each_their_own() -> None:
    for key in (KEY, keys.allowance("acme", "tickets"), keys.allowance("other", "sms")):
        assert allowance.take(key, NOW, rate=1, burst=1) is None
        assert allowance.take(key, NOW, rate=1, burst=1) is not None


def test_the_table_forgets_the_row_a_day_after_all_was_paid_for() -> None:
    allowance.take(KEY, NOW, rate=1, burst=100, cost=40)
    row = tickets.get(KEY)
    assert row
    assert row["expires"] == int(NOW.timestamp()) + 40 + 86_400
    allowance.take(KEY, NOW, rate=1, burst=100, cost=40)
    row = tickets.get(KEY)
    assert row
    assert row["expires"] >= int(NOW.timestamp()) + 80 + 86_400


def test_a_table_that_does_not_answer_is_overloaded() -> None:
    with refused("dynamodb", "UpdateItem", "ProvisionedThroughputExceededException"), pytest.raises(Overloaded):
        allowance.take(KEY, NOW, rate=1, burst=1)
