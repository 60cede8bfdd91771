"""Users' own rules over the API."""

from typing import Any

import pytest

from tests.world import Answer, Caller

RULE: dict[str, Any] = {
    "default": [{"channel": "email", "after": "0s"}, {"channel": "sms", "after": "2m"}],
    "by_severity": {"sev1": [{"channel": "sms", "after": "0s"}]},
    "quiet": [{"days": ["mon", "tue"], "from": "22:00", "to": "07:00", "let_through": ["sev1"]}],
    "updates": ["email"],
}
DAY = {"from": "00:00", "to": "24:00"}


def put(caller: Caller, body: Any) -> Answer:
    return caller("PUT", "/users/ada/rule", body)


def test_a_rule_that_was_put_can_be_read_replaced_and_taken_away(acme: Caller) -> None:
    assert acme("GET", "/users/ada/rule").status == 404
    made = put(acme, RULE)
    assert (made.status, made.headers["location"], made.body) == (201, "/api/v1/users/ada/rule", RULE)
    assert acme("GET", "/users/ada/rule").body == RULE
    assert (put(acme, RULE).status, put(acme, {}).status) == (200, 200)
    nothing = {"default": None, "by_severity": {}, "quiet": [], "updates": None}
    assert acme("GET", "/users/ada/rule").body == nothing
    assert acme("DELETE", "/users/ada/rule").status == 204
    assert acme("DELETE", "/users/ada/rule").status == 404
    assert acme("GET", "/users/ada/rule").status == 404
    assert put(acme, RULE).status == 201


def test_the_user_is_shown_and_changed_as_before(acme: Caller) -> None:
    before = acme("GET", "/users/ada").body
    put(acme, RULE)
    assert acme("GET", "/users/ada").body == before
    assert acme("PATCH", "/users/ada", {"name": "Ada"}).status == 200
    assert acme("GET", "/users/ada/rule").body == RULE


def test_of_who_does_not_exist_there_is_no_rule(acme: Caller) -> None:
    assert acme("PUT", "/users/nobody/rule", RULE).status == 404
    assert acme("GET", "/users/nobody/rule").status == 404
    assert acme("DELETE", "/users/nobody/rule").status == 404


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"default": []}, ["body", "default"]),
        ({"default": [{"channel": "sms"}, {"channel": "sms", "after": "1m"}]}, ["body", "default"]),
        ({"default": [{"channel": "canary"}]}, ["body", "default", 0, "channel"]),
        ({"default": [{"channel": "pigeon"}]}, ["body", "default", 0, "channel"]),
        ({"default": [{"channel": "sms", "after": "16m"}]}, ["body", "default", 0, "after"]),
        ({"default": [{"after": "1m"}]}, ["body", "default", 0, "channel"]),
        ({"by_severity": {"sev9": [{"channel": "sms"}]}}, ["body", "by_severity", "sev9"]),
        ({"by_severity": {"sev1": []}}, ["body", "by_severity", "sev1"]),
        ({"quiet": [{"from": "7:00"}]}, ["body", "quiet", 0, "from"]),
        ({"quiet": [{"time_zone": "UTC"}]}, ["body", "quiet", 0, "time_zone"]),
        ({"quiet": [DAY | {"let_through": ["sev1", "sev9"]}]}, ["body", "quiet", 0, "let_through", 1]),
        ({"quiet": [DAY]}, ["body"]),
        ({"updates": []}, ["body", "updates"]),
        ({"colour": "red"}, ["body", "colour"]),
    ],
)
def test_a_wrong_field_is_named_in_its_place_and_nothing_is_stored(
    acme: Caller, change: dict[str, Any], loc: list[Any]
) -> None:
    if loc != ["body"] and "let_through" in loc:
        change = {"quiet": [{**change["quiet"][0], "to": "06:00"}]}
    answer = put(acme, RULE | change)
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, loc)
    assert acme("GET", "/users/ada/rule").status == 404


def test_a_person_sets_the_own_rule_and_nobody_elses(acme: Caller) -> None:
    ada = Caller(actor="ada", role="viewer")
    assert put(ada, RULE).status == 201
    assert ada("PUT", "/users/bob/rule", RULE).status == 403
    assert ada("GET", "/users/bob/rule").status == 404
    assert ada("DELETE", "/users/ada/rule").status == 204
    assert Caller(actor="api_key:k2", role="responder")("PUT", "/users/ada/rule", RULE).status == 403


def test_the_explanation_says_what_becomes_of_it(acme: Caller) -> None:
    acme("PATCH", "/users/ada", {"time_zone": "Europe/Berlin"})
    acme("PUT", "/users/ada/rule", {"quiet": [{"from": "22:00", "to": "07:00"}]})
    steps = [{"notify": [{"user": "ada"}]}, {"notify": [{"user": "bob"}]}]
    acme("POST", "/rules", {"rule_id": "r", "name": "r", "team": "payments", "steps": steps})
    question = {"ticket": {"team": "payments", "title": "Down"}, "at": "2026-03-29T00:30:00Z"}
    told = acme("POST", "/rules/explain", question).body
    assert [(page["at"], page["user"]) for page in told["plan"]][-1] == ("2026-03-29T05:00:00.000Z", "ada")
    assert told["plan"][-1]["because"].endswith("by every verified method, when quiet hours have ended.")
    assert told["warnings"][0]["text"] == "ada is in quiet hours, and is paged when they end."
