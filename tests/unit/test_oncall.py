"""Who is on call: dates that were worked out by hand, and a year that is watched step by step."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.minutes import NAMES, watched
from tocsin import oncall, times, wall, window
from tocsin.oncall import Rota, Shift
from tocsin.schedule import Override, Schedule

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Asia/Kathmandu",  # 5:45 ahead, no daylight saving
    "Pacific/Apia",
    "Africa/Cairo",  # clocks change at midnight
    "America/Santiago",  # the same, and southern
    "Africa/Casablanca",  # put back for Ramadan
    "UTC",
)


def a_layer(*users: str, **fields: Any) -> dict[str, Any]:
    return {"users": list(users), "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"} | fields


def a_rota(*layers: dict[str, Any], zone: str = "Europe/Berlin", overrides: tuple[Override, ...] = ()) -> Rota:
    at = "2026-01-01T00:00:00Z"
    made = {"schedule_id": "s", "name": "s", "time_zone": zone, "created_at": at, "updated_at": at}
    return Rota(Schedule.model_validate(made | {"layers": list(layers)}), overrides)


def an_override(user: str, begin: str, end: str, *, made: str = "2026-01-01T00:00:00Z", name: str = "o") -> Override:
    fields = {"override_id": name, "user": user, "from": begin, "to": end, "created_at": made}
    return Override.model_validate(fields)


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    """Return the moment of a time with an offset, or of one on the wall."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def told(rota: Rota, begin: str, end: str, **how: Any) -> list[tuple[str, str, str | None]]:
    """Return the shifts of different people, with times as the wall shows them."""
    zone = rota.schedule.zone
    found = oncall.people(oncall.shifts(rota, local(begin), local(end), **how))
    return [(_shown(one.begin, zone), _shown(one.end, zone), one.user) for one in found]


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="minutes")


def who(rota: Rota, moment: datetime) -> str | None:
    return next(iter(oncall.candidates(rota, moment)), None)


def hours(rota: Rota, begin: str, end: str) -> list[float]:
    return [(one.end - one.begin) / timedelta(hours=1) for one in oncall.shifts(rota, local(begin), local(end))]


# --- nights on which clocks change


def test_a_hand_off_stays_at_nine_when_clocks_go_forward_and_that_shift_is_an_hour_shorter() -> None:
    rota = a_rota(a_layer("ada", "bob"))
    assert told(rota, "2026-03-27T09:00", "2026-03-31T09:00") == [
        ("2026-03-27T09:00+01:00", "2026-03-28T09:00+01:00", "bob"),
        ("2026-03-28T09:00+01:00", "2026-03-29T09:00+02:00", "ada"),
        ("2026-03-29T09:00+02:00", "2026-03-30T09:00+02:00", "bob"),
        ("2026-03-30T09:00+02:00", "2026-03-31T09:00+02:00", "ada"),
    ]
    assert hours(rota, "2026-03-27T09:00", "2026-03-31T09:00") == [24, 23, 24, 24]


def test_and_an_hour_longer_when_they_go_back() -> None:
    assert hours(a_rota(a_layer("ada", "bob")), "2026-10-23T09:00", "2026-10-27T09:00") == [24, 25, 24, 24]


@pytest.mark.parametrize(
    ("zone", "begin", "lengths"),
    [
        ("America/New_York", "2026-03-07T09:00", [23, 24]),
        ("America/New_York", "2026-10-31T09:00", [25, 24]),
        ("Australia/Lord_Howe", "2026-04-04T09:00", [24.5, 24]),
        ("Australia/Lord_Howe", "2026-10-03T09:00", [23.5, 24]),
        ("Africa/Cairo", "2026-04-23T09:00", [23, 24]),
        ("America/Santiago", "2026-04-04T09:00", [25, 24]),
        ("Asia/Kathmandu", "2026-03-28T09:00", [24, 24]),
    ],
)
def test_the_same_in_other_parts_of_the_world(zone: str, begin: str, lengths: list[float]) -> None:
    rota = a_rota(a_layer("ada", "bob"), zone=zone)
    since = local(begin, zone)
    until = wall.first(datetime.fromisoformat(begin) + timedelta(days=2), rota.schedule.zone)
    found = [(one.end - one.begin) / timedelta(hours=1) for one in oncall.shifts(rota, since, until)]
    assert found == lengths


