"""The clock on the wall: between moments (aware, UTC) and what a time zone's clock shows (naive).

Where clocks are put forward some times are never shown, where they are put back some are shown twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_STEP = timedelta(hours=12)  # no zone has changed its offset and changed it back within so short a time
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Span:
    """A time in which the offset from UTC stands still: there the wall runs along with the moments."""

    begin: datetime
    end: datetime
    offset: timedelta


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock shows at a moment."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def first(time: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment at which the clock shows this time or a later one.

    So of a time that is shown twice it is the first, and a time that is left out is where the clock jumps over it.
    """
    # Of a time that is left out, Python takes the offset before the change: a moment after it (PEP 495).
    moment = time.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if shown(moment, zone) == time:
        return moment
    return _change(time.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)


def spans(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Span]:
    """Yield the parts of a time in which the offset stands still, in order."""
    since, at, offset = begin, begin, _offset(begin, zone)
    while at < end:
        following = min(at + _STEP, end)
        if _offset(following, zone) != offset:
            change = _change(at, following, zone)
            yield Span(since, change, offset)
            since, offset = change, _offset(following, zone)
        at = following
    if since < end:
        yield Span(since, end, offset)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment after `low`, up to `high`, at which the offset becomes that of `high`."""
    new = _offset(high, zone)
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        if _offset(middle, zone) == new:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
