"""Two at the same time: whoever is slower must notice, and nobody is paged twice or after an acknowledgement."""

import json
from typing import Any

import pytest

from tests.simulation.cloud.gate import Meanwhile
from tests.simulation.story import PHONES, Story, mail, step
from tocsin import clock, escalation, keys, notification, queues, turns
from tocsin.due import Due
from tocsin.page import Page
from tocsin.rows import plain


def meanwhile(story: Story, function: str, operation: str, happens: Any) -> Meanwhile:
    """Let something happen before a function's next call of an operation."""
    fault = Meanwhile(function, operation, happens)
    story.gate.faults.append(fault)
    return fault


def row(story: Story, ticket: str) -> dict[str, Any]:
    """Return a ticket's row."""
    key = keys.ticket("acme", ticket)
    return plain(story.tickets.get(key["pk"], key["sk"]) or {})


def send_all(story: Story, channel: str) -> None:
    """Let another notifier send what is in a channel's queue, at once; the messages stay there too."""
    with story.gate.inside("notifier"):
        for message in story.queues[channel].messages:
            notification.send(queues.MESSAGE.validate_json(message.body))


def test_an_acknowledgement_while_the_next_step_is_decided_wins(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd"))
    ticket = story.open()
    story.run(60)
    race = meanwhile(story, "escalator", "put_item", lambda: story.acknowledge(ticket))
    story.run(24 * 3600)
    assert race.done
    assert story.who() == ["ada"]
    shown = story.ticket(ticket)
    assert (shown["status"], shown["due_at"], shown["step"]) == ("under_investigation", None, 1)
    assert [shown["status"] for shown in story.pages(ticket)] == ["sent", "skipped"]


def test_an_acknowledgement_before_the_claim_stops_the_page(story: Story) -> None:
    story.rule(step("ada"))
    ticket = story.open()
    race = meanwhile(story, "notifier", "batch_get_item", lambda: story.acknowledge(ticket))
    story.run(3600)
    assert race.done
    assert story.sent == []


@pytest.mark.parametrize("operation", ["get_item", "put_item", "send_message_batch", "update_item"])
def test_two_escalators_with_the_same_timer_move_the_ticket_once(story: Story, operation: str) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    ticket = story.open()
    timer = Due(tenant="acme", ticket=ticket, epoch=row(story, ticket)["epoch"], due_at=story.timeline.now())
    race = meanwhile(story, "escalator", operation, lambda: escalation.run(timer, clock.now()))
    story.run(60)
    assert race.done
    assert story.who() == ["ada"]
    assert row(story, ticket)["epoch"] == timer.epoch + 1
    assert story.told(ticket) == ["opened", "escalated", "paged"]


@pytest.mark.parametrize("operation", ["batch_get_item", "update_item", "put_item", "publish"])
def test_two_notifiers_with_the_same_message_send_one_page(story: Story, operation: str) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    ticket = story.open()
    race = meanwhile(story, "notifier", operation, lambda: send_all(story, "sms"))
    story.run(60)
    assert race.done
    assert story.who() == ["ada"]
    assert [shown["attempts"] for shown in story.pages(ticket)] == [1]


def test_a_turn_that_another_has_is_left_to_it_until_it_is_over(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    ticket = story.open()

    def take_and_die() -> None:
        (key,) = (key for key in story.tickets.items if key[1].startswith("PAGE#"))
        turns.take(queues.turn_message(Page.of(plain(story.tickets.items[key]))), clock.now())

    race = meanwhile(story, "notifier", "update_item", take_and_die)
    story.run(29)
    assert race.done
    assert story.sent == []
    story.run(6)
    assert story.who() == ["ada"]
    assert [shown["attempts"] for shown in story.pages(ticket)] == [1]


def test_a_page_that_fails_before_its_step_is_committed_still_hurries_the_next_step(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob"))
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    story.open()
    race = meanwhile(story, "escalator", "update_item", lambda: send_all(story, "sms"))
    story.run(10)
    assert race.done
    assert story.who() == ["bob"]


def test_a_page_of_an_escalation_that_began_anew_is_not_sent(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"))
    ticket = story.open()
    story.run(60)

    def again() -> None:
        story.acknowledge(ticket)
        story.patch(ticket, status="unread")

    race = meanwhile(story, "notifier", "batch_get_item", again)
    story.run(290)
    assert race.done
    assert story.who() == ["ada", "ada"], "bob's page was of the escalation before"
    assert "page_skipped" in story.told(ticket)


def test_of_two_pages_the_same_way_the_later_one_is_sent(story: Story) -> None:
    story.rule(step("ada", wait="10m"), repeat=2)
    ticket = story.open()
    story.sns.refusals.refuse("*", "InternalError")
    story.run(610)
    story.sns.refusals.codes.clear()
    story.run(320)
    assert story.who() == ["ada"]
    first, second = story.pages(ticket)
    assert (first["status"], second["status"]) == ("skipped", "sent")
    assert "later page" in first["error"]


def test_a_page_that_comes_too_late_is_not_sent(story: Story) -> None:
    story.add_mail("bob")
    story.rule(step("ada", wait="5m", channels=["sms"]), step("bob", wait="2h", channels=["email"]))
    ticket = story.open()
    story.sns.refusals.refuse("*", "InternalError")
    story.run(20 * 60)
    story.sns.refusals.codes.clear()
    story.run(3600)
    assert [sent.address for sent in story.sent] == [mail("bob")]
    assert "too late" in story.pages(ticket)[0]["error"]


def test_an_acknowledgement_while_timers_move_the_ticket_is_not_lost(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"))
    ticket = story.open()
    story.run(60)
    stored = row(story, ticket)
    timer = Due(tenant="acme", ticket=ticket, epoch=stored["epoch"], due_at=stored["due_at"])

    def move() -> None:
        story.timeline.seconds += 240
        escalation.run(timer, clock.now())

    race = meanwhile(story, "tickets", "update_item", move)
    story.acknowledge(ticket)
    assert race.done
    assert row(story, ticket)["status"] == "under_investigation"
    story.run(3600)
    assert "due_at" not in row(story, ticket)
    assert story.who() == ["ada"]


def test_a_dedup_row_that_was_left_alone_for_long_names_no_ticket_any_more(story: Story) -> None:
    body = {"team": "payments", "title": "Disk full", "dedup_key": "disk"}
    made = story.expect(201, "POST", "/tickets", body)
    key = keys.ticket("acme", made["ticket_id"])
    story.tickets.delete(key["pk"], key["sk"])  # as clearing away after 400 days does
    story.run(400)
    again = story.expect(201, "POST", "/tickets", body)
    assert again["ticket_id"] != made["ticket_id"]
    assert story.expect(200, "POST", "/tickets", body)["ticket_id"] == again["ticket_id"]


def test_a_step_that_is_taken_again_asks_for_no_page_that_is_settled(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    ticket = story.open()
    epoch = row(story, ticket)["epoch"]
    story.run(5)
    sent = story.queues["sms"].sent
    # As if the commit had been lost: the same timer on the row of before.
    key = keys.ticket("acme", ticket)
    now = story.tickets.get(key["pk"], key["sk"]) or {}
    story.tickets.put({**now, "epoch": {"N": str(epoch)}, "step": {"N": "0"}})
    body = {"v": 1, "tenant": "acme", "ticket": ticket, "epoch": epoch, "due_at": row(story, ticket)["created_at"]}
    story.queues["due"].put(json.dumps(body), "acme")
    story.run(5)
    assert story.queues["sms"].sent == sent
    assert story.who() == ["ada"]


def test_an_acknowledgement_ends_by_the_severity_that_the_ticket_has_by_then(story: Story) -> None:
    times = {"sev1": "10m", "sev2": "2d"}
    severities = [{"name": name, "default": name == "sev1", "auto_resolve": time} for name, time in times.items()]
    story.expect(200, "PUT", "/severities", {"items": severities})
    story.rule(step("ada", wait="1h"))
    ticket = story.open()
    story.run(60)
    edit = lambda: story.api("PATCH", f"/tickets/{ticket}", {"severity": "sev2"})  # noqa: E731
    race = meanwhile(story, "tickets", "update_item", edit)
    story.acknowledge(ticket)
    assert race.done
    story.run(3600)
    assert story.ticket(ticket)["status"] == "under_investigation"
    story.run(3 * 24 * 3600)
    assert story.ticket(ticket)["status"] == "resolved"
