"""API keys over the API, on tables, and the authorizer that reads them."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.world import Caller, handler, request
from tocsin import authorizer, clock, keys, times
from tocsin.errors import Overloaded
from tocsin.store import directory

ACME = {"company_id": "acme", "name": "Acme", "admin": {"user_id": "ada", "email": "ada@example.com"}}
OPERATOR = Caller(tenant="", actor="operator", role="operator")
OPERATOR_KEY = "0perat0r" * 6


@pytest.fixture
def secret() -> str:
    made = OPERATOR("POST", "/companies", ACME)
    return str(made.body["api_key"]["secret"])


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> str:
    arn = boto3.client("secretsmanager").create_secret(Name="operator", SecretString=OPERATOR_KEY)["ARN"]
    monkeypatch.setenv("OPERATOR_SECRET_ARN", arn)
    authorizer.forget_operator()
    return str(arn)


def asked(header: str | None) -> dict[str, Any]:
    event = request("GET", "/api/v1/teams", headers={"authorization": header} if header is not None else {})
    answer = handler("authorizer").lambda_handler(event, None)
    assert answer["isAuthorized"] is True
    assert all(isinstance(value, str) for value in answer["context"].values())
    return dict(answer["context"])


def later(monkeypatch: pytest.MonkeyPatch, **how: float) -> None:
    moment = clock.now() + timedelta(**how)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_key_is_shown_with_its_secret_once(admin: Caller) -> None:
    made = admin("POST", "/api_keys", {"key_id": "ci_1", "name": "CI", "role": "responder"})
    assert (made.status, made.headers["location"]) == (201, "/api/v1/api_keys/ci_1")
    assert made.body["secret"].startswith("tsk_acme_ci_1_")
    shown = {name: value for name, value in made.body.items() if name != "secret"}
    assert shown == {**shown, "key_id": "ci_1", "name": "CI", "role": "responder", "expires_at": None}
    assert admin("GET", "/api_keys").body == {"items": [shown], "next_cursor": None}
    assert admin("GET", "/api_keys/ci_1").body == shown
    again = admin("POST", "/api_keys", {"key_id": "ci_1", "name": "CI", "role": "responder", "expires_at": None})
    assert (again.status, again.body) == (200, shown)
    assert admin("POST", "/api_keys", {"key_id": "ci_1", "name": "CI", "role": "admin"}).status == 409
    assert made.body["secret"] not in str(directory.get(keys.api_key("acme", "ci_1")))


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"role": "operator"}, "role"),
        ({"role": None}, "role"),
        ({"key_id": "a b"}, "key_id"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2126-01-01T00:00:00"}, "expires_at"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_a_wrong_field_of_a_key_is_named(admin: Caller, change: dict[str, Any], loc: str) -> None:
    answer = admin("POST", "/api_keys", {"name": "CI", "role": "viewer", **change})
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", loc])


def test_only_admins_see_keys_and_only_their_companys(admin: Caller) -> None:
    admin("POST", "/api_keys", {"key_id": "ci", "name": "CI", "role": "viewer"})
    assert Caller(role="responder")("GET", "/api_keys").status == 403
    other = Caller(tenant="other")
    assert other("GET", "/api_keys").body["items"] == []
    assert other("GET", "/api_keys/ci").status == 404
    assert other("DELETE", "/api_keys/ci").status == 404


def test_a_key_says_whose_it_is(secret: str) -> None:
    expected = {"tenant": "acme", "actor": "api_key:admin", "role": "admin", "requests_per_second": "200"}
    assert asked(f"Bearer {secret}") == expected
    assert asked(f"bearer  {secret} ") == expected


def test_a_key_whose_id_has_underscores_is_read(secret: str, admin: Caller) -> None:
    made = admin("POST", "/api_keys", {"key_id": "a_b__c", "name": "CI", "role": "viewer"})
    found = asked(f"Bearer {made.body['secret']}")
    assert (found["tenant"], found["actor"], found["role"]) == ("acme", "api_key:a_b__c", "viewer")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YWRhOmFkYQ==",
        "Bearer tsk_",
        "Bearer tsk_acme_admin",
        "Bearer tsk_acme_admin_" + "x" * 40,
        "Bearer tsk_other_admin_" + "x" * 40,
        "Bearer tsk_acme_" + "x" * 3000,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer \u00fc\ud800",
        "Bearer a b",
    ],
)
def test_what_is_no_key_finds_nobody_and_says_why(secret: str, header: str | None) -> None:
    found = asked(header)
    assert set(found) == {"problem"}
    refused = handler("teams").lambda_handler(request("GET", "/api/v1/teams", principal=found), None)
    assert refused["statusCode"] == 401
    assert refused["headers"]["WWW-Authenticate"] == "Bearer"


def test_the_right_key_with_another_secret_finds_nobody(secret: str) -> None:
    assert set(asked(f"Bearer {secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}")) == {"problem"}


def test_a_deleted_key_finds_nobody(secret: str, admin: Caller) -> None:
    assert admin("DELETE", "/api_keys/admin").status == 204
    assert set(asked(f"Bearer {secret}")) == {"problem"}


def test_a_key_ends_at_its_time(secret: str, admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = times.text(clock.now() + timedelta(hours=1))
    wanted = {"key_id": "short", "name": "CI", "role": "viewer", "expires_at": ends}
    made = admin("POST", "/api_keys", wanted)
    assert made.body["expires_at"] == ends
    assert asked(f"Bearer {made.body['secret']}")["role"] == "viewer"
    later(monkeypatch, hours=1)
    assert "expired" in asked(f"Bearer {made.body['secret']}")["problem"]
    assert admin("POST", "/api_keys", wanted).status == 200


def test_a_suspended_companys_keys_are_refused(secret: str) -> None:
    OPERATOR("PATCH", "/companies/acme", {"suspended": True})
    found = asked(f"Bearer {secret}")
    refused = handler("teams").lambda_handler(request("GET", "/api/v1/teams", principal=found), None)
    assert refused["statusCode"] == 403
    assert "suspended" in refused["body"]
    OPERATOR("PATCH", "/companies/acme", {"suspended": False})
    assert asked(f"Bearer {secret}")["role"] == "admin"


def test_the_operators_key_belongs_to_no_company(operator: str) -> None:
    assert asked(f"Bearer {OPERATOR_KEY}") == {"tenant": "", "actor": "operator", "role": "operator"}
    assert set(asked(f"Bearer {OPERATOR_KEY[:-1]}")) == {"problem"}


def test_a_changed_operators_key_counts_within_the_minute(operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(f"Bearer {OPERATOR_KEY}")["role"] == "operator"
    boto3.client("secretsmanager").put_secret_value(SecretId=operator, SecretString="changed" * 6)
    later(monkeypatch, minutes=1)
    assert set(asked(f"Bearer {OPERATOR_KEY}")) == {"problem"}
    assert asked("Bearer " + "changed" * 6)["role"] == "operator"


def test_a_throttled_table_is_a_503_and_no_401(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(_: object) -> None:
        raise Overloaded

    monkeypatch.setattr(directory, "get_many", throttled)
    found = asked(f"Bearer {secret}")
    refused = handler("teams").lambda_handler(request("GET", "/api/v1/teams", principal=found), None)
    assert refused["statusCode"] == 503
