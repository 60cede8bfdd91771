"""Rules over the API, on tables."""

from typing import Any

import pytest

from tests.world import Answer, Caller
from tocsin import keys
from tocsin.store import directory

RULE: dict[str, Any] = {
    "rule_id": "critical",
    "name": "Payments, critical",
    "team": "payments",
    "position": 10,
    "when": {"severity": ["sev1", "sev2"], "labels": {"service": [{"prefix": "checkout"}]}},
    "steps": [
        {"notify": [{"user": "ada"}], "wait": "5m"},
        {"notify": [{"team": "payments"}, {"user": "bob"}], "channels": ["sms", "email"], "wait": "1h30m"},
    ],
    "repeat": 2,
}
STEP = {"notify": [{"user": "ada"}], "wait": "5m"}
UNSAID = {"channels": None, "hold_until_on_call": None}  # of a step that does not say it
OFFICE = {"days": ["mon", "tue"], "from": "09:00", "to": "18:00", "time_zone": "Europe/Berlin"}
LEAST = {"rule_id": "least", "name": "Least", "steps": [{"notify": [{"user": "ada"}]}]}


def locs(answer: Answer) -> list[list[Any]]:
    assert answer.status == 422
    return [error["loc"] for error in answer.body["errors"]]


def test_a_rule_that_was_made_can_be_read_listed_replaced_and_deleted(acme: Caller) -> None:
    made = acme("POST", "/rules", RULE)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/rules/critical")
    first, second = (UNSAID | one for one in RULE["steps"])
    assert made.body == {
        **RULE,
        "steps": [first, second],
        "active": None,
        "repeat_from": 1,
        "page": True,
        "created_at": made.body["created_at"],
        "updated_at": made.body["created_at"],
    }
    assert acme("GET", "/rules/critical").body == made.body
    assert acme("GET", "/rules", query={"team": "payments"}).body == {"items": [made.body], "next_cursor": None}
    put = acme("PUT", "/rules/critical", {"name": "Quiet", "team": "payments", "page": False})
    assert (put.status, put.body["name"], put.body["steps"], put.body["when"]) == (200, "Quiet", [], None)
    assert (put.body["page"], put.body["repeat"], put.body["position"]) == (False, 0, 0)
    assert put.body["created_at"] == made.body["created_at"]
    assert acme("GET", "/rules/critical").body == put.body
    assert acme("DELETE", "/rules/critical").status == 204
    assert acme("DELETE", "/rules/critical").status == 404
    assert acme("GET", "/rules/critical").status == 404
    assert acme("PUT", "/rules/critical", LEAST | {"rule_id": "critical"}).status == 404


def test_what_is_left_out_has_its_default(acme: Caller) -> None:
    made = acme("POST", "/rules", LEAST).body
    defaults = {"team": None, "position": 0, "when": None, "active": None, "repeat": 0, "repeat_from": 1, "page": True}
    assert {name: made[name] for name in defaults} == defaults
    assert made["steps"] == [UNSAID | STEP]


def test_a_step_may_notify_who_is_on_call(acme: Caller) -> None:
    acme("POST", "/schedules", {"schedule_id": "primary"})
    steps = [{"notify": [{"schedule": "primary"}, {"user": "ada"}]}]
    made = acme("POST", "/rules", LEAST | {"steps": steps})
    assert (made.status, made.body["steps"][0]["notify"]) == (201, steps[0]["notify"])
    both = [{"notify": [{"schedule": "primary", "user": "ada"}]}]
    assert locs(acme("PUT", "/rules/least", LEAST | {"steps": both})) == [["body", "steps", 0, "notify", 0]]


def test_members_of_a_team_and_nobody_else_take_turns(acme: Caller) -> None:
    in_turn = {"team": "payments", "round_robin": True}
    made = acme(
        "POST", "/rules", LEAST | {"steps": [{"notify": [in_turn, {"team": "payments", "round_robin": False}]}]}
    )
    assert (made.status, made.body["steps"][0]["notify"]) == (201, [in_turn, {"team": "payments"}])
    assert acme("GET", "/rules/least").body["steps"] == made.body["steps"]
    for target in ({"user": "ada", "round_robin": True}, {"round_robin": True}):
        told = acme("PUT", "/rules/least", LEAST | {"steps": [{"notify": [target]}]})
        assert locs(told) == [["body", "steps", 0, "notify", 0]]
    told = acme("PUT", "/rules/least", LEAST | {"steps": [{"notify": [{"team": "nobody", "round_robin": True}]}]})
    assert locs(told) == [["body", "steps", 0, "notify", 0, "team"]]


