import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tocsin import times
from tocsin.times import Moment

offsets = st.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=offsets)  # noqa: DTZ001


class Snooze(BaseModel):
    until: Moment


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    berlin = timezone(timedelta(hours=1))
    assert times.text(datetime(2026, 11, 22, 21, 28, 28, 123_999, berlin)) == "2026-11-22T20:28:28.123Z"


def test_a_moment_is_written_and_read_in_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    berlin = timezone(timedelta(hours=1))
    with monkeypatch.context() as there:
        there.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert times.text(datetime(2026, 11, 22, 21, 28, 28, tzinfo=berlin)) == "2026-11-22T20:28:28.000Z"
        assert Snooze(until=datetime(2026, 11, 22, 21, 28, 28, tzinfo=berlin)).until.tzinfo is UTC
        assert times.parse("2026-11-22T21:28:28+01:00").tzinfo is UTC
    time.tzset()


def test_a_moment_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="time zone"):
        times.text(datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T20:28:28.123Z",
        "2026-11-22t20:28:28.123z",
        "2026-11-22 20:28:28.123999999+00:00",
        "2026-11-22T21:28:28.123+01:00",
        "2026-11-22T14:58:28.1230-05:30",
        "2026-11-22T20:28:28.1234Z",
    ],
)
def test_any_offset_is_read(text: str) -> None:
    assert times.parse(text) == datetime(2026, 11, 22, 20, 28, 28, 123_000, UTC)
    assert times.parse(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T20:28:28",
        "2026-11-22T20:28Z",
        "20261122T202828Z",
        "2026-11-22T20:28:28,1Z",
        "2026-11-22T20:28:28.Z",
        "2026-11-22T20:28:28+01",
        "2026-11-22T20:28:28Z\n",
        "1795379308",
        "2026-W47-7T20:28:28Z",
    ],
)
def test_what_is_not_rfc_3339_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an RFC 3339 time with an offset"):
        times.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:01Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T00:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_a_moment_that_never_is_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no such date"):
        times.parse(text)


@pytest.mark.parametrize(("fraction", "micros"), [(".5", 500_000), (".05", 50_000), (".0059", 5_000), ("", 0)])
def test_a_fraction_of_a_second_is_read_in_any_length(fraction: str, micros: int) -> None:
    assert times.parse(f"2026-11-22T20:28:28{fraction}Z").microsecond == micros


def test_the_zero_time_of_go_is_read() -> None:
    assert times.parse("0001-01-01T00:00:00Z") == datetime(1, 1, 1, tzinfo=UTC)


@given(moments)
def test_what_is_written_is_read_back_to_the_millisecond(moment: datetime) -> None:
    assert timedelta(0) <= moment - times.parse(times.text(moment)) < timedelta(milliseconds=1)


@given(moments, moments)
def test_texts_sort_as_their_moments(one: datetime, other: datetime) -> None:
    if times.parse(times.text(one)) < times.parse(times.text(other)):
        assert times.text(one) < times.text(other)


def test_a_field_reads_any_offset_and_writes_utc() -> None:
    snooze = Snooze.model_validate({"until": "2026-11-22T21:28:28+01:00"})
    assert snooze.model_dump_json() == '{"until":"2026-11-22T20:28:28.000Z"}'
    assert Snooze(until=datetime(2026, 1, 1, 0, 0, 0, 999, UTC)).until.microsecond == 0


@pytest.mark.parametrize("until", [1_795_379_308, None, datetime(2026, 1, 1)])  # noqa: DTZ001
def test_a_number_or_a_naive_moment_is_refused(until: object) -> None:
    with pytest.raises(ValidationError, match="a time is a string"):
        Snooze.model_validate({"until": until})
