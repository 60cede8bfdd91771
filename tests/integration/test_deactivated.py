"""Who is deactivated: is not paged, cannot sign in, is not on call, and comes back as they were."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.provisioning import GRACE, created, patched, scim
from tests.integration.signing_in import configured, refused, signed_in
from tests.provider import Provider, provider
from tests.world import Caller
from tocsin.settings import settings

OFF = {"op": "replace", "path": "active", "value": False}
ON = {"op": "replace", "path": "active", "value": True}


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture(autouse=True)
def local(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_URLS", "yes")
    settings.__dict__.clear()


def test_who_is_deactivated_does_not_sign_in_and_is_who_they_were_when_they_come_back(
    acme: Caller, idp: Provider
) -> None:
    configured(acme, idp)
    token = idp.token("00u1", groups=["oncall"])
    found = signed_in(token)
    assert patched(found["actor"], OFF).status == 200
    assert "deactivated" in refused(token, status=403)
    patched(found["actor"], ON)
    assert signed_in(token) == found


def test_who_was_made_by_scim_signs_in_as_that_user_by_the_external_id(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    user_id = created(externalId="00u1")
    token = idp.token("00u1", groups=["oncall"])
    assert signed_in(token)["actor"] == user_id
    assert acme("GET", f"/users/{user_id}").body["role"] == "responder"
    patched(user_id, OFF)
    assert "deactivated" in refused(token, status=403)


def test_who_has_signed_in_is_the_user_that_scim_makes_of_the_same_external_id(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    token = idp.token("00u1", groups=["oncall"])
    actor = signed_in(token)["actor"]
    assert created(externalId="00u1") == actor
    scim("PUT", f"/Users/{actor}", GRACE | {"active": False})
    assert "deactivated" in refused(token, status=403)


def test_an_e_mail_address_that_scim_gives_is_nobodys_identity(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    user_id = created(externalId="00u1")
    mallory = idp.token("mallory", groups=["oncall"], email="grace@example.com", preferred_username="grace@example.com")
    assert signed_in(mallory)["actor"] != user_id


def test_who_is_deactivated_is_not_on_call_and_nobody_takes_the_turn(acme: Caller) -> None:
    layer = {"users": ["ada", "bob"], "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"}
    schedule = {"schedule_id": "primary", "name": "Primary", "team": "payments", "time_zone": "UTC", "layers": [layer]}
    assert acme("POST", "/schedules", schedule).status == 201

    def on_call(day: int) -> Any:
        at = f"2026-01-{day:02d}T12:00:00Z"
        (found,) = acme("GET", "/oncall", query={"team": "payments", "at": at}).body["items"]
        return found["user"]

    assert [on_call(day) for day in (5, 6, 7)] == ["ada", "bob", "ada"]
    patched("bob", OFF)
    assert [on_call(day) for day in (5, 6, 7)] == ["ada", None, "ada"]
    patched("bob", ON)
    assert on_call(6) == "bob"
