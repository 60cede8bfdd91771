"""How a ticket finds somebody: who is paged, in which order, and on which second."""

import pytest

from tests.simulation.cloud.gate import Outage
from tests.simulation.story import Story, mail, step
from tests.simulation.timeline import START
from tocsin import times


def minutes(story: Story) -> list[int]:
    """Return in which minute each page arrived."""
    return [round(sent.at / 60) for sent in story.sent]


def test_the_first_person_is_paged_at_once_and_the_second_on_the_second(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="10m"))
    ticket = story.open()
    story.run(2)
    assert story.who() == ["ada"]
    story.run(600)
    assert story.who() == ["ada", "bob"]
    assert story.to("bob")[0].at - story.to("ada")[0].at == pytest.approx(300, abs=1)
    assert story.ticket(ticket)["assigned_to"] == ["bob"]


def test_a_step_may_page_several_people_over_several_channels(story: Story) -> None:
    story.add_mail("bob")
    story.rule(step("ada", "bob", "ada"))
    story.open()
    story.run(5)
    assert sorted(story.who()) == ["ada", "bob", "bob"]
    assert {sent.channel for sent in story.to("bob")} == {"sms", "email"}


def test_a_step_that_names_channels_uses_no_others(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", channels=["email"]))
    story.open()
    story.run(5)
    assert [(sent.channel, sent.address) for sent in story.sent] == [("email", mail("ada"))]


def test_an_unverified_method_is_never_used(story: Story) -> None:
    story.expect(200, "PATCH", "/users/ada/contact_methods/sms", {"verified": False})
    story.rule(step("ada"), step("bob"))
    story.open()
    story.run(5)
    assert story.who() == ["bob"]


def test_the_rounds_are_repeated_as_often_as_the_rule_says_and_then_come_reminders(story: Story) -> None:
    story.rule(step("ada", wait="2m"), step("bob", wait="3m"), repeat=1)
    ticket = story.open()
    story.run(9.9 * 60)
    assert story.who() == ["ada", "bob", "ada", "bob"]
    assert minutes(story) == [0, 2, 5, 7]
    assert (story.ticket(ticket)["step"], story.ticket(ticket)["round"]) == (2, 2)
    assert story.told(ticket).count("repeated") == 1


def test_an_unread_ticket_is_reminded_of_at_growing_intervals_and_never_falls_silent(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    ticket = story.open()
    story.run(10 * 24 * 3600)
    gaps = [round((later.at - one.at) / 60) for one, later in zip(story.sent, story.sent[1:], strict=False)]
    assert gaps[:8] == [5, 30, 60, 120, 240, 480, 960, 1440]
    assert set(gaps[8:]) == {1440}
    assert set(story.who()) == {"ada"}
    assert story.told(ticket)[-2:] == ["reminded", "paged"]


def test_a_rule_that_pages_nobody_keeps_the_ticket_and_says_so(story: Story) -> None:
    story.rule(page=False)
    ticket = story.open()
    story.run(7 * 24 * 3600)
    assert story.sent == []
    assert story.ticket(ticket)["due_at"] is None
    assert story.told(ticket) == ["opened", "kept"]


def test_a_ticket_that_was_kept_is_paged_when_it_becomes_one_for_another_rule(story: Story) -> None:
    story.rule(rule_id="quiet", page=False, when={"severity": ["sev4"]})
    story.rule(step("ada"), rule_id="loud", when={"severity": ["sev1"]})
    ticket = story.open(severity="sev4")
    story.run(60)
    story.patch(ticket, title="Checkout 5xx above 3%")
    story.run(60)
    assert (story.who(), story.ticket(ticket)["due_at"]) == ([], None)
    story.patch(ticket, severity="sev1")
    story.run(5)
    assert story.who() == ["ada"]


def test_without_a_rule_the_admins_of_the_team_are_paged(story: Story) -> None:
    story.add_member("bob", role="admin")
    story.open()
    story.run(5)
    assert story.who() == ["bob"]


def test_without_a_rule_and_without_admins_everybody_in_the_team_is_paged(story: Story) -> None:
    story.open()
    story.run(5)
    assert sorted(story.who()) == ["ada", "bob", "cyd"]


def test_the_company_s_rule_is_taken_when_none_of_the_team_matches(story: Story) -> None:
    story.rule(step("ada"), when={"severity": ["sev1"]})
    company = {"rule_id": "all", "name": "All", "team": None, "steps": [step("cyd")]}
    story.expect(201, "POST", "/rules", company)
    ticket = story.open(severity="sev3")
    story.run(5)
    assert story.who() == ["cyd"]
    assert story.ticket(ticket)["rule_id"] == "all"


def test_a_step_that_reaches_nobody_passes_at_once(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob", wait="5m"), step("cyd"))
    for user in ("ada", "bob"):
        story.expect(204, "DELETE", f"/users/{user}/contact_methods/sms")
    ticket = story.open()
    story.run(5)
    assert story.who() == ["cyd"]
    assert story.ticket(ticket)["step"] == 3
    assert story.told(ticket)[:4] == ["opened", "nobody_reached", "nobody_reached", "escalated"]


def test_admins_whom_nothing_reaches_are_as_good_as_none(story: Story) -> None:
    story.add_member("cyd", "admin")
    story.expect(204, "DELETE", "/users/cyd/contact_methods/sms")
    story.open()
    story.run(5)
    assert sorted(story.who()) == ["ada", "bob"]


def test_a_rule_that_reaches_nobody_at_all_pages_the_team_instead(story: Story) -> None:
    story.rule(step("bob"), repeat=9)
    story.expect(204, "DELETE", "/users/bob/contact_methods/sms")
    ticket = story.open()
    story.run(5)
    assert sorted(story.who()) == ["ada", "cyd"]
    assert "reminded" in story.told(ticket)


def test_when_nobody_can_be_reached_it_is_said_and_tried_again(story: Story) -> None:
    for user in ("ada", "bob", "cyd"):
        story.expect(204, "DELETE", f"/users/{user}/contact_methods/sms")
    ticket = story.open()
    story.run(60)
    assert story.told(ticket) == ["opened", "nobody_reached", "nobody_reached"]  # the step, and then all that is left
    story.add_mail("cyd")
    story.run(24 * 3600)
    assert set(story.who()) == {"cyd"}


def test_a_deleted_user_is_skipped(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd"))
    story.open()
    story.run(10)
    story.expect(204, "DELETE", "/users/bob")
    story.run(310)
    assert story.who() == ["ada", "cyd"]


@pytest.mark.parametrize("wait", ["3d", "7d"])
def test_a_timer_of_days_is_armed_when_it_comes_near_and_kept_to_the_second(story: Story, wait: str) -> None:
    days = int(wait[0])
    story.rule(step("ada", wait=wait), step("bob"))
    story.open()
    story.run(60)
    assert story.scheduler.schedules == {}
    story.run((days - 0.5) * 24 * 3600)
    assert len(story.scheduler.schedules) == 1
    story.run_until(lambda: "bob" in story.who(), within=24 * 3600)
    assert story.to("bob")[0].at - story.to("ada")[0].at == pytest.approx(days * 24 * 3600, abs=1)


@pytest.mark.parametrize("wait", ["10s", "50s", "2m59s", "3m1s", "4m", "14m", "1h", "23h59m", "24h", "24h1m"])
def test_every_wait_is_kept_to_the_second(story: Story, wait: str) -> None:
    story.rule(step("ada", wait=wait), step("bob", wait="7d"))
    ticket = story.open()
    story.run(5)
    due = (times.parse(story.ticket(ticket)["due_at"]) - START).total_seconds()
    story.run_until(lambda: "bob" in story.who(), within=48 * 3600)
    assert story.to("bob")[0].at == pytest.approx(due, abs=1)


def test_a_change_of_severity_counts_from_the_next_step(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"), when={"severity": ["sev2"]})
    ticket = story.open(severity="sev2")
    story.run(60)
    before = story.ticket(ticket)["due_at"]
    assert story.patch(ticket, severity="sev1")["due_at"] == before
    story.run(300)
    # No rule is there for sev1: the built-in one begins.
    assert sorted(story.who()[1:]) == ["ada", "bob", "cyd"]


def test_an_outage_delays_a_step_and_shortens_none(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd"))
    story.open()
    story.run(10)
    outage = Outage(("escalator",))
    story.gate.faults.append(outage)
    story.run(1200)
    assert story.who() == ["ada"]
    story.gate.faults.remove(outage)
    story.run_until(lambda: "bob" in story.who(), within=200)
    story.run_until(lambda: "cyd" in story.who(), within=400)
    assert story.to("cyd")[0].at - story.to("bob")[0].at == pytest.approx(300, abs=1)
