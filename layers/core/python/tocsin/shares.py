"""A tenant's share of what a sender takes in a second: who sends a lot waits for itself, and for nobody else.

The sender's rate is divided by the number of those that want more than their share, and one: what one share is left
free for is everybody who sends little. Who has sent nothing just before takes its token in one call, and reads nothing.
"""

from collections.abc import Hashable
from datetime import datetime, timedelta

from cachetools import TTLCache

from tocsin import allowance, clock, keys, times
from tocsin.settings import settings
from tocsin.store import tickets

PATIENCE = 2  # times that a message waits before its tenant counts as one that wants more: a few at once are no flood
BUSY_FOR = timedelta(seconds=30)  # since a tenant last wanted more than its share
LEAST_BURST = 2.0  # messages
BURST = 2 / 3  # of what the sender takes in a second, at once: the rest is for others who come in the same second
_KEEP_SECONDS = 5.0

_kept: TTLCache[Hashable, frozenset[str]] = TTLCache(100, _KEEP_SECONDS, timer=lambda: clock.now().timestamp())
_said: TTLCache[Hashable, bool] = TTLCache(1000, 2 * _KEEP_SECONDS, timer=lambda: clock.now().timestamp())


def forget() -> None:
    """Forget who is busy: for tests, whose clock does not run by itself."""
    _kept.clear()
    _said.clear()


def take(tenant: str, channel: str, parts: int, now: datetime, *, tries: int = 0) -> timedelta | None:
    """Take so many parts of a tenant's share of a channel's sender. Return None, or how long until there are.

    `tries`: how often the message has waited already.
    """
    key, rate, cost = keys.allowance(tenant, channel), settings.sender_rate, max(parts, 1)
    if allowance.take(key, now, rate=rate / _among(_kept.get(channel)), burst=1, cost=cost) is None:
        return None  # nothing was sent just before, and so nothing has to be read
    wait = allowance.take(
        key, now, rate=rate / _among(_busy(channel, now)), burst=max(BURST * rate, LEAST_BURST), cost=cost
    )
    if wait is not None and tries >= PATIENCE:
        _say_busy(tenant, channel, now)
    return wait


def _among(busy: frozenset[str] | None) -> int:
    """Return how many shares there are. Two at least: a flood that begins must find the free one free."""
    return max(len(busy or ()), 1) + 1


def _say_busy(tenant: str, channel: str, now: datetime) -> None:
    if (tenant, channel) in _said:
        return
    until = now + BUSY_FOR
    key = keys.busy(channel, tenant)
    tickets.put({**key, "tenant": tenant, "until": times.text(until), "expires": int(until.timestamp())})
    _said[tenant, channel] = True
    _kept.pop(channel, None)


def _busy(channel: str, now: datetime) -> frozenset[str]:
    """Return who wants more than its share, as it was a few seconds ago."""
    known = _kept.get(channel)
    if known is None:
        rows = tickets.query_all(keys.busy(channel)["pk"], begins=keys.BUSY)
        known = _kept[channel] = frozenset(row["tenant"] for row in rows if row["until"] > times.text(now))
    return known
