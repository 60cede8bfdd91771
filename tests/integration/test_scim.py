"""A company's identity provider keeps its users by SCIM 2.0."""

from typing import Any

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.integration.provisioning import ADMIN, GRACE, created, named, patched, scim, web_server
from tests.world import Caller
from tocsin import keys
from tocsin.store import directory


def test_a_foreign_conformance_test_finds_nothing_wrong(acme: Caller) -> None:
    client = WSGISCIMClient(web_server, base_url="https://tocsin.example.com/scim/v2")
    results = check_server(client)
    bad = (Status.ERROR, Status.DEVIATION, Status.CRITICAL)
    wrong = [f"{one.title}: {one.reason}" for one in results if one.status in bad]
    # `active` cannot be taken away, only set: nobody is let in again because a provider knows no more.
    assert [one for one in wrong if "'active'" not in one and "Everybody is active" not in one] == []
    assert len(wrong) <= 1
    assert sum(one.status in (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE) for one in results) > 20


def test_a_user_is_made_found_read_and_deleted(acme: Caller) -> None:
    answer = scim("POST", "/Users", GRACE)
    user_id = answer.body["id"]
    assert answer.status == 201
    assert answer.headers["Location"] == f"https://tocsin.example.com/scim/v2/Users/{user_id}"
    assert answer.body == {**GRACE, "id": user_id, "meta": answer.body["meta"]}
    assert scim("GET", f"/Users/{user_id}").body == answer.body
    assert named("grace@EXAMPLE.com") == [user_id]
    shown = acme("GET", f"/users/{user_id}").body
    assert (shown["name"], shown["email"], shown["role"]) == ("Grace Hopper", "grace@example.com", "viewer")
    assert scim("DELETE", f"/Users/{user_id}").status == 204
    assert scim("DELETE", f"/Users/{user_id}").status == 404
    assert acme("GET", f"/users/{user_id}").status == 404
    assert named("grace@example.com") == []
    created()


def test_a_name_is_one_users_alone(acme: Caller) -> None:
    created()
    for clash in ({"userName": "GRACE@example.com", "externalId": "other"}, {"userName": "other"}):
        answer = scim("POST", "/Users", GRACE | clash)
        assert (answer.status, answer.body["scimType"]) == (409, "uniqueness")
        assert answer.body["status"] == "409"
    other = created(userName="other", externalId="00u2")
    assert patched(other, {"op": "replace", "path": "userName", "value": "grace@example.com"}).status == 409
    assert scim("GET", f"/Users/{other}").body["userName"] == "other"


def test_who_was_made_here_has_the_id_as_user_name(acme: Caller) -> None:
    assert named("ada") == ["ada"]
    assert scim("POST", "/Users", GRACE | {"userName": "ada"}).status == 409
    assert scim("PUT", "/Users/ada", GRACE | {"userName": "ada@example.com"}).status == 200
    assert (named("ada"), named("ada@example.com")) == ([], ["ada"])
    assert acme("GET", "/users/ada").body["role"] == "admin", "roles are none of SCIM's"


def test_nobody_is_renamed_to_who_was_made_here(acme: Caller) -> None:
    grace = created()
    assert patched(grace, {"op": "replace", "path": "userName", "value": "ada"}).status == 409
    assert scim("PUT", f"/Users/{grace}", GRACE | {"userName": "ada"}).status == 409
    assert (named("ada"), named("grace@example.com")) == (["ada"], [grace])
    assert patched("ada", {"op": "replace", "path": "externalId", "value": "00u9"}).status == 200


def test_a_name_of_long_parts_is_one_that_a_user_may_have(acme: Caller) -> None:
    user_id = created(name={"givenName": "G" * 200, "familyName": "H" * 200})
    assert acme("PATCH", f"/users/{user_id}", {"time_zone": "Europe/Berlin"}).status == 200
    assert "displayName" not in scim("GET", f"/Users/{user_id}").body, "nobody changed it here"


def test_a_name_that_was_given_back_is_free(acme: Caller) -> None:
    user_id = created()
    assert patched(user_id, {"op": "replace", "path": "userName", "value": "hopper"}).status == 200
    assert named("grace@example.com") == []
    assert created(externalId="00u2") != user_id


