"""Virtual time: what happens next, and when. Time jumps from one thing to the next.

Many can be at work at once without threads: who acts may `spend` time, and what it does from then on (a message put, a
page handed over, its own end) happens so much later, while others begin in between. What it writes and reads of tables
is there at once: a fraction of a second too early.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # a Monday
Action = Callable[[], None]


@lru_cache(1)  # it is asked for many times before it moves on
def _moment(milliseconds: int) -> datetime:
    return START + timedelta(milliseconds=milliseconds)


class Timeline:
    """A queue of actions by time, in seconds since the start."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.spent = 0.0  # by who acts now: how far it is ahead of all others
        self._queue: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def now(self) -> datetime:
        """Return the time of day, cut to milliseconds."""
        return _moment(int(self.seconds * 1000 + 1e-6))

    def after(self, seconds: float, action: Action) -> None:
        """Let something happen in so many seconds."""
        heappush(self._queue, (self.seconds + max(seconds, 0.0), next(self._numbers), action))

    def at(self, moment: datetime, action: Action) -> None:
        """Let something happen at a time; at once if that is over."""
        self.after((moment - START).total_seconds() - self.seconds, action)

    def spend(self, seconds: float) -> None:
        """Let whoever acts now need so many seconds for it."""
        self.spent += seconds
        self.seconds += seconds

    def _act(self, action: Action) -> None:
        action()
        if self.spent:
            self.seconds -= self.spent
            self.spent = 0.0

    def step(self, until: float) -> bool:
        """Do what comes next, if it comes by then. Say whether there was something."""
        if not self._queue or self._queue[0][0] > until:
            return False
        at, _, action = heappop(self._queue)
        self.seconds = max(self.seconds, at)
        self._act(action)
        return True

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        until = self.seconds + seconds
        while self.step(until):
            pass
        self.seconds = max(self.seconds, until)

    def run_until(self, happened: Callable[[], bool], *, within: float) -> None:
        """Let time pass until something has happened. Raises AssertionError if it has not within so many seconds."""
        until = self.seconds + within
        while not happened():
            if not self.step(until):
                raise AssertionError(f"it did not happen within {within} s")