def test_a_weekly_shift_is_an_hour_shorter_or_longer_too() -> None:
    rota = a_rota(a_layer("ada", "bob", rotation="weekly"))
    assert hours(rota, "2026-03-23T09:00", "2026-04-06T09:00") == [167, 168]
    assert hours(rota, "2026-10-19T09:00", "2026-11-02T09:00") == [169, 168]


def test_a_hand_off_at_a_time_that_is_left_out_is_where_the_clock_jumps_over_it() -> None:
    rota = a_rota(a_layer("ada", "bob", handoff="02:30"))
    begins = [one.begin for one in oncall.shifts(rota, local("2026-03-28T02:30"), local("2026-03-31T02:30"))]
    assert begins == [local(f"2026-03-{time}") for time in ("28T02:30+01:00", "29T03:00+02:00", "30T02:30+02:00")]


def test_a_hand_off_at_a_time_that_comes_twice_is_at_the_first() -> None:
    rota = a_rota(a_layer("ada", "bob", handoff="02:30"))
    begins = [one.begin for one in oncall.shifts(rota, local("2026-10-24T02:30"), local("2026-10-27T02:30"))]
    assert begins == [local(f"2026-10-{time}") for time in ("24T02:30+02:00", "25T02:30+02:00", "26T02:30+01:00")]
    second_time_two = local("2026-10-25T02:10+01:00")
    assert who(rota, second_time_two) == who(rota, local("2026-10-25T02:40+02:00"))


def test_where_midnight_is_left_out_the_hand_off_is_at_one() -> None:
    rota = a_rota(a_layer("ada", "bob", handoff="00:00"), zone="Africa/Cairo")
    shift = next(oncall.shifts(rota, local("2026-04-24T01:00+03:00"), local("2026-04-25T00:00+03:00")))
    assert shift.begin.isoformat() == "2026-04-24T01:00:00+03:00"
    assert who(rota, local("2026-04-23T23:59+02:00")) != who(rota, local("2026-04-24T01:00+03:00"))


def test_where_midnight_is_put_off_the_hand_off_waits_for_it() -> None:
    # In Santiago clocks went back at 24:00 of 4 April 2026, to 23:00 of the same day.
    rota = a_rota(a_layer("ada", "bob", handoff="00:00"), zone="America/Santiago")
    begins = [
        one.begin for one in oncall.shifts(rota, local("2026-04-04T12:00-03:00"), local("2026-04-05T12:00-04:00"))
    ]
    assert begins[1:] == [local("2026-04-05T00:00-04:00")]


def test_a_day_that_a_country_leaves_out_is_nobodys() -> None:
    # Samoa went from 29 to 31 December 2011: whose turn the 30th was has nine hours of the 31st.
    rota = a_rota(a_layer("ada", "bob", "cyd", start="2011-12-27"), zone="Pacific/Apia")
    found = list(oncall.shifts(rota, local("2011-12-28T09:00-10:00"), local("2012-01-01T09:00+14:00")))
    assert [(one.user, (one.end - one.begin) / timedelta(hours=1)) for one in found] == [
        ("bob", 24),
        ("cyd", 15),
        ("ada", 9),
        ("bob", 24),
    ]


def test_hours_are_counted_on_the_wall_so_that_hand_offs_stay_where_they_are() -> None:
    rota = a_rota(a_layer("ada", "bob", rotation="hours:12"))
    assert hours(rota, "2026-03-28T09:00", "2026-03-30T09:00") == [12, 11, 12, 12]
    assert hours(rota, "2026-10-24T09:00", "2026-10-26T09:00") == [12, 13, 12, 12]