def test_a_create_that_was_cut_short_leaves_the_name_to_the_next(acme: Caller, now: Any) -> None:
    def dies(*_: Any, **__: Any) -> None:
        raise SystemExit

    real = directory.put
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directory, "put", lambda row, **how: dies() if row["sk"] == "USER" else real(row, **how))
        with pytest.raises(SystemExit):
            created()
    assert scim("POST", "/Users", GRACE).status == 409, "it may be at work still"
    now(minutes=2)
    user_id = created()
    assert named("grace@example.com") == [user_id]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "value": {"active": False}},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "path": "active", "value": "false"},
        {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": False},
        {"OP": "replace", "PATH": "ACTIVE", "VALUE": False},
    ],
)
def test_every_providers_way_to_deactivate_is_understood(acme: Caller, operation: dict[str, Any]) -> None:
    user_id = created()
    answer = patched(user_id, operation)
    assert (answer.status, answer.body["active"]) == (200, False)
    assert acme("GET", f"/users/{user_id}").body["active"] is False
    assert named("grace@example.com") == [user_id], "who is deactivated is found"
    assert patched(user_id, {"op": "replace", "path": "active", "value": True}).body["active"] is True
    assert "active" not in acme("GET", f"/users/{user_id}").body


def test_entra_changes_a_user(acme: Caller) -> None:
    """As Entra sends it: capitalised, paths with a filter, names that are paths, attributes of other schemas."""
    user_id = created()
    answer = patched(
        user_id,
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "hopper@example.com"},
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "home@example.com"},
        {"op": "Replace", "path": "name.familyName", "value": "Murray"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+1 555"},
        {"op": "Add", "value": {"displayName": "Amazing Grace", "name.givenName": "G."}},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "R"},
    )
    assert answer.status == 200
    assert answer.body["emails"] == [
        {"value": "hopper@example.com", "type": "work", "primary": True},
        {"value": "home@example.com", "type": "home"},
    ]
    assert (answer.body["name"], answer.body["displayName"]) == (
        {"givenName": "G.", "familyName": "Murray"},
        "Amazing Grace",
    )
    shown = acme("GET", f"/users/{user_id}").body
    assert (shown["name"], shown["email"]) == ("Amazing Grace", "hopper@example.com")


def test_okta_replaces_a_user(acme: Caller) -> None:
    user_id = created()
    sent = {
        **GRACE,
        "id": user_id,
        "password": "never kept",
        "groups": [],
        "locale": "de_DE",
        "timezone": "Europe/Berlin",
    }
    answer = scim("PUT", f"/Users/{user_id}", sent | {"name": {"formatted": "Rear Admiral Hopper"}})
    assert answer.status == 200
    assert "password" not in answer.body
    assert "never kept" not in str(directory.get(keys.user("acme", user_id)))
    shown = acme("GET", f"/users/{user_id}").body
    assert (shown["name"], shown["locale"], shown["time_zone"]) == ("Rear Admiral Hopper", "de-DE", "Europe/Berlin")


def test_attributes_are_removed(acme: Caller) -> None:
    user_id = created(displayName="G", locale="de")
    answer = patched(
        user_id,
        {"op": "remove", "path": "displayName"},
        {"op": "remove", "path": 'emails[type eq "work"]'},
        {"op": "remove", "path": "externalId"},
        {"op": "remove", "path": "name.familyName"},
    )
    assert answer.body.keys() >= {"userName", "name"}
    assert not answer.body.keys() & {"displayName", "externalId"}
    assert answer.body["name"] == {"givenName": "Grace"}
    assert scim("GET", "/Users", query={"filter": 'externalId eq "00u1"'}).body["totalResults"] == 0


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "destroy", "path": "active"}, "invalidSyntax"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": "active"}, "mutability"),
        ({"op": "replace", "value": 7}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": ""}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": {"a": 1}}, "invalidValue"),
        ({"op": "replace", "path": "name", "value": "Grace Hopper"}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": "grace@example.org"}, "invalidValue"),
        ({"op": "add", "path": "emails", "value": ["grace@example.org"]}, "invalidValue"),
        ({"op": "replace", "value": {'emails[type eq "work"]': "grace@example.org"}}, "invalidValue"),
        ({"op": "replace", "path": "emails[", "value": 1}, "invalidPath"),
        ({"op": "replace", "path": "emails[value co x].value", "value": "x"}, "invalidFilter"),
        ({"op": "replace", "path": "id", "value": "root"}, "mutability"),
    ],
)
def test_a_patch_that_is_wrong_changes_nothing_and_says_why(acme: Caller, operation: dict[str, Any], kind: str) -> None:
    user_id = created()
    before = directory.get(keys.user("acme", user_id))
    answer = patched(user_id, operation)
    assert (answer.status, answer.body["scimType"]) == (400, kind)
    assert directory.get(keys.user("acme", user_id)) == before