def test_a_round_begins_at_a_step_that_the_rule_has(acme: Caller) -> None:
    made = acme("POST", "/rules", RULE | {"repeat_from": 2})
    assert (made.status, made.body["repeat_from"]) == (201, 2)
    for wrong in (0, 3):
        assert acme("PUT", "/rules/critical", RULE | {"repeat_from": wrong}).status == 422


def test_the_same_create_again_is_the_rule_and_another_is_a_conflict(acme: Caller) -> None:
    acme("POST", "/rules", RULE)
    acme("PUT", "/rules/critical", RULE | {"name": "New"})
    again = acme("POST", "/rules", RULE)
    assert (again.status, again.body["name"]) == (200, "New")
    spelled = RULE | {"steps": [STEP | {"channels": None, "wait": "300s"}, RULE["steps"][1] | {"wait": "90m"}]}
    assert acme("POST", "/rules", spelled | {"active": None, "page": True}).status == 200
    assert acme("POST", "/rules", RULE | {"position": 11}).status == 409


def test_a_put_that_changes_nothing_leaves_no_trace(acme: Caller) -> None:
    acme("POST", "/rules", RULE)
    before = directory.get(keys.rule("acme", "critical"))
    assert acme("PUT", "/rules/critical", RULE).status == 200
    without_id = {name: value for name, value in RULE.items() if name != "rule_id"}
    assert acme("PUT", "/rules/critical", without_id).status == 200
    assert directory.get(keys.rule("acme", "critical")) == before
    assert locs(acme("PUT", "/rules/critical", RULE | {"rule_id": "other"})) == [["body", "rule_id"]]


def test_a_list_is_of_one_team_or_of_the_company(acme: Caller) -> None:
    acme("POST", "/teams", {"team_id": "ops", "name": "Ops"})
    for number, team in enumerate(["payments", "ops", None, "payments", None]):
        acme("POST", "/rules", LEAST | {"rule_id": f"r{number}", "team": team})

    def listed(**query: Any) -> list[str]:
        return [item["rule_id"] for item in acme("GET", "/rules", query=query).body["items"]]

    assert listed(team="payments") == ["r0", "r3"]
    assert listed(team="ops") == ["r1"]
    assert listed() == ["r2", "r4"]
    assert listed(team="nosuch") == []
    first = acme("GET", "/rules", query={"limit": 1}).body
    assert listed(limit=1, cursor=first["next_cursor"]) == ["r4"]
    assert locs(acme("GET", "/rules", query={"team": "ops", "cursor": first["next_cursor"]})) == [["query", "cursor"]]


