"""What people make of an escalation, and what its severity's times do: told on the clock."""

from typing import Any

import pytest

from tests.simulation.cloud.gate import Meanwhile
from tests.simulation.story import PHONES, Story, code_in, link_in, step


def times_of_severities(story: Story, **times: str) -> None:
    """Let every severity of the company have these times."""
    names = ("sev1", "sev2", "sev3", "sev4")
    items = [{"name": name, "default": name == "sev2", **times} for name in names]
    story.expect(200, "PUT", "/severities", {"items": items})


def act(story: Story, ticket: str, what: str, **body: Any) -> dict[str, Any]:
    """Snooze, escalate or reassign a ticket; it is shown as it was answered."""
    answer: dict[str, Any] = story.expect(200, "POST", f"/tickets/{ticket}/{what}", body)
    assert story.ticket(ticket) == answer
    return answer


# --- Snooze


def test_a_snoozed_ticket_is_silent_and_then_begins_anew(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd"))
    ticket = story.open()
    story.run(310)
    shown = act(story, ticket, "snooze", **{"for": "2h", "by": "bob"})
    assert (shown["status"], shown["snoozed_until"]) == ("unread", shown["due_at"])
    story.run(7190)
    assert story.who() == ["ada", "bob"]
    story.run(315)
    assert story.who() == ["ada", "bob", "ada", "bob"]
    assert story.to("ada")[1].at == pytest.approx(310 + 7200, abs=2)
    shown = story.ticket(ticket)
    assert (shown["snoozed_until"], shown["step"], shown["round"]) == (None, 2, 1)
    told = story.told(ticket)
    assert told[5:8] == ["snoozed", "snooze_ended", "escalated"]
    assert story.history(ticket)[5]["actor"] == "bob"


def test_an_acknowledged_ticket_that_was_snoozed_is_unread_when_that_ends(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    story.acknowledge(ticket)
    assert act(story, ticket, "snooze", **{"for": "10m"})["status"] == "under_investigation"
    story.patch(ticket, status="pending_fix")
    assert story.ticket(ticket)["snoozed_until"] is not None
    story.run(605)
    assert story.ticket(ticket)["status"] == "unread"
    assert story.who() == ["ada", "ada"]


def test_who_acknowledges_a_snoozed_ticket_is_not_paged_by_its_end(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    act(story, ticket, "snooze", **{"for": "10m"})
    story.acknowledge(ticket)
    shown = story.ticket(ticket)
    assert (shown["snoozed_until"], shown["due_at"]) == (None, None)
    story.run(3600)
    assert story.who() == ["ada"]


def test_a_page_that_was_under_way_does_not_come_while_the_ticket_is_snoozed_nor_after(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    story.sns.refusals.refuse(PHONES["ada"], "ThrottledException", times=1)
    ticket = story.open()
    story.run(1)
    act(story, ticket, "snooze", **{"for": "10m"})
    story.run(595)
    assert story.who() == []
    assert [page["status"] for page in story.pages(ticket)] == ["skipped"]
    story.run(10)
    assert story.who() == ["ada"]


def test_a_snooze_that_comes_while_somebody_moves_the_ticket_is_kept(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    story.acknowledge(ticket)
    snooze = Meanwhile("tickets", "update_item", lambda: act(story, ticket, "snooze", **{"for": "10m"}))
    story.gate.faults.append(snooze)
    shown = story.patch(ticket, status="pending_fix")
    assert snooze.done
    assert shown["due_at"] == shown["snoozed_until"] is not None
    story.run(605)
    assert story.who() == ["ada", "ada"]


def test_the_later_of_two_snoozes_counts(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    act(story, ticket, "snooze", **{"for": "10m"})
    act(story, ticket, "snooze", **{"for": "20m"})
    story.run(1190)
    assert story.who() == ["ada"]
    story.run(15)
    assert story.who() == ["ada", "ada"]


# --- Escalate


def test_the_next_step_comes_when_somebody_wants_it_and_has_its_whole_time(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob", wait="10m"), step("cyd"))
    ticket = story.open()
    story.run(60)
    act(story, ticket, "escalate")
    story.run(5)
    assert story.who() == ["ada", "bob"]
    story.run(600)
    assert story.who() == ["ada", "bob", "cyd"]
    assert story.told(ticket)[3:5] == ["hurried", "escalated"]


def test_escalating_what_is_acknowledged_makes_it_unread_first(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob"))
    ticket = story.open()
    story.run(5)
    story.acknowledge(ticket)
    assert act(story, ticket, "escalate", by="ada")["status"] == "unread"
    story.run(5)
    assert story.who() == ["ada", "bob"]


def test_a_step_may_be_named_also_one_that_has_been(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd", wait="5m"))
    ticket = story.open()
    story.run(5)
    act(story, ticket, "escalate", step=3)
    story.run(5)
    act(story, ticket, "escalate", step=2)
    story.run(5)
    assert story.who() == ["ada", "cyd", "bob"]
    story.run(300)
    assert story.who() == ["ada", "cyd", "bob", "cyd"]
    refused = story.expect(422, "POST", f"/tickets/{ticket}/escalate", {"step": 4})
    assert refused["errors"][0]["loc"] == ["body", "step"]


def test_after_the_last_step_there_is_nothing_to_escalate_to_but_the_last_resort(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(5)
    story.expect(409, "POST", f"/tickets/{ticket}/escalate")
    assert story.told(ticket) == ["opened", "escalated", "paged"]
    story.expect(200, "PATCH", "/company", {"last_resort": [{"user": "cyd"}]})
    act(story, ticket, "escalate")
    story.run(5)
    assert story.who()[-1] == "cyd"
    story.expect(409, "POST", f"/tickets/{ticket}/escalate")


def test_escalating_ends_a_snooze(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob", wait="1h"))
    ticket = story.open()
    story.run(5)
    act(story, ticket, "snooze", **{"for": "10m"})
    assert act(story, ticket, "escalate")["snoozed_until"] is None
    story.run(1200)
    assert story.who() == ["ada", "bob"]


def test_what_a_rule_keeps_has_no_steps_to_go_to(story: Story) -> None:
    story.rule(page=False)
    ticket = story.open()
    story.run(5)
    story.expect(409, "POST", f"/tickets/{ticket}/escalate")
    story.expect(422, "POST", f"/tickets/{ticket}/escalate", {"step": 1})


# --- Reassign


def test_a_team_that_gets_a_ticket_begins_with_its_own_rules(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("ada"))
    story.expect(201, "POST", "/teams", {"team_id": "search", "name": "Search"})
    rule = {"rule_id": "theirs", "name": "Theirs", "team": "search", "steps": [step("cyd", wait="5m"), step("bob")]}
    story.expect(201, "POST", "/rules", rule)
    ticket = story.open()
    story.run(5)
    story.acknowledge(ticket)
    shown = act(story, ticket, "reassign", team="search")
    assert (shown["team"], shown["status"], shown["acknowledged_by"]) == ("search", "unread", None)
    story.run(310)
    assert story.who() == ["ada", "cyd", "bob"]
    assert story.ticket(ticket)["rule_id"] == "theirs"


def test_a_user_who_gets_a_ticket_is_paged_and_after_five_minutes_the_team(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("ada"))
    ticket = story.open()
    story.run(60)
    act(story, ticket, "reassign", user="cyd", by="bob")
    story.run(295)
    assert story.who() == ["ada", "cyd"]
    assert (story.ticket(ticket)["assigned_to"], story.ticket(ticket)["step"]) == (["cyd"], 0)
    story.run(10)
    assert story.who() == ["ada", "cyd", "ada"]
    assert (story.ticket(ticket)["step"], story.ticket(ticket)["round"]) == (1, 1)
    assert story.told(ticket)[3:7] == ["reassigned", "assigned", "paged", "escalated"]


def test_a_user_who_cannot_be_paged_is_passed_at_once(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    ticket = story.open()
    story.run(60)  # the phone has its next turn
    story.expect(204, "DELETE", "/users/cyd/contact_methods/sms")
    act(story, ticket, "reassign", user="cyd")
    story.run(5)
    assert story.who() == ["ada", "ada"]


def test_pages_of_before_a_reassignment_are_void(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    story.sns.refusals.refuse(PHONES["ada"], "ThrottledException", times=1)
    ticket = story.open()
    story.run(1)
    act(story, ticket, "reassign", user="cyd")
    story.run(200)
    assert set(story.who()) == {"cyd"}


# --- Times of a severity


def test_an_acknowledgement_expires_and_the_ticket_escalates_from_the_top(story: Story) -> None:
    times_of_severities(story, ack_timeout="30m")
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"))
    ticket = story.open()
    story.run(310)
    story.acknowledge(ticket)
    story.run(1790)
    assert story.who() == ["ada", "bob"]
    story.run(15)
    assert story.who() == ["ada", "bob", "ada"]
    assert (story.ticket(ticket)["status"], story.ticket(ticket)["acknowledged_by"]) == ("unread", None)
    assert story.told(ticket)[5:8] == ["acknowledged", "ack_expired", "escalated"]


@pytest.mark.parametrize("way", ["api", "sms", "link"])
def test_acknowledging_again_renews_the_time(story: Story, way: str) -> None:
    times_of_severities(story, ack_timeout="30m")
    story.rule(step("ada", wait="5m"))
    ticket = story.open()
    story.run(5)
    page = story.to("ada")[0]
    for _ in range(3):
        if way == "api":
            story.acknowledge(ticket)
        elif way == "sms":
            story.reply(page.address, f"ACK {code_in(page)}")
        else:
            story.follow_link(link_in(page), "POST")
        story.run(1500)
    assert "ack_expired" not in story.told(ticket)
    story.run(310)
    assert "ack_expired" in story.told(ticket)


def test_what_is_pending_a_fix_does_not_expire(story: Story) -> None:
    times_of_severities(story, ack_timeout="30m")
    story.rule(step("ada", wait="5m"))
    ticket = story.open()
    story.run(5)
    story.acknowledge(ticket)
    story.patch(ticket, status="pending_fix")
    assert story.ticket(ticket)["due_at"] is None
    story.patch(ticket, status="under_investigation")
    assert story.ticket(ticket)["due_at"] is not None


def test_an_old_ticket_is_resolved_by_itself(story: Story) -> None:
    times_of_severities(story, auto_resolve="1h")
    story.rule(step("ada", wait="25m"), repeat=9)
    ticket = story.open()
    story.run(3595)
    assert story.who() == ["ada", "ada", "ada"]
    story.run(10)
    assert story.ticket(ticket)["status"] == "resolved"
    (line,) = [line for line in story.history(ticket) if line["kind"] == "resolved"]
    assert (line["actor"], line["text"]) == ("system", "unread to resolved. It was opened 1h ago.")
    story.run(7200)
    assert story.who() == ["ada", "ada", "ada"]


@pytest.mark.parametrize("before", ["acknowledged", "snoozed", "kept"])
def test_it_is_resolved_whatever_is_the_case(story: Story, before: str) -> None:
    times_of_severities(story, auto_resolve="1h")
    story.rule(step("ada", wait="25m")) if before != "kept" else story.rule(page=False)
    ticket = story.open()
    story.run(5)
    if before == "acknowledged":
        story.acknowledge(ticket)
    elif before == "snoozed":
        act(story, ticket, "snooze", **{"for": "2h"})
    story.run(3600)
    assert story.ticket(ticket)["status"] == "resolved"


def test_changed_times_count_from_the_next_step(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd", wait="1h"))
    ticket = story.open()
    story.run(5)
    times_of_severities(story, auto_resolve="20m", ack_timeout="5m")
    story.run(300)
    story.acknowledge(ticket)
    story.run(305)
    assert story.told(ticket).count("ack_expired") == 1
    story.run(600)
    assert story.ticket(ticket)["status"] == "resolved"


# --- What the company sets


def test_after_the_last_step_comes_the_companys_last_resort_and_then_its_reminders(story: Story) -> None:
    story.expect(200, "PATCH", "/company", {"last_resort": [{"user": "cyd"}], "reminder": "10m"})
    story.rule(step("ada", wait="5m"))
    ticket = story.open()
    story.run(4 * 3600)
    assert set(story.who()[1:]) == {"cyd"}
    # Five minutes for the step, fifteen for the last resort; then 10 minutes, 20, 40 and so on.
    assert [round(sent.at / 60) for sent in story.sent] == [0, 5, 20, 30, 50, 90, 170]
    assert story.told(ticket).count("last_resort") == 1


# --- Many at once


def test_a_storm_is_acknowledged_in_one_call(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    tickets = [story.open() for _ in range(3)]
    story.patch(tickets[1], status="resolved")
    story.run(5)
    body = {"ticket_ids": [*tickets, "nosuch"], "patch": {"status": "under_investigation", "by": "bob"}}
    results = story.expect(200, "POST", "/tickets/changes", body)["results"]
    assert [one["ticket_id"] for one in results] == body["ticket_ids"]
    assert [one["status"] for one in results] == [200, 409, 200, 404]
    assert results[0]["ticket"] == story.ticket(tickets[0])
    assert results[0]["ticket"]["acknowledged_by"] == "bob"
    assert (results[1]["ticket"], results[1]["error"]["status"]) == (None, 409)
    story.run(3600)
    assert story.who() == ["ada"], "two waited for the next turn, and nobody wants them by then"
