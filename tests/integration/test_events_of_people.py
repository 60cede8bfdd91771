"""The sample events of users, companies, keys and integrations are accepted by their functions."""

import json
from typing import Any

import pytest

from tests.world import ROOT, Caller, call, handler
from tocsin import api_key, ids

TOKEN = "tsk_acme_admin_4ZVq0s8T2mXk7RbYc1WnE5uJh9GdLpA3fQxN6oKe"


def sample(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8")))


@pytest.fixture
def acme(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> Caller:
    monkeypatch.setattr(ids, "secret", lambda: TOKEN.rpartition("_")[2])
    assert call("companies", sample("companies/onboard")).status == 201
    admin("POST", "/teams", {"team_id": "payments", "name": "Payments"})
    return admin


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("companies/onboard", 200),
        ("companies/suspend", 200),
        ("users/create", 201),
        ("users/list", 200),
        ("users/add_contact_method", 201),
        ("users/put_rule", 201),
        ("severities/replace", 200),
        ("company/read", 200),
        ("api_keys/create", 201),
        ("integrations/create", 201),
        ("schedules/create", 201),
        ("oncall/of_team", 200),
        ("root/health", 200),
        ("root/no_such_path", 404),
    ],
)
def test_a_sample_request_is_accepted(acme: Caller, name: str, status: int) -> None:
    assert call(name.split("/", maxsplit=1)[0], sample(name)).status == status


def test_a_code_is_sent_as_the_sample_asks(acme: Caller) -> None:
    call("users", sample("users/add_contact_method"))
    assert call("users", sample("users/send_code")).status == 202


def test_a_schedule_is_overridden_shown_and_read_as_the_samples_ask(acme: Caller) -> None:
    for name, status in (("create", 201), ("override", 201), ("shifts", 200), ("add_feed_key", 201)):
        assert call("schedules", sample(f"schedules/{name}")).status == status
    assert call("feeds", sample("feeds/read")).status == 200  # by the key that was just made


def test_the_authorizer_knows_the_sample_key(acme: Caller) -> None:
    found = handler("authorizer").lambda_handler(sample("authorizer/request"), None)
    assert found == {
        "isAuthorized": True,
        "context": {"tenant": "acme", "actor": "api_key:admin", "role": "admin", "requests_per_second": "200"},
    }
    assert api_key.Named.of(TOKEN) == api_key.Named("acme", "admin")
