"""Tickets over the API, on tables: opened, counted, read, changed."""

from typing import Any

import pytest

from tests.integration.asking import OPEN, WHOLE, listed, locs, opened, patch, row
from tests.world import Caller

# --- Opening


def test_an_opened_ticket_is_shown_as_the_contract_says(acme: Caller) -> None:
    made = acme("POST", "/tickets", WHOLE)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/tickets/t1")
    at = made.body["created_at"]
    assert made.body == {
        **WHOLE,
        "status": "unread",
        "dedup_key": None,
        "count": 1,
        "source": "api_key:k1",
        "rule_id": None,
        "step": 0,
        "round": 0,
        "due_at": at,
        "assigned_to": [],
        "acknowledged_by": None,
        "acknowledged_at": None,
        "resolved_at": None,
        "snoozed_until": None,
        "created_at": at,
        "updated_at": at,
    }
    assert acme("GET", "/tickets/t1").body == made.body


def test_a_ticket_needs_a_team_and_a_title_and_has_the_companys_default_severity(acme: Caller) -> None:
    made = opened(acme)
    assert (made["severity"], made["description"], made["labels"], made["links"]) == ("sev2", None, {}, [])
    assert len(made["ticket_id"]) == 26
    assert locs(acme("POST", "/tickets", {})) == [["body", "team"], ["body", "title"]]


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"team": "nosuch"}, ["body", "team"]),
        ({"team": "a/b"}, ["body", "team"]),
        ({"severity": "nosuch"}, ["body", "severity"]),
        ({"severity": ""}, ["body", "severity"]),
        ({"title": ""}, ["body", "title"]),
        ({"title": "x" * 1025}, ["body", "title"]),
        ({"title": 5}, ["body", "title"]),
        ({"title": None}, ["body", "title"]),
        ({"description": "x" * 100_001}, ["body", "description"]),
        ({"labels": {"a": 1}}, ["body", "labels", "a"]),
        ({"labels": {"a": "x" * 1025}}, ["body", "labels", "a"]),
        ({"labels": {str(number): "" for number in range(51)}}, ["body", "labels"]),
        ({"labels": []}, ["body", "labels"]),
        ({"links": [{"href": "javascript:alert(1)"}]}, ["body", "links", 0, "href"]),
        ({"links": [{"text": "x"}]}, ["body", "links", 0, "href"]),
        ({"links": [{"href": "https://a.example", "colour": "red"}]}, ["body", "links", 0, "colour"]),
        ({"dedup_key": ""}, ["body", "dedup_key"]),
        ({"ticket_id": "-x"}, ["body", "ticket_id"]),
        ({"ticket_id": "x" * 65}, ["body", "ticket_id"]),
        ({"status": "resolved"}, ["body", "status"]),
        ({"colour": "red"}, ["body", "colour"]),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_opened(acme: Caller, change: dict[str, Any], loc: list[Any]) -> None:
    assert locs(acme("POST", "/tickets", OPEN | change)) == [loc]
    assert listed(acme) == []


def test_limits_themselves_are_allowed(acme: Caller) -> None:
    made = opened(
        acme,
        title="x" * 1024,
        description="d" * 100_000,
        labels={f"{number:02d}" + "n" * 126: "v" * 1024 for number in range(50)},
        ticket_id="A" * 64,
        dedup_key="k" * 512,
    )
    assert acme("GET", f"/tickets/{'A' * 64}").body == made


@pytest.mark.parametrize("length", [1_000, 1_001, 40_000])
def test_a_long_description_is_kept_and_shown_whole(acme: Caller, length: int) -> None:
    made = opened(acme, ticket_id="t1", description="\u00fc" * length)  # two bytes each
    assert made["description"] == "\u00fc" * length
    assert acme("GET", "/tickets/t1").body == made
    assert acme("PATCH", "/tickets/t1", {"title": "New"}).body["description"] == made["description"]
    assert acme("GET", "/tickets").body["items"] == [acme("GET", "/tickets/t1").body]


def test_the_same_request_again_is_the_ticket_as_it_is_now(acme: Caller) -> None:
    acme("POST", "/tickets", WHOLE)
    acme("PATCH", "/tickets/t1", {"title": "New", "status": "resolved"})
    again = acme("POST", "/tickets", WHOLE)
    assert (again.status, again.body["title"], again.body["status"], again.body["count"]) == (200, "New", "resolved", 1)
    assert "location" not in again.headers
    assert acme("POST", "/tickets", {**WHOLE, "title": "Other"}).status == 409
    assert acme("POST", "/tickets", {**WHOLE, "labels": {}}).status == 409


