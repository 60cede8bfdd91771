"""A user as SCIM has it: what is kept of a resource, what becomes of the user that is paged, and what is shown."""

from datetime import timedelta
from typing import Any

import pytest

from tests.examples import NOW, a_user
from tocsin import ids, times
from tocsin.rows import Row
from tocsin.scim import person
from tocsin.scim.messages import USER, Unacceptable

BASE = "https://tocsin.example.com/scim/v2"
GRACE: dict[str, Any] = {
    "schemas": [USER],
    "userName": "Grace@example.com",
    "externalId": "00u1",
    "name": {"givenName": "Grace", "familyName": "Hopper"},
    "emails": [{"value": "grace@example.com", "type": "work", "primary": True}],
}


def kept(**fields: Any) -> dict[str, Any]:
    return person.wanted(GRACE | fields).kept


def changes(**fields: Any) -> Row:
    return person.wanted(GRACE | fields).changes


def refusal(**fields: Any) -> str:
    with pytest.raises(Unacceptable) as refused:
        person.wanted(GRACE | fields)
    assert refused.value.scim_type == "invalidValue"
    return refused.value.detail


def test_what_the_schema_names_is_kept_and_the_rest_is_passed_over() -> None:
    sent = {**GRACE, "password": "secret", "groups": [], "locale": "de_DE", "timezone": "Europe/Berlin"}
    sent |= {"displayName": " Amazing Grace ", "title": None}
    assert person.wanted(sent).kept == {
        "userName": "Grace@example.com",
        "externalId": "00u1",
        "displayName": "Amazing Grace",
        "locale": "de_DE",
        "timezone": "Europe/Berlin",
        "name": {"givenName": "Grace", "familyName": "Hopper"},
        "emails": [{"value": "grace@example.com", "type": "work", "primary": True}],
    }


def test_names_of_attributes_are_read_in_any_case() -> None:
    sent = {"USERNAME": "g", "Emails": [{"value": "g@example.com"}], "NAME": {"FAMILYNAME": "Hopper"}, "Active": False}
    wanted = person.wanted(sent)
    assert wanted.kept == {
        "userName": "g",
        "name": {"familyName": "Hopper"},
        "emails": [{"value": "g@example.com"}],
    }
    assert wanted.changes["active"] is False


def test_empty_texts_and_nothing_are_not_kept() -> None:
    found = kept(displayName="  ", locale=None, name={"givenName": "", "familyName": None}, emails=None)
    assert set(found) == {"userName", "externalId"}


def test_what_of_a_name_or_of_emails_cannot_be_meant_is_passed_over() -> None:
    assert "name" not in kept(name="Grace Hopper")
    assert kept(name={"middleName": "B.", "formatted": "G."})["name"] == {"formatted": "G."}
    assert "emails" not in kept(emails="grace@example.com")
    assert "emails" not in kept(emails=[5, {"type": "work"}, {"value": ""}])
    assert kept(emails={"value": " g@example.com "})["emails"] == [{"value": "g@example.com"}]
    many = [{"value": f"g{number}@example.com"} for number in range(11)]
    assert kept(emails=many)["emails"] == many[:10]
    assert kept(emails=[{"value": "g", "type": " home ", "primary": "False", "display": "x"}])["emails"] == [
        {"value": "g", "type": "home", "primary": False}
    ]


@pytest.mark.parametrize("user_name", [None, "", "  "])
def test_a_user_has_a_user_name(user_name: Any) -> None:
    assert refusal(userName=user_name) == "A user has a userName."


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"userName": 5}, "userName"),
        ({"displayName": ["x"]}, "displayName"),
        ({"externalId": "x" * 257}, "externalId"),
        ({"name": {"givenName": {}, "familyName": 5}}, "familyName"),
        ({"emails": [{"value": 5}]}, "emails"),
        ({"emails": [{"value": "x", "type": 5}]}, "emails"),
    ],
)
def test_what_is_no_text_or_too_long_a_one_is_refused_by_its_name(fields: dict[str, Any], name: str) -> None:
    assert refusal(**fields) == f"{name} is a text of at most 256 characters."
    assert kept(externalId="x" * 256)["externalId"] == "x" * 256


@pytest.mark.parametrize(
    ("value", "found"), [(True, True), (False, False), ("True", True), ("false", False), ("FALSE", False)]
)
def test_who_is_active_is_told_as_a_boolean_or_as_a_text(value: Any, found: bool) -> None:
    assert changes(active=value)["active"] is found


def test_who_is_not_said_to_be_active_or_not_is() -> None:
    assert changes()["active"] is changes(active=None)["active"] is True
    for value in ("perhaps", 1, "", [True]):
        assert refusal(active=value) == "active is true or false."
    assert refusal(emails=[{"value": "x", "primary": "yes"}]) == "active is true or false."


# --- the user that is paged


