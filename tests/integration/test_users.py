"""Users and their contact methods over the API, on tables and queues."""

import json
import re
from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.world import Caller
from tocsin import aws, clock, keys, resource
from tocsin.settings import settings
from tocsin.store import directory
from tocsin.user import User

ADA = {"user_id": "ada", "name": "Ada", "email": "ada@example.com", "role": "responder"}
PHONE = {"method_id": "phone", "channel": "sms", "address": "+49 151 23456789"}
METHODS = "/users/ada/contact_methods"


@pytest.fixture
def ada(admin: Caller) -> Caller:
    assert admin("POST", "/users", ADA).status == 201
    assert admin("POST", METHODS, PHONE).status == 201
    return admin


def sent(channel: str) -> list[dict[str, Any]]:
    found = boto3.client("sqs").receive_message(
        QueueUrl=settings.channel_queue_url(channel), MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in found.get("Messages", [])]


def code() -> str:
    return re.search(r"\d{6}", sent("sms")[-1]["text"])[0]  # type: ignore[index]


def flagged(row: dict[str, Any]) -> dict[str, Any]:
    user = User.of(row)
    return user.with_method(user.method("phone").model_copy(update={"flagged": "opted out"}))


def later(monkeypatch: pytest.MonkeyPatch, **how: float) -> None:
    moment = clock.now() + timedelta(**how)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_user_that_was_made_can_be_read_listed_changed_and_deleted(admin: Caller) -> None:
    made = admin("POST", "/users", ADA)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/users/ada")
    expected = {**ADA, "time_zone": "UTC", "locale": "en", "contact_methods": []}
    assert {name: made.body[name] for name in expected} == expected
    assert admin("GET", "/users/ada").body == made.body
    assert admin("GET", "/users").body == {"items": [made.body], "next_cursor": None}
    changed = admin("PATCH", "/users/ada", {"name": "Ada L.", "time_zone": "Europe/London"})
    assert changed.body == {**made.body, "name": "Ada L.", "time_zone": "Europe/London"}
    assert admin("DELETE", "/users/ada").status == 204
    assert admin("DELETE", "/users/ada").status == 404
    assert admin("GET", "/users/ada").status == 404


def test_a_name_defaults_to_the_id_and_null_puts_it_back(admin: Caller) -> None:
    request = {"user_id": "ada", "email": "ada@Example.COM", "role": "admin"}
    made = admin("POST", "/users", request)
    assert (made.body["name"], made.body["email"]) == ("ada", "ada@example.com")
    assert admin("POST", "/users", {**request, "name": "ada", "locale": "en"}).status == 200
    assert admin("POST", "/users", {**request, "name": "Ada"}).status == 409
    admin("PATCH", "/users/ada", {"name": "Ada", "locale": "de-DE"})
    assert admin("PATCH", "/users/ada", {"name": None, "locale": None}).body == made.body


def test_a_patch_that_changes_nothing_leaves_no_trace(ada: Caller) -> None:
    before = directory.get(keys.user("acme", "ada"))
    assert ada("PATCH", "/users/ada", {"name": "Ada"}).status == 200
    assert ada("PATCH", f"{METHODS}/phone", {"address": "+4915123456789"}).status == 200
    assert directory.get(keys.user("acme", "ada")) == before


def test_users_are_found_by_part_of_id_name_or_email(admin: Caller) -> None:
    admin("POST", "/users", ADA)
    admin("POST", "/users", {"user_id": "bob", "name": "Robert", "email": "bob@example.org", "role": "viewer"})
    for part, found in {"ADA": ["ada"], "rob": ["bob"], "example.org": ["bob"], "example": ["ada", "bob"]}.items():
        assert [item["user_id"] for item in admin("GET", "/users", query={"q": part}).body["items"]] == found


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.example\r\nBcc: c@d.example"}, "email"),
        ({"email": None}, "email"),
        ({"role": "operator"}, "role"),
        ({"role": 1}, "role"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": "Europe"}, "time_zone"),
        ({"time_zone": "\0"}, "time_zone"),
        ({"locale": "<b>"}, "locale"),
        ({"name": ""}, "name"),
        ({"user_id": "a/b"}, "user_id"),
        ({"user_id": "-a"}, "user_id"),
        ({"user_id": "a" * 65}, "user_id"),
        ({"colour": "red"}, "colour"),
        ({"contact_methods": []}, "contact_methods"),
    ],
)
def test_a_wrong_field_of_a_user_is_named(admin: Caller, change: dict[str, Any], loc: str) -> None:
    created = admin("POST", "/users", {**ADA, **change})
    assert (created.status, created.body["errors"][0]["loc"]) == (422, ["body", loc])
    admin("POST", "/users", ADA)
    if loc != "user_id":
        patched = admin("PATCH", "/users/ada", change)
        assert (patched.status, patched.body["errors"][0]["loc"]) == (422, ["body", loc])


