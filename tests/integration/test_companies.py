"""Companies and severities over the API, on tables."""

from typing import Any

import pytest

from tests.world import Caller
from tocsin import api_keys, keys
from tocsin.errors import Overloaded
from tocsin.store import directory

ACME = {"company_id": "acme", "name": "Acme", "admin": {"user_id": "ada", "email": "ada@example.com"}}
EVERYBODYS = {"tickets_per_second": 50, "requests_per_second": 200, "sms_per_day": 10_000, "voice_per_day": 2_000}
NO_LIMITS = {"tickets_per_second": None, "requests_per_second": None, "sms_per_day": None, "voice_per_day": None}
OPERATOR = Caller(tenant="", actor="operator", role="operator")


def test_a_new_company_has_an_admin_a_key_and_severities(admin: Caller) -> None:
    made = OPERATOR("POST", "/companies", ACME)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/companies/acme")
    assert (made.body["company_id"], made.body["name"]) == ("acme", "Acme")
    assert made.body["api_key"]["role"] == "admin"
    assert made.body["api_key"]["secret"].startswith("tsk_acme_admin_")
    assert admin("GET", "/users/ada").body["role"] == "admin"
    assert [key["key_id"] for key in admin("GET", "/api_keys").body["items"]] == ["admin"]
    severities = admin("GET", "/severities").body["items"]
    assert [(one["name"], one["default"]) for one in severities] == [
        ("sev1", False),
        ("sev2", True),
        ("sev3", False),
        ("sev4", False),
    ]
    assert severities[0] == {
        "name": "sev1",
        "default": False,
        "channels": None,
        "ack_timeout": None,
        "auto_resolve": None,
    }


def test_the_same_company_again_shows_no_secret_and_another_is_a_conflict(admin: Caller) -> None:
    OPERATOR("POST", "/companies", ACME)
    again = OPERATOR("POST", "/companies", ACME)
    assert (again.status, again.body["api_key"]) == (200, {"key_id": "admin", "role": "admin"})
    assert OPERATOR("POST", "/companies", {**ACME, "name": "Other"}).status == 409
    admin("DELETE", "/users/ada")
    admin("DELETE", "/api_keys/admin")
    assert OPERATOR("POST", "/companies", ACME).status == 200
    assert admin("GET", "/users/ada").status == 404


def test_onboarding_that_was_cut_short_is_finished_by_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise Overloaded

    with monkeypatch.context() as broken:
        broken.setattr(api_keys, "create", fails)
        assert OPERATOR("POST", "/companies", ACME).status == 503
    healed = OPERATOR("POST", "/companies", ACME)
    assert healed.status == 201
    assert healed.body["api_key"]["secret"].startswith("tsk_acme_admin_")


def test_companies_are_listed_read_renamed_and_suspended() -> None:
    for name in ("acme", "beta", "gamma"):
        OPERATOR("POST", "/companies", {**ACME, "company_id": name})
    first = OPERATOR("GET", "/companies", query={"limit": 2}).body
    assert [item["company_id"] for item in first["items"]] == ["acme", "beta"]
    second = OPERATOR("GET", "/companies", query={"cursor": first["next_cursor"]}).body
    assert [item["company_id"] for item in second["items"]] == ["gamma"]
    assert OPERATOR("PATCH", "/companies/beta", {"suspended": True}).body["suspended"] is True
    renamed = OPERATOR("PATCH", "/companies/beta", {"name": "Beta"}).body
    assert (renamed["name"], renamed["suspended"]) == ("Beta", True)
    assert OPERATOR("PATCH", "/companies/beta", {"suspended": None}).body["suspended"] is False
    assert OPERATOR("GET", "/companies/beta").body == {**renamed, "suspended": False}
    assert OPERATOR("PATCH", "/companies/nobody", {"suspended": True}).status == 404


def test_the_operator_gives_a_company_limits_of_its_own_and_takes_them_away() -> None:
    assert OPERATOR("POST", "/companies", ACME).body["limits"] == NO_LIMITS
    for limits in (
        {"tickets_per_second": 200, "requests_per_second": 1, "sms_per_day": 5, "voice_per_day": 1},
        NO_LIMITS,
    ):
        patched = OPERATOR("PATCH", "/companies/acme", {"limits": limits})
        assert (patched.status, patched.body["limits"]) == (200, limits)
    OPERATOR("PATCH", "/companies/acme", {"limits": {"tickets_per_second": 7}})
    OPERATOR("PATCH", "/companies/acme", {"limits": {"requests_per_second": 70}})
    both = NO_LIMITS | {"tickets_per_second": 7, "requests_per_second": 70}
    assert OPERATOR("PATCH", "/companies/acme", {"name": "Acme II"}).body["limits"] == both
    assert OPERATOR("PATCH", "/companies/acme", {"limits": None}).body["limits"] == NO_LIMITS


