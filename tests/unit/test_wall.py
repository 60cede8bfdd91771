"""The clock on the wall, on days on which it is put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tocsin import times, wall
from tocsin.wall import Span

BERLIN, SAMOA, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia"), ZoneInfo("UTC")
HOUR = timedelta(hours=1)


def on_the_wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("2026-01-05T09:00", "2026-01-05T08:00:00Z"),
        ("2026-07-05T09:00", "2026-07-05T07:00:00Z"),
        ("2026-03-29T01:59", "2026-03-29T00:59:00Z"),
        ("2026-03-29T02:00", "2026-03-29T01:00:00Z"),  # left out: the clock jumps over it
        ("2026-03-29T02:59", "2026-03-29T01:00:00Z"),
        ("2026-03-29T03:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),  # shown twice
        ("2026-10-25T03:00", "2026-10-25T02:00:00Z"),
        ("2026-01-05T09:00:00.250", "2026-01-05T08:00:00.250Z"),
    ],
)
def test_a_time_on_the_wall_is_first_shown_at_a_moment(time: str, moment: str) -> None:
    found = wall.first(on_the_wall(time), BERLIN)
    assert found == times.parse(moment)
    assert found.tzinfo is UTC
    # Whoever asks may have it from a clock that showed it for the second time.
    assert wall.first(on_the_wall(time).replace(fold=1), BERLIN) == found


def test_a_day_that_is_left_out_is_where_the_clock_jumps_over_it() -> None:
    # Samoa had no 30 December 2011: it went to the other side of the date line at midnight.
    assert wall.first(on_the_wall("2011-12-30T12:00"), SAMOA) == times.parse("2011-12-30T10:00:00Z")


def test_what_the_clock_shows_has_no_zone_and_does_not_say_which_of_two_times_it_is() -> None:
    shown = [wall.shown(times.parse(f"2026-10-25T{hour}:30:00Z"), BERLIN) for hour in ("00", "01")]
    assert shown == [on_the_wall("2026-10-25T02:30")] * 2
    assert [(one.tzinfo, one.fold) for one in shown] == [(None, 0)] * 2


def spans(begin: str, end: str, zone: ZoneInfo = BERLIN) -> list[Span]:
    return list(wall.spans(times.parse(begin), times.parse(end), zone))


def test_a_time_is_cut_where_the_clock_is_changed() -> None:
    begin, change, end = map(times.parse, ("2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T12:00:00Z"))
    assert spans("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z") == [
        Span(begin, change, HOUR),
        Span(change, end, 2 * HOUR),
    ]


def test_a_year_has_three_parts_where_clocks_change_twice_and_else_one() -> None:
    year = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert [(times.text(one.begin), one.offset / HOUR) for one in spans(*year)] == [
        ("2026-01-01T00:00:00.000Z", 1),
        ("2026-03-29T01:00:00.000Z", 2),
        ("2026-10-25T01:00:00.000Z", 1),
    ]
    assert [one.offset for one in spans(*year, UTC_ZONE)] == [timedelta(0)]


def test_no_part_is_empty_though_the_time_begins_or_ends_at_the_change() -> None:
    change = "2026-03-29T01:00:00Z"
    assert [one.offset / HOUR for one in spans(change, "2026-03-29T05:00:00Z")] == [2]
    assert [one.offset / HOUR for one in spans("2026-03-28T05:00:00Z", change)] == [1]
    assert [one.offset / HOUR for one in spans("2026-03-29T00:59:59Z", "2026-03-29T01:00:01Z")] == [1, 2]
    assert spans(change, change) == []


def test_a_part_may_begin_between_two_seconds_and_the_change_is_on_the_second() -> None:
    first, second = spans("2026-03-28T22:17:03.250Z", "2026-03-29T09:00:00Z")
    assert first.begin == times.parse("2026-03-28T22:17:03.250Z")
    assert first.end == second.begin == times.parse("2026-03-29T01:00:00Z")
