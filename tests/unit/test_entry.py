import json
from typing import Any

import pytest

from tests.examples import NOW
from tocsin import entry, keys
from tocsin.entry import Change
from tocsin.keys import Key

TEAM = keys.team("acme", "payments")


def changed(old: dict[str, Any] | None, new: dict[str, Any] | None, key: Key = TEAM) -> Change | None:
    return entry.change(key, old, new)


def test_what_is_made_is_told_whole_and_what_is_deleted_too() -> None:
    row = {**TEAM, "team_id": "payments", "name": "Payments", "list_pk": "x", "list_sk": "y", "fingerprint": "f"}
    told = {"team_id": "payments", "name": "Payments"}
    assert changed(None, row) == Change(kind="team", name="payments", before=None, after=told)
    assert changed(row, None) == Change(kind="team", name="payments", before=told, after=None)


def test_of_a_change_only_what_differs_is_told() -> None:
    old = {"name": "Payments", "same": 1, "gone": True, "version": 1}
    new = {"name": "Money", "same": 1, "come": [], "version": 2}
    assert changed(old, new) == Change(
        kind="team", name="payments", before={"name": "Payments", "gone": True}, after={"name": "Money", "come": []}
    )


def test_what_only_machinery_reads_is_no_change() -> None:
    assert changed({"name": "a", "version": 1}, {"name": "a", "version": 2, "fingerprint": "x"}) is None


def test_of_contact_methods_those_are_told_that_differ_and_their_codes_never() -> None:
    phone = {"method_id": "phone", "address": "+49", "verified": False, "code": {"sha256": "s"}, "code_times": ["t"]}
    mail = {"method_id": "mail", "address": "a@example.com", "fingerprint": "f"}
    verified = {"method_id": "phone", "address": "+49", "verified": True}
    key = keys.user("acme", "ada")
    assert changed(
        {"methods": {"phone": phone, "mail": mail}}, {"methods": {"phone": verified, "mail": mail}}, key
    ) == Change(
        kind="user",
        name="ada",
        before={"contact_methods": {"phone": {**verified, "verified": False}}},
        after={"contact_methods": {"phone": verified}},
    )
    assert changed({"methods": {"phone": phone}}, {"methods": {"phone": {**phone, "code": None}}}, key) is None


def test_labels_of_a_rule_may_be_called_as_they_like() -> None:
    told = changed(None, {"when": {"labels": {"code": ["a"], "sha256": ["b"]}}}, keys.rule("acme", "r"))
    assert told
    assert told.after == {"when": {"labels": {"code": ["a"], "sha256": ["b"]}}}


@pytest.mark.parametrize(
    ("key", "thing"),
    [
        (keys.company("acme"), ("company", "acme")),
        (keys.api_key("acme", "k"), ("api_key", "k")),
        (keys.user("acme", "ada"), ("user", "ada")),
        (keys.member("acme", "payments", "ada", admin=True), ("member", "payments/ada")),
        (keys.member("acme", "payments", "ada", admin=False), ("member", "payments/ada")),
        (keys.rule("acme", "r"), ("rule", "r")),
        (keys.schedule("acme", "s"), ("schedule", "s")),
        (keys.override("acme", "s", "2026-01-05T09:00:00.000Z", "o"), ("override", "s/o")),
        (keys.integration("acme", "i"), ("integration", "i")),
        (keys.issuer("acme"), ("sso", "acme")),
        (keys.override_name("acme", "s", "o"), None),
        (keys.identity("acme", "x"), None),
        (keys.provisioned("acme", "x"), None),
        (keys.door("x"), None),
        (keys.feed("x"), None),
        (keys.issuer_pair("x"), None),
    ],
)
def test_what_a_row_is_of(key: Key, thing: tuple[str, str] | None) -> None:
    assert keys.thing(key) == thing
    assert keys.tenant_of(key) == ("" if key["pk"].split("#")[0] != "T" else "acme")


def test_what_does_not_fit_loses_first_what_comes_after() -> None:
    half = {"text": "x" * (entry.LARGEST // 2)}
    (kept,) = entry.kept([Change(kind="rule", name="r", before=half, after=half)])["changes"]
    assert (kept["before"], kept["after"], kept["cut"]) == (half, None, True)
    whole = {"text": "x" * entry.LARGEST}
    (kept,) = entry.kept([Change(kind="rule", name="r", before=whole, after=whole)])["changes"]
    assert (kept["before"], kept["after"], kept["cut"]) == (None, None, True)


def test_so_many_changes_are_told_and_the_others_counted() -> None:
    changes = [Change(kind="member", name=f"payments/{number}", after={}) for number in range(entry.MOST + 7)]
    kept = entry.kept(changes)
    assert (len(kept["changes"]), kept["more"]) == (entry.MOST, 7)


def test_changes_share_the_room_there_is() -> None:
    large = Change(kind="rule", name="r", before={"text": "x" * (entry.LARGEST * 6 // 10)})
    first, second = entry.kept([large, large])["changes"]
    assert (first["before"], first["cut"]) == (large.before, False)
    assert (second["before"], second["cut"]) == (None, True)


def test_what_just_fits_is_kept_whole() -> None:
    empty = len(json.dumps(Change(kind="rule", name="r", after={"text": ""}).model_dump(mode="json")))
    for more, cut in ((0, False), (1, True)):
        change = Change(kind="rule", name="r", after={"text": "x" * (entry.LARGEST - empty + more)})
        assert entry.kept([change])["changes"][0]["cut"] == cut


def test_a_row_keeps_of_changes_what_json_has() -> None:
    (kept,) = entry.kept([Change(kind="rule", name="r", after={"at": NOW, "places": (1, 2)})])["changes"]
    assert kept["after"] == {"at": NOW.isoformat().replace("+00:00", "Z"), "places": [1, 2]}


def test_the_first_contact_method_comes_to_none_and_the_last_one_goes_from_there() -> None:
    key, mail = keys.user("acme", "ada"), {"method_id": "mail", "address": "a@example.com"}
    without, having = {"name": "Ada"}, {"name": "Ada", "methods": {"mail": mail}}
    come = changed(without, having, key)
    gone = changed(having, without, key)
    assert come is not None
    assert gone is not None
    assert (come.before, come.after) == ({"contact_methods": {}}, {"contact_methods": {"mail": mail}})
    assert (gone.before, gone.after) == ({"contact_methods": {"mail": mail}}, {"contact_methods": {}})


def test_of_a_webhook_the_host_is_told_and_that_it_is_another() -> None:
    key = keys.user("acme", "ada")
    hook = {
        "method_id": "chat",
        "channel": "webhook",
        "address": "https://hooks.example.com/T1/secret1",
        "verified": True,
    }
    mail = {"method_id": "mail", "channel": "email", "address": "ada@example.com"}
    old = {**key, "user_id": "ada", "methods": {"chat": hook, "mail": mail}}
    new = {**old, "methods": {"chat": hook | {"address": "https://hooks.example.com/T1/secret2"}, "mail": mail}}
    told = [entry.change(key, *rows) for rows in ((None, old), (old, new), (new, None))]
    assert "secret" not in str(told)
    assert "ada@example.com" in str(told[0])
    shown = {"chat": hook | {"address": "https://hooks.example.com/***"}}
    assert told[1] == Change(
        kind="user", name="ada", before={"contact_methods": shown}, after={"contact_methods": shown}
    )
