import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import a_page, a_rule, a_step, a_ticket, a_user
from tocsin import page, rows, ticket
from tocsin.model import Record

NUMBERS = st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(min_size=1), one, max_size=3),
)
ROWS = st.dictionaries(st.text(min_size=1), VALUES)


@given(ROWS)
def test_what_is_put_into_a_row_comes_back(row: dict[str, Any]) -> None:
    assert rows.plain(rows.attributes(row)) == row


@given(ROWS)
def test_types_come_back_too(row: dict[str, Any]) -> None:
    found = rows.plain(rows.attributes(row))
    assert [type(found[name]) for name in row] == [type(row[name]) for name in row]


def test_a_whole_row_leaves_out_what_is_none_and_keeps_it_inside() -> None:
    assert rows.item({"a": None, "b": {"c": None}}) == {"b": {"M": {"c": {"NULL": True}}}}


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        ("x", {"S": "x"}),
        ("", {"S": ""}),
        (5, {"N": "5"}),
        (-5, {"N": "-5"}),
        (0.5, {"N": "0.5"}),
        (True, {"BOOL": True}),
        (None, {"NULL": True}),
        ((1, "a"), {"L": [{"N": "1"}, {"S": "a"}]}),
        ({}, {"M": {}}),
    ],
)
def test_a_value_is_written_as_dynamodb_has_it(value: Any, attribute: dict[str, Any]) -> None:
    assert rows.value(value) == attribute


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), {"a": b"x"}, [math.sqrt]])
def test_what_a_row_does_not_hold_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError, match="a row holds"):
        rows.value(value)


def test_an_attribute_of_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(TypeError, match="a row holds"):
        rows.plain({"a": {"B": b"x"}})


RULE = a_rule(a_step("ada", channels=["sms"], wait="1h30m"), when={"labels": {"n": [{"numeric": [">", 0.5]}]}})
TICKET = a_ticket(labels={"a": "b"}, links=[{"href": "https://a.example", "text": ""}])


@pytest.mark.parametrize(
    ("noun", "row"),
    [
        (TICKET, ticket.row(TICKET)),
        (a_page(), page.row(a_page())),
        (RULE, RULE.fields()),
        (a_user("ada"), a_user("ada").fields()),
    ],
)
def test_nouns_come_back_from_their_rows(noun: Record, row: rows.Row) -> None:
    assert type(noun).of(rows.plain(rows.item(row))) == noun
