"""A team in maintenance: its tickets are opened and kept, nobody is paged, and nothing is forgotten."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulation.cloud.gate import Killed, Meanwhile
from tests.simulation.story import Story, step
from tests.simulation.timeline import START
from tocsin import times

PATH = "/teams/payments/maintenance"


def _die() -> None:
    raise Killed


def pause(story: Story, minutes: float) -> dict[str, Any]:
    """Put the team into maintenance for so many minutes from now."""
    until = times.text(START + timedelta(seconds=story.seconds, minutes=minutes))
    made: dict[str, Any] = story.expect(200, "PUT", PATH, {"until": until, "reason": "New disks."})
    assert made == {"until": until, "reason": "New disks."}
    return made


def test_who_is_opened_in_a_maintenance_is_paged_for_when_it_ends(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    pause(story, 60)
    story.run(10)
    ticket = story.open()
    story.run(3585)
    assert story.who() == []
    assert story.ticket(ticket)["status"] == "unread"
    story.run(15)
    assert story.who() == ["ada"]
    assert story.to("ada")[0].at == pytest.approx(3600, abs=2)
    told = story.told(ticket)
    assert (told[:2], told[-2:]) == (["opened", "held"], ["escalated", "paged"])


def test_an_escalation_goes_on_where_it_was(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"))
    story.open()
    story.run(60)
    pause(story, 10)
    story.run(595)
    assert story.who() == ["ada"]
    story.run(10)
    assert story.who() == ["ada", "bob"]


def test_a_maintenance_that_is_ended_lets_what_was_held_begin_at_once(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    pause(story, 24 * 60)
    first, second = story.open(), story.open()
    story.run(60)
    story.acknowledge(second)
    story.expect(204, "DELETE", PATH)
    story.run(5)
    assert story.who() == ["ada"]
    assert story.told(first)[2:4] == ["hurried", "escalated"]
    story.expect(404, "DELETE", PATH)


def test_what_was_to_come_later_waits_for_the_end_of_a_maintenance_that_has_begun(story: Story) -> None:
    story.add_mail("ada")
    orders = [{"channel": "sms"}, {"channel": "email", "after": "10m"}]
    story.expect(201, "PUT", "/users/ada/rule", {"default": orders})
    story.rule(step("ada", wait="2h"), step("bob"))
    story.open()
    story.run(60)
    pause(story, 60)
    story.run(3590)
    assert [sent.channel for sent in story.sent] == ["sms"]
    story.run(15)
    assert [sent.channel for sent in story.sent] == ["sms", "email"]
    assert story.sent[1].at == pytest.approx(3660, abs=2)


def test_what_was_to_come_later_comes_soon_when_the_maintenance_is_ended(story: Story) -> None:
    story.add_mail("ada")
    orders = [{"channel": "sms"}, {"channel": "email", "after": "10m"}]
    story.expect(201, "PUT", "/users/ada/rule", {"default": orders})
    story.rule(step("ada", wait="2h"), step("bob"))
    ticket, answered = story.open(), story.open()
    story.run(60)
    pause(story, 24 * 60)
    story.run(1800)
    story.acknowledge(answered)
    story.expect(204, "DELETE", PATH)
    story.run(15 * 60)
    assert [sent.channel for sent in story.sent].count("email") == 1
    assert [page["status"] for page in story.pages(ticket)] == ["sent", "sent"]


def test_what_was_snoozed_in_a_maintenance_sleeps_on_when_that_is_ended(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    pause(story, 24 * 60)
    ticket = story.open()
    story.run(60)
    until = story.expect(200, "POST", f"/tickets/{ticket}/snooze", {"for": "1h"})["snoozed_until"]
    story.expect(204, "DELETE", PATH)
    story.run(3590)
    assert story.who() == []
    assert story.ticket(ticket)["snoozed_until"] == until
    story.run(15)
    assert story.who() == ["ada"]


def test_a_maintenance_that_ends_sooner_than_was_said_does_so(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    pause(story, 24 * 60)
    story.open()
    story.run(60)
    pause(story, 2)
    story.run(115)
    assert story.who() == []
    story.run(10)
    assert story.who() == ["ada"]


def test_a_maintenance_that_is_made_longer_holds_on(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    pause(story, 5)
    story.open()
    story.run(60)
    pause(story, 60)
    story.run(3590)
    assert story.who() == []
    story.run(15)
    assert story.who() == ["ada"]


def test_a_ticket_that_is_held_is_still_whose_it_was(story: Story) -> None:
    story.rule(step("ada", wait="1m"), step("bob", wait="1h"))
    ticket = story.open()
    story.run(10)
    pause(story, 60)
    story.run(120)
    shown = story.ticket(ticket)
    assert (shown["step"], shown["assigned_to"]) == (1, ["ada"])


def test_what_was_not_woken_is_a_quarter_of_an_hour_late_at_most(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    pause(story, 24 * 60)
    story.open()
    story.run(60)
    story.gate.faults.append(Meanwhile("teams", "query", _die))  # before anything is woken
    assert story.api("DELETE", PATH).status >= 500
    story.run(15 * 60)
    assert story.who() == ["ada"]


def test_who_repeats_to_make_a_maintenance_shorter_wakes_what_it_held(story: Story) -> None:
    """The first call died when it had written the new end, and before it woke anything."""
    story.rule(step("ada", wait="5m"))
    pause(story, 24 * 60)
    story.open()
    story.run(60)
    until = times.text(START + timedelta(minutes=3))
    story.gate.faults.append(Meanwhile("teams", "query", _die))
    assert story.api("PUT", PATH, {"until": until}).status >= 500
    story.expect(200, "PUT", PATH, {"until": until})
    story.run(115)
    assert story.who() == []
    story.run(10)
    assert story.who() == ["ada"]


def test_other_teams_and_what_is_acknowledged_or_given_to_a_user_have_their_way(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    story.expect(201, "POST", "/teams", {"team_id": "search", "name": "Search"})
    rule = {"rule_id": "theirs", "name": "Theirs", "team": "search", "steps": [step("cyd", wait="5m")]}
    story.expect(201, "POST", "/rules", rule)
    pause(story, 60)
    ticket = story.open()
    story.open(team="search")
    story.run(5)
    assert story.who() == ["cyd"]
    story.expect(200, "POST", f"/tickets/{ticket}/reassign", {"user": "bob"})
    story.run(3595)
    assert "bob" not in story.who()
    story.run(10)
    assert story.who()[-1] == "bob", "the user it was given to comes first, when the maintenance is over"


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "soon"])
def test_a_maintenance_ends_within_thirty_days(story: Story, until: str) -> None:
    refused = story.expect(422, "PUT", PATH, {"until": until})
    assert refused["errors"][0]["loc"] == ["body", "until"]
    assert story.expect(200, "GET", "/teams/payments")["maintenance"] is None
    near = times.text(START + timedelta(days=30))
    story.expect(404, "PUT", "/teams/nosuch/maintenance", {"until": near})
    story.expect(404, "DELETE", "/teams/nosuch/maintenance")
    story.expect(404, "DELETE", PATH)