def test_another_tenants_ticket_may_have_the_same_id(acme: Caller) -> None:
    acme("POST", "/tickets", WHOLE)
    beta = Caller(tenant="beta")
    onboarded = {"company_id": "beta", "name": "B", "admin": {"user_id": "eve", "email": "eve@example.com"}}
    Caller(tenant="", role="operator")("POST", "/companies", onboarded)
    assert locs(beta("POST", "/tickets", WHOLE)) == [["body", "team"]]
    beta("POST", "/teams", {"team_id": "payments", "name": "P"})
    assert beta("POST", "/tickets", WHOLE | {"title": "Theirs"}).status == 201
    assert acme("GET", "/tickets/t1").body["title"] == WHOLE["title"]


# --- Deduplication


def test_while_a_ticket_is_open_its_dedup_key_counts_on_it(acme: Caller) -> None:
    first = opened(acme, dedup_key="checkout-5xx")
    again = acme("POST", "/tickets", {**WHOLE, "ticket_id": "t2", "dedup_key": "checkout-5xx", "title": "Other"})
    assert (again.status, again.body["ticket_id"], again.body["count"]) == (200, first["ticket_id"], 2)
    assert (again.body["title"], again.body["severity"]) == (first["title"], first["severity"])
    assert again.body["due_at"] == first["due_at"]
    assert acme("GET", "/tickets/t2").status == 404
    assert acme("POST", "/tickets", OPEN | {"dedup_key": "checkout-5xx", "severity": "nosuch"}).body["count"] == 3


@pytest.mark.parametrize("status", ["under_investigation", "pending_fix"])
def test_an_acknowledged_ticket_is_counted_and_stays_acknowledged(acme: Caller, status: str) -> None:
    opened(acme, ticket_id="t1", dedup_key="k")
    acme("PATCH", "/tickets/t1", {"status": status})
    again = acme("POST", "/tickets", OPEN | {"dedup_key": "k"})
    assert (again.status, again.body["status"], again.body["due_at"]) == (200, status, None)


def test_after_it_is_resolved_the_next_alert_opens_another(acme: Caller) -> None:
    for number in (1, 2, 3):
        opened(acme, ticket_id=f"t{number}", dedup_key="k")
        assert acme("POST", "/tickets", OPEN | {"dedup_key": "k"}).body["ticket_id"] == f"t{number}"
        acme("PATCH", f"/tickets/t{number}", {"status": "resolved"})


def test_a_dedup_key_counts_within_its_team(acme: Caller) -> None:
    acme("POST", "/teams", {"team_id": "ops", "name": "Ops"})
    opened(acme, dedup_key="k")
    opened(acme, dedup_key="k", team="ops")


def test_a_retry_of_the_create_never_counts(acme: Caller) -> None:
    request = OPEN | {"ticket_id": "t1", "dedup_key": "k"}
    assert [acme("POST", "/tickets", request).status for _ in range(3)] == [201, 200, 200]
    assert acme("GET", "/tickets/t1").body["count"] == 1
    acme("PATCH", "/tickets/t1", {"status": "resolved"})
    retried = acme("POST", "/tickets", request)
    assert (retried.status, retried.body["status"]) == (200, "resolved")
    opened(acme, ticket_id="t2", dedup_key="k")
    assert acme("POST", "/tickets", request).body["ticket_id"] == "t1"
    assert acme("GET", "/tickets/t2").body["count"] == 1


def test_an_id_that_another_request_took_is_a_conflict_and_leaves_the_key_free(acme: Caller) -> None:
    opened(acme, ticket_id="t1")
    assert acme("POST", "/tickets", OPEN | {"ticket_id": "t1", "dedup_key": "k"}).status == 409
    opened(acme, ticket_id="t2", dedup_key="k")


def test_a_ticket_that_is_not_there_is_not_found(acme: Caller) -> None:
    acme("POST", "/tickets", WHOLE)
    for caller, path in [(acme, "/tickets/nosuch"), (acme, "/tickets/a%20b"), (Caller(tenant="beta"), "/tickets/t1")]:
        assert caller("GET", path).status == 404
        assert caller("PATCH", path, {"title": "x"}).status == 404
        assert caller("POST", f"{path}/notes", {"text": "x"}).status == 404
        assert caller("GET", f"{path}/history").status == 404
        assert caller("GET", f"{path}/pages").status == 404


# --- Changing


