import fnmatch
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tocsin import pattern
from tocsin.pattern import EventPattern

TICKET: dict[str, Any] = {
    "severity": "sev1",
    "title": "Checkout 5xx above 2%",
    "description": "",
    "source": "integration:cw",
    "dedup_key": None,
    "team": "payments",
    "labels": {"service": "checkout-api", "env": "Prod", "load": "4.5", "file": "/var/lib/a.png", "empty": ""},
}


class Rule(BaseModel):
    when: EventPattern


def label(name: str, entry: Any) -> dict[str, Any]:
    return {"labels": {name: [entry]}}


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"severity": ["sev2", "sev1"]},
        {"severity": ["sev1"], "team": ["payments"], "labels": {"service": [{"prefix": "checkout"}]}},
        {"description": [""]},
        {"dedup_key": [{"exists": False}]},
        {"title": [{"exists": True}]},
        {"labels": {"zone": [{"exists": False}], "env": ["Prod"]}},
        {"labels": {"zone": [{"exists": False}, "a"]}},
        label("empty", {"exists": True}),
        label("service", {"prefix": ""}),
        label("service", {"suffix": "-api"}),
        label("env", {"equals-ignore-case": "PROD"}),
        label("env", {"prefix": {"equals-ignore-case": "pR"}}),
        label("file", {"suffix": {"equals-ignore-case": ".PNG"}}),
        label("env", {"anything-but": "prod"}),
        label("env", {"anything-but": ["test", "dev"]}),
        label("env", {"anything-but": {"prefix": "test"}}),
        label("file", {"anything-but": {"suffix": [".jpg", ".gif"]}}),
        label("file", {"anything-but": {"wildcard": "/opt/*"}}),
        label("file", {"wildcard": "/var/*/a.*"}),
        label("file", {"wildcard": "*"}),
        label("load", {"numeric": ["=", 4.5]}),
        label("load", {"numeric": [">", 4, "<=", 4.5]}),
        {"$or": [{"severity": ["sev9"]}, {"labels": {"env": ["Prod"]}}]},
        {"severity": ["sev1"], "$or": [{"team": ["x"]}, {"source": [{"prefix": "integration:"}]}]},
    ],
    ids=json.dumps,
)
def test_the_pattern_matches_the_ticket(when: dict[str, Any]) -> None:
    assert pattern.matches(pattern.validate(when), TICKET)


@pytest.mark.parametrize(
    "when",
    [
        {"severity": ["SEV1"]},
        {"severity": ["sev1"], "team": ["other"]},
        {"dedup_key": ["x"]},
        {"dedup_key": [{"exists": True}]},
        {"dedup_key": [{"anything-but": "x"}]},
        {"dedup_key": [{"prefix": ""}]},
        {"title": [{"exists": False}]},
        label("zone", {"anything-but": "a"}),
        label("zone", {"wildcard": "*"}),
        label("env", {"anything-but": "Prod"}),
        label("env", {"anything-but": ["Prod", "dev"]}),
        label("env", {"anything-but": {"prefix": ["x", "Pr"]}}),
        label("env", {"anything-but": {"equals-ignore-case": ["prod"]}}),
        label("file", {"anything-but": {"wildcard": "*/lib/*"}}),
        label("file", {"wildcard": "*.jpg"}),
        label("file", {"wildcard": "/var/lib/a.pngg*"}),
        label("service", {"wildcard": "checkout-api*api"}),
        label("load", {"numeric": ["<", 4.5]}),
        label("load", {"numeric": [">=", 5, "<", 6]}),
        label("env", {"numeric": ["<", 5]}),
        {"$or": [{"severity": ["sev9"]}, {"team": ["x"]}]},
        {"severity": ["sev9"], "$or": [{"team": ["payments"]}, {"team": ["x"]}]},
    ],
    ids=json.dumps,
)
def test_the_pattern_does_not_match_the_ticket(when: dict[str, Any]) -> None:
    assert not pattern.matches(pattern.validate(when), TICKET)


def test_a_ticket_without_labels_has_none_of_them() -> None:
    assert pattern.matches({"labels": {"a": [{"exists": False}]}}, {"labels": None})
    assert not pattern.matches({"labels": {"a": ["b"]}}, {})


