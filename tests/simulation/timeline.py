"""Virtual time: what happens next, and when. Time jumps from one thing to the next."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # a Monday
Action = Callable[[], None]


class Timeline:
    """A queue of actions by time, in seconds since the start."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._queue: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def now(self) -> datetime:
        """Return the time of day, cut to milliseconds."""
        return START + timedelta(milliseconds=int(self.seconds * 1000 + 1e-6))

    def after(self, seconds: float, action: Action) -> None:
        """Let something happen in so many seconds."""
        heappush(self._queue, (self.seconds + max(seconds, 0.0), next(self._numbers), action))

    def at(self, moment: datetime, action: Action) -> None:
        """Let something happen at a time; at once if that is over."""
        self.after((moment - START).total_seconds() - self.seconds, action)

    def step(self, until: float) -> bool:
        """Do what comes next, if it comes by then. Say whether there was something."""
        if not self._queue or self._queue[0][0] > until:
            return False
        at, _, action = heappop(self._queue)
        self.seconds = max(self.seconds, at)
        action()
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
