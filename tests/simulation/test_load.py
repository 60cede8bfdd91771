"""Many at work at once, and what SQS and a carrier make of it."""

from collections import Counter

import pytest

from tests.simulation import load
from tests.simulation.cloud.fair import Fairness
from tests.simulation.cloud.sqs import Queue
from tests.simulation.timeline import Timeline


def test_who_acts_may_take_its_time_while_others_begin() -> None:
    timeline, seen = Timeline(), []

    def slow() -> None:
        timeline.spend(5)
        seen.append(("slow", timeline.seconds))
        timeline.after(0, lambda: seen.append(("slow ended", timeline.seconds)))

    timeline.after(1, slow)
    timeline.after(2, lambda: seen.append(("other", timeline.seconds)))
    timeline.run(10)
    assert seen == [("slow", 6), ("other", 2), ("slow ended", 6)]
    assert timeline.seconds == 10


def _queue(*groups: str) -> Queue:
    timeline = Timeline()
    queue = Queue("sms", timeline)
    queue.choose = Fairness(queue).choose
    for number, group in enumerate(groups):
        queue.put(f"{group}{number}", group)
    timeline.run(0)
    return queue


def test_a_company_with_thirty_messages_in_flight_waits_for_the_others() -> None:
    queue = _queue(*["a"] * 60, "b", "c")
    first = [message.group for message in queue.receive(30)]
    assert first == ["a"] * 30
    assert [message.group for message in queue.receive(3)] == ["b", "c", "a"]


def test_a_company_with_less_in_flight_is_served_in_turn() -> None:
    queue = _queue(*["a"] * 60, "b")
    queue.receive(29)
    assert [message.group for message in queue.receive(1)] == ["a"]


def test_of_companies_that_are_all_noisy_the_one_with_less_in_flight_comes_first() -> None:
    queue = _queue(*["a"] * 60, *["b"] * 60)
    received = Counter(message.group for message in queue.receive(80))
    assert received == {"a": 40, "b": 40}


@pytest.mark.parametrize("seed", [0, 1], ids=["a flood", "dead phones"])
def test_what_one_company_sends_does_not_make_anothers_pages_late(seed: int) -> None:
    violations, _, beside = load.check(seed)
    assert list(map(str, violations)) == []
    assert beside.pages > 800


def test_a_company_alone_is_told_within_two_seconds() -> None:
    shown = load.play(0, flood=False)
    assert len(shown.lateness) > 50
    assert shown.refused == 0
    assert shown.p99 < 2