def test_a_company_sets_its_name_last_resort_and_reminder(acme: Caller) -> None:
    seen = acme("GET", "/company").body
    assert (seen["last_resort"], seen["reminder"]) == ([], "30m")
    wanted = {"name": "Acme & Sons", "last_resort": [{"user": "bob"}, {"team": "payments"}], "reminder": "120m"}
    changed = acme("PATCH", "/company", wanted)
    assert (changed.status, changed.body) == (200, {**seen, **wanted, "reminder": "2h"})
    assert acme("GET", "/company").body == changed.body
    assert OPERATOR("GET", "/companies/acme").body["name"] == "Acme & Sons"
    assert acme("PATCH", "/company", {"last_resort": None, "reminder": None}).body == {**seen, "name": "Acme & Sons"}
    for role, status in (("viewer", 403), ("responder", 403), ("admin", 200)):
        assert Caller(role=role)("PATCH", "/company", {}).status == status


@pytest.mark.parametrize(
    ("patch", "loc"),
    [
        ({"name": ""}, ["body", "name"]),
        ({"last_resort": [{"user": "ada"}, {"user": "nosuch"}]}, ["body", "last_resort", 1, "user"]),
        ({"last_resort": [{"team": "nosuch"}]}, ["body", "last_resort", 0, "team"]),
        ({"last_resort": [{"schedule": "nosuch"}]}, ["body", "last_resort", 0, "schedule"]),
        ({"last_resort": [{"user": "ada", "team": "payments"}]}, ["body", "last_resort", 0]),
        ({"last_resort": [{"user": "ada"}] * 51}, ["body", "last_resort"]),
        ({"reminder": "4m59s"}, ["body", "reminder"]),
        ({"reminder": "25h"}, ["body", "reminder"]),
        ({"suspended": True}, ["body", "suspended"]),
        ({"limits": {"tickets_per_second": 9_000}}, ["body", "limits"]),
    ],
)
def test_a_wrong_setting_of_the_company_is_named(acme: Caller, patch: dict[str, Any], loc: list[Any]) -> None:
    before = acme("GET", "/company").body
    answer = acme("PATCH", "/company", patch)
    assert (answer.status, [error["loc"] for error in answer.body["errors"]]) == (422, [loc])
    assert acme("GET", "/company").body == before


def test_a_company_sees_the_limits_that_count_for_it_and_cannot_change_them(admin: Caller) -> None:
    OPERATOR("POST", "/companies", ACME)
    seen = Caller(role="viewer")("GET", "/company").body
    assert (seen["company_id"], seen["limits"]) == ("acme", {**EVERYBODYS})
    OPERATOR("PATCH", "/companies/acme", {"limits": {"tickets_per_second": 200}})
    assert admin("GET", "/company").body["limits"] == {**EVERYBODYS, "tickets_per_second": 200}
    refused = admin("PATCH", "/company", {"limits": {"tickets_per_second": 9_000}})
    assert refused.status == 422
    assert OPERATOR("GET", "/company").status == 403
    assert Caller(tenant="nobody")("GET", "/company").status == 404


@pytest.mark.parametrize("limits", [{"tickets_per_second": 0}, {"tickets_per_second": 10_001}, {"sms": 1}, [], 5])
def test_a_limit_that_cannot_be_meant_is_refused(limits: Any) -> None:
    OPERATOR("POST", "/companies", ACME)
    assert OPERATOR("PATCH", "/companies/acme", {"limits": limits}).status == 422


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"company_id": "Acme"}, ["company_id"]),
        ({"company_id": "a_b"}, ["company_id"]),
        ({"company_id": "1a"}, ["company_id"]),
        ({"company_id": "a" * 25}, ["company_id"]),
        ({"company_id": None}, ["company_id"]),
        ({"name": ""}, ["name"]),
        ({"name": 1}, ["name"]),
        ({"admin": None}, ["admin"]),
        ({"admin": {"user_id": "ada"}}, ["admin", "email"]),
        ({"admin": {"user_id": "a b", "email": "ada@example.com"}}, ["admin", "user_id"]),
        ({"admin": {"user_id": "ada", "email": "ada@example.com", "role": "admin"}}, ["admin", "role"]),
        ({"suspended": True}, ["suspended"]),
    ],
)
def test_a_wrong_field_of_a_company_is_named(change: dict[str, Any], loc: list[str]) -> None:
    answer = OPERATOR("POST", "/companies", {**ACME, **change})
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", *loc])
    assert OPERATOR("GET", "/companies").body["items"] == []