def test_of_an_hour_that_is_left_out_the_turn_is_left_out() -> None:
    rota = a_rota(a_layer("ada", "bob", "cyd", rotation="hours:1", handoff="00:00", start="2026-03-29"))
    assert [one.user for one in oncall.shifts(rota, local("2026-03-29T00:00"), local("2026-03-29T04:00"))] == [
        "ada",
        "bob",
        "ada",
    ]


# --- rotations


def test_users_take_turns_in_their_order_from_the_start_on() -> None:
    rota = a_rota(a_layer("ada", "bob", "cyd", rotation="weekly"))
    assert who(rota, local("2026-01-05T08:59")) is None
    found = [
        who(rota, local(f"2026-01-{day}T{time}")) for day, time in (("05", "09:00"), ("12", "08:59"), ("12", "09:00"))
    ]
    assert [*found, who(rota, local("2026-01-19T09:00")), who(rota, local("2026-01-26T09:00"))] == [
        "ada",
        "ada",
        "bob",
        "cyd",
        "ada",
    ]


def test_a_weekly_hand_off_is_on_the_weekday_of_the_start() -> None:
    rota = a_rota(a_layer("ada", "bob", rotation="weekly", start="2026-01-07"))
    begins = [one.begin.weekday() for one in oncall.shifts(rota, local("2026-01-07T09:00"), local("2026-03-01T09:00"))]
    assert set(begins) == {2}


def test_before_a_layer_starts_and_where_no_layer_is_there_is_a_gap() -> None:
    rota = a_rota(a_layer("ada", start="2026-06-01"))
    assert [one[2] for one in told(rota, "2026-05-01T00:00", "2026-07-01T00:00")] == [None, "ada"]
    assert [one[2] for one in told(a_rota(), "2026-05-01T00:00", "2026-07-01T00:00")] == [None]


def test_one_persons_turns_in_a_row_are_one_shift() -> None:
    rota = a_rota(a_layer("ada", "ada", "bob"))
    assert len(told(rota, "2026-01-05T09:00", "2026-01-11T09:00")) == 4
    assert len(list(oncall.shifts(rota, local("2026-01-05T09:00"), local("2026-01-11T09:00")))) == 6


# --- restrictions and layers


def test_a_layer_that_is_restricted_leaves_gaps_and_its_turns_go_on() -> None:
    office = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}
    rota = a_rota(a_layer("ada", "bob", handoff="08:00", restrict=[office]))
    found = [(one[0][:16], one[2]) for one in told(rota, "2026-01-08T08:00", "2026-01-12T12:00")]
    assert found == [
        ("2026-01-08T08:00", "bob"),
        ("2026-01-08T18:00", None),
        ("2026-01-09T08:00", "ada"),
        ("2026-01-09T18:00", None),
        ("2026-01-12T08:00", "bob"),
    ]


def test_a_window_may_pass_midnight_and_belongs_to_the_day_it_begins_on() -> None:
    rota = a_rota(a_layer("ada", restrict=[{"days": ["sun"], "from": "22:00", "to": "06:00"}]))
    found = [(one[0][:16], one[1][:16]) for one in told(rota, "2026-01-10T00:00", "2026-01-14T00:00") if one[2]]
    assert found == [("2026-01-11T22:00", "2026-01-12T06:00")]


def test_a_window_in_an_hour_that_comes_twice_is_open_both_times() -> None:
    rota = a_rota(a_layer("ada", restrict=[{"from": "02:00", "to": "02:30"}]))
    found = [(one[0], one[1]) for one in told(rota, "2026-10-25T00:00", "2026-10-25T12:00") if one[2]]
    assert [(begin[11:16], end[11:16], begin[16:19]) for begin, end in found] == [
        ("02:00", "02:30", "+02"),
        ("02:00", "02:30", "+01"),
    ]


def test_the_later_layer_wins_and_where_it_has_nobody_the_earlier_one_is_seen() -> None:
    night = a_layer("cyd", restrict=[{"from": "20:00", "to": "08:00"}])
    rota = a_rota(a_layer("ada", "bob", rotation="weekly"), night)
    found = [(one[0][11:16], one[2]) for one in told(rota, "2026-01-06T08:00", "2026-01-07T09:00")]
    assert found == [("08:00", "ada"), ("20:00", "cyd"), ("08:00", "ada")]
    assert oncall.candidates(rota, local("2026-01-06T21:00")) == ["cyd", "ada"]


