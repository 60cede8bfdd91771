"""Somebody leaves: who keeps the schedules is told where that leaves nobody on call."""

import json

import pytest

from tests.simulation.cloud.gate import CrashOnce
from tests.simulation.story import Story

WARNING = "Tocsin: nobody is on call by schedule primary from 2026-01-05 10:00 to 2026-01-05 11:00 UTC, for bob is not"


@pytest.fixture
def staffed(story: Story) -> Story:
    """Ada, bob and cyd take turns by the hour, from nine on; it is nine. Ada is the admin of their team."""
    story.schedule("ada", "bob", "cyd")
    story.add_member("ada", "admin")
    return story


def warnings(story: Story, user: str) -> list[str]:
    return [sent.text for sent in story.to(user) if "nobody is on call" in sent.text]


def test_who_is_deactivated_and_leaves_a_gap_is_told_of_to_the_teams_admin(staffed: Story) -> None:
    assert staffed.deactivate("bob")["statusCode"] == 200
    staffed.run(5)
    (warning,) = warnings(staffed, "ada")
    assert warning.startswith(WARNING)
    assert warnings(staffed, "bob") == warnings(staffed, "cyd") == []
    assert staffed.deactivate("bob")["statusCode"] == 200
    staffed.run(5)
    assert len(warnings(staffed, "ada")) == 1, "who was gone already leaves no other gap"


@pytest.mark.parametrize("door", ["api", "scim"])
def test_who_is_deleted_and_leaves_a_gap_is_told_of_too(staffed: Story, door: str) -> None:
    if door == "api":
        staffed.expect(204, "DELETE", "/users/bob")
    else:
        assert staffed.scim("DELETE", "/Users/bob")["statusCode"] == 204
    staffed.run(5)
    (warning,) = warnings(staffed, "ada")
    assert warning.startswith(WARNING)


def test_where_somebody_stands_in_nobody_is_told(staffed: Story) -> None:
    below = {"users": ["cyd"], "rotation": "weekly", "handoff": "00:00", "start": "2026-01-01"}
    above = {"users": ["ada", "bob"], "rotation": "hours:1", "handoff": "09:00", "start": "2026-01-05"}
    staffed.expect(200, "PUT", "/schedules/primary", {"team": "payments", "layers": [below, above]})
    staffed.deactivate("bob")
    staffed.run(5)
    assert warnings(staffed, "ada") == []


def test_who_stood_in_for_somebody_who_is_gone_leaves_a_gap_too(staffed: Story) -> None:
    below = {"users": ["bob"], "rotation": "weekly", "handoff": "00:00", "start": "2026-01-01"}
    above = {"users": ["ada", "cyd"], "rotation": "hours:1", "handoff": "09:00", "start": "2026-01-05"}
    staffed.expect(200, "PUT", "/schedules/primary", {"team": "payments", "layers": [below, above]})
    staffed.deactivate("cyd")
    staffed.run(5)
    assert warnings(staffed, "ada") == []
    staffed.deactivate("bob")
    staffed.run(5)
    (warning,) = warnings(staffed, "ada")
    assert warning.startswith(WARNING)


def test_who_had_an_override_where_nobody_has_a_turn_leaves_a_gap_too(staffed: Story) -> None:
    staffed.expect(200, "PUT", "/schedules/primary", {"team": "payments", "layers": []})
    cover = {"user": "bob", "from": "2026-01-05T10:00:00Z", "to": "2026-01-05T11:00:00Z"}
    staffed.expect(201, "POST", "/schedules/primary/overrides", cover)
    staffed.deactivate("bob")
    staffed.run(5)
    (warning,) = warnings(staffed, "ada")
    assert warning.startswith(WARNING)


def test_who_takes_no_turns_leaves_none(staffed: Story) -> None:
    turns = {"users": ["ada", "cyd"], "rotation": "hours:1", "handoff": "09:00", "start": "2026-01-05"}
    staffed.expect(200, "PUT", "/schedules/primary", {"team": "payments", "layers": [turns]})
    staffed.deactivate("bob")
    staffed.run(5)
    assert warnings(staffed, "ada") == []


def test_in_a_team_without_admins_all_are_told(story: Story) -> None:
    story.schedule("ada", "bob")
    story.deactivate("bob")
    story.run(5)
    assert [len(warnings(story, user)) for user in ("ada", "bob", "cyd")] == [1, 0, 1]


def test_of_the_companys_own_schedule_those_are_told_whom_the_last_resort_names(staffed: Story) -> None:
    turns = {"users": ["ada", "bob"], "rotation": "hours:1", "handoff": "09:00", "start": "2026-01-05"}
    staffed.expect(204, "DELETE", "/schedules/primary")
    staffed.expect(201, "POST", "/schedules", {"schedule_id": "primary", "layers": [turns]})
    staffed.expect(200, "PATCH", "/company", {"last_resort": [{"user": "cyd"}]})
    staffed.deactivate("bob")
    staffed.run(5)
    assert [text.startswith(WARNING) for text in warnings(staffed, "cyd")] == [True]
    assert warnings(staffed, "ada") == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(12))
def test_wherever_it_is_cut_short_a_retry_warns(number: int, when: str) -> None:
    with Story() as story:
        story.schedule("ada", "bob", "cyd")
        crash = CrashOnce(("scim",), number, when)
        story.gate.faults.append(crash)
        first = story.deactivate("bob")
        if first is None:
            assert json.loads(story.deactivate("bob")["body"])["active"] is False
        story.run(60)
        assert warnings(story, "ada"), "it may come twice, and not never"
