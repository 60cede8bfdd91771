"""SCIM's patches, as the providers send them: which attribute is changed, and what is refused."""

from typing import Any

import pytest

from tocsin.scim.messages import USER, Unacceptable
from tocsin.scim.patch import OPERATIONS, patched

WORK = {"value": "grace@example.com", "type": "work", "primary": True}
HOME = {"value": "home@example.com", "type": "home"}
RESOURCE: dict[str, Any] = {
    "id": "u1",
    "userName": "grace",
    "displayName": "Grace",
    "name": {"givenName": "Grace", "familyName": "Hopper"},
    "emails": [WORK, HOME],
    "active": True,
}


def after(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return what of the resource is another after a patch; None stands for what is gone."""
    result = patched(RESOURCE, {"Operations": list(operations)})
    names = {*RESOURCE, *result}
    return {name: result.get(name) for name in names if result.get(name) != RESOURCE.get(name)}


def replace(path: str, value: Any) -> dict[str, Any]:
    return after({"op": "replace", "path": path, "value": value})


def add(path: str, value: Any) -> dict[str, Any]:
    return after({"op": "add", "path": path, "value": value})


def remove(path: str) -> dict[str, Any]:
    return after({"op": "remove", "path": path})


def refusal(body: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Unacceptable) as refused:
        patched(RESOURCE, body)
    return refused.value.scim_type, refused.value.detail


def refused(**operation: Any) -> tuple[str, str]:
    return refusal({"Operations": [operation]})


# --- operations


@pytest.mark.parametrize("operations", [None, [], {}, "x", [{"op": "remove", "path": "x"}] * (OPERATIONS + 1)])
def test_a_patch_has_one_to_a_hundred_operations(operations: Any) -> None:
    told = ("invalidSyntax", "A patch has 1 to 100 Operations.")
    assert refusal({"Operations": operations}) == told
    assert refusal({}) == told
    assert patched(RESOURCE, {"operations": [{"op": "remove", "path": "x"}] * OPERATIONS}) == RESOURCE


@pytest.mark.parametrize("kind", ["destroy", "", None, 5])
def test_an_operation_adds_replaces_or_removes(kind: Any) -> None:
    assert refused(op=kind, path="locale") == ("invalidSyntax", "op is add, replace or remove.")
    assert refused(path="locale") == ("invalidSyntax", "op is add, replace or remove.")
    assert refusal({"Operations": ["add"]}) == ("invalidSyntax", "An operation is an object.")


def test_operations_and_their_parts_are_read_in_any_case_and_one_after_the_other() -> None:
    assert after({"OP": "Replace", "PATH": "LOCALE", "Value": "de"}) == {"locale": "de"}
    assert after({"op": "Add", "path": "locale", "value": "de"}, {"op": "REMOVE", "path": "locale"}) == {}


def test_a_resource_that_has_neither_name_nor_emails_is_patched_too() -> None:
    bare = patched({"id": "u1"}, {"Operations": [{"op": "add", "path": "name.familyName", "value": "Hopper"}]})
    assert bare == {"id": "u1", "name": {"familyName": "Hopper"}, "emails": []}


def test_what_was_there_before_the_patch_is_not_touched() -> None:
    before = repr(RESOURCE)
    after(
        {"op": "replace", "path": "emails[type eq home].value".replace("home", '"home"'), "value": "x"},
        {"op": "replace", "path": "name.givenName", "value": "G."},
    )
    assert repr(RESOURCE) == before


# --- paths


def test_values_without_a_path_name_their_attributes_or_paths() -> None:
    value = {"displayName": "Amazing Grace", "name.givenName": "G.", "nosuch": 1, USER: {"locale": "de"}}
    found = after({"op": "replace", "value": value})
    assert found == {
        "displayName": "Amazing Grace",
        "name": {"givenName": "G.", "familyName": "Hopper"},
        "locale": "de",
    }
    told = ("invalidValue", "Without a path the value is an object.")
    assert refused(op="replace", value=7) == refused(op="add") == refused(op="add", path="", value=[1]) == told
    assert after({"op": "add", "value": {}}) == {}


def test_a_path_may_name_its_schema_and_other_schemas_are_passed_over() -> None:
    assert replace(f"{USER}:locale", "de") == {"locale": "de"}
    assert replace(f"{USER.upper()}:name.givenName", "G.") == {"name": {"givenName": "G.", "familyName": "Hopper"}}
    assert replace(USER, {"locale": "de", "displayName": "G"}) == {"locale": "de", "displayName": "G"}
    other = {"value": "g@example.com"}
    assert add(USER, {"emails": other}) == after({"op": "add", "value": {USER: {"emails": other}}})
    assert add(USER, {"emails": other}) == {"emails": [WORK, HOME, other]}
    assert replace(USER, {"emails": other}) == {"emails": [other]}
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    assert replace(f"{enterprise}:department", "R") == replace(enterprise, {"locale": "de"}) == {}


@pytest.mark.parametrize("path", ["emails[", "emails]", "a b", "1x", "a.b.c", "emails[x].y.z", f"{USER}:", "\n"])
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    assert refused(op="replace", path=path, value="x") == ("invalidPath", "This path cannot be read.")


def test_an_id_cannot_be_changed_and_nobody_is_neither_active_nor_not() -> None:
    told = ("mutability", "An id cannot be changed.")
    assert refused(op="replace", path="id", value="root") == refused(op="remove", path="ID") == told
    assert replace("id", "u1") == {}
    told = ("mutability", "Everybody is active or not: replace it.")
    assert refused(op="remove", path="active") == refused(op="replace", path="Active") == told
    assert replace("active", False) == {"active": False}


def test_what_is_to_be_removed_is_named() -> None:
    assert refused(op="remove") == ("noTarget", "What is to be removed is named by a path.")
    assert refused(op="remove", path="", value={"locale": 1}) == (
        "noTarget",
        "What is to be removed is named by a path.",
    )


@pytest.mark.parametrize(
    "path", ["meta", "schemas", "groups", "phoneNumbers[type eq work].value", "x$ref.y", f"{USER}x"]
)
def test_what_is_not_kept_is_passed_over(path: str) -> None:
    assert replace(path, "x") == add(path, {"a": 1}) == remove(path) == {}


# --- texts


def test_a_text_is_set_and_taken_away() -> None:
    assert replace("displayName", "G") == add("DISPLAYNAME", "G") == {"displayName": "G"}
    assert remove("displayName") == replace("displayName", "") == replace("displayName", None) == {"displayName": None}
    assert remove("locale") == {}
    assert replace("displayName", ["G"]) == {"displayName": "G"}, "some send a list of one"
    assert replace("displayName", ["a", "b"]) == {"displayName": ["a", "b"]}, "which the reading of it refuses"
    assert replace("displayName", []) == {"displayName": []}


# --- the name


def test_a_name_is_replaced_whole_or_added_to() -> None:
    assert replace("name", {"formatted": "G. H."}) == {"name": {"formatted": "G. H."}}
    assert add("name", {"formatted": "G. H."}) == {"name": {**RESOURCE["name"], "formatted": "G. H."}}
    assert remove("name") == replace("name", None) == {"name": {}}


@pytest.mark.parametrize("kind", ["add", "replace"])
def test_what_is_made_of_parts_is_not_replaced_by_a_text(kind: str) -> None:
    told = "is made of parts: it takes an object."
    assert refused(op=kind, path="name", value="G. H.") == ("invalidValue", f"name {told}")
    for value in ("x", ["x", 5], 5):
        assert refused(op=kind, path="emails", value=value) == ("invalidValue", f"emails {told}")
    assert refused(op=kind, path='emails[type eq "home"]', value="H") == ("invalidValue", f"emails {told}")


def test_a_part_of_a_name_is_set_or_taken_away() -> None:
    assert replace("name.GIVENNAME", "G.") == {"name": {"givenName": "G.", "familyName": "Hopper"}}
    assert remove("name.familyName") == replace("name.familyName", "") == {"name": {"givenName": "Grace"}}
    assert replace("name.middleName", "B.") == {}


# --- e-mail addresses


def test_addresses_are_replaced_all_or_added_to() -> None:
    other = {"value": "g@example.com"}
    assert replace("emails", [other]) == replace("emails", other) == {"emails": [other]}
    assert add("emails", [other]) == add("emails", other) == {"emails": [WORK, HOME, other]}
    assert add("emails", [{**HOME, "type": "other"}]) == {"emails": [WORK, {**HOME, "type": "other"}]}
    assert replace("emails", []) == replace("emails", None) == remove("emails") == {"emails": []}


def test_an_address_is_found_by_what_stands_in_brackets() -> None:
    changed = {"emails": [{**WORK, "value": "g@example.com"}, HOME]}
    for condition in ('type eq "work"', 'TYPE EQ "Work"', "primary eq true", "primary eq TRUE", ' type eq "work" '):
        assert replace(f"emails[{condition}].value", "g@example.com") == changed
    both = replace("emails.type", "other")["emails"]
    assert [one["type"] for one in both] == ["other", "other"]
    assert replace('emails[type eq "home"].Type', "other") == {"emails": [WORK, {**HOME, "type": "other"}]}


def test_an_address_may_be_given_new_parts() -> None:
    changed = {"emails": [WORK, {**HOME, "display": "H"}]}
    assert replace('emails[type eq "home"]', {"display": "H"}) == changed


def test_an_address_that_is_not_there_is_made() -> None:
    made = {"type": "other", "value": "o@example.com"}
    assert add('emails[type eq "other"].value', "o@example.com") == {"emails": [WORK, HOME, made]}
    made_primary = {"primary": False, "value": "o@example.com"}
    assert add("emails[primary eq false].value", "o@example.com") == {"emails": [WORK, HOME, made_primary]}


def test_an_address_is_taken_away_and_so_is_a_part_of_one() -> None:
    assert remove('emails[type eq "work"]') == remove('emails[type eq "work"].value') == {"emails": [HOME]}
    assert remove("emails.value") == {"emails": []}
    assert remove('emails[type eq "home"].type') == {"emails": [WORK, {**HOME, "type": None}]}
    assert remove('emails[type eq "other"]') == {}


@pytest.mark.parametrize(
    "condition", ["x", 'type co "work"', "type eq work", 'type eq "a" or type eq "b"', "type eq 1"]
)
def test_a_condition_that_cannot_be_read_is_refused(condition: str) -> None:
    assert refused(op="replace", path=f"emails[{condition}].value", value="x") == (
        "invalidFilter",
        'A path\'s filter is like type eq "work".',
    )