@pytest.mark.parametrize(
    ("when", "loc"),
    [
        ({"severity": "sev1"}, ("severity",)),
        ({"severity": []}, ("severity",)),
        ({"severity": [1]}, ("severity", 0)),
        ({"severity": ["sev1", None]}, ("severity", 1)),
        ({"severity": [["sev1"]]}, ("severity", 0)),
        ({"severity": {"prefix": "sev"}}, ("severity",)),
        ({"colour": ["red"]}, ("colour",)),
        ({"labels": ["a"]}, ("labels",)),
        ({"labels": {}}, ("labels",)),
        ({"labels": {"": ["a"]}}, ("labels",)),
        ({"labels": {"service": "checkout"}}, ("labels", "service")),
        ({"labels": {"service": {"deeper": ["a"]}}}, ("labels", "service")),
        ({"title": ["\ud800"]}, ("title", 0)),
        ({"$or": [{"severity": ["a"]}]}, ("$or",)),
        ({"$or": {"severity": ["a"]}}, ("$or",)),
        ({"$or": [{"severity": ["a"]}, {}]}, ("$or", 1)),
        ({"$or": [{"severity": ["a"]}, {"severity": "b"}]}, ("$or", 1, "severity")),
        ({"$or": [{"severity": ["a"]}, {"$or": []}]}, ("$or", 1, "$or")),
        *(
            (label("service", entry), ("labels", "service", 0))
            for entry in (
                5,
                True,
                None,
                {},
                {"prefx": "a"},
                {"cidr": "10.0.0.0/8"},
                {"prefix": "a", "suffix": "b"},
                {"prefix": 1},
                {"prefix": ["a"]},
                {"suffix": {"prefix": "a"}},
                {"suffix": None},
                {"exists": "true"},
                {"exists": 0},
                {"equals-ignore-case": ["a"]},
                {"anything-but": []},
                {"anything-but": 5},
                {"anything-but": ["a", 5]},
                {"anything-but": None},
                {"anything-but": {}},
                {"anything-but": {"exists": True}},
                {"anything-but": {"prefix": ""}},
                {"anything-but": {"prefix": []}},
                {"anything-but": {"prefix": "a", "suffix": "b"}},
                {"anything-but": {"wildcard": "a**"}},
                {"wildcard": "a**b"},
                {"wildcard": "a\\b"},
                {"wildcard": "a\\"},
                {"wildcard": 1},
                {"numeric": []},
                {"numeric": 5},
                {"numeric": ["="]},
                {"numeric": ["=", "5"]},
                {"numeric": ["!=", 5]},
                {"numeric": [[], 5]},
                {"numeric": ["=", True]},
                {"numeric": ["=", float("nan")]},
                {"numeric": ["=", float("inf")]},
                {"numeric": ["=", 10**400]},
                {"numeric": ["=", 1e-200]},
                {"numeric": ["<", 5, ">", 0]},
                {"numeric": [">", 5, "<", 5]},
                {"numeric": [">", 0, "<", 5, "<", 6]},
            )
        ),
    ],
)
def test_a_mistake_is_reported_at_its_place(when: Any, loc: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        Rule.model_validate({"when": when})
    assert [error["loc"] for error in caught.value.errors()] == [("when", *loc)]


@pytest.mark.parametrize("when", [None, "sev1", ["sev1"], 5])
def test_a_pattern_is_an_object(when: Any) -> None:
    with pytest.raises(ValueError, match="a pattern is an object"):
        pattern.validate(when)


def test_all_mistakes_are_reported_at_once_but_not_without_end() -> None:
    with pytest.raises(ValidationError) as caught:
        pattern.validate({"severity": "a", "labels": {"x": []}})
    assert [error["loc"] for error in caught.value.errors()] == [("severity",), ("labels", "x")]
    with pytest.raises(ValidationError) as caught:
        pattern.validate({"severity": [1] * 10_000})
    assert caught.value.error_count() == 50


def test_an_escaped_star_is_a_star() -> None:
    when = pattern.validate({"title": [{"wildcard": "\\**\\\\"}]})
    assert pattern.matches(when, {"title": "*abc\\"})
    assert not pattern.matches(when, {"title": "abc\\"})


@given(st.text("ab*", max_size=8), st.text("ab", max_size=12))
def test_a_wildcard_matches_as_a_shell_would(wildcard: str, value: str) -> None:
    if "**" not in wildcard:
        when = pattern.validate({"title": [{"wildcard": wildcard}]})
        assert pattern.matches(when, {"title": value}) == fnmatch.fnmatchcase(value, wildcard)


def test_a_wildcard_made_to_explode_is_answered_at_once() -> None:
    when = pattern.validate({"description": [{"wildcard": "*a" * 500 + "*b"}]})
    assert not pattern.matches(when, {"description": "a" * 100_000})


numbers = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


@given(numbers, numbers)
def test_numeric_compares_the_number_a_label_spells(bound: float, value: float) -> None:
    fields = {"labels": {"x": repr(value)}}
    assert pattern.matches(label("x", {"numeric": ["<", bound]}), fields) == (value < bound)
    assert pattern.matches(label("x", {"numeric": [">=", bound]}), fields) == (value >= bound)


@given(st.text(max_size=20))
def test_numeric_takes_any_text(value: str) -> None:
    assert not pattern.matches(label("x", {"numeric": [">", 0]}), {"labels": {"x": f"n{value}"}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["severity", "labels", "$or", "prefix", "anything-but", "numeric", "wildcard", "exists", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_refused_or_can_be_matched(when: Any) -> None:
    try:
        valid = pattern.validate(when)
    except ValueError:
        return
    assert pattern.matches(valid, TICKET) in (True, False)
    assert pattern.matches(valid, {}) in (True, False)
