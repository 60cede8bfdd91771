"""SQS fair queues: who takes more than its share of the consumers waits for the others.

A group is noisy when more than a tenth of the messages in flight, and at least 30, are its own, or when it took more
than a tenth of the processing time of late; until it has none left, or has sent none for five minutes. What quiet
groups sent comes first, then what is of the noisy group with the fewest in flight. A message without a group is a group
of its own.

Source: SQS developer guide, "How Amazon SQS fair queues work". It does not say what "of late" means: a minute, here. A
share of the time counts from the 30th message on, for of fewer it tells nothing.
"""

from collections import Counter, deque

from tests.simulation.cloud.sqs import Message, Queue

SHARE = 0.1
LEAST = 30
OF_LATE = 60.0
FORGIVEN_AFTER = 300.0


class Fairness:
    """Chooses which message of a queue is received next."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._noisy: set[str] = set()
        self._begun: dict[str, tuple[str, float]] = {}  # messages at work
        self._took: deque[tuple[float, str, float]] = deque()  # when one ended, whose it was, how long it took
        self._time: Counter[str] = Counter()

    def choose(self, visible: dict[str, Message]) -> str:
        """Return the message that comes next."""
        now = self._queue.timeline.seconds
        self._reckon(now)
        flying = Counter(message.group for message in self._queue.in_flight.values())
        self._mark(flying, visible, now)
        chosen = next((one for one in visible.values() if one.group not in self._noisy), None)
        if chosen is None:
            first = {message.group: message for message in reversed(visible.values())}
            chosen = min(first.values(), key=lambda message: flying[message.group])
        self._begun[chosen.message_id] = (chosen.group, now)
        return chosen.message_id

    def _reckon(self, now: float) -> None:
        for message_id in [one for one in self._begun if one not in self._queue.in_flight]:
            group, begun = self._begun.pop(message_id)
            self._took.append((now, group, now - begun))
            self._time[group] += now - begun
        while self._took and self._took[0][0] < now - OF_LATE:
            _, group, seconds = self._took.popleft()
            self._time[group] -= seconds

    def _mark(self, flying: Counter[str], visible: dict[str, Message], now: float) -> None:
        waiting = {message.group for message in visible.values()}
        quiet = {group for group in self._noisy if group not in waiting or self._silent(group, now)}
        self._noisy -= quiet
        for group, number in flying.items():
            if group and number >= LEAST and number > SHARE * flying.total():
                self._noisy.add(group)
        if len(self._took) >= LEAST:
            total = sum(self._time.values())
            self._noisy |= {
                group for group in self._time if group and group in waiting and self._time[group] > SHARE * total
            }

    def _silent(self, group: str, now: float) -> bool:
        return all(one.sent_at < now - FORGIVEN_AFTER for one in self._queue.visible.values() if one.group == group)