def test_a_rule_can_be_moved_to_another_team(acme: Caller) -> None:
    acme("POST", "/rules", LEAST)
    acme("PUT", "/rules/least", LEAST | {"team": "payments"})
    assert acme("GET", "/rules").body["items"] == []
    assert len(acme("GET", "/rules", query={"team": "payments"}).body["items"]) == 1


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"name": ""}, ["body", "name"]),
        ({"name": None}, ["body", "name"]),
        ({"team": "nosuch"}, ["body", "team"]),
        ({"position": -1}, ["body", "position"]),
        ({"position": "1"}, ["body", "position"]),
        ({"position": True}, ["body", "position"]),
        ({"repeat": 10}, ["body", "repeat"]),
        ({"repeat": 1.5}, ["body", "repeat"]),
        ({"page": "no"}, ["body", "page"]),
        ({"active": []}, ["body", "active"]),
        ({"active": {"days": ["mon"]}}, ["body", "active"]),
        ({"active": [{"days": []}]}, ["body", "active", 0, "days"]),
        ({"active": [{"days": ["mon", "mon"]}]}, ["body", "active", 0, "days"]),
        ({"active": [OFFICE, OFFICE | {"from": "9:00"}]}, ["body", "active", 1, "from"]),
        ({"active": [OFFICE | {"time_zone": "Europe/Atlantis"}]}, ["body", "active", 0, "time_zone"]),
        ({"active": [OFFICE | {"colour": "red"}]}, ["body", "active", 0, "colour"]),
        ({"colour": "red"}, ["body", "colour"]),
        ({"steps": [STEP] * 21}, ["body", "steps"]),
        ({"steps": {}}, ["body", "steps"]),
        ({"steps": [STEP | {"wait": "9s"}]}, ["body", "steps", 0, "wait"]),
        ({"steps": [STEP | {"wait": "8d"}]}, ["body", "steps", 0, "wait"]),
        ({"steps": [STEP | {"wait": "soon"}]}, ["body", "steps", 0, "wait"]),
        ({"steps": [STEP | {"wait": 300}]}, ["body", "steps", 0, "wait"]),
        ({"steps": [STEP | {"wait": None}]}, ["body", "steps", 0, "wait"]),
        ({"steps": [STEP, STEP | {"colour": "red"}]}, ["body", "steps", 1, "colour"]),
        ({"steps": [STEP | {"channels": []}]}, ["body", "steps", 0, "channels"]),
        ({"steps": [STEP | {"channels": ["pigeon"]}]}, ["body", "steps", 0, "channels", 0]),
        ({"steps": [STEP | {"channels": ["sms", "sms"]}]}, ["body", "steps", 0, "channels"]),
        ({"steps": [STEP | {"channels": ["canary"]}]}, ["body", "steps", 0, "channels", 0]),
        ({"steps": [{"wait": "5m"}]}, ["body", "steps", 0, "notify"]),
        ({"steps": [{"notify": []}]}, ["body", "steps", 0, "notify"]),
        ({"steps": [{"notify": [{"user": "ada"}] * 51}]}, ["body", "steps", 0, "notify"]),
        ({"steps": [{"notify": [{}]}]}, ["body", "steps", 0, "notify", 0]),
        ({"steps": [{"notify": [{"user": "ada", "team": "payments"}]}]}, ["body", "steps", 0, "notify", 0]),
        ({"steps": [{"notify": [{"schedule": "primary"}]}]}, ["body", "steps", 0, "notify", 0, "schedule"]),
        ({"steps": [{"notify": [{"user": "a b"}]}]}, ["body", "steps", 0, "notify", 0, "user"]),
        ({"when": []}, ["body", "when"]),
        ({"when": {"severity": "sev1"}}, ["body", "when", "severity"]),
        ({"when": {"severity": []}}, ["body", "when", "severity"]),
        ({"when": {"colour": ["red"]}}, ["body", "when", "colour"]),
        ({"when": {"severity": ["sev1", 5]}}, ["body", "when", "severity", 1]),
        ({"when": {"labels": {"a": ["b", {"prefux": "c"}]}}}, ["body", "when", "labels", "a", 1]),
        ({"when": {"labels": {"a": [{"numeric": ["<", 1e16]}]}}}, ["body", "when", "labels", "a", 0]),
        ({"when": {"labels": {"a": [{"numeric": ["<", 1e-200]}]}}}, ["body", "when", "labels", "a", 0]),
        ({"when": {"$or": [{"severity": ["sev1"]}]}}, ["body", "when", "$or"]),
    ],
)
def test_a_wrong_field_is_named_in_its_place_and_nothing_is_stored(
    acme: Caller, change: dict[str, Any], loc: list[Any]
) -> None:
    assert locs(acme("POST", "/rules", RULE | change)) == [loc]
    assert acme("GET", "/rules/critical").status == 404


def test_a_rule_pages_somebody_or_says_that_it_does_not(acme: Caller) -> None:
    for wrong in ({"steps": []}, {"page": False}, {"page": False, "steps": [], "repeat": 1}):
        answer = acme("POST", "/rules", RULE | wrong)
        assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body"])
        assert "steps" in answer.body["errors"][0]["msg"]
    assert acme("POST", "/rules", RULE | {"page": False, "steps": [], "repeat": 0}).status == 201


def test_name_and_steps_are_required(acme: Caller) -> None:
    assert ["body", "name"] in locs(acme("POST", "/rules", {}))
    assert locs(acme("POST", "/rules", {"name": "x"})) == [["body"]]


