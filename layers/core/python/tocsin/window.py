"""Windows of the week: days and hours by the clock on the wall, such as Monday to Friday from 09:00 to 18:00."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints, field_validator

from tocsin.model import Body
from tocsin.wall import Span

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60  # minutes

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["09:00"])]
EndOfWindow = Annotated[
    str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"), Field(examples=["18:00"])
]


class Window(Body):
    """Hours of days. One whose `to` is not after its `from` passes midnight: it begins on the days that are named."""

    model_config = ConfigDict(serialize_by_alias=True)

    days: Annotated[list[Day], Field(min_length=1, max_length=7, description="Missing: every day.")] = list(DAYS)
    begin: TimeOfDay = Field(default="00:00", alias="from")
    end: EndOfWindow = Field(default="24:00", alias="to", description="`24:00`, or `00:00`: midnight.")

    @field_validator("days")
    @classmethod
    def _each_once(cls, days: list[Day]) -> list[Day]:
        if len(set(days)) < len(days):
            raise ValueError("Name each day once.")
        return days


Parts = tuple[tuple[int, int], ...]
"""Minutes of the week, Monday 00:00 first: from, up to. In order, none touching the next."""


def parts(windows: Sequence[Window]) -> Parts:
    """Return the parts of the week that windows cover together."""
    cut = sorted(piece for window in windows for day in window.days for piece in _of(window, DAYS.index(day)))
    joined: list[tuple[int, int]] = []
    for begin, end in cut:
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return tuple(joined)


def _of(window: Window, day: int) -> Iterator[tuple[int, int]]:
    begin, end = day * _DAY + minutes(window.begin), day * _DAY + minutes(window.end)
    if end <= begin:
        end += _DAY
    yield begin, min(end, _WEEK)
    if end > _WEEK:
        yield 0, end - _WEEK


def minutes(time: str) -> int:
    """Return the minutes since midnight of a time of day such as `09:00`."""
    return int(time[:2]) * 60 + int(time[3:])


def covers(week: Parts, time: datetime) -> bool:
    """Say whether a time on the wall lies in one of the parts of the week."""
    minute = time.weekday() * _DAY + time.hour * 60 + time.minute
    return any(begin <= minute < end for begin, end in week)


def within(week: Parts, span: Span) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times of a span, as moments, at which the wall shows one of the parts of the week; in order."""
    begin, end = ((moment + span.offset).replace(tzinfo=None) for moment in (span.begin, span.end))
    monday = datetime.combine(begin.date() - timedelta(days=begin.weekday()), datetime.min.time())
    while monday < end:
        # Of a week of many parts a turn of an hour looks at one or two.
        first = bisect_right(week, (begin - monday) / timedelta(minutes=1), key=itemgetter(1))
        for opens, closes in week[first:]:
            since = max(begin, monday + timedelta(minutes=opens))
            until = min(end, monday + timedelta(minutes=closes))
            if since >= end:
                break
            yield span.begin + (since - begin), span.begin + (until - begin)
        monday += timedelta(days=7)
