"""What would become of a ticket, asked over the API: which rule and why, the pages, and whom nothing reaches."""

from datetime import timedelta
from typing import Any

import pytest

from tests.world import Answer, Caller
from tocsin import clock, explaining, times

TICKET = {"team": "payments", "title": "Checkout 5xx", "severity": "sev1", "labels": {"service": "checkout"}}
STEPS = [{"notify": [{"user": "ada"}], "channels": ["sms"], "wait": "5m"}, {"notify": [{"user": "bob"}], "wait": "15m"}]
AT = "2026-03-29T00:30:00.000Z"


@pytest.fixture
def reached(acme: Caller) -> Caller:
    """Ada can be reached by mail too."""
    body = {"method_id": "email", "channel": "email", "address": "ada@example.com", "verified": True}
    assert acme("POST", "/users/ada/contact_methods", body).status == 201
    return acme


def rule(caller: Caller, rule_id: str, **fields: Any) -> None:
    body = {"rule_id": rule_id, "name": rule_id, "team": "payments", "steps": STEPS, **fields}
    assert caller("POST", "/rules", body).status == 201


def explain(caller: Caller, at: str | None = AT, **fields: Any) -> Answer:
    return caller("POST", "/rules/explain", {"ticket": TICKET | fields, **({"at": at} if at else {})})


def warnings(answer: Answer) -> list[str]:
    return [one["text"] for one in answer.body["warnings"]]


def test_the_plan_goes_from_step_to_step_up_to_the_first_reminder(reached: Caller) -> None:
    rule(reached, "critical")
    told = explain(reached)
    assert told.status == 200
    assert told.body["plan"][0] == {
        "at": AT,
        "step": 1,
        "round": 1,
        "user": "ada",
        "channel": "sms",
        "address": "***678",
        "because": "Step 1, round 1 of rule critical: ada is named, by the step's channels.",
    }
    assert [(page["at"], page["user"], page["because"]) for page in told.body["plan"][1:]] == [
        (
            "2026-03-29T00:35:00.000Z",
            "bob",
            "Step 2, round 1 of rule critical: bob is named, by every verified method.",
        ),
        ("2026-03-29T00:50:00.000Z", "bob", "A reminder: bob is named, by every verified method."),
    ]
    assert (told.body["complete"], told.body["warnings"]) == (True, [])
    assert told.body["end"] == "Reminders go on, at growing intervals up to a day."


def test_everybody_whom_nothing_reaches_is_named(reached: Caller) -> None:
    reached("POST", "/users", {"user_id": "cyd", "email": "cyd@example.com", "role": "responder"})
    reached("POST", "/users/cyd/contact_methods", {"channel": "sms", "address": "+4915112345670"})
    reached("POST", "/users", {"user_id": "dan", "email": "dan@example.com", "role": "responder"})
    reached("POST", "/teams", {"team_id": "empty", "name": "Empty"})
    reached("POST", "/schedules", {"schedule_id": "gap"})
    reached("POST", "/schedules", {"schedule_id": "gone"})
    steps = [
        {"notify": [{"user": "cyd"}, {"user": "dan"}]},
        {
            "notify": [{"schedule": "gap"}, {"schedule": "gone"}, {"team": "empty"}, {"user": "bob"}],
            "channels": ["email"],
        },
        {"notify": [{"user": "ada"}]},
    ]
    rule(reached, "holes", steps=steps)
    reached("DELETE", "/users/dan")
    reached("DELETE", "/schedules/gone")
    reached("PATCH", "/users/ada/contact_methods/phone", {"verified": False})
    told = explain(reached)
    assert [page["user"] for page in told.body["plan"]] == ["ada", "ada"]
    assert warnings(told) == [
        "cyd has no verified contact method.",
        "There is no user dan.",
        "Nobody is on call by schedule gap.",
        "There is no schedule gone.",
        "The team empty has no members: nobody of it is paged.",
        "bob has no verified contact method by email.",
        "ada's sms ***678 is not verified, and is not used.",
    ]
    assert [one["step"] for one in told.body["warnings"]] == [1, 1, 2, 2, 2, 2, 3]


def test_who_was_on_call_is_told_of_the_past_too(reached: Caller) -> None:
    layer = {"users": ["ada"], "rotation": "daily", "start": "2024-01-01"}
    reached("POST", "/schedules", {"schedule_id": "primary", "layers": [layer]})
    cover = {"user": "bob", "from": "2024-05-01T00:00:00Z", "to": "2024-05-02T00:00:00Z"}
    assert reached("POST", "/schedules/primary/overrides", cover).status == 201
    rule(reached, "critical", steps=[{"notify": [{"schedule": "primary"}]}])
    first = {day: explain(reached, f"2024-05-{day}T12:00:00Z").body["plan"][0]["user"] for day in ("01", "02")}
    assert first == {"01": "bob", "02": "ada"}


def test_a_team_in_maintenance_is_paged_when_that_ends(reached: Caller) -> None:
    rule(reached, "critical")
    until = times.text(clock.now() + timedelta(days=20))
    assert reached("PUT", "/teams/payments/maintenance", {"until": until, "reason": "move"}).status == 200
    told = explain(reached, None)
    assert told.body["plan"][0]["at"] == until
    assert warnings(told) == [f"The team is in maintenance until {until}."]


def test_what_takes_too_long_is_told_as_far_as_it_was_come(reached: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    rule(reached, "critical")
    monkeypatch.setattr(explaining, "TIME", timedelta(0))
    told = explain(reached)
    assert (told.status, told.body["complete"], told.body["end"]) == (200, False, "It goes on like this.")


def test_nothing_is_written_and_what_is_asked_is_checked_as_for_a_new_ticket(reached: Caller) -> None:
    for wrong, loc in (
        ({"team": "nosuch"}, ["body", "ticket", "team"]),
        ({"severity": "nosuch"}, ["body", "ticket", "severity"]),
        ({"title": ""}, ["body", "ticket", "title"]),
        ({"colour": "red"}, ["body", "ticket", "colour"]),
    ):
        answer = explain(reached, **wrong)
        assert (answer.status, answer.body["errors"][0]["loc"]) == (422, loc)
    assert explain(reached, "9999-12-31T23:59:59Z").status == 422
    assert reached("POST", "/rules/explain", {}).status == 422
    assert explain(reached, None).status == 200
    assert reached("GET", "/tickets").body["items"] == []
