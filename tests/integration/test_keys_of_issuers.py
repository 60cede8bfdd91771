"""A provider's keys change, and a provider is down: who may come in goes on coming in, and nobody else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.signing_in import configured, refused, signed_in
from tests.provider import Provider, provider
from tests.world import Caller
from tocsin import clock, keys, times
from tocsin.settings import settings
from tocsin.store import directory

ADMIN = {"groups": ["admins"]}


@pytest.fixture
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One for each test: they stop it."""
    with provider(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture(autouse=True)
def local(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_URLS", "yes")
    settings.__dict__.clear()


def stored() -> dict[str, Any]:
    row = directory.get(keys.issuer("acme"))
    assert row
    return row


def asked_for_keys(idp: Provider) -> int:
    return idp.log.read_text().count("GET /jwks")


def test_a_new_key_is_known_as_soon_as_somebody_uses_it(acme: Caller, idp: Provider, now: Any) -> None:
    configured(acme, idp)
    old = idp.token("alice", **ADMIN)
    actor = signed_in(old)["actor"]
    idp.stop()
    idp.start()
    new = idp.token("alice", **ADMIN)
    refused(new)  # the issuer was asked when it was set up, less than a minute ago
    now(minutes=1)
    assert signed_in(new)["actor"] == actor
    refused(old)  # a key that the issuer has no more is none of ours


def test_keys_are_kept_for_ten_minutes_and_then_asked_for_again(acme: Caller, idp: Provider, now: Any) -> None:
    configured(acme, idp)
    token = idp.token("alice", **ADMIN)
    before = asked_for_keys(idp)
    for _ in range(9):
        now(minutes=1)
        signed_in(token)
    assert asked_for_keys(idp) == before
    now(minutes=1)
    for _ in range(5):
        signed_in(token)
    assert asked_for_keys(idp) == before + 1


def test_while_the_issuer_is_down_its_keys_are_good_for_a_day(acme: Caller, idp: Provider, now: Any) -> None:
    configured(acme, idp)
    token = idp.token("alice", **ADMIN)
    idp.stop()
    now(minutes=50)
    signed_in(token)
    day = stored()
    # The token itself is good for an hour: from here on it is the keys that get older.
    fetched = times.text(clock.now() - timedelta(hours=23, minutes=59))
    directory.update(keys.issuer("acme"), {"fetched_at": fetched})
    signed_in(token)
    fetched = times.text(clock.now() - timedelta(hours=24))
    directory.update(keys.issuer("acme"), {"fetched_at": fetched})
    assert "for a day" in refused(token)
    assert stored()["keys"] == day["keys"]


def test_an_issuer_that_is_back_is_asked_within_the_minute(acme: Caller, idp: Provider, now: Any) -> None:
    configured(acme, idp)
    idp.stop()
    directory.update(keys.issuer("acme"), {"fetched_at": times.text(clock.now() - timedelta(days=2))})
    now(minutes=2)
    idp.start()
    signed_in(idp.token("alice", **ADMIN))
    assert stored()["fetched_at"] == times.text(clock.now())


def test_an_issuer_that_is_down_is_asked_once_a_minute(
    acme: Caller, idp: Provider, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(acme, idp)
    token = idp.token("alice", **ADMIN)
    idp.stop()
    now(minutes=11)
    asked = []
    for _ in range(12):
        signed_in(token)
        asked.append(stored()["asked_at"])
        now(seconds=10)
    assert len(set(asked)) == 2


def test_keys_that_have_moved_are_found_where_the_issuer_says(acme: Caller, idp: Provider, now: Any) -> None:
    configured(acme, idp)
    directory.update(keys.issuer("acme"), {"jwks_uri": f"{idp.issuer}/where-they-were"})
    now(minutes=11)
    signed_in(idp.token("alice", **ADMIN))
    assert stored()["fetched_at"] == times.text(clock.now())


def test_what_the_company_made_of_its_row_meanwhile_is_not_overwritten(acme: Caller, idp: Provider, now: Any) -> None:
    """Keys are asked for while the company puts another provider: they are not written into that one's row."""
    configured(acme, idp)
    token = idp.token("alice", **ADMIN)
    now(minutes=11)
    real = directory.get_many

    def meanwhile(wanted: Any) -> Any:
        rows = real(wanted)
        if keys.issuer("acme") in wanted:
            directory.update(keys.issuer("acme"), {"audience": "elsewhere", "keys": []})
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directory, "get_many", meanwhile)
        signed_in(token)
    assert stored()["keys"] == []
