"""Snooze, escalate, reassign and many changes at once, over the API: what is taken and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.asking import OPEN, locs, opened, patch, row
from tests.world import Caller
from tocsin import clock, times


def ahead(**how: float) -> str:
    return times.text(clock.now() + timedelta(**how))


@pytest.mark.parametrize("act", ["snooze", "escalate", "reassign", "responders"])
def test_what_is_resolved_or_not_there_is_not_steered(ticket: Caller, act: str) -> None:
    body = {"snooze": {"for": "5m"}, "escalate": {}}.get(act, {"user": "bob"})
    assert ticket("POST", f"/tickets/nosuch/{act}", body).status == 404
    patch(ticket, {"status": "resolved"})
    before = row("t1")
    assert ticket("POST", f"/tickets/t1/{act}", body).status == 409
    assert row("t1") == before


@pytest.mark.parametrize("act", ["snooze", "escalate", "reassign"])
def test_an_api_key_may_act_for_a_user_of_the_company(ticket: Caller, act: str) -> None:
    body = {"snooze": {"for": "5m"}, "escalate": {}, "reassign": {"team": "payments"}}[act]
    assert locs(ticket("POST", f"/tickets/t1/{act}", body | {"by": "nosuch"})) == [["body", "by"]]
    assert ticket("POST", f"/tickets/t1/{act}", body | {"by": "bob"}).status == 200
    assert row("t1")["changed_by"] == "bob"
    assert ticket("POST", f"/tickets/t1/{act}", body).status == 200
    assert row("t1")["changed_by"] == "api_key:k1"
    assert Caller(role="viewer")("POST", f"/tickets/t1/{act}", body).status == 403


@pytest.mark.parametrize("act", ["snooze", "escalate", "reassign", "notes", "changes"])
def test_a_person_acts_for_nobody_else(ticket: Caller, act: str) -> None:
    body: dict[str, Any] = {"snooze": {"for": "5m"}, "reassign": {"team": "payments"}, "notes": {"text": "x"}}.get(
        act, {}
    )
    path = "/tickets/changes" if act == "changes" else f"/tickets/t1/{act}"

    def ask(by: str) -> int:
        many = {"ticket_ids": ["t1"], "patch": {"title": by, "by": by}}
        return Caller(actor="ada")("POST", path, many if act == "changes" else body | {"by": by}).status

    before = row("t1")
    assert ask("bob") == ask("nosuch") == 403
    assert row("t1") == before
    assert ask("ada") in (200, 201), "who names oneself says nothing false"


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body"]),
        ({"for": "5m", "until": "2099-01-01T00:00:00Z"}, ["body"]),
        ({"for": "0s"}, ["body", "for"]),
        ({"for": "7d1s"}, ["body", "for"]),
        ({"for": 5}, ["body", "for"]),
        ({"until": "2020-01-01T00:00:00Z"}, ["body", "until"]),
        ({"until": "2099-01-01T00:00:00Z"}, ["body", "until"]),
        ({"until": "tomorrow"}, ["body", "until"]),
        ({"for": "5m", "colour": "red"}, ["body", "colour"]),
    ],
)
def test_a_snooze_ends_once_and_within_a_week(ticket: Caller, body: dict[str, Any], loc: list[str]) -> None:
    assert locs(ticket("POST", "/tickets/t1/snooze", body)) == [loc]
    assert "snoozed_until" not in row("t1")


def test_a_snooze_may_end_at_a_time_of_any_offset(ticket: Caller) -> None:
    until = ahead(hours=3)
    shown = ticket("POST", "/tickets/t1/snooze", {"until": until.replace("Z", "+00:00")}).body
    assert (shown["snoozed_until"], shown["due_at"], shown["status"]) == (until, until, "unread")
    assert shown["description"] == "Three in a row."


@pytest.mark.parametrize("step", [0, -1, "2", 1.5])
def test_a_step_is_a_number_from_one(ticket: Caller, step: Any) -> None:
    assert locs(ticket("POST", "/tickets/t1/escalate", {"step": step})) == [["body", "step"]]


def test_escalating_takes_an_empty_body(ticket: Caller) -> None:
    assert ticket("POST", "/tickets/t1/escalate").status == 200


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body"]),
        ({"team": "payments", "user": "bob"}, ["body"]),
        ({"team": "nosuch"}, ["body", "team"]),
        ({"user": "nosuch"}, ["body", "user"]),
        ({"schedule": "s1"}, ["body", "schedule"]),
    ],
)
def test_a_ticket_goes_to_one_team_or_user_that_there_is(ticket: Caller, body: dict[str, Any], loc: list[str]) -> None:
    before = row("t1")
    assert locs(ticket("POST", "/tickets/t1/reassign", body)) == [loc]
    assert row("t1") == before


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body"]),
        ({"team": "payments", "user": "bob"}, ["body"]),
        ({"user": "nosuch"}, ["body", "user"]),
        ({"team": "nosuch"}, ["body", "team"]),
        ({"schedule": "nosuch"}, ["body", "schedule"]),
        ({"user": "bob", "by": "ada"}, ["body", "by"]),
    ],
)
def test_responders_are_a_user_a_team_or_a_schedule_that_there_is(
    ticket: Caller, body: dict[str, Any], loc: list[str]
) -> None:
    before = row("t1")
    assert locs(ticket("POST", "/tickets/t1/responders", body)) == [loc]
    assert row("t1") == before


def test_who_cannot_be_reached_is_not_asked_for(ticket: Caller) -> None:
    ticket("POST", "/users", {"user_id": "eve", "email": "eve@example.com", "role": "responder"})
    ticket("POST", "/schedules", {"schedule_id": "empty", "layers": []})
    before = row("t1")
    refused = [ticket("POST", "/tickets/t1/responders", body) for body in ({"user": "eve"}, {"schedule": "empty"})]
    assert [answer.status for answer in refused] == [409, 409]
    assert [answer.body["detail"] for answer in refused] == [
        "Nobody who is meant has a way to be reached.",
        "Nobody is on call by schedule empty.",
    ]
    assert row("t1") == before


def test_a_responder_may_ask_for_others_and_a_viewer_may_not(ticket: Caller) -> None:
    body = {"user": "bob"}
    assert Caller(actor="ada", role="responder")("POST", "/tickets/t1/responders", body).status == 200
    assert row("t1")["changed_by"] == "ada"
    assert Caller(role="viewer")("POST", "/tickets/t1/responders", body).status == 403


def test_a_reassigned_ticket_is_listed_with_its_new_team(ticket: Caller) -> None:
    ticket("POST", "/teams", {"team_id": "search", "name": "Search"})
    assert ticket("POST", "/tickets/t1/reassign", {"team": "search"}).status == 200
    found = {team: ticket("GET", "/tickets", query={"team": team}).body["items"] for team in ("payments", "search")}
    assert [len(items) for items in found.values()] == [0, 1]
    assert ticket("DELETE", "/teams/search").status == 409


def test_the_key_of_a_reassigned_ticket_still_counts_on_it(acme: Caller) -> None:
    acme("POST", "/teams", {"team_id": "search", "name": "Search"})
    opened(acme, ticket_id="t1", dedup_key="disk")
    assert acme("POST", "/tickets/t1/reassign", {"team": "search"}).status == 200
    again = acme("POST", "/tickets", {**OPEN, "dedup_key": "disk"})
    assert (again.status, again.body["ticket_id"], again.body["count"]) == (200, "t1", 2)


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"ticket_ids": [], "patch": {}}, ["body", "ticket_ids"]),
        ({"ticket_ids": [f"t{number}" for number in range(101)], "patch": {}}, ["body", "ticket_ids"]),
        ({"ticket_ids": ["t1"]}, ["body", "patch"]),
        ({"ticket_ids": ["t1"], "patch": {"status": "gone"}}, ["body", "patch", "status"]),
        ({"ticket_ids": ["t1"], "patch": {"colour": "red"}}, ["body", "patch", "colour"]),
    ],
)
def test_many_changes_are_one_patch_for_up_to_a_hundred(ticket: Caller, body: dict[str, Any], loc: list[str]) -> None:
    assert locs(ticket("POST", "/tickets/changes", body)) == [loc]


def test_what_nobody_has_is_refused_for_all_of_them(ticket: Caller) -> None:
    before = row("t1")
    for change in ({"severity": "nosuch"}, {"by": "nosuch"}):
        answer = ticket("POST", "/tickets/changes", {"ticket_ids": ["t1"], "patch": change})
        assert answer.status == 422
    assert row("t1") == before


def test_a_hundred_tickets_are_changed_in_the_order_of_their_ids(acme: Caller) -> None:
    for number in range(100):
        opened(acme, ticket_id=f"t{number}")
    ids = [f"t{number}" for number in reversed(range(100))]
    answer = acme("POST", "/tickets/changes", {"ticket_ids": ids, "patch": {"status": "resolved"}})
    assert [one["ticket_id"] for one in answer.body["results"]] == ids
    assert {one["ticket"]["status"] for one in answer.body["results"]} == {"resolved"}


def test_of_many_long_tickets_the_answer_shows_as_many_as_it_holds(acme: Caller) -> None:
    ids = [opened(acme, ticket_id=f"t{number}", description="d" * 100_000)["ticket_id"] for number in range(15)]
    answer = acme("POST", "/tickets/changes", {"ticket_ids": ids, "patch": {"status": "resolved"}})
    assert [(one["ticket_id"], one["status"]) for one in answer.body["results"]] == [(name, 200) for name in ids]
    shown = [one["ticket"] is not None for one in answer.body["results"]]
    assert 1 < shown.count(True) < 15, "Lambda answers with 6 MB at most"
    assert {row(name)["status"] for name in ids} == {"resolved"}


def test_a_new_severity_comes_with_its_times(ticket: Caller) -> None:
    items = [{"name": "sev1", "default": True}, {"name": "slow", "default": False, "ack_timeout": "10m"}]
    assert ticket("PUT", "/severities", {"items": items}).status == 200
    assert patch(ticket, {"status": "under_investigation"})["due_at"] is None
    assert patch(ticket, {"severity": "slow"})["due_at"] is None
    assert patch(ticket, {"status": "under_investigation"})["due_at"] is not None
    before = row("t1")
    assert patch(ticket, {"severity": "slow"})["severity"] == "slow"
    assert row("t1") == before
