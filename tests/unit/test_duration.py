from datetime import timedelta
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tocsin import duration
from tocsin.duration import Duration, between


class Step(BaseModel):
    wait: Annotated[Duration, between("10s", "7d")]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h30m", 5_400), ("7d", 604_800), ("0s", 0), ("1d1h1m1s", 90_061), ("90m", 5_400)],
)
def test_durations_are_read_as_prometheus_writes_them(text: str, seconds: int) -> None:
    assert duration.parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "0",
        "m",
        "5 m",
        " 5m",
        "5m\n",
        "-5m",
        "+5m",
        "1.5h",
        "30m1h",
        "5m5m",
        "1w",
        "100ms",
        "5M",
        "\u0665m",
        "1_0s",
    ],
)
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        duration.parse(text)


def test_a_duration_that_nothing_could_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        duration.parse("999999999d999999999h")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (0.9, "0s"), (60, "1m"), (90, "1m30s"), (5_400, "1h30m"), (604_800, "7d")]
)
def test_a_duration_is_written_in_its_shortest_form(seconds: float, text: str) -> None:
    assert duration.text(timedelta(seconds=seconds)) == text


def test_a_negative_duration_is_not_written() -> None:
    with pytest.raises(ValueError, match="negative"):
        duration.text(timedelta(seconds=-1))


@given(st.integers(min_value=0, max_value=10**10))
def test_what_is_written_is_read_back(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert duration.parse(duration.text(value)) == value


def test_a_field_reads_and_writes_the_text() -> None:
    step = Step.model_validate({"wait": "90s"})
    assert step.wait == timedelta(seconds=90)
    assert step.model_dump_json() == '{"wait":"1m30s"}'
    assert Step(wait=timedelta(minutes=1)).model_dump() == {"wait": "1m"}


@pytest.mark.parametrize("wait", ["9s", "7d1s", "0s"])
def test_a_bound_names_both_ends(wait: str) -> None:
    with pytest.raises(ValidationError, match="must be from 10s to 7d"):
        Step.model_validate({"wait": wait})


@pytest.mark.parametrize("wait", ["10s", "7d"])
def test_both_ends_are_allowed(wait: str) -> None:
    assert Step.model_validate({"wait": wait}).model_dump() == {"wait": wait}


def test_a_bound_is_checked_and_shown_as_it_was_written() -> None:
    class Nap(BaseModel):  # made here: a model reads its bounds when it is made
        wait: Annotated[Duration, between("90s", "2h")]

    assert [Nap.model_validate({"wait": wait}).model_dump() for wait in ("90s", "2h")] == [
        {"wait": "1m30s"},
        {"wait": "2h"},
    ]
    for wait in ("89s", "2h1s"):
        with pytest.raises(ValidationError, match="must be from 90s to 2h"):
            Nap.model_validate({"wait": wait})
    shown = Nap.model_json_schema()["properties"]["wait"]
    assert (shown["type"], shown["description"]) == ("string", "A duration from 90s to 2h.")


@pytest.mark.parametrize("wait", [300, None, ["5m"], True])
def test_a_number_is_no_duration(wait: object) -> None:
    with pytest.raises(ValidationError, match="a duration is a string"):
        Step.model_validate({"wait": wait})


def test_the_json_schema_is_a_string_with_its_bounds() -> None:
    field = Step.model_json_schema()["properties"]["wait"]
    assert field["type"] == "string"
    assert "10s to 7d" in field["description"]
    assert field["examples"]
