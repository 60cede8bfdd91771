"""Integrations over the API, on tables: their keys, and the doors that those open."""

import re
from typing import Any

import pytest

from tests.world import Caller
from tocsin import ids, integrations, keys
from tocsin.errors import Conflict, Overloaded
from tocsin.store import directory

ACME = {"company_id": "acme", "name": "Acme", "admin": {"user_id": "ada", "email": "ada@example.com"}}
WATCH = {"integration_id": "watch", "type": "cloudwatch", "team": "payments", "severity_map": {"*": "sev3"}}


@pytest.fixture
def acme(admin: Caller) -> Caller:
    Caller(tenant="", role="operator")("POST", "/companies", ACME)
    admin("POST", "/teams", {"team_id": "payments", "name": "Payments"})
    return admin


def door(key: str) -> dict[str, Any] | None:
    return directory.get(keys.door(ids.sha256(key)))


def test_an_integration_shows_its_key_and_url_once(acme: Caller) -> None:
    made = acme("POST", "/integrations", WATCH)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/integrations/watch")
    key = made.body["key"]
    assert re.fullmatch(r"[0-9a-f]{32}", key)
    assert made.body["url"] == f"https://tocsin.example.com/in/cloudwatch/{key}"
    assert door(key) == {**(door(key) or {}), "tenant": "acme", "integration_id": "watch"}
    shown = {name: value for name, value in made.body.items() if name not in ("key", "url")}
    assert shown == {**shown, "name": "watch", "team": "payments", "severity_map": {"*": "sev3"}}
    assert [set(one) for one in shown["keys"]] == [{"key_id", "created_at"}]
    assert acme("GET", "/integrations/watch").body == shown
    assert acme("GET", "/integrations").body == {"items": [shown], "next_cursor": None}
    assert key not in str(directory.get(keys.integration("acme", "watch")))


def test_the_same_integration_again_opens_no_second_door(acme: Caller) -> None:
    acme("POST", "/integrations", WATCH)
    acme("PATCH", "/integrations/watch", {"name": "Watch"})
    again = acme("POST", "/integrations", {**WATCH, "name": "watch"})
    assert (again.status, again.body["name"], "key" in again.body) == (200, "Watch", False)
    assert acme("POST", "/integrations", {**WATCH, "type": "generic"}).status == 409
    assert len(again.body["keys"]) == 1


def test_a_create_that_loses_a_race_leaves_no_door(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = ids.integration_key

    def key() -> str:
        opened.append(real())
        return opened[-1]

    def taken(*_: Any, **__: Any) -> None:
        raise Conflict("taken")

    monkeypatch.setattr(ids, "integration_key", key)
    monkeypatch.setattr(integrations.resource, "create", taken)
    assert acme("POST", "/integrations", WATCH).status == 409
    assert [door(one) for one in opened] == [None]


def test_changes_are_merged(acme: Caller) -> None:
    acme("POST", "/integrations", {**WATCH, "severity_map": {"critical": "sev1", "*": "sev3"}})
    changed = acme("PATCH", "/integrations/watch", {"severity_map": {"critical": None, "low": "sev4"}})
    assert changed.body["severity_map"] == {"*": "sev3", "low": "sev4"}
    assert acme("PATCH", "/integrations/watch", {"severity_map": None}).body["severity_map"] == {}
    acme("POST", "/teams", {"team_id": "search", "name": "Search"})
    assert acme("PATCH", "/integrations/watch", {"team": "search"}).body["team"] == "search"


def test_a_severity_that_is_gone_is_in_nobodys_way_who_does_not_ask_for_it(acme: Caller) -> None:
    acme("POST", "/integrations", {**WATCH, "severity_map": {"critical": "sev1", "*": "sev3"}})
    assert acme("PUT", "/severities", {"items": [{"name": "sev3", "default": True}]}).status == 200
    assert acme("PATCH", "/integrations/watch", {"name": "Watch"}).body["name"] == "Watch"
    refused = acme("PATCH", "/integrations/watch", {"severity_map": {"low": "sev1"}})
    assert [one["loc"] for one in refused.body["errors"]] == [["body", "severity_map", "low"]]
    mended = acme("PATCH", "/integrations/watch", {"severity_map": {"critical": None, "low": "sev3"}})
    assert mended.body["severity_map"] == {"*": "sev3", "low": "sev3"}


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"team": "nobody"}, ["team"]),
        ({"team": None}, ["team"]),
        ({"team": "x" * 5000}, ["team"]),
        ({"severity_map": {"critical": "sev9"}}, ["severity_map", "critical"]),
        ({"severity_map": {"": "sev1"}}, None),
        ({"severity_map": ["sev1"]}, ["severity_map"]),
        ({"severity_map": {str(number): "sev1" for number in range(101)}}, ["severity_map"]),
        ({"name": ""}, ["name"]),
        ({"key": "0" * 32}, ["key"]),
    ],
)
def test_a_wrong_field_of_an_integration_is_named(acme: Caller, change: dict[str, Any], loc: list[str] | None) -> None:
    created = acme("POST", "/integrations", {**WATCH, **change})
    acme("POST", "/integrations", WATCH)
    patched = acme("PATCH", "/integrations/watch", change)
    for answer in (created, patched):
        assert answer.status == 422
        assert loc is None or answer.body["errors"][0]["loc"] == ["body", *loc]


