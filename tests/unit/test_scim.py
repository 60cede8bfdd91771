"""SCIM's patches and filters: whatever is sent, the answer is a resource or a refusal with its kind."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tocsin.scim import patch, person
from tocsin.scim.messages import Unacceptable
from tocsin.scim.query import Query

RESOURCE = {"id": "ada", "userName": "ada", "emails": [{"value": "ada@example.com", "type": "work"}], "active": True}
NAMES = st.sampled_from(
    ["userName", "active", "emails", "name", "name.familyName", 'emails[type eq "work"].value', "x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "remove", "x"])}, optional={"path": NAMES | st.text(), "value": VALUES}
)


@given(operations=st.lists(OPERATIONS | VALUES, max_size=4))
def test_a_patch_makes_a_user_or_is_refused(operations: list[Any]) -> None:
    before = repr(RESOURCE)
    with suppress(Unacceptable):
        wanted = person.wanted(patch.patched(RESOURCE, {"Operations": operations}))
        assert wanted.kept["userName"]
        assert isinstance(wanted.changes["active"], bool)
    assert repr(RESOURCE) == before


@given(text=st.text())
def test_a_filter_is_read_or_refused(text: str) -> None:
    with suppress(Unacceptable):
        assert Query.of({"filter": text}).where


@given(value=st.text(min_size=1, max_size=50))
def test_a_filter_finds_any_text(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    if value.isprintable():
        assert Query.of({"filter": f'userName eq "{quoted}"'}).where == ("userName", value)
