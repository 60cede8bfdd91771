"""How often something may happen: so many a second in the long run, and more at once after a quiet time.

A token bucket, kept as one number: the theoretical arrival time (`tat`), at which all that was taken is paid for. Each
token moves it on by the time that one token takes to come back; a bucket that is full has a `tat` in the past.

Source: generic cell rate algorithm, virtual scheduling (ITU-T I.371, annex A). Times are whole microseconds since 1970,
as a `timedelta` has them: in milliseconds, a token of a thousand a second could not be told from one of six hundred.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_SECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Return a moment as the rows have it: microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


@dataclass(frozen=True)
class Rate:
    """`per_second` tokens come back each second (a fraction will do: 100 a day are 100 / 86400), `burst` is the most
    that can be saved up. A time is rounded up to microseconds, so that a limit is never passed by rounding.

    What costs more than the bucket holds is let through when it is full, and is paid for afterwards.
    """

    per_second: float
    burst: float

    def __post_init__(self) -> None:
        if not (self.per_second > 0 and self.burst > 0):
            raise ValueError("a rate and its burst are more than nothing")

    def time(self, cost: int = 1) -> int:
        """Return how long so many tokens take to come back."""
        return cost * math.ceil(_SECOND / self.per_second)

    def tokens(self, time: timedelta) -> int:
        """Return how many tokens are waited for when that is the wait, begun ones too."""
        return -(-(time // _MICROSECOND) // self.time())

    def latest(self, now: int, cost: int = 1) -> int:
        """Return the latest `tat` with which so many tokens can be taken now."""
        return now + math.floor(max(self.burst, cost) * self.time()) - self.time(cost)

    def taken(self, tat: int | None, now: int, cost: int = 1) -> int:
        """Return the `tat` after so many tokens were taken; None: none was ever taken."""
        return max(now, tat or 0) + self.time(cost)

    def wait(self, tat: int | None, now: int, cost: int = 1) -> timedelta | None:
        """Return how long it is until so many tokens can be taken, None if they can be taken now."""
        over = (tat or 0) - self.latest(now, cost)
        return timedelta(microseconds=over) if over > 0 else None
