"""The generic door: what is sent becomes tickets, or closes them."""

import base64
from typing import Any

import pytest

from tests.integration.doors import made, only, post
from tests.world import Caller, call, request
from tocsin import keys
from tocsin.store import tickets


@pytest.fixture
def generic(acme: Caller) -> str:
    return made(acme, "generic", severity_map={"critical": "sev1", "*": "sev4"})


@pytest.fixture
def watch(acme: Caller) -> str:
    return made(acme, "cloudwatch")


def test_an_alert_is_written_before_it_is_accepted(acme: Caller, generic: str) -> None:
    alert = {
        "title": "Disk full",
        "description": "95 %",
        "severity": "critical",
        "labels": {"host": "db1", "free": 5},
        "links": [{"href": "https://example.com", "text": "graph"}],
        "dedup_key": "db1-disk",
        "rack": 7,
    }
    answer = post("generic", generic, alert)
    assert answer.status == 202
    ticket = only(acme)
    assert answer.body == {"ticket_id": ticket["ticket_id"]}
    assert (ticket["team"], ticket["title"], ticket["severity"]) == ("payments", "Disk full", "sev1")
    assert (ticket["source"], ticket["dedup_key"], ticket["status"]) == ("integration:scripts", "db1-disk", "unread")
    assert (ticket["labels"], ticket["links"]) == ({"host": "db1", "free": "5"}, alert["links"])
    assert ticket["description"].startswith("95 %")
    assert '"rack": 7' in ticket["description"]


def test_the_same_key_is_counted_until_it_is_resolved(acme: Caller, generic: str) -> None:
    alert = {"title": "Disk full", "dedup_key": "k"}
    first, again = post("generic", generic, alert), post("generic", generic, alert | {"title": "Still full"})
    assert first.body == again.body
    assert (only(acme)["count"], only(acme)["title"]) == (2, "Disk full")
    close = {"action": "resolve", "dedup_key": "k"}
    assert post("generic", generic, close).body == first.body
    assert acme("GET", "/tickets").body["items"] == []
    closed = post("generic", generic, close)
    assert (closed.status, closed.body) == (202, {"ticket_id": None})
    assert post("generic", generic, alert).body != first.body


def test_without_a_key_every_alert_is_a_ticket(acme: Caller, generic: str) -> None:
    for _ in range(2):
        post("generic", generic, {"title": "Disk full"})
    assert len(acme("GET", "/tickets").body["items"]) == 2


def test_an_alert_can_be_acknowledged_and_stays_with_whom_it_was(acme: Caller, generic: str) -> None:
    ticket_id = post("generic", generic, {"title": "Disk full", "dedup_key": "k"}).body["ticket_id"]
    acknowledge = {"action": "acknowledge", "dedup_key": "k"}
    assert post("generic", generic, acknowledge).body == {"ticket_id": ticket_id}
    assert only(acme)["acknowledged_by"] == "integration:scripts"
    acme("PATCH", f"/tickets/{ticket_id}", {"status": "pending_fix", "by": "ada"})
    post("generic", generic, acknowledge)
    assert only(acme)["status"] == "pending_fix"
    assert post("generic", generic, {"action": "acknowledge", "dedup_key": "other"}).body == {"ticket_id": None}


def test_keys_of_two_doors_and_of_the_api_are_not_the_same(acme: Caller, generic: str) -> None:
    acme("POST", "/tickets", {"team": "payments", "title": "x", "dedup_key": "k"})
    second = acme("POST", "/integrations", {"integration_id": "b", "type": "generic", "team": "payments"}).body["key"]
    for key in (generic, second):
        post("generic", key, {"title": "Disk full", "dedup_key": "k"})
    assert len(acme("GET", "/tickets").body["items"]) == 3
    post("generic", second, {"action": "resolve", "dedup_key": "k"})
    assert len(acme("GET", "/tickets").body["items"]) == 2


