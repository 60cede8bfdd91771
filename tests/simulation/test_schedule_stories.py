"""Who is on call when a step comes: turns that end, overrides made under way, gaps, people who leave."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulation.story import Story, step
from tests.simulation.timeline import START
from tocsin import times


def by_schedule(*schedules: str, wait: str = "5m") -> dict[str, Any]:
    return {"notify": [{"schedule": name} for name in schedules], "wait": wait}


def cover(user: str, begin: float, end: float, **fields: Any) -> dict[str, Any]:
    """Return an override between two times, in seconds since the story began."""
    since, until = (times.text(START + timedelta(seconds=seconds)) for seconds in (begin, end))
    return {"user": user, "from": since, "to": until, **fields}


@pytest.fixture
def manned(story: Story) -> Story:
    """Ada and bob take turns by the hour; the first step pages who is on call, the second cyd."""
    story.schedule("ada", "bob")
    story.rule(by_schedule("primary"), step("cyd"))
    return story


def test_who_is_on_call_is_paged(manned: Story) -> None:
    manned.open()
    manned.run(5)
    assert manned.who() == ["ada"]
    manned.run(3600 - 5)
    manned.open()
    manned.run(5)
    assert manned.to("bob")[0].at == pytest.approx(3600, abs=2)


def test_a_turn_that_ends_while_a_ticket_waits_counts_from_the_next_step(story: Story) -> None:
    story.schedule("ada", "bob", "cyd")
    story.rule(by_schedule("primary", wait="45m"), repeat=3)
    story.open()
    story.run(3 * 45 * 60 + 5)
    assert story.who() == ["ada", "ada", "bob", "cyd"]


def test_an_override_made_under_way_counts_at_the_next_step(story: Story) -> None:
    story.schedule("ada")
    story.rule(by_schedule("primary", wait="5m"), by_schedule("primary", wait="5m"), by_schedule("primary"))
    story.open()
    story.run(299)
    story.expect(201, "POST", "/schedules/primary/overrides", cover("cyd", 0, 3600, override_id="o"))
    story.run(299)
    assert story.who() == ["ada", "cyd"]
    story.expect(204, "DELETE", "/schedules/primary/overrides/o")
    story.run(10)
    assert story.who() == ["ada", "cyd", "ada"]


def test_an_override_made_just_before_a_step_counts_within_five_seconds(manned: Story) -> None:
    manned.open()
    manned.run(10)
    manned.expect(201, "POST", "/schedules/primary/overrides", cover("cyd", 0, 3600))
    manned.run(3.5)
    manned.open()
    manned.run(1.5)
    assert manned.who() == ["ada", "cyd"]


def test_where_nobody_is_on_call_the_step_passes_at_once_and_the_history_says_so(story: Story) -> None:
    story.schedule()
    story.rule(by_schedule("primary", wait="1h"), step("cyd"))
    ticket = story.open()
    story.run(5)
    assert story.who() == ["cyd"]
    passed = story.history(ticket)[1]
    assert (passed["kind"], passed["data"]["step"]) == ("nobody_reached", 1)
    assert passed["text"] == (
        "Step 1, round 1 of rule critical reaches nobody and passes. Nobody is on call by schedule primary."
    )


def test_of_two_schedules_the_gap_is_told_and_the_other_pages(story: Story) -> None:
    story.schedule()
    story.schedule("bob", schedule_id="second")
    story.rule(by_schedule("primary", "second"))
    ticket = story.open()
    story.run(5)
    assert story.who() == ["bob"]
    escalated = next(line for line in story.history(ticket) if line["kind"] == "escalated")
    assert escalated["data"]["remark"] == "Nobody is on call by schedule primary."


def test_a_schedule_that_is_deleted_later_is_skipped(manned: Story) -> None:
    manned.expect(204, "DELETE", "/schedules/primary")
    ticket = manned.open()
    manned.run(5)
    assert manned.who() == ["cyd"]
    assert "Nobody is on call by schedule primary." in manned.history(ticket)[1]["text"]


def test_a_turn_of_a_deleted_user_is_a_gap_and_nobody_elses_turn_moves(manned: Story) -> None:
    manned.expect(204, "DELETE", "/users/ada")
    first = manned.open()
    manned.run(5)
    assert {page["user"] for page in manned.pages(first)} == {"cyd"}
    manned.run(3600)
    second = manned.open()
    manned.run(5)
    assert {page["user"] for page in manned.pages(second)} == {"bob"}


def test_who_is_on_call_but_cannot_be_reached_passes_the_step(manned: Story) -> None:
    manned.expect(204, "DELETE", "/users/ada/contact_methods/sms")
    manned.open()
    manned.run(5)
    assert manned.who() == ["cyd"]


def test_the_last_resort_may_be_who_is_on_call(story: Story) -> None:
    story.schedule("ada", "bob")
    story.rule(step("cyd", wait="61m"))
    resort = [{"schedule": "primary"}]
    assert story.expect(200, "PATCH", "/company", {"last_resort": resort})["last_resort"] == resort
    story.open()
    story.run(61 * 60 + 5)
    assert story.who() == ["cyd", "bob"]


def test_who_is_on_call_and_named_beside_it_is_paged_once(story: Story) -> None:
    story.schedule("ada")
    story.rule({"notify": [{"schedule": "primary"}, {"user": "ada"}, {"team": "payments"}]})
    story.open()
    story.run(5)
    assert sorted(story.who()) == ["ada", "bob", "cyd"]


def test_a_time_that_ends_long_before_it_begins_has_no_overrides(manned: Story) -> None:
    manned.expect(201, "POST", "/schedules/primary/overrides", cover("bob", 0, 3600))
    for year in (2026, 2027, 2036):
        during = {"from": f"{year}-06-01T00:00:00Z", "to": "2026-01-05T00:00:00Z"}
        answer = manned.api("GET", "/schedules/primary/overrides", query=during)
        assert (answer.status, answer.body) == (200, {"items": [], "next_cursor": None})


@pytest.fixture
def at_night(story: Story) -> Story:
    """It is nine; ada is on call from ten to eleven. The step waits for her for two hours, and then comes cyd."""
    layer = {"users": ["ada"], "rotation": "daily", "handoff": "00:00", "start": "2026-01-05"}
    story.schedule("ada", layers=[layer | {"restrict": [{"from": "10:00", "to": "11:00"}]}])
    story.rule({**by_schedule("primary", wait="5m"), "hold_until_on_call": "2h"}, step("cyd"))
    return story


def test_a_step_is_held_until_somebody_comes_on_call_and_pages_to_the_second(at_night: Story) -> None:
    ticket = at_night.open()
    at_night.run(3590)
    assert at_night.who() == []
    (held, *_) = [line for line in at_night.history(ticket) if line["kind"] == "held"]
    assert "Nobody is on call by schedule primary. The step waits for somebody, until 2026-01-05T11:00" in held["text"]
    at_night.run(20)
    assert at_night.to("ada")[0].at == pytest.approx(3600, abs=2)
    at_night.run(300)
    assert at_night.who() == ["ada", "cyd"]


def test_a_step_is_held_no_longer_than_it_says(at_night: Story) -> None:
    at_night.rule({**by_schedule("primary", wait="5m"), "hold_until_on_call": "20m"}, step("cyd"))
    at_night.open()
    at_night.run(1195)
    assert at_night.who() == []
    at_night.run(10)
    assert at_night.to("cyd")[0].at == pytest.approx(1200, abs=2)


def test_who_takes_over_while_a_step_is_held_is_paged_within_a_quarter_of_an_hour(at_night: Story) -> None:
    at_night.open()
    at_night.run(60)
    at_night.expect(201, "POST", "/schedules/primary/overrides", cover("bob", 0, 3600))
    at_night.run(15 * 60)
    assert at_night.who() == ["bob"]


def test_a_held_step_that_reaches_somebody_else_does_not_wait(at_night: Story) -> None:
    both = {"notify": [{"schedule": "primary"}, {"user": "bob"}], "hold_until_on_call": "2h"}
    at_night.rule(both, step("cyd"))
    at_night.open()
    at_night.run(5)
    assert at_night.who() == ["bob"]


def test_a_step_is_not_held_for_a_schedule_that_was_deleted(at_night: Story) -> None:
    at_night.expect(204, "DELETE", "/schedules/primary")
    at_night.open()
    at_night.run(5)
    assert at_night.who() == ["cyd"]


def test_who_asks_for_the_next_step_by_hand_waits_for_nobody(at_night: Story) -> None:
    ticket = at_night.open()
    at_night.run(60)
    at_night.expect(200, "POST", f"/tickets/{ticket}/escalate")
    at_night.run(5)
    assert at_night.who() == ["cyd"]


def test_what_is_asked_for_by_hand_is_not_forgotten_for_an_alert_that_comes_right_after(at_night: Story) -> None:
    ticket = at_night.open(dedup_key="checkout")
    at_night.run(60)
    at_night.expect(200, "POST", f"/tickets/{ticket}/escalate")
    again = {"team": "payments", "title": "Checkout 5xx above 2%", "dedup_key": "checkout"}
    assert at_night.expect(200, "POST", "/tickets", again)["count"] == 2
    at_night.run(5)
    assert at_night.who() == ["cyd"]


def test_who_ends_a_maintenance_asks_for_no_step_by_hand(at_night: Story) -> None:
    path, until = "/teams/payments/maintenance", times.text(START + timedelta(hours=4))
    at_night.expect(200, "PUT", path, {"until": until})
    at_night.open()
    at_night.run(60)
    at_night.expect(204, "DELETE", path)
    at_night.run(60)
    at_night.expect(404, "DELETE", path)
    at_night.run(3470)
    assert at_night.who() == []
    at_night.run(20)
    assert at_night.who() == ["ada"]


def test_a_second_step_that_may_be_held_is_held_as_long_as_it_says_too(at_night: Story) -> None:
    first = {**by_schedule("primary", wait="5m"), "hold_until_on_call": "10m"}
    at_night.rule(first, {**first, "hold_until_on_call": "20m"}, step("cyd"))
    ticket = at_night.open()
    at_night.run(1790)
    assert at_night.who() == []
    texts = [line["text"] for line in at_night.history(ticket) if line["kind"] == "held"]
    assert [text.partition("until ")[2][:16] for text in (texts[0], texts[-1])] == [
        "2026-01-05T09:10",
        "2026-01-05T09:30",
    ]
    at_night.run(20)
    assert at_night.to("cyd")[0].at == pytest.approx(1800, abs=2)


def test_a_held_step_that_comes_again_is_held_as_long_again(at_night: Story) -> None:
    at_night.rule({**by_schedule("primary", wait="5m"), "hold_until_on_call": "10m"}, step("cyd", wait="10m"), repeat=1)
    at_night.open()
    at_night.run(600 + 600 + 595)
    assert at_night.who() == ["cyd"]
    at_night.run(10)
    assert at_night.who() == ["cyd", "cyd"]


def test_a_maintenance_and_an_acknowledgement_go_before_a_held_step(at_night: Story) -> None:
    ticket = at_night.open()
    at_night.run(60)
    at_night.acknowledge(ticket)
    at_night.run(3 * 3600)
    assert at_night.who() == []
    at_night.patch(ticket, status="unread")
    at_night.run(5)
    assert at_night.told(ticket)[-1] == "held", "it begins anew, and waits anew"


def test_the_end_of_a_maintenance_asks_for_no_step_that_waits_for_somebody(at_night: Story) -> None:
    """Nobody has asked for the next step: a step that is held goes on being held, as long as it was to be."""
    at_night.rule({**by_schedule("primary", wait="5m"), "hold_until_on_call": "20m"}, step("cyd"))
    at_night.open()
    at_night.run(60)
    until = times.text(START + timedelta(hours=2))
    at_night.expect(200, "PUT", "/teams/payments/maintenance", {"until": until, "reason": ""})
    at_night.run(60)
    at_night.expect(204, "DELETE", "/teams/payments/maintenance")
    at_night.run(1195 - at_night.seconds)
    assert at_night.who() == []
    at_night.run(10)
    assert at_night.to("cyd")[0].at == pytest.approx(1200, abs=2)
