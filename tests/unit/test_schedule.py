"""What a schedule may say, and what is shown of it."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.examples import NOW
from tocsin import times
from tocsin.schedule import FeedKey, Layer, NewOverride, Override, Schedule, in_calendar

LAYER: dict[str, Any] = {"users": ["ada"], "start": "2026-01-05"}
MOMENT = timedelta(milliseconds=1)


def refusal(model: type[Layer] | type[NewOverride], **fields: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(fields)
    (error,) = refused.value.errors()
    return str(error["msg"]).removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("rotation", "hours"),
    [("daily", 24), ("weekly", 168), ("hours:1", 1), ("hours:12", 12), ("hours:8784", 8784)],
)
def test_a_turn_takes_a_day_a_week_or_so_many_hours(rotation: str, hours: int) -> None:
    assert Layer.model_validate(LAYER | {"rotation": rotation}).hours == hours


@pytest.mark.parametrize(
    "rotation", ["", "monthly", "hours:0", "hours:012", "hours:8785", "hours:", "hours:-1", "hours:1.5", "DAILY", "24"]
)
def test_what_is_no_rotation_is_told_with_those_there_are(rotation: str) -> None:
    told = "A rotation is daily, weekly, or such as hours:12, up to hours:8784."
    assert refusal(Layer, **LAYER, rotation=rotation) == told


def test_a_layer_starts_within_the_calendar() -> None:
    for start in ("1971-01-01", "2198-12-31"):
        assert Layer.model_validate(LAYER | {"start": start}).start == start
    for start in ("1970-12-31", "2199-01-01"):
        assert refusal(Layer, **LAYER | {"start": start}) == "A layer starts between the years 1970 and 2199."
    assert "day is out of range" in refusal(Layer, **LAYER | {"start": "2026-02-30"})


def test_a_layer_counts_in_parts_of_the_week_or_always() -> None:
    assert Layer.model_validate(LAYER).week == ()
    restricted = Layer.model_validate(LAYER | {"restrict": [{"days": ["mon"], "from": "09:00", "to": "18:00"}]})
    assert restricted.week == ((540, 1080),)


def test_nobody_plans_for_times_that_are_farther_away() -> None:
    for text in ("1971-01-01T00:00:00Z", "2198-12-31T23:59:59Z"):
        assert in_calendar(times.parse(text)) == times.parse(text)
    for text in ("1970-12-31T23:59:59Z", "2199-01-01T00:00:00Z"):
        with pytest.raises(ValueError, match=r"^Times are between the years 1970 and 2199\.$"):
            in_calendar(times.parse(text))


def an_override(length: timedelta) -> dict[str, Any]:
    return {"user": "ada", "from": times.text(NOW), "to": times.text(NOW + length)}


def test_an_override_goes_forward_and_lasts_a_year_at_most() -> None:
    for length in (MOMENT, timedelta(days=366)):
        assert NewOverride.model_validate(an_override(length)).end == NOW + length
    assert refusal(NewOverride, **an_override(timedelta(0))) == "to: an override ends after it begins."
    assert refusal(NewOverride, **an_override(-MOMENT)) == "to: an override ends after it begins."
    told = "to: an override is for 366 days at most."
    assert refusal(NewOverride, **an_override(timedelta(days=366) + MOMENT)) == told


def test_an_override_is_stored_under_the_names_that_the_api_has() -> None:
    one = Override.model_validate({"override_id": "o", **an_override(MOMENT), "created_at": NOW})
    assert one.fields()["from"] == times.text(NOW)


def test_a_schedule_is_shown_without_the_keys_of_its_feed() -> None:
    named = {"schedule_id": "s", "name": "S", "team": "ops", "time_zone": "Europe/Berlin", "layers": [LAYER]}
    key = FeedKey(key_id="k", created_at=NOW, sha256="secret")
    one = Schedule.model_validate(named | {"created_at": NOW, "updated_at": NOW, "keys": {"k": key}})
    shown = one.shown().model_dump(mode="json")
    assert (shown["schedule_id"], shown["team"], shown["layers"][0]["users"]) == ("s", "ops", ["ada"])
    assert "secret" not in str(one.shown())
    assert "keys" not in shown
    assert one.zone.key == "Europe/Berlin"
