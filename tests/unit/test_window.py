"""Windows of the week: which parts of it they cover together, and when the clock shows one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tocsin import times, window
from tocsin.wall import Span
from tocsin.window import DAYS, Window

HOUR = 60
DAY = 24 * HOUR
WEEK = 7 * DAY


def parts(*windows: dict[str, Any]) -> window.Parts:
    return window.parts([Window.model_validate(one) for one in windows])


@pytest.mark.parametrize(
    ("windows", "covered"),
    [
        ([], ()),
        ([{}], ((0, WEEK),)),
        ([{"days": ["mon"], "from": "09:00", "to": "18:00"}], ((9 * HOUR, 18 * HOUR),)),
        ([{"days": ["sun"]}], ((6 * DAY, WEEK),)),
        ([{"days": ["sun"], "to": "00:00"}], ((6 * DAY, WEEK),)),
        ([{"days": ["sun"], "from": "22:00", "to": "06:30"}], ((0, 6 * HOUR + 30), (6 * DAY + 22 * HOUR, WEEK))),
        ([{"days": ["tue"], "from": "09:00", "to": "09:00"}], ((DAY + 9 * HOUR, 2 * DAY + 9 * HOUR),)),
    ],
)
def test_a_window_covers_parts_of_the_week_and_may_pass_its_end(
    windows: list[dict[str, Any]], covered: window.Parts
) -> None:
    assert parts(*windows) == covered


def test_windows_that_touch_or_overlap_are_one_part() -> None:
    evening, night = {"days": ["mon"], "from": "20:00", "to": "24:00"}, {"days": ["tue"], "to": "07:00"}
    assert parts(night, evening) == ((20 * HOUR, 31 * HOUR),)
    assert parts({"days": ["mon"], "to": "12:00"}, {"days": ["mon"], "from": "09:00", "to": "10:00"}) == ((0, 720),)
    assert parts({"days": ["mon"], "to": "12:00"}, {"days": ["mon"], "from": "12:01"}) == ((0, 720), (721, 1440))


def test_a_part_of_the_week_is_shown_from_its_first_minute_on_and_not_in_its_last() -> None:
    week = parts({"days": ["wed"], "from": "09:00", "to": "09:30"})
    shown = [datetime.fromisoformat(f"2026-01-07T{time}") for time in ("08:59:59", "09:00:00", "09:29:59", "09:30:00")]
    assert [window.covers(week, one) for one in shown] == [False, True, True, False]
    assert not window.covers(week, shown[1] + timedelta(days=1))


def within(begin: str, end: str, *windows: dict[str, Any], offset: int = 1) -> list[tuple[str, str]]:
    span = Span(times.parse(begin), times.parse(end), timedelta(hours=offset))
    return [(times.text(since), times.text(until)) for since, until in window.within(parts(*windows), span)]


OFFICE = {"days": ["mon", "fri"], "from": "09:00", "to": "18:00"}


def test_the_times_of_a_span_at_which_the_wall_shows_a_window_are_moments() -> None:
    # Wednesday to Tuesday, an hour ahead of UTC.
    assert within("2026-01-07T12:00:00Z", "2026-01-13T12:00:00Z", OFFICE) == [
        ("2026-01-09T08:00:00.000Z", "2026-01-09T17:00:00.000Z"),
        ("2026-01-12T08:00:00.000Z", "2026-01-12T17:00:00.000Z"),
    ]


def test_a_window_is_cut_to_the_span_and_where_nothing_of_it_is_left_there_is_none() -> None:
    assert within("2026-01-09T10:00:00Z", "2026-01-09T11:00:00.500Z", OFFICE) == [
        ("2026-01-09T10:00:00.000Z", "2026-01-09T11:00:00.500Z")
    ]
    assert within("2026-01-09T17:00:00Z", "2026-01-12T08:00:00Z", OFFICE) == []
    # It is Monday already on the wall, and Sunday still in UTC.
    assert within("2026-01-11T23:00:00Z", "2026-01-12T00:00:00Z", {"days": ["mon"]}) == [
        ("2026-01-11T23:00:00.000Z", "2026-01-12T00:00:00.000Z")
    ]
    assert within("2026-01-11T22:00:00Z", "2026-01-11T23:00:00Z", {"days": ["mon"]}) == []


def test_a_day_is_named_once_and_at_least_one_is() -> None:
    assert Window.model_validate({}).days == list(DAYS)
    for days in (["mon", "mon"], []):
        with pytest.raises(ValidationError) as refused:
            Window.model_validate({"days": days})
        if days:
            assert refused.value.errors()[0]["msg"] == "Value error, Name each day once."