def test_only_what_is_asked_for_is_shown(acme: Caller) -> None:
    user_id = created()
    path = f"/Users/{user_id}"
    assert scim("GET", path, query={"attributes": "userName,name.givenName"}).body.keys() == {
        *("id", "schemas", "userName", "name")
    }
    assert not scim("GET", path, query={"excludedAttributes": "id,emails,META"}).body.keys() & {"emails", "meta"}


def test_a_patch_that_changes_nothing_leaves_no_trace(acme: Caller) -> None:
    user_id = created()
    before = directory.get(keys.user("acme", user_id))
    assert patched(user_id, {"op": "replace", "value": {"active": True}}).status == 200
    assert directory.get(keys.user("acme", user_id)) == before


@pytest.mark.parametrize("attribute", ["userName", "externalId", "id"])
def test_a_filter_of_half_a_surrogate_pair_is_none(acme: Caller, attribute: str) -> None:
    answer = scim("GET", "/Users", query={"filter": f'{attribute} eq "\\ud800"'})
    assert (answer.status, answer.body["scimType"]) == (400, "invalidFilter")


@pytest.mark.parametrize("body", ["{", "[]", '"x"', '{"userName": ""}', "{}", '{"userName": "\\ud800"}', "[" * 9999])
def test_what_is_no_user_is_not_made_one(acme: Caller, body: str) -> None:
    answer = scim("POST", "/Users", body)
    assert answer.status == 400
    assert answer.body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_users_are_listed_page_by_page(acme: Caller) -> None:
    for number in range(5):
        created(userName=f"u{number}", externalId=f"x{number}")
    found: list[str] = []
    while True:
        answer = scim("GET", "/Users", query={"startIndex": str(len(found) + 1), "count": "3"}).body
        found += [one["id"] for one in answer["Resources"]]
        assert answer["totalResults"] == 7
        if len(found) >= answer["totalResults"]:
            break
    assert len(set(found)) == 7
    assert scim("GET", "/Users", query={"count": "0"}).body["Resources"] == []
    assert scim("GET", "/Users", query={"startIndex": "20000"}).body["scimType"] == "tooMany"
    assert scim("GET", "/Users", query={"filter": 'name co "x"'}).body["scimType"] == "invalidFilter"


@pytest.mark.parametrize("role", ["viewer", "responder"])
def test_only_an_admins_key_speaks_scim(acme: Caller, role: str) -> None:
    for method in ("GET", "POST"):
        assert scim(method, "/Users", GRACE, principal={**ADMIN, "role": role}).status == 403
    assert scim("GET", "/Users", principal={"problem": "This API key is not known."}).status == 401


def test_another_companys_users_are_not_there(acme: Caller) -> None:
    user_id = created()
    stranger = {**ADMIN, "tenant": "other"}
    find = {"filter": 'userName eq "grace@example.com"'}
    assert scim("GET", f"/Users/{user_id}", principal=stranger).status == 404
    assert scim("DELETE", f"/Users/{user_id}", principal=stranger).status == 404
    assert scim("PUT", f"/Users/{user_id}", GRACE, principal=stranger).status == 404
    assert scim("GET", "/Users", query=find, principal=stranger).body["totalResults"] == 0
    assert scim("POST", "/Users", GRACE, principal=stranger).status == 201


@pytest.mark.parametrize(("path", "status"), [("/Groups", 404), ("/Users/a/b", 404), ("/Me", 501), ("/Schemas/x", 404)])
def test_a_path_that_is_none_is_a_404_in_scims_form(acme: Caller, path: str, status: int) -> None:
    answer = scim("GET", path)
    assert (answer.status, answer.body["status"]) == (status, str(status))
    assert scim("DELETE", "/Users").headers["Allow"] == "GET, POST"