@pytest.mark.parametrize(
    ("foreign", "severity", "remark"),
    [
        ("critical", "sev1", False),
        ("sev3", "sev3", False),
        ("odd", "sev4", False),
        (None, "sev4", False),
    ],
)
def test_a_foreign_severity_is_mapped(
    acme: Caller, generic: str, foreign: str | None, severity: str, remark: bool
) -> None:
    post("generic", generic, {"title": "x", "severity": foreign})
    ticket = only(acme)
    assert ticket["severity"] == severity
    assert ("remark" in (tickets.get(keys.ticket("acme", ticket["ticket_id"])) or {})) == remark


def test_an_unknown_severity_is_the_companys_default_and_the_history_says_so(acme: Caller) -> None:
    key = made(acme, "generic")
    post("generic", key, {"title": "x", "severity": "odd"})
    ticket = only(acme)
    assert ticket["severity"] == "sev2"
    row = tickets.get(keys.ticket("acme", ticket["ticket_id"])) or {}
    assert row["remark"] == "The severity 'odd' is unknown; sev2 was taken."


def test_over_long_text_is_cut_not_refused(acme: Caller, generic: str) -> None:
    alert = {"title": "t" * 5_000, "description": "d" * 400_000, "labels": {"a" * 500: "b" * 5_000}}
    assert post("generic", generic, alert).status == 202
    ticket = only(acme)
    assert len(ticket["title"]) == 1024
    assert len(acme("GET", f"/tickets/{ticket['ticket_id']}").body["description"]) == 100_000
    assert [(len(name), len(text)) for name, text in ticket["labels"].items()] == [(128, 1024)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 400),
        ('{"title": NaN', 400),
        ("[" * 100_000, 400),
        ("[]", 422),
        ('"title"', 422),
        ({}, 422),
        ({"title": ""}, 422),
        ({"title": 5}, 422),
        ({"title": "x", "labels": "host"}, 422),
        ({"title": "x", "action": "explode"}, 422),
        ({"action": "resolve"}, 422),
        ({"title": "x" * 1_100_000}, 413),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_problem(acme: Caller, generic: str, body: Any, status: int) -> None:
    answer = post("generic", generic, body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["status"] == status
    assert acme("GET", "/tickets").body["items"] == []


def test_half_a_surrogate_pair_is_replaced(acme: Caller, generic: str) -> None:
    assert post("generic", generic, '{"title": "\\ud800 x", "dedup_key": "\\udfff"}').status == 202
    assert only(acme)["title"] == "\ufffd x"


def test_a_body_in_base64_is_read(acme: Caller, generic: str) -> None:
    event = request("POST", f"/in/generic/{generic}", {"title": "\u00fc"})
    event |= {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
    assert call("ingest", event).status == 202
    assert only(acme)["title"] == "\u00fc"
    assert call("ingest", event | {"body": "%%%"}).status == 400


def test_a_door_is_opened_by_its_own_key_alone(acme: Caller, generic: str, watch: str) -> None:
    alert = {"title": "x"}
    for path in (
        f"generic/{'0' * 32}",
        f"generic/{watch}",
        f"cloudwatch/{generic}",
        "generic/",
        f"pigeon/{generic}",
        "",
    ):
        assert call("ingest", request("POST", f"/in/{path}", alert)).status == 404, path
    found = call("ingest", request("GET", f"/in/generic/{generic}"))
    assert (found.status, found.headers["allow"]) == (405, "POST")
    acme("DELETE", "/integrations/scripts")
    assert post("generic", generic, alert).status == 404


def test_a_suspended_companys_doors_are_closed(acme: Caller, generic: str) -> None:
    Caller(tenant="", role="operator")("PATCH", "/companies/acme", {"suspended": True})
    assert post("generic", generic, {"title": "x"}).status == 403
    Caller(tenant="", role="operator")("PATCH", "/companies/acme", {"suspended": False})
    assert post("generic", generic, {"title": "x"}).status == 202