def test_a_company_keeps_its_name() -> None:
    OPERATOR("POST", "/companies", ACME)
    assert OPERATOR("PATCH", "/companies/acme", {"name": None}).body["errors"][0]["loc"] == ["body", "name"]
    assert OPERATOR("PATCH", "/companies/acme", {"suspended": "yes"}).status == 422


def test_a_key_for_a_company_whose_first_was_lost() -> None:
    OPERATOR("POST", "/companies", ACME)
    made = OPERATOR("POST", "/companies/acme/api_keys")
    assert (made.status, made.body["role"]) == (201, "admin")
    assert made.body["secret"].startswith(f"tsk_acme_{made.body['key_id']}_")
    viewer = OPERATOR("POST", "/companies/acme/api_keys", {"name": "Audit", "role": "viewer"})
    assert (viewer.status, viewer.body["role"]) == (201, "viewer")
    assert OPERATOR("POST", "/companies/nobody/api_keys").status == 404
    assert OPERATOR("POST", "/companies/acme/api_keys", {"role": "operator"}).status == 422


def test_companies_are_the_operators_alone() -> None:
    OPERATOR("POST", "/companies", ACME)
    for role in ("viewer", "responder", "admin"):
        assert Caller(role=role)("GET", "/companies").status == 403
        assert Caller(role=role)("PATCH", "/companies/acme", {"suspended": True}).status == 403
    assert OPERATOR("GET", "/severities").status == 403


def test_severities_are_replaced_as_a_whole(admin: Caller) -> None:
    OPERATOR("POST", "/companies", ACME)
    times = {"ack_timeout": "90m", "auto_resolve": "1d"}
    wanted = [
        {"name": "page", "default": False, "channels": ["sms", "email"], **times},
        {"name": "mail", "default": True},
    ]
    put = admin("PUT", "/severities", {"items": wanted})
    assert put.status == 200
    assert [(one["name"], one["channels"]) for one in put.body["items"]] == [("page", ["sms", "email"]), ("mail", None)]
    assert [put.body["items"][0][name] for name in times] == ["1h30m", "1d"]
    assert admin("GET", "/severities").body == put.body
    before = directory.get(keys.company("acme"))
    assert admin("PUT", "/severities", put.body).body == put.body
    assert directory.get(keys.company("acme")) == before


@pytest.mark.parametrize(
    ("items", "part"),
    [
        ([], "at least 1"),
        ([{"name": "a", "default": False}], "Exactly one"),
        ([{"name": "a", "default": True}, {"name": "b", "default": True}], "Exactly one"),
        ([{"name": "a", "default": True}, {"name": "a", "default": False}], "two severities"),
        ([{"name": f"s{number}", "default": number == 0} for number in range(21)], "at most 20"),
        ([{"name": "", "default": True}], "at least 1"),
        ([{"name": "a" * 65, "default": True}], "at most 64"),
        ([{"name": "a"}], "required"),
        ([{"default": True}], "required"),
        ([{"name": "a", "default": 1}], "boolean"),
        ([{"name": "a", "default": True, "channels": []}], "at least one"),
        ([{"name": "a", "default": True, "channels": ["sms", "sms"]}], "once"),
        ([{"name": "a", "default": True, "channels": ["pigeon"]}], "Input should be"),
        ([{"name": "a", "default": True, "channels": "sms"}], "list"),
        ([{"name": "a", "default": True, "ack_timeout": "59s"}], "from 1m to 7d"),
        ([{"name": "a", "default": True, "auto_resolve": "91d"}], "from 1m to 90d"),
        ([{"name": "a", "default": True, "colour": "red"}], "not permitted"),
        ("sev1", "list"),
    ],
)
def test_wrong_severities_are_told_why(admin: Caller, items: Any, part: str) -> None:
    OPERATOR("POST", "/companies", ACME)
    answer = admin("PUT", "/severities", {"items": items})
    assert answer.status == 422
    assert part in answer.body["errors"][0]["msg"]
    assert len(admin("GET", "/severities").body["items"]) == 4


def test_only_admins_replace_severities() -> None:
    OPERATOR("POST", "/companies", ACME)
    assert Caller(role="responder")("PUT", "/severities", {"items": []}).status == 403
    assert Caller(role="viewer")("GET", "/severities").status == 200