# --- overrides and those who are gone


def test_an_override_wins_over_all_layers_and_the_later_made_of_two_wins() -> None:
    early = an_override("bob", "2026-01-06T10:00:00Z", "2026-01-06T14:00:00Z", name="z")
    late = an_override("cyd", "2026-01-06T12:00:00Z", "2026-01-06T13:00:00Z", made="2026-01-02T00:00:00Z", name="a")
    rota = a_rota(a_layer("ada"), zone="UTC", overrides=(late, early))
    found = [one[2] for one in told(rota, "2026-01-06T09:00+00:00", "2026-01-06T15:00+00:00")]
    assert found == ["ada", "bob", "cyd", "bob", "ada"]


def test_who_was_deleted_is_missed_and_nobodys_turn_moves() -> None:
    rota = a_rota(a_layer("ada", "bob", "cyd"))
    before = told(rota, "2026-01-05T09:00", "2026-01-11T09:00")
    after = told(rota, "2026-01-05T09:00", "2026-01-11T09:00", gone={"bob"})
    assert after == [(begin, end, None if user == "bob" else user) for begin, end, user in before]
    missing = [
        one.missing for one in oncall.shifts(rota, local("2026-01-05T09:00"), local("2026-01-08T09:00"), gone={"bob"})
    ]
    assert missing == [None, "bob", None]


def test_who_comes_below_stands_in_for_who_was_deleted() -> None:
    absent = an_override("dan", "2026-01-06T10:00:00Z", "2026-01-06T14:00:00Z")
    rota = a_rota(a_layer("ada"), a_layer("bob"), zone="UTC", overrides=(absent,))
    found = list(oncall.shifts(rota, absent.begin, absent.end, gone={"dan", "bob"}))
    assert [(one.user, one.missing) for one in found] == [("ada", "dan")]
    assert oncall.candidates(rota, absent.begin) == ["dan", "bob", "ada"]


def test_an_override_is_over_at_its_end() -> None:
    cover = an_override("bob", "2026-01-06T10:00:00Z", "2026-01-06T14:00:00Z")
    rota = a_rota(a_layer("ada"), zone="UTC", overrides=(cover,))
    assert oncall.candidates(rota, cover.begin) == ["bob", "ada"]
    assert oncall.candidates(rota, cover.end) == ["ada"]


# --- turns, told from each other


def test_turns_of_one_person_are_told_from_each_other_by_layer_and_override() -> None:
    mornings, evenings = {"from": "08:00", "to": "12:00"}, {"from": "12:00", "to": "20:00"}
    covers = tuple(
        an_override("ada", f"2026-01-06T{begin}:00:00Z", f"2026-01-06T{end}:00:00Z", name=name)
        for begin, end, name in (("20", "21", "o1"), ("21", "22", "o2"))
    )
    layers = [a_layer("ada", handoff="00:00", restrict=[hours]) for hours in (mornings, evenings)]
    rota = a_rota(*layers, zone="UTC", overrides=covers)
    found = list(oncall.shifts(rota, local("2026-01-06T08:00+00:00"), local("2026-01-06T22:00+00:00")))
    assert [(one.user, one.source) for one in found] == [("ada", "0#1"), ("ada", "1#1"), ("ada", "o1"), ("ada", "o2")]
    together = list(oncall.people(found))
    assert [(one.begin.hour, one.end.hour, one.user, one.source) for one in together] == [(8, 22, "ada", "")]


def begins(moment: str, *layers: dict[str, Any]) -> datetime:
    return oncall.turns_begin(a_rota(*layers).schedule, local(moment))


def test_the_longest_turn_that_goes_on_began_at_a_hand_off() -> None:
    daily, weekly = a_layer("ada", "bob"), a_layer("cyd", rotation="weekly")
    assert begins("2026-01-15T12:00", daily) == local("2026-01-15T09:00")
    assert begins("2026-01-15T12:00", daily, weekly) == local("2026-01-12T09:00")
    assert begins("2026-01-05T09:00", daily) == local("2026-01-05T09:00")
    assert begins("2026-01-06T08:59", daily, weekly) == local("2026-01-05T09:00")