@pytest.mark.parametrize("kind", ["pagerduty", "opsgenie", "alertmanager", "grafana", "email"])
def test_a_type_that_comes_later_is_said_to_be_not_built(acme: Caller, kind: str) -> None:
    answer = acme("POST", "/integrations", {**WATCH, "type": kind})
    assert answer.status == 422
    assert "not built yet" in answer.body["errors"][0]["msg"]


def test_keys_change_without_a_gap(acme: Caller) -> None:
    first = acme("POST", "/integrations", WATCH).body
    second = acme("POST", "/integrations/watch/keys")
    assert second.status == 201
    assert second.body["url"].endswith(second.body["key"])
    assert door(first["key"])
    assert door(second.body["key"])
    old = first["keys"][0]["key_id"]
    assert acme("DELETE", f"/integrations/watch/keys/{old}").status == 204
    assert acme("DELETE", f"/integrations/watch/keys/{old}").status == 404
    assert door(first["key"]) is None
    left = acme("GET", "/integrations/watch").body["keys"]
    assert [key["key_id"] for key in left] == [second.body["key_id"]]


def test_the_same_key_again_is_not_shown_again(acme: Caller) -> None:
    acme("POST", "/integrations", WATCH)
    made = acme("POST", "/integrations/watch/keys", {"key_id": "next"})
    again = acme("POST", "/integrations/watch/keys", {"key_id": "next"})
    assert (made.status, again.status) == (201, 200)
    assert again.body == {"key_id": "next", "created_at": made.body["created_at"]}
    assert acme("POST", "/integrations/watch/keys", {"key": "mine"}).status == 422
    assert acme("POST", "/integrations/nothing/keys").status == 404


def test_an_integration_has_at_most_ten_keys(acme: Caller) -> None:
    acme("POST", "/integrations", WATCH)
    answers = [acme("POST", "/integrations/watch/keys").status for _ in range(10)]
    assert answers == [201] * 9 + [409]


def test_a_deleted_integration_leaves_no_door(acme: Caller) -> None:
    made = acme("POST", "/integrations", WATCH).body
    more = acme("POST", "/integrations/watch/keys").body
    assert acme("DELETE", "/integrations/watch").status == 204
    assert acme("DELETE", "/integrations/watch").status == 404
    assert door(made["key"]) is None
    assert door(more["key"]) is None


def test_a_delete_that_was_cut_short_is_finished_by_the_next(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    made = acme("POST", "/integrations", WATCH).body

    def throttled(_: object) -> None:
        raise Overloaded

    with monkeypatch.context() as broken:
        broken.setattr(integrations.resource, "delete", throttled)
        assert acme("DELETE", "/integrations/watch").status == 503
    assert door(made["key"]) is None
    assert acme("DELETE", "/integrations/watch").status == 204


def test_another_tenants_integration_is_not_there(acme: Caller) -> None:
    acme("POST", "/integrations", WATCH)
    other = Caller(tenant="other")
    assert other("GET", "/integrations").body["items"] == []
    for method, path, body in [
        ("GET", "/integrations/watch", None),
        ("PATCH", "/integrations/watch", {"name": "Mine"}),
        ("DELETE", "/integrations/watch", None),
        ("POST", "/integrations/watch/keys", None),
        ("DELETE", "/integrations/watch/keys/k", None),
    ]:
        assert other(method, path, body).status == 404
    assert other("POST", "/integrations", WATCH).body["errors"][0]["loc"] == ["body", "team"]