def test_email_and_role_are_required(admin: Caller) -> None:
    errors = admin("POST", "/users", {"user_id": "ada"}).body["errors"]
    assert [error["loc"] for error in errors] == [["body", "email"], ["body", "role"]]


def test_a_deleted_user_is_no_member_any_more(ada: Caller) -> None:
    ada("POST", "/teams", {"team_id": "payments", "name": "Payments"})
    ada("PUT", "/teams/payments/members/ada", {"role": "admin"})
    ada("DELETE", "/users/ada")
    assert ada("GET", "/teams/payments/members").body["items"] == []


def test_a_contact_method_is_stored_in_e164_and_unverified(ada: Caller) -> None:
    (method,) = ada("GET", METHODS).body["items"]
    assert {**method, "created_at": None} == {
        "method_id": "phone",
        "channel": "sms",
        "address": "+4915123456789",
        "verified": False,
        "flagged": None,
        "created_at": None,
    }
    assert ada("GET", "/users/ada").body["contact_methods"] == [method]
    assert ada("GET", f"{METHODS}/phone").body == method
    assert ada("DELETE", f"{METHODS}/phone").status == 204
    assert ada("DELETE", f"{METHODS}/phone").status == 404
    assert ada("GET", f"{METHODS}/phone").status == 404


def test_the_same_address_again_is_the_method_there_is(ada: Caller) -> None:
    again = ada("POST", METHODS, {"channel": "sms", "address": "+4915123456789"})
    assert (again.status, again.body["method_id"]) == (200, "phone")
    assert ada("POST", METHODS, PHONE).status == 200
    assert ada("POST", METHODS, {**PHONE, "address": "+4915123456780"}).status == 409
    ada("PATCH", f"{METHODS}/phone", {"address": "+4915123456780"})
    retried = ada("POST", METHODS, PHONE)
    assert (retried.status, retried.body["address"]) == (200, "+4915123456780")


def test_an_address_that_another_method_has_is_a_conflict(ada: Caller) -> None:
    ada("POST", METHODS, {"method_id": "other", "channel": "sms", "address": "+4915123456780"})
    assert ada("PATCH", f"{METHODS}/other", {"address": PHONE["address"]}).status == 409


def test_a_user_has_at_most_twenty_contact_methods(ada: Caller) -> None:
    for number in range(19):
        mail = {"channel": "email", "address": f"ada{number}@example.com"}
        assert ada("POST", METHODS, mail).status == 201
    assert ada("POST", METHODS, {"channel": "email", "address": "ada@example.com"}).status == 409
    assert ada("POST", METHODS, mail).status == 200
    first = ada("GET", METHODS, query={"limit": 12}).body
    second = ada("GET", METHODS, query={"limit": 12, "cursor": first["next_cursor"]}).body
    assert len({item["method_id"] for item in first["items"] + second["items"]}) == 20
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"address": "0151 23456789"}, "address"),
        ({"address": "ada@example.com"}, "address"),
        ({"address": ""}, "address"),
        ({"address": None}, "address"),
        ({"address": 4915123456789}, "address"),
        ({"channel": "voice", "address": "012"}, "address"),
        ({"channel": "webhook"}, "address"),
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "email"}, "address"),
        ({"verified": "yes"}, "verified"),
        ({"flagged": None}, "flagged"),
    ],
)
def test_a_wrong_field_of_a_contact_method_is_named(ada: Caller, change: dict[str, Any], loc: str) -> None:
    answer = ada("POST", METHODS, {**PHONE, "method_id": "new", **change})
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", loc])


@pytest.mark.parametrize("user_id", ["system", "operator"])
def test_nobody_is_called_what_acts_by_itself_in_the_history(acme: Caller, user_id: str) -> None:
    answer = acme("POST", "/users", {"user_id": user_id, "email": "x@example.com", "role": "viewer"})
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", "user_id"])


