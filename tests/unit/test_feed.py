"""A schedule as a calendar, read with the library by which others read it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from icalendar import Calendar

from tests.examples import NOW
from tocsin import feed
from tocsin.oncall import Shift
from tocsin.schedule import Schedule

BEGIN = NOW.replace(microsecond=0)
WEEK = timedelta(days=7)
TURN = Shift(BEGIN, BEGIN + WEEK, "ada", source="0#0")
NAMES = {"ada": "Ada, Countess; of Lovelace"}


def a_schedule(**fields: Any) -> Schedule:
    named = {"schedule_id": "s", "name": "Payments", "time_zone": "Europe/Berlin"}
    return Schedule.model_validate(named | {"created_at": NOW - WEEK, "updated_at": NOW} | fields)


def read(*shifts: Shift, tenant: str = "acme", names: Mapping[str, str] = NAMES, **fields: Any) -> Any:
    return Calendar.from_ical(feed.text(tenant, a_schedule(**fields), shifts, names))


def uid(shift: Shift, **how: Any) -> str:
    (event,) = read(shift, **how).events
    return str(event["uid"])


def test_a_calendar_says_what_it_is_and_how_often_to_look_again() -> None:
    calendar = read(TURN)
    said = {name: str(calendar[name]) for name in ("prodid", "version", "method", "name", "x-wr-calname")}
    assert said == {
        "prodid": "-//Tocsin//On call//EN",
        "version": "2.0",
        "method": "PUBLISH",
        "name": "Payments",
        "x-wr-calname": "Payments",
    }
    text = feed.text("acme", a_schedule(), [], {}).decode().split("\r\n")
    assert {"REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"} <= set(text)


def test_a_turn_is_an_event_by_the_name_that_its_person_is_called() -> None:
    (event,) = read(TURN).events
    assert str(event["summary"]) == "Ada, Countess; of Lovelace on call: Payments"
    assert (event.start, event.end, event["dtstamp"].dt) == (BEGIN, BEGIN + WEEK, BEGIN)
    assert event.start.utcoffset() == timedelta(0)
    assert str(event["transp"]) == "TRANSPARENT"
    (event,) = read(TURN, names={}).events
    assert str(event["summary"]) == "ada on call: Payments"


def test_a_gap_is_no_event_and_what_comes_after_it_is_one() -> None:
    gap = Shift(BEGIN, BEGIN + WEEK, None)
    later = Shift(BEGIN + WEEK, BEGIN + 2 * WEEK, "ada", source="0#1")
    assert [event.start for event in read(gap, later).events] == [BEGIN + WEEK]


def test_an_event_is_another_for_each_turn_person_schedule_and_company() -> None:
    names = [
        uid(TURN),
        uid(TURN, tenant="other"),
        uid(TURN, schedule_id="t"),
        uid(Shift(BEGIN, BEGIN + WEEK, "ada", source="0#1")),
        uid(Shift(BEGIN + WEEK, BEGIN + 2 * WEEK, "ada", source="0#0")),
        uid(Shift(BEGIN, BEGIN + WEEK, "bob", source="0#0")),
    ]
    assert len(set(names)) == len(names)


def test_an_event_keeps_its_name_when_its_end_moves_and_over_a_deployment() -> None:
    shorter = Shift(BEGIN, BEGIN + timedelta(hours=1), "ada", missing="bob", source="0#0")
    assert uid(shorter) == uid(TURN, name="Renamed", updated_at=NOW + WEEK)
    assert uid(shorter) == "a37d22167486d26032e749d6f1c9d0e4@tocsin"