def test_acknowledging_stops_the_clock_and_says_who_did(ticket: Caller) -> None:
    changed = patch(ticket, {"status": "under_investigation", "by": "ada"})
    assert (changed["status"], changed["acknowledged_by"], changed["assigned_to"]) == (
        "under_investigation",
        "ada",
        ["ada"],
    )
    assert changed["acknowledged_at"] == changed["updated_at"]
    assert changed["due_at"] is None
    assert patch(ticket, {"status": "pending_fix"})["acknowledged_by"] == "ada"
    assert ticket("GET", "/tickets/t1").body["status"] == "pending_fix"


def test_back_to_unread_starts_at_the_first_step(ticket: Caller) -> None:
    epoch = row("t1")["epoch"]
    patch(ticket, {"status": "under_investigation"})
    changed = patch(ticket, {"status": "unread"})
    assert (changed["step"], changed["round"], changed["acknowledged_by"]) == (0, 0, None)
    assert changed["due_at"] == changed["updated_at"]
    assert row("t1")["run"] == row("t1")["epoch"] == epoch + 2


def test_a_resolved_ticket_takes_notes_only(ticket: Caller) -> None:
    done = patch(ticket, {"status": "resolved"})
    assert done["resolved_at"] == done["updated_at"]
    for change in ({"status": "unread"}, {"title": "New"}, {"status": "resolved", "labels": {"a": "b"}}):
        assert ticket("PATCH", "/tickets/t1", change).status == 409
    assert patch(ticket, {"status": "resolved"}) == done
    assert patch(ticket, {"title": WHOLE["title"]}) == done
    assert ticket("POST", "/tickets/t1/notes", {"text": "It was the cache."}).status == 201


def test_a_merge_patch_changes_labels_one_by_one(ticket: Caller) -> None:
    assert patch(ticket, {"labels": {"env": "prod"}})["labels"] == {"service": "checkout", "env": "prod"}
    assert patch(ticket, {"labels": {"service": None}})["labels"] == {"env": "prod"}
    assert patch(ticket, {"labels": {"nosuch": None}})["labels"] == {"env": "prod"}
    assert patch(ticket, {"labels": None})["labels"] == {}


def test_a_description_can_be_changed_made_long_and_taken_away(ticket: Caller) -> None:
    for text in ("short", "l" * 50_000, "m" * 50_000, "short again", None):
        assert patch(ticket, {"description": text})["description"] == text
        assert ticket("GET", "/tickets/t1").body["description"] == text
    assert "body" not in row("t1")


def test_title_and_severity_can_be_changed_and_move_no_clock(ticket: Caller) -> None:
    before = row("t1")
    changed = patch(ticket, {"title": "New", "severity": "sev4"})
    assert (changed["title"], changed["severity"], changed["due_at"]) == ("New", "sev4", before["due_at"])
    assert row("t1")["epoch"] == before["epoch"]


def test_a_patch_that_changes_nothing_leaves_no_trace(ticket: Caller) -> None:
    before = row("t1")
    for change in ({}, {"status": "unread"}, {"title": WHOLE["title"], "labels": {}}, {"labels": WHOLE["labels"]}):
        patch(ticket, change)
    patch(ticket, {"by": "ada", "description": WHOLE["description"], "severity": "sev1"})
    assert row("t1") == before


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"status": "closed"}, ["body", "status"]),
        ({"status": None}, ["body", "status"]),
        ({"severity": "nosuch"}, ["body", "severity"]),
        ({"severity": None}, ["body", "severity"]),
        ({"title": ""}, ["body", "title"]),
        ({"title": None}, ["body", "title"]),
        ({"labels": {"a": 5}}, ["body", "labels", "a"]),
        ({"labels": {str(number): "" for number in range(50)}}, ["body", "labels"]),
        ({"by": "nosuch"}, ["body", "by"]),
        ({"team": "ops"}, ["body", "team"]),
        ({"links": []}, ["body", "links"]),
        ({"snoozed_until": None}, ["body", "snoozed_until"]),
    ],
)
def test_a_wrong_change_is_named_and_not_made(ticket: Caller, change: dict[str, Any], loc: list[str]) -> None:
    before = row("t1")
    assert locs(ticket("PATCH", "/tickets/t1", {"title": "New"} | change)) == [loc]
    assert row("t1") == before


def test_a_merge_patch_may_be_sent_by_its_own_type(ticket: Caller) -> None:
    headers = {"content-type": "application/merge-patch+json"}
    assert ticket("PATCH", "/tickets/t1", {"title": "New"}, headers=headers).body["title"] == "New"
    assert ticket("PATCH", "/tickets/t1", [], headers=headers).status == 422