def test_where_no_calls_are_made_there_is_no_contact_method_for_them(
    ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = {"channel": "voice", "address": "+4915123456789"}
    assert ada("POST", METHODS, call).status == 201
    monkeypatch.setitem(settings.__dict__, "voice_sender", "")
    answer = ada("POST", METHODS, call)
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", "channel"])
    assert "makes no calls" in answer.body["errors"][0]["msg"]


def test_a_webhook_is_a_url_that_leads_to_the_public(ada: Caller) -> None:
    made = ada("POST", METHODS, {"channel": "webhook", "address": "https://Chat.Example.com/Hooks/1?a=B"})
    assert (made.status, made.body["address"]) == (201, "https://chat.example.com/Hooks/1?a=B")
    for address in (
        "http://chat.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
        "https://user@example.com/",
        "ftp://example.com/",
        "chat.example.com",
        "https://example.com/" + "x" * 2000,
    ):
        refused = ada("POST", METHODS, {"channel": "webhook", "address": address})
        assert (refused.status, refused.body["errors"][0]["loc"]) == (422, ["body", "address"]), address


def test_the_right_code_verifies_an_address(ada: Caller) -> None:
    assert ada("POST", f"{METHODS}/phone/code").status == 202
    (notice,) = sent("sms")
    assert (notice["tenant"], notice["address"]) == ("acme", "+4915123456789")
    confirmed = ada("PUT", f"{METHODS}/phone/code", {"code": code()})
    assert (confirmed.status, confirmed.body["verified"]) == (200, True)
    assert ada("PUT", f"{METHODS}/phone/code", {"code": code()}).status == 409


def test_the_code_itself_is_not_stored(ada: Caller) -> None:
    ada("POST", f"{METHODS}/phone/code")
    assert code() not in json.dumps(directory.get(keys.user("acme", "ada")))


def test_a_code_goes_out_by_the_methods_own_channel(ada: Caller) -> None:
    ada("POST", METHODS, {"method_id": "mail", "channel": "email", "address": "ada@example.com"})
    ada("POST", f"{METHODS}/mail/code")
    assert [notice["address"] for notice in sent("email")] == ["ada@example.com"]
    assert sent("sms") == []


def test_a_wrong_code_says_how_many_tries_are_left_and_five_use_the_code_up(ada: Caller) -> None:
    ada("POST", f"{METHODS}/phone/code")
    for left in (4, 3, 2, 1, 0):
        wrong = ada("PUT", f"{METHODS}/phone/code", {"code": "012345"})
        assert wrong.status == 422
        assert f"{left} tr" in wrong.body["errors"][0]["msg"]
    assert ada("PUT", f"{METHODS}/phone/code", {"code": code()}).status == 409
    assert ada("GET", f"{METHODS}/phone").body["verified"] is False


def test_a_code_ends_after_ten_minutes(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    ada("POST", f"{METHODS}/phone/code")
    later(monkeypatch, minutes=10, seconds=1)
    assert ada("PUT", f"{METHODS}/phone/code", {"code": code()}).status == 409


def test_a_new_code_voids_the_old_one(ada: Caller) -> None:
    ada("POST", f"{METHODS}/phone/code")
    old = code()
    ada("POST", f"{METHODS}/phone/code")
    assert ada("PUT", f"{METHODS}/phone/code", {"code": old}).status == 422


def test_without_a_code_there_is_nothing_to_confirm(ada: Caller) -> None:
    assert ada("PUT", f"{METHODS}/phone/code", {"code": "123456"}).status == 409
    assert ada("PUT", f"{METHODS}/phone/code", {"code": 123456}).status == 422
    assert ada("PUT", f"{METHODS}/phone/code", {}).status == 422
    assert ada("PUT", f"{METHODS}/nothing/code", {"code": "123456"}).status == 404


def test_five_codes_an_hour_and_no_more(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        assert ada("POST", f"{METHODS}/phone/code").status == 202
    refused = ada("POST", f"{METHODS}/phone/code")
    assert refused.status == 429
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    later(monkeypatch, hours=1, seconds=1)
    assert ada("POST", f"{METHODS}/phone/code").status == 202


def test_a_number_that_is_called_and_written_to_gets_no_more_codes_for_it(
    ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_QUEUE_URL", aws.client("sqs").create_queue(QueueName="voice")["QueueUrl"])
    number = ada("GET", f"{METHODS}/phone").body["address"]
    for _ in range(4):
        assert ada("POST", f"{METHODS}/phone/code").status == 202
    call = {"method_id": "call", "channel": "voice", "address": number}
    assert ada("POST", METHODS, call).status == 201
    assert ada("POST", f"{METHODS}/call/code").status == 202
    assert {ada("POST", f"{METHODS}/{name}/code").status for name in ("phone", "call")} == {429}
    for gone in ("phone", "call"):
        assert ada("DELETE", f"{METHODS}/{gone}").status == 204
    for name, channel in (("phone", "sms"), ("call", "voice")):
        assert ada("POST", METHODS, {"method_id": name, "channel": channel, "address": number}).status == 201
        assert ada("POST", f"{METHODS}/{name}/code").status == 429


def test_an_address_that_changes_methods_gets_no_more_codes_for_it(ada: Caller) -> None:
    for _ in range(5):
        assert ada("POST", f"{METHODS}/phone/code").status == 202
    number = ada("GET", f"{METHODS}/phone").body["address"]
    assert ada("PATCH", f"{METHODS}/phone", {"address": "+4915123456780"}).status == 200
    assert ada("POST", METHODS, {"method_id": "again", "channel": "sms", "address": number}).status == 201
    assert ada("POST", f"{METHODS}/again/code").status == 429
    assert ada("POST", f"{METHODS}/phone/code").status == 202, "another address has had none"
    assert ada("DELETE", f"{METHODS}/again").status == 204
    assert ada("PATCH", f"{METHODS}/phone", {"address": number}).status == 200
    assert ada("POST", f"{METHODS}/phone/code").status == 429


def test_another_address_is_unverified_and_no_longer_flagged(ada: Caller) -> None:
    assert ada("PATCH", f"{METHODS}/phone", {"verified": True}).body["verified"] is True
    resource.change(keys.user("acme", "ada"), flagged)
    assert ada("GET", f"{METHODS}/phone").body["flagged"] == "opted out"
    changed = ada("PATCH", f"{METHODS}/phone", {"address": "+4915123456780"}).body
    assert (changed["verified"], changed["flagged"]) == (False, None)


def test_a_code_for_the_old_address_does_not_verify_the_new_one(ada: Caller) -> None:
    ada("POST", f"{METHODS}/phone/code")
    ada("PATCH", f"{METHODS}/phone", {"address": "+4915123456780"})
    assert ada("PUT", f"{METHODS}/phone/code", {"code": code()}).status == 409


def test_a_test_page_goes_to_verified_addresses_alone(ada: Caller) -> None:
    assert ada("POST", f"{METHODS}/phone/test").status == 409
    ada("PATCH", f"{METHODS}/phone", {"verified": True})
    assert ada("POST", f"{METHODS}/phone/test").status == 202
    assert "test" in sent("sms")[0]["text"]


def test_calls_without_fields_take_an_empty_body_or_object(ada: Caller) -> None:
    assert ada("POST", f"{METHODS}/phone/code", {}).status == 202
    assert ada("POST", f"{METHODS}/phone/code", {"code": "1"}).body["errors"][0]["loc"] == ["body", "code"]
    assert ada("POST", f"{METHODS}/phone/code", []).status == 422
    assert ada("POST", f"{METHODS}/phone/code", "{").status == 400


def test_another_tenants_user_is_not_there(ada: Caller) -> None:
    other = Caller(tenant="other")
    assert other("GET", "/users").body["items"] == []
    for method, path, body in [
        ("GET", "/users/ada", None),
        ("PATCH", "/users/ada", {"name": "B"}),
        ("DELETE", "/users/ada", None),
        ("POST", METHODS, PHONE),
        ("GET", METHODS, None),
        ("GET", f"{METHODS}/phone", None),
        ("PATCH", f"{METHODS}/phone", {"verified": True}),
        ("DELETE", f"{METHODS}/phone", None),
        ("POST", f"{METHODS}/phone/code", None),
        ("PUT", f"{METHODS}/phone/code", {"code": "123456"}),
        ("POST", f"{METHODS}/phone/test", None),
    ]:
        assert other(method, path, body).status == 404, path


def test_only_admins_change_users(ada: Caller) -> None:
    for role in ("viewer", "responder"):
        caller = Caller(role=role)
        assert caller("GET", "/users/ada").status == 200
        assert caller("PATCH", f"{METHODS}/phone", {"verified": True}).status == 403
        assert caller("DELETE", "/users/ada").status == 403


def test_what_cannot_be_an_id_is_no_path(admin: Caller) -> None:
    for name in ("a#b", "a b", "%00", "ü", "a" * 3000):
        assert admin("GET", f"/users/{name}").status == 404
    assert admin("PUT", "/users/ada/rule", {}).status == 404


def test_an_address_that_is_taken_away_and_given_again_gets_no_more_codes_for_it(acme: Caller) -> None:
    phone = {"method_id": "phone", "channel": "sms", "address": "+4915112345678"}
    methods = "/users/ada/contact_methods"
    acme("POST", methods, phone)
    for _ in range(5):
        assert acme("POST", f"{methods}/phone/code").status == 202
    assert acme("DELETE", f"{methods}/phone").status == 204
    assert acme("POST", methods, phone).status == 201
    assert acme("POST", f"{methods}/phone/code").status == 429