def test_all_that_a_rule_refers_to_must_be_there(acme: Caller) -> None:
    steps = [
        {"notify": [{"user": "ada"}, {"user": "nosuch"}]},
        {"notify": [{"team": "nosuch"}, {"team": "payments"}, {"user": "gone"}]},
    ]
    assert locs(acme("POST", "/rules", LEAST | {"team": "missing", "steps": steps})) == [
        ["body", "team"],
        ["body", "steps", 0, "notify", 1, "user"],
        ["body", "steps", 1, "notify", 0, "team"],
        ["body", "steps", 1, "notify", 2, "user"],
    ]
    acme("POST", "/rules", LEAST)
    assert locs(acme("PUT", "/rules/least", LEAST | {"steps": steps}))[0] == ["body", "steps", 0, "notify", 1, "user"]


def test_a_rule_refers_to_its_own_companys_people_alone(acme: Caller) -> None:
    beta = Caller(tenant="beta")
    assert locs(beta("POST", "/rules", LEAST)) == [["body", "steps", 0, "notify", 0, "user"]]
    acme("POST", "/rules", LEAST)
    assert beta("GET", "/rules/least").status == 404
    assert beta("DELETE", "/rules/least").status == 404
    assert beta("GET", "/rules").body["items"] == []


def test_a_rule_of_the_largest_size_is_taken(acme: Caller) -> None:
    step = {"notify": [{"user": "ada"}, {"team": "payments"}] * 25, "channels": ["sms", "email"], "wait": "7d"}
    large = LEAST | {"steps": [step] * 20, "repeat": 9, "position": 1_000_000, "name": "n" * 256}
    assert acme("POST", "/rules", large).status == 201
    assert acme("GET", "/rules/least").body["steps"][19] == UNSAID | step


def test_numbers_of_a_pattern_come_back_as_they_were_written(acme: Caller) -> None:
    when = {"labels": {"rate": [{"numeric": [">", 0.05, "<=", 1e15]}, {"numeric": ["=", -3]}, {"numeric": [">=", 0]}]}}
    acme("POST", "/rules", LEAST | {"when": when})
    assert acme("GET", "/rules/least").body["when"] == when


def test_windows_in_which_a_rule_is_active_come_back_as_they_were_written(acme: Caller) -> None:
    made = acme("POST", "/rules", LEAST | {"active": [OFFICE, {}]})
    whole_week = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}
    assert (made.status, made.body["active"]) == (201, [OFFICE, whole_week | {"time_zone": "UTC"}])
    assert acme("GET", "/rules/least").body == made.body
    again = acme("PUT", "/rules/least", LEAST | {"active": [OFFICE, {}]})
    assert again.body == made.body, "nothing has changed"
    assert acme("PUT", "/rules/least", LEAST).body["active"] is None


def test_only_admins_change_rules(acme: Caller) -> None:
    acme("POST", "/rules", LEAST)
    for role in ("viewer", "responder"):
        caller = Caller(role=role)
        assert caller("GET", "/rules/least").status == 200
        assert caller("POST", "/rules", RULE).status == 403
        assert caller("PUT", "/rules/least", LEAST).status == 403
        assert caller("DELETE", "/rules/least").status == 403


@pytest.mark.parametrize("step", [{"notify": [{"user": "ada"}]}, {"notify": [{"team": "payments"}]}])
def test_a_step_without_a_schedule_is_held_for_nobody(acme: Caller, step: dict[str, Any]) -> None:
    answer = acme("POST", "/rules", LEAST | {"steps": [step | {"hold_until_on_call": "8h"}]})
    assert answer.status == 422
    assert "the step has no schedule" in answer.body["errors"][0]["msg"]


@pytest.mark.parametrize(("hold", "status"), [("59s", 422), ("1m", 201), ("7d", 201), ("8d", 422), (60, 422)])
def test_a_step_is_held_for_a_minute_to_a_week(acme: Caller, hold: Any, status: int) -> None:
    schedule = {
        "schedule_id": "night",
        "team": "payments",
        "layers": [{"users": ["ada"], "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"}],
    }
    assert acme("POST", "/schedules", schedule).status == 201
    held = {"notify": [{"schedule": "night"}, {"user": "ada"}], "hold_until_on_call": hold}
    answer = acme("POST", "/rules", LEAST | {"steps": [held]})
    assert answer.status == status
    if status == 201:
        assert answer.body["steps"][0]["hold_until_on_call"] == hold
