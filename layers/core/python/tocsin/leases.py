"""Tokens that this process holds of a tenant's allowance: its row is asked for blocks of them, not for each one.

Who does little pays nothing: one thing a second is let through without asking, as long as the process has not had to
ask for ten seconds. Who does more leases a block, and as long as one is used up within a second the next is twice as
large, up to a tenth of what can be saved up. What is not used within two seconds is given up. Who was refused, or got
the last there was, does not ask again for a second.

So n processes write the row a few times a second each, however much is asked of them. What they let through over the
limit, all together, is n a second at most: each of them one that it did not ask for, and only while each has no more to
do. A flood is beyond that in its first second.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cachetools import TTLCache

from tocsin import allowance, clock, keys
from tocsin.rate import Rate

UNASKED = timedelta(seconds=1)
QUIET = timedelta(seconds=10)
USED_UP = timedelta(seconds=1)
GOOD_FOR = timedelta(seconds=2)
REFUSED = timedelta(seconds=1)  # the least that Retry-After can say
KEEP_SECONDS = 60.0

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class _Lease:
    """What a process knows of one allowance: the block that it holds, and when it did what."""

    block: int = 0
    left: int = 0
    leased_at: datetime = _NEVER
    asked_at: datetime = _NEVER
    unasked_at: datetime = _NEVER
    refused_until: datetime = _NEVER
    empty_until: datetime = _NEVER  # of the bucket: what is held was the last of it

    def spend(self, now: datetime) -> bool:
        """Say whether one more is let through without asking: of the block, or because there was none of late."""
        if self.left and now - self.leased_at < GOOD_FOR:
            self.left -= 1
            return True
        if now - self.asked_at >= QUIET and now - self.unasked_at >= UNASKED:
            self.unasked_at = now
            return True
        return False

    def following(self, most: int, now: datetime) -> int:
        """Return how large the next block is to be: twice what was used up quickly, half of what was not used up."""
        if self.left:
            return max(1, self.block // 2)
        wanted = self.block * 2 if now - self.leased_at <= USED_UP else self.block
        return max(1, min(wanted, most))


_held: TTLCache[tuple[str, str], _Lease] = TTLCache(1000, KEEP_SECONDS, timer=lambda: clock.now().timestamp())


def forget() -> None:
    """Give up what is held: for tests, whose processes end without ending."""
    _held.clear()


def take(tenant: str, name: str, rate: Rate, now: datetime) -> timedelta | None:
    """Take one token of a tenant's allowance of this name. Return None, or how long to stay away.

    Raises `Overloaded` if the table does not answer.
    """
    lease = _held.get((tenant, name)) or _Lease()
    _held[tenant, name] = lease  # kept for as long as it is in use
    if now < lease.refused_until:
        return lease.refused_until - now
    if lease.spend(now):
        return None
    if now < lease.empty_until:
        return lease.empty_until - now
    return _ask(lease, tenant, name, rate, now)


def _ask(lease: _Lease, tenant: str, name: str, rate: Rate, now: datetime) -> timedelta | None:
    """Lease the next block, or what there is of it."""
    key = keys.allowance(tenant, name)
    asked = got = lease.following(int(rate.burst / 10), now)
    lease.block, lease.left, lease.asked_at = asked, 0, now
    wait = allowance.take(key, now, rate=rate.per_second, burst=rate.burst, cost=asked)
    if wait is not None and (got := asked - rate.tokens(wait)) > 0:
        wait = allowance.take(key, now, rate=rate.per_second, burst=rate.burst, cost=got)
    if wait is not None:
        wait = max(REFUSED, wait)
        lease.refused_until = now + wait
        return wait
    lease.left, lease.leased_at = got - 1, now
    if got < asked:
        lease.empty_until = now + REFUSED
    return None
