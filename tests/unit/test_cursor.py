import base64
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import cursor
from tocsin.errors import Invalid

PLACES = st.text(string.printable[:95], min_size=1, max_size=256)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


TENANT, LIST = "acme", "USERS"
NAME = json.loads(base64.urlsafe_b64decode(cursor.write(TENANT, LIST, "x") + "=="))[0]


def encoded(found: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(found).encode()).decode().rstrip("=")


@given(PLACES)
def test_a_cursor_stands_for_the_position_it_was_made_of(position: str) -> None:
    text = cursor.write(TENANT, LIST, position)
    assert cursor.read(TENANT, LIST, text) == position
    assert text.isascii()
    assert not set(text) & set("+/=&?# ")


def test_the_longest_position_is_one_and_a_cursor_stays_what_it_is_over_a_deployment() -> None:
    assert cursor.read(TENANT, LIST, cursor.write(TENANT, LIST, "x" * 256)) == "x" * 256
    assert cursor.write(TENANT, LIST, "ada") == "WyJmNzBkMWI0NTYyYmU4YmJjIiwiYWRhIl0"


@pytest.mark.parametrize("foreign", ["!", " ", "\n", ".", "~", "\u00e9"])
def test_a_cursor_with_a_foreign_character_in_it_is_refused(foreign: str) -> None:
    text = cursor.write(TENANT, LIST, "ada")
    for changed in (foreign + text, text[:8] + foreign * 4 + text[8:], text + foreign):
        with pytest.raises(Invalid):
            cursor.read(TENANT, LIST, changed)


def test_no_cursor_is_the_beginning() -> None:
    assert cursor.read(TENANT, LIST, None) is None


@pytest.mark.parametrize(("tenant", "of"), [("other", LIST), (TENANT, "TEAMS"), ("acmeUSERS", ""), ("", "acmeUSERS")])
def test_another_tenants_or_another_lists_cursor_is_refused(tenant: str, of: str) -> None:
    with pytest.raises(Invalid) as refused:
        cursor.read(tenant, of, cursor.write(TENANT, LIST, "ada"))
    assert refused.value.errors == [{"loc": ["query", "cursor"], "msg": "This is not a cursor of this list."}]


@pytest.mark.parametrize("position", ["ADMIN", "TEAM", "~", " "])
def test_a_place_outside_of_the_list_is_none(position: str) -> None:
    within = ("ADMIN#", "MEMBER$")
    assert cursor.read(TENANT, LIST, cursor.write(TENANT, LIST, "ADMIN#ada"), within=within) == "ADMIN#ada"
    with pytest.raises(Invalid):
        cursor.read(TENANT, LIST, cursor.write(TENANT, LIST, position), within=within)


def test_the_first_and_the_last_place_of_a_list_are_in_it() -> None:
    for position in ("ADMIN#", "MEMBER$"):
        text = cursor.write(TENANT, LIST, position)
        assert cursor.read(TENANT, LIST, text, within=("ADMIN#", "MEMBER$")) == position


def test_a_cursor_does_not_tell_whose_it_is() -> None:
    assert TENANT not in base64.urlsafe_b64decode(cursor.write(TENANT, LIST, "ada") + "==").decode()


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()) | JSON.map(encoded))
def test_any_text_that_was_not_given_out_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        cursor.read(TENANT, LIST, text)


@pytest.mark.parametrize(
    "found",
    [
        [NAME],
        [NAME, ""],
        [NAME, 5],
        [NAME, None],
        [NAME, ["x"]],
        [NAME, "\u00e9"],
        [NAME, "a\nb"],
        [NAME, "x" * 257],
        [NAME, "x", "y"],
        {NAME: "x"},
        NAME,
        [[NAME], "x"],
        None,
    ],
)
def test_what_was_never_given_out_is_refused(found: object) -> None:
    with pytest.raises(Invalid):
        cursor.read(TENANT, LIST, encoded(found))


def test_a_cursor_that_is_nested_too_deeply_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    with pytest.raises(Invalid):
        cursor.read(TENANT, LIST, deep)
