from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.model import Body, Record, merged

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(st.sampled_from("abc"), one, max_size=3),
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


# RFC 7396, appendix A, as far as it is about objects.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({"a": "foo"}, {"b": {"c": {"d": None}}}, {"a": "foo", "b": {"c": {}}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_its_rfc_shows(original: Any, patch: Any, result: Any) -> None:
    assert merged(original, patch) == result


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_applied_twice_is_applied_once_and_what_was_stays(original: Any, patch: Any) -> None:
    before = repr(original)
    once = merged(original, patch)
    assert merged(once, patch) == once
    assert repr(original) == before
    assert None not in [value for name, value in once.items() if name in patch]


class Wish(Body):
    number: int = 0


class Kept(Record):
    number: int = 0
    text: str | None = None
    places: tuple[int, ...] | None = None


@pytest.mark.parametrize("sent", [{"number": "1"}, {"number": 1.0}, {"number": True}, {"number": None}, {"other": 1}])
def test_a_request_is_read_strictly(sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Wish.model_validate(sent)


def test_a_row_of_another_version_is_read_as_far_as_it_goes() -> None:
    assert Kept.of({"number": 5, "pk": "x", "new_in_the_next_version": {}}) == Kept(number=5)
    assert Kept.of({}) == Kept()


def test_what_is_none_is_not_stored() -> None:
    assert Kept(number=0).fields() == {"number": 0}


def test_a_row_is_made_of_what_json_has() -> None:
    assert Kept(places=(1, 2)).fields() == {"number": 0, "places": [1, 2]}
