"""People who are asked for beside the escalation, which goes on as if nobody had: told on the clock."""

from typing import Any

import pytest

from tests.simulation.cloud.gate import CrashOnce
from tests.simulation.story import PHONES, Story, code_in, mail, step


def ask(story: Story, ticket: str, **target: str) -> dict[str, Any]:
    """Ask for responders; the ticket is shown as it was answered."""
    answer: dict[str, Any] = story.expect(200, "POST", f"/tickets/{ticket}/responders", target)
    assert story.ticket(ticket) == answer
    return answer


def test_who_is_asked_for_is_paged_and_the_escalation_goes_on(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("ada"))
    ticket = story.open()
    story.run(60)
    before = story.ticket(ticket)
    shown = ask(story, ticket, user="cyd")
    clock = ("status", "due_at", "step", "round", "assigned_to", "rule_id")
    assert [shown[name] for name in clock] == [before[name] for name in clock]
    story.run(3)
    assert story.who() == ["ada", "cyd"]
    story.run(240)
    assert story.who() == ["ada", "cyd", "ada"]
    assert story.to("ada")[1].at == pytest.approx(300, abs=2)
    assert story.told(ticket) == ["opened", "escalated", "paged", "responders_added", "paged", "escalated", "paged"]
    line = story.history(ticket)[3]
    assert (line["text"], line["data"]) == ("Asked for too: cyd.", {"users": ["cyd"], "target": {"user": "cyd"}})
    page = next(one for one in story.pages(ticket) if one["user"] == "cyd")
    assert (page["page_id"].split(":")[1:], page["status"], page["step"]) == (["cyd", "sms"], "sent", 1)
    assert page["page_id"].split(":")[0].endswith(".R")


@pytest.mark.parametrize("before", ["acknowledged", "snoozed", "maintained"])
def test_who_is_asked_for_is_paged_whatever_keeps_the_escalation(story: Story, before: str) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    if before == "acknowledged":
        story.acknowledge(ticket)
    elif before == "snoozed":
        story.expect(200, "POST", f"/tickets/{ticket}/snooze", {"for": "2h"})
    else:
        story.expect(200, "PUT", "/teams/payments/maintenance", {"until": "2026-01-05T12:00:00Z"})
    story.run(5)
    ask(story, ticket, user="cyd")
    story.run(3)
    assert story.who() == ["ada", "cyd"]
    story.reply(PHONES["cyd"], f"R {code_in(story.to('cyd')[0])}")
    assert story.ticket(ticket)["status"] == "resolved"


def test_a_team_and_who_is_on_call_are_paged_each_once(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    story.schedule("bob", "cyd")
    ticket = story.open()
    story.run(60)
    ask(story, ticket, schedule="primary")
    story.run(3)
    assert story.who() == ["ada", "bob"]
    ask(story, ticket, team="payments")
    story.run(3)
    assert sorted(story.who()[2:]) == ["ada", "cyd"], "bob has been asked for within the minute"


def test_who_is_asked_for_again_is_paged_again_but_not_within_a_minute(story: Story) -> None:
    story.rule(step("ada", wait="2h"))
    ticket = story.open()
    story.run(5)
    ask(story, ticket, user="cyd")
    story.run(40)
    ask(story, ticket, user="cyd")
    story.run(60)
    assert story.who() == ["ada", "cyd"]
    ask(story, ticket, user="cyd")
    story.run(3)
    assert story.who() == ["ada", "cyd", "cyd"]
    assert story.told(ticket).count("responders_added") == 3


def test_who_has_a_rule_is_paged_by_it_and_told_what_others_do(story: Story) -> None:
    story.rule(step("ada", wait="2h"))
    story.add_mail("cyd")
    ways = [{"channel": "sms", "after": "0s"}, {"channel": "email", "after": "2m"}]
    story.expect(201, "PUT", "/users/cyd/rule", {"default": ways, "updates": ["sms"]})
    ticket = story.open()
    story.run(5)
    ask(story, ticket, user="cyd")
    story.run(110)
    assert story.who() == ["ada", "cyd"]
    story.run(20)
    assert story.sent[-1].address == mail("cyd")
    story.patch(ticket, status="resolved", by="bob")
    story.run(5)
    assert story.to("cyd")[-1].text == "Resolved by bob: Checkout 5xx above 2%"


def test_who_is_in_quiet_hours_is_not_asked_for(story: Story) -> None:
    story.rule(step("ada", wait="2h"))
    quiet = [{"days": ["mon"], "from": "08:00", "to": "12:00"}]
    story.expect(201, "PUT", "/users/cyd/rule", {"quiet": quiet})
    ticket = story.open()
    story.run(5)
    refused = story.expect(409, "POST", f"/tickets/{ticket}/responders", {"user": "cyd"})
    assert refused["detail"] == "In quiet hours: cyd."
    assert [page["user"] for page in story.pages(ticket)] == ["ada"]


def test_nobody_is_paged_for_what_is_resolved_meanwhile(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    story.sns.refusals.refuse(PHONES["cyd"], "ThrottledException", times=1)
    ask(story, ticket, user="cyd")
    story.run(1)
    story.patch(ticket, status="resolved")
    story.run(300)
    assert story.who() == ["ada"]
    (page,) = [one for one in story.pages(ticket) if one["user"] == "cyd"]
    assert (page["status"], page["error"]) == ("skipped", "The ticket is resolved.")


def test_a_responder_who_cannot_be_reached_one_way_is_paged_another_way_and_hurries_nothing(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob"))
    story.expect(200, "PUT", "/severities", {"items": [{"name": "sev2", "default": True, "channels": ["sms"]}]})
    story.add_mail("cyd")
    ticket = story.open()
    story.run(5)
    story.acknowledge(ticket)
    story.sns.refusals.refuse(PHONES["cyd"], "OptedOut")
    ask(story, ticket, user="cyd")
    story.run(10)
    assert [sent.address for sent in story.sent] == [PHONES["ada"], mail("cyd")]
    story.ses.refusals.refuse(mail("cyd"), "MessageRejected")
    story.run(60)
    ask(story, ticket, user="cyd")
    story.run(300)
    assert story.who() == ["ada", "cyd"]
    assert story.ticket(ticket)["status"] == "under_investigation"
    assert "hurried" not in story.told(ticket)


def test_a_dead_responder_leaves_the_step_its_time(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob"))
    story.sns.refusals.refuse(PHONES["cyd"], "OptedOut")
    ticket = story.open()
    story.run(5)
    ask(story, ticket, user="cyd")
    story.run(600)
    assert story.who() == ["ada"]
    assert "page_failed" in story.told(ticket)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(8))
def test_who_asks_again_because_the_first_call_died_gets_one_page(story: Story, number: int, when: str) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    crash = CrashOnce(("tickets",), number, when)
    story.gate.faults.append(crash)
    assert story.api("POST", f"/tickets/{ticket}/responders", {"user": "cyd"}).status >= 500
    assert crash.done
    story.run(3)
    ask(story, ticket, user="cyd")
    story.run(3)
    assert story.who() == ["ada", "cyd"]
    story.run(300)
    assert story.who() == ["ada", "cyd"]
    assert "responders_added" in story.told(ticket)


def test_a_page_whose_asker_died_is_found_by_the_sweeper(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    story.gate.faults.append(CrashOnce(("tickets",), len(["references", "ticket", "user", "pages", "page"])))
    story.api("POST", f"/tickets/{ticket}/responders", {"user": "cyd"})
    story.run(3)
    assert story.who() == ["ada"]
    story.run(80)
    assert story.who() == ["ada", "cyd"]