@pytest.mark.parametrize(
    ("fields", "called"),
    [
        ({"displayName": "Amazing Grace", "name": {"formatted": "Rear Admiral Hopper"}}, "Amazing Grace"),
        ({"name": {"formatted": "Rear Admiral Hopper", "familyName": "Hopper"}}, "Rear Admiral Hopper"),
        ({}, "Grace Hopper"),
        ({"name": {"familyName": "Hopper"}}, "Hopper"),
        ({"name": None}, "Grace@example.com"),
    ],
)
def test_somebody_is_called_by_the_best_name_there_is(fields: dict[str, Any], called: str) -> None:
    assert changes(**fields)["name"] == called


@pytest.mark.parametrize(
    ("fields", "email"),
    [
        ({"emails": [{"value": "a@example.com"}, {"value": "b@EXAMPLE.com", "primary": True}]}, "b@example.com"),
        ({"emails": [{"value": "a@example.com", "primary": False}, {"value": "b@example.com"}]}, "a@example.com"),
        ({"emails": [{"value": "none"}, {"value": "b@example.com"}]}, "b@example.com"),
        ({"emails": []}, "Grace@example.com"),
        ({"emails": [], "userName": "grace"}, ""),
    ],
)
def test_the_email_is_the_first_that_is_one_the_primary_one_before_all(fields: dict[str, Any], email: str) -> None:
    assert changes(**fields)["email"] == email


def test_a_time_zone_and_a_locale_count_if_there_are_such() -> None:
    found = changes(timezone="Europe/Berlin", locale="de_DE")
    assert (found["time_zone"], found["locale"]) == ("Europe/Berlin", "de-DE")
    assert not {"time_zone", "locale"} & set(changes(timezone="Mars/Base", locale="x-"))
    assert not {"time_zone", "locale"} & set(changes())


def test_what_is_kept_stands_in_the_row() -> None:
    assert changes()["scim"] == kept()


# --- names


def test_of_a_user_name_the_case_does_not_count_and_of_an_external_id_it_does() -> None:
    assert person.digest("userName", "GRACE@Example.com") == person.digest("userName", "grace@example.com")
    assert person.digest("externalId", "A") != person.digest("externalId", "a")
    assert person.digest("userName", "a") == ids.sha256("userName", "a")
    assert person.wanted(GRACE).names == [
        person.digest("userName", "grace@example.com"),
        person.digest("externalId", "00u1"),
    ]
    assert person.names({"userName": "a", "externalId": ""}) == [person.digest("userName", "a")]
    assert person.names({}) == []


# --- what is shown


def stored(**fields: Any) -> Row:
    """Return the row of a user whom a provider made."""
    made = person.wanted(GRACE)
    return {**a_user("u1").fields(), **made.changes, "scim": made.kept, **fields}


def test_a_user_is_shown_as_it_was_sent_and_with_when_it_was_changed() -> None:
    at = times.text(NOW + timedelta(minutes=1))
    assert person.shown(stored(provisioned_at=at), BASE) == {
        **GRACE,
        "id": "u1",
        "active": True,
        "meta": {
            "resourceType": "User",
            "created": times.text(NOW),
            "lastModified": at,
            "location": f"{BASE}/Users/u1",
        },
    }


def test_who_was_made_here_is_shown_with_the_id_as_user_name() -> None:
    shown = person.shown({**a_user("ada").fields(), "active": False}, BASE)
    assert (shown["userName"], shown["displayName"], shown["active"]) == ("ada", "ada", False)
    assert shown["emails"] == [{"value": "ada@example.com", "type": "work", "primary": True}]
    assert shown["meta"]["lastModified"] == shown["meta"]["created"] == times.text(NOW)
    assert "emails" not in person.shown({**a_user("ada").fields(), "email": ""}, BASE)
    assert person.shown({**a_user("ada").fields(), "name": "None"}, BASE)["displayName"] == "None"


def test_what_was_changed_here_is_shown_in_place_of_what_was_sent() -> None:
    shown = person.shown(stored(name="Hopper", email="hopper@example.com"), BASE)
    assert shown["displayName"] == "Hopper"
    assert shown["emails"] == [{"value": "hopper@example.com", "type": "work", "primary": True}]
    assert shown["name"] == GRACE["name"]


def test_addresses_are_shown_as_they_were_sent_if_the_users_is_one_of_them() -> None:
    sent = [{"value": "home@example.com", "type": "home"}, {"value": "grace@example.com", "type": "other"}]
    made = person.wanted(GRACE | {"emails": sent, "userName": "grace"})
    row = {**a_user("u1").fields(), **made.changes}
    assert (
        person.shown(row, BASE)["emails"] == person.shown({**row, "email": "grace@example.com"}, BASE)["emails"] == sent
    )


def test_an_email_that_stands_there_already_is_not_shown_twice() -> None:
    made = person.wanted(GRACE | {"emails": None, "userName": "grace@example.com"})
    row = {**a_user("u1").fields(), **made.changes}
    assert "emails" not in person.shown(row, BASE)
    assert "displayName" not in person.shown(row, BASE)
    named = person.wanted(GRACE | {"displayName": "Grace"})
    assert person.shown({**a_user("u1").fields(), **named.changes}, BASE)["displayName"] == "Grace"
