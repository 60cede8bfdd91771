"""A user's own rule: by what somebody is paged, when, and how long quiet hours last."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.examples import NOW, a_method, a_user
from tests.unit.minutes import NAMES, shows
from tocsin import own_rule, times
from tocsin.own_rule import OwnRule
from tocsin.user import User

SMS, MAIL = a_method("sms"), a_method("email")
IN_TWO_MINUTES = NOW + timedelta(minutes=2)


def a_person(rule: dict[str, Any] | None = None, *, zone: str = "UTC", **fields: Any) -> User:
    """Return a user with a number and an e-mail address, and with an own rule."""
    return a_user("ada", SMS, MAIL).model_copy(update={"rule": rule, "time_zone": zone} | fields)


def ways(
    user: User,
    *,
    named: tuple[str, ...] | None = None,
    severity: str = "sev1",
    of_severity: tuple[str, ...] | None = None,
    at: datetime = NOW,
) -> list[tuple[str, datetime | None, bool]]:
    """Return by which channels a user is paged, from when on, and whether quiet hours hold it back."""
    found = own_rule.ways(user, named, severity, of_severity, at)
    return [(way.method.channel, way.not_before, way.held) for way in found]


def reasons(user: User, **how: Any) -> set[str]:
    asked = {"named": None, "severity": "sev1", "of_severity": None, "now": NOW} | how
    return {way.because for way in own_rule.ways(user, **asked)}


# --- by what

RULE: dict[str, Any] = {
    "default": [{"channel": "email"}, {"channel": "sms", "after": "2m"}],
    "by_severity": {"sev1": [{"channel": "sms"}]},
}


def test_the_steps_channels_come_before_everything_and_at_once() -> None:
    assert ways(a_person(RULE), named=("email",), of_severity=("sms",)) == [("email", None, False)]
    assert reasons(a_person(RULE), named=("email",)) == {"by the step's channels"}
    assert ways(a_person(RULE), named=("voice",)) == []


def test_the_own_rule_for_the_severity_comes_before_the_own_rule_for_all() -> None:
    assert ways(a_person(RULE), of_severity=("email",)) == [("sms", None, False)]
    assert reasons(a_person(RULE)) == {"by the own rule for severity sev1"}


def test_the_own_rule_comes_before_the_severitys_channels_and_says_when_each_channel_comes() -> None:
    found = ways(a_person(RULE), severity="sev2", of_severity=("sms",))
    assert found == [("sms", IN_TWO_MINUTES, False), ("email", None, False)]
    assert reasons(a_person(RULE), severity="sev2") == {"by the own rule"}


def test_a_part_of_the_own_rule_by_which_nobody_can_be_reached_gives_way_to_the_next() -> None:
    only_mail = a_user("ada", MAIL).model_copy(update={"rule": RULE})
    assert ways(only_mail) == [("email", None, False)]
    assert reasons(only_mail) == {"by the own rule"}
    voice = {"default": [{"channel": "sms"}]}
    assert reasons(a_user("ada", MAIL).model_copy(update={"rule": voice}), of_severity=("email",)) == {
        "by the channels of severity sev1"
    }


def test_without_an_own_rule_the_severitys_channels_count_and_else_every_method() -> None:
    assert ways(a_person(), of_severity=("email",)) == [("email", None, False)]
    assert reasons(a_person(), of_severity=("email",)) == {"by the channels of severity sev1"}
    assert ways(a_person()) == ways(a_person({})) == [("sms", None, False), ("email", None, False)]
    assert reasons(a_person()) == {"by every verified method"}


@pytest.mark.parametrize("stored", [{"quiet": "always"}, {"default": [{"channel": "sms"}] * 2}, {"nosuch": 1}])
def test_a_rule_that_cannot_be_read_any_more_keeps_no_page_back(stored: dict[str, Any]) -> None:
    assert own_rule.of(a_person(stored)) is None
    assert ways(a_person(stored)) == [("sms", None, False), ("email", None, False)]


def test_who_wants_to_be_told_what_others_do_says_so_in_the_own_rule() -> None:
    follows = {way.follows for way in own_rule.ways(a_person({"updates": ["email"]}), None, "sev1", None, NOW)}
    assert follows == {True}
    for rule in (None, {}, RULE):
        assert {way.follows for way in own_rule.ways(a_person(rule), None, "sev1", None, NOW)} == {False}


# --- quiet hours


def quiet(*windows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"quiet": list(windows)} | fields


# Sunday 20:28 in UTC, 21:28 in Berlin.
EVENING = {"from": "20:00", "to": "22:00"}


def test_a_page_in_quiet_hours_is_held_back_until_they_end_and_says_so() -> None:
    end = times.parse("2026-11-22T22:00:00Z")
    assert ways(a_person(quiet(EVENING))) == [("sms", end, True), ("email", end, True)]
    assert reasons(a_person(quiet(EVENING))) == {"by every verified method, when quiet hours have ended"}
    assert ways(a_person(quiet(EVENING)), named=("sms",)) == [("sms", end, True)]


def test_a_user_who_sleeps_follows_all_the_same() -> None:
    found = own_rule.ways(a_person(quiet(EVENING, updates=["email"])), None, "sev1", None, NOW)
    assert {(way.held, way.follows) for way in found} == {(True, True)}


def test_quiet_hours_are_told_by_the_clock_of_the_users_time_zone() -> None:
    assert ways(a_person(quiet(EVENING), zone="Europe/Berlin"))[0][1] == times.parse("2026-11-22T21:00:00Z")
    assert ways(a_person(quiet(EVENING), zone="Asia/Tokyo"))[0] == ("sms", None, False)


def test_a_severity_that_is_let_through_wakes() -> None:
    night = quiet({**EVENING, "let_through": ["sev1"]}, {"from": "20:00", "to": "21:00", "let_through": ["sev2"]})
    assert ways(a_person(night))[0][1] == times.parse("2026-11-22T21:00:00Z")
    assert ways(a_person(night), severity="sev2")[0][1] == times.parse("2026-11-22T22:00:00Z")
    assert ways(a_person(quiet({**EVENING, "let_through": ["sev1"]})))[0] == ("sms", None, False)


def test_what_comes_later_is_held_back_if_its_own_time_is_quiet() -> None:
    later = {"from": "20:30", "to": "21:00"}
    rule = quiet(later, default=[{"channel": "email"}, {"channel": "sms", "after": "2m"}])
    assert ways(a_person(rule)) == [("sms", times.parse("2026-11-22T21:00:00Z"), True), ("email", None, False)]


def quiet_until(rule: dict[str, Any], at: str, *, zone: str = "UTC") -> str | None:
    user = a_person(rule, zone=zone)
    end = own_rule.quiet_until(user, own_rule.of(user), "sev1", times.parse(at))
    return times.text(end) if end else None


def test_quiet_hours_begin_two_seconds_early_for_clocks_differ() -> None:
    found = [quiet_until(quiet(EVENING), f"2026-11-22T19:59:{second}Z") for second in ("57.999", "58.000")]
    assert found == [None, "2026-11-22T22:00:00.000Z"]
    found = [quiet_until(quiet(EVENING), f"2026-11-22T21:59:{second}Z") for second in ("57.999", "58.000")]
    assert found == ["2026-11-22T22:00:00.000Z", None]


def test_windows_that_touch_are_one_quiet_time() -> None:
    night = quiet({"from": "20:00", "to": "00:00"}, {"from": "00:00", "to": "07:00"})
    assert quiet_until(night, "2026-11-22T21:00:00Z") == "2026-11-23T07:00:00.000Z"


def test_a_quiet_time_over_the_end_of_the_week_ends_in_the_next_one() -> None:
    weekend = quiet({"days": ["sat", "sun"]}, {"days": ["mon"], "to": "07:00"})
    assert quiet_until(weekend, "2026-11-21T12:00:00Z") == "2026-11-23T07:00:00.000Z"


def test_almost_a_whole_week_may_be_quiet() -> None:
    open_hour = [{"days": [day]} for day in NAMES[1:]] + [{"days": ["mon"], "from": "01:00"}]
    assert quiet_until(quiet(*open_hour), "2026-11-23T01:00:00Z") == "2026-11-30T00:00:00.000Z"


def test_quiet_hours_last_an_hour_longer_or_shorter_when_clocks_change() -> None:
    night = quiet({"from": "22:00", "to": "07:00"})
    assert quiet_until(night, "2026-03-28T22:00:00Z", zone="Europe/Berlin") == "2026-03-29T05:00:00.000Z"
    assert quiet_until(night, "2026-10-24T22:00:00Z", zone="Europe/Berlin") == "2026-10-25T06:00:00.000Z"


def test_quiet_hours_that_end_while_the_clock_is_put_forward_end_where_it_jumps() -> None:
    assert quiet_until(quiet({"from": "22:00", "to": "02:30"}), "2026-03-28T23:00:00Z", zone="Europe/Berlin") == (
        "2026-03-29T01:00:00.000Z"
    )


times_of_day = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")
windows = st.fixed_dictionaries(
    {"days": st.lists(st.sampled_from(NAMES), min_size=1, unique=True), "from": times_of_day, "to": times_of_day}
)


@given(st.lists(windows, min_size=1, max_size=3), st.integers(0, 7 * 96))
def test_quiet_hours_end_at_the_first_quarter_at_which_the_clock_shows_none(
    found: list[dict[str, Any]], quarter: int
) -> None:
    try:
        rule = OwnRule.model_validate(quiet(*found))
    except ValidationError:
        return  # it leaves less than an hour of the week
    clock = datetime(2026, 11, 16) + quarter * timedelta(minutes=15)  # noqa: DTZ001
    end = clock
    while any(shows(window, end) for window in found):
        end += timedelta(minutes=15)
    at = clock.replace(tzinfo=NOW.tzinfo)
    until = own_rule.quiet_until(a_person(), rule, "sev1", at)
    assert until == (end.replace(tzinfo=NOW.tzinfo) if end > clock else None)


# --- what may be set


def test_quiet_hours_leave_an_hour_of_the_week() -> None:
    week = [{"days": [day]} for day in NAMES[1:]]
    assert OwnRule.model_validate(quiet(*week, {"days": ["mon"], "from": "01:00"}))
    with pytest.raises(ValidationError, match="quiet: quiet hours leave at least an hour of the week"):
        OwnRule.model_validate(quiet(*week, {"days": ["mon"], "from": "00:59"}))


def test_each_channel_stands_once_in_an_order() -> None:
    for orders in ([], [{"channel": "sms"}, {"channel": "sms", "after": "1m"}]):
        with pytest.raises(ValidationError, match="Name each channel once"):
            OwnRule.model_validate({"default": orders})
    assert OwnRule.model_validate(RULE).model_dump(exclude_defaults=True)["default"][1] == {
        "channel": "sms",
        "after": "2m",
    }