def test_where_no_turn_goes_on_yet_a_look_back_goes_no_further_than_the_moment() -> None:
    later = a_layer("ada", start="2026-06-01")
    assert begins("2026-01-15T12:00", later) == begins("2026-01-15T12:00") == local("2026-01-15T12:00")
    assert begins("2026-01-15T12:00", later, a_layer("bob")) == local("2026-01-15T09:00")


# --- a year, watched

times_of_day = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")
windows = st.fixed_dictionaries(
    {"days": st.lists(st.sampled_from(NAMES), min_size=1, unique=True), "from": times_of_day, "to": times_of_day}
)
layers = st.fixed_dictionaries(
    {
        "users": st.lists(st.sampled_from(["ada", "bob", "cyd", "dan"]), min_size=1, max_size=5),
        "rotation": st.one_of(
            st.sampled_from(["daily", "weekly"]), st.integers(1, 200).map(lambda count: f"hours:{count}")
        ),
        "handoff": times_of_day,
        "start": st.dates(datetime(2025, 12, 1).date(), datetime(2026, 12, 1).date()).map(str),  # noqa: DTZ001
        "restrict": st.one_of(st.just([]), st.lists(windows, max_size=2)),
    }
)
NEW_YEAR = datetime(2025, 11, 29, tzinfo=UTC)


def seen(shifts: list[Shift], moment: datetime) -> str | None:
    return next(one.user for one in shifts if one.begin <= moment < one.end)


@settings(max_examples=12, deadline=None)
@given(layers=st.lists(layers, min_size=1, max_size=3), zone=st.sampled_from(ZONES))
def test_a_year_of_shifts_is_what_somebody_sees_who_watches_the_clock(layers: list[dict[str, Any]], zone: str) -> None:
    check_a_year(layers, zone, timedelta(minutes=15))


def test_the_same_minute_by_minute() -> None:
    night = a_layer("cyd", "dan", handoff="02:17", rotation="hours:7", restrict=[{"from": "21:59", "to": "06:01"}])
    check_a_year(
        [a_layer("ada", "bob", handoff="02:31", rotation="weekly"), night], "Australia/Lord_Howe", timedelta(minutes=1)
    )


def check_a_year(layers: list[dict[str, Any]], zone: str, step: timedelta) -> None:
    """Compare every moment of a year: the shifts, one after the other, and now and then the answer to one question."""
    rota = a_rota(*layers, zone=zone)
    end = NEW_YEAR + timedelta(days=400)
    shifts = oncall.shifts(rota, NEW_YEAR, end)
    shift = next(shifts)
    for number, (moment, found) in enumerate(watched(layers, zone, NEW_YEAR, end, step=step)):
        expected = next((user for user in reversed(found) if user is not None), None)
        while shift.end <= moment:
            following = next(shifts)
            assert following.begin == shift.end
            shift = following
        assert shift.user == expected, times.text(moment)
        if number % 31 == 0:
            assert who(rota, moment) == expected, times.text(moment)
    assert shift.end == end


def test_a_turn_of_an_hour_looks_at_few_of_the_many_parts_of_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of such turns is asked for in one request: what each costs must not grow with the restrictions."""
    looked_at = []

    def counted(**minutes: float) -> timedelta:
        looked_at.append(minutes)
        return timedelta(**minutes)

    often = [{"from": f"{hour:02d}:00", "to": f"{hour:02d}:30"} for hour in range(20)]
    rota = a_rota(a_layer("ada", rotation="hours:1", restrict=often))
    monkeypatch.setattr(window, "timedelta", counted)
    found = list(oncall.shifts(rota, local("2026-02-01T00:00"), local("2026-02-08T00:00")))
    assert len([one for one in found if one.user == "ada"]) == 7 * 20
    assert len(looked_at) < 10 * 7 * 24
