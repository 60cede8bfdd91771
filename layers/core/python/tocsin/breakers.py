"""Breakers: a sender that fails again and again is left alone for a while, and then tried with one message.

Of a webhook its host is what fails. Each tenant has its own for each sender, for what fails one company's messages must
not delay another's; if the sender is down for all, each finds out by itself. The row is read along with each page; it
is written only when something failed, or works again. A breaker delays pages and lets the next method be tried. It
never drops one.
"""

from datetime import datetime, timedelta

from tocsin import keys, times
from tocsin.channels import CHANNELS
from tocsin.errors import ConditionFailed
from tocsin.keys import Key
from tocsin.queues import TurnMessage
from tocsin.rows import Next, Row
from tocsin.store import tickets
from tocsin.telemetry import count, logger

FAILURES = 5  # in a row, none of them longer ago than `MEMORY`
MEMORY = timedelta(minutes=10)  # longer than a pause, so that a probe that fails is counted with what was before
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=2)
PAUSED = "The sender fails; it is tried again soon."
PROBE = timedelta(seconds=15)  # after which another message is tried, if nobody heard of the first


def key(tenant: str, channel: str, address: str) -> Key:
    """Return the key of the row of a tenant's breaker for whom messages to an address go through."""
    return keys.breaker(tenant, channel, CHANNELS[channel].through(address))


def paused_until(row: Row | None, now: datetime) -> datetime | None:
    """Return until when nothing is to be sent; None: there is no pause."""
    until = (row or {}).get("open_until")
    return times.parse(until) if until and until > times.text(now) else None


def closed_to(row: Row | None, now: datetime) -> datetime | None:
    """Return until when this message may not be sent; None: it may. After a pause one is let through, and no other."""
    if row is None or "open_until" not in row or row["open_until"] > times.text(now):
        return paused_until(row, now)
    probe = now + PROBE
    try:
        tickets.update(
            Key(pk=row["pk"], sk=row["sk"]),
            {"open_until": times.text(probe)},
            when=[("open_until", "=", row["open_until"])],
        )
    except ConditionFailed as failure:
        found = (failure.found or {}).get("open_until")
        return times.parse(found) if found else None
    return None


def failed(way: TurnMessage, row: Row | None, now: datetime) -> bool:
    """Count a failure of the channel; some in a row open the breaker, each time for longer. Say if it is open."""
    place = key(way.tenant, way.channel, way.address)
    fresh = row is None or row["failed_at"] < times.text(now - MEMORY)
    first = {"failures": 1, "pauses": 0, "open_until": None} if fresh else {"failures": Next("failures")}
    try:
        found = tickets.update(
            place,
            {**first, "failed_at": times.text(now), "expires": int((now + timedelta(days=1)).timestamp())},
            when=() if fresh else [("failures", ">", 0)],
        )
    except ConditionFailed:
        return False  # it works for somebody else
    if found["failures"] < FAILURES:
        return False
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(found["pauses"], 10), LONGEST_PAUSE)
    logger.error(
        "a sender fails: its breaker is open", extra={"channel": way.channel, "seconds": pause.total_seconds()}
    )
    count("BreakerOpened")
    try:
        tickets.update(
            place,
            {"open_until": times.text(now + pause), "pauses": Next("pauses")},
            when=[("pauses", "=", found["pauses"])],
        )
    except ConditionFailed:
        logger.debug("the breaker was opened, or closed, by another")
    return True


def worked(row: Row | None) -> None:
    """Close a breaker, if failures were counted: the sender works."""
    if row is not None:
        tickets.delete(Key(pk=row["pk"], sk=row["sk"]))
