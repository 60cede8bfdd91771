"""What changes while a ticket is on its way: rules, people, the ticket itself. What counts is how it is now."""

import pytest

from tests.simulation.story import Story, code_in, link_in, step
from tocsin import keys
from tocsin.rows import attributes, plain


def test_another_rule_that_matches_now_begins_at_its_first_step(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("ada", wait="5m"), position=10)
    ticket = story.open()
    story.run(60)
    story.rule(step("cyd", wait="5m"), step("bob"), rule_id="first", position=1)
    story.run(300)
    assert story.who() == ["ada", "cyd"]
    assert (story.ticket(ticket)["rule_id"], story.ticket(ticket)["step"]) == ("first", 1)


def test_a_changed_step_counts_when_its_turn_comes(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    story.open()
    story.run(60)
    story.rule(step("ada", wait="5m"), step("cyd"))
    story.run(300)
    assert story.who() == ["ada", "cyd"]


def test_of_a_rule_that_became_shorter_the_steps_count_as_done(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd", wait="5m"))
    ticket = story.open()
    story.run(310)
    story.rule(step("ada", wait="5m"))
    story.run(300)
    assert story.who() == ["ada", "bob", "ada"]
    assert story.told(ticket)[-2:] == ["reminded", "paged"]


def test_a_rule_that_is_deleted_gives_way_to_the_built_in_one(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("ada"))
    story.open()
    story.run(60)
    story.expect(204, "DELETE", "/rules/critical")
    story.run(300)
    assert sorted(story.who()) == ["ada", "ada", "bob", "cyd"]


def test_a_member_who_joined_before_the_next_step_is_paged_in_it(story: Story) -> None:
    story.expect(204, "DELETE", "/teams/payments/members/cyd")
    story.rule(step("ada", wait="5m"), {"notify": [{"team": "payments"}], "wait": "5m"})
    story.open()
    story.run(60)
    story.add_member("cyd")
    story.run(300)
    assert sorted(story.who()[1:]) == ["ada", "bob", "cyd"]


def test_a_new_number_is_used_from_the_next_step_on(story: Story) -> None:
    story.rule(step("ada", wait="5m"), repeat=1)
    story.open()
    story.run(60)
    number = "+4915112345688"
    story.expect(200, "PATCH", "/users/ada/contact_methods/sms", {"address": number, "verified": True})
    story.run(300)
    assert [sent.address for sent in story.sent][1:] == [number]


def test_the_same_alert_again_is_counted_and_pages_nobody(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    ticket = story.open(dedup_key="checkout-5xx")
    story.run(60)
    again = story.expect(200, "POST", "/tickets", {"team": "payments", "title": "Other", "dedup_key": "checkout-5xx"})
    assert (again["ticket_id"], again["count"], again["title"]) == (ticket, 2, "Checkout 5xx above 2%")
    story.run(60)
    assert story.who() == ["ada"]
    assert story.told(ticket)[-1] == "deduplicated"


def test_after_it_was_resolved_the_same_alert_opens_another_ticket(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    first = story.open(dedup_key="checkout-5xx")
    story.run(60)
    story.patch(first, status="resolved")
    second = story.open(dedup_key="checkout-5xx")
    story.run(60)
    assert second != first
    assert story.who() == ["ada", "ada"]


def test_a_ticket_that_becomes_unread_again_is_escalated_from_the_first_step(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd"))
    ticket = story.open()
    story.run(310)
    story.acknowledge(ticket)
    story.run(3600)
    story.patch(ticket, status="unread")
    story.run(310)
    assert story.who() == ["ada", "bob", "ada", "bob"]
    shown = story.ticket(ticket)
    assert (shown["step"], shown["acknowledged_by"]) == (2, None)


def test_unread_and_acknowledged_within_a_second_pages_at_most_once(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    ticket = story.open()
    story.run(60)
    for _ in range(5):
        story.acknowledge(ticket)
        story.patch(ticket, status="unread")
    story.acknowledge(ticket)
    story.run(3600)
    assert story.who() == ["ada"]
    assert story.scheduler.schedules == {}


def test_pending_a_fix_is_as_quiet_as_under_investigation(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    ticket = story.open()
    story.run(5)
    story.patch(ticket, status="pending_fix")
    story.run(24 * 3600)
    assert story.who() == ["ada"]
    assert story.told(ticket)[-1] == "status_changed"


def test_a_resolved_ticket_takes_notes_only(story: Story) -> None:
    ticket = story.open()
    story.patch(ticket, status="resolved")
    assert story.api("PATCH", f"/tickets/{ticket}", {"title": "Other"}).status == 409
    story.expect(201, "POST", f"/tickets/{ticket}/notes", {"text": "It was the cache."})
    story.run(5)
    assert story.told(ticket)[-1] == "noted"


@pytest.mark.parametrize(
    "poison",
    [
        {"steps": [{"notify": [{"user": "bob"}], "wait": "soon"}]},
        {"steps": "none"},
        {"when": {"severity": [{"sounds-like": "one"}]}},
        {"when": {"severity": 7}},
        {"steps": [{"notify": [{}], "wait": "5m"}]},
        {"steps": []},
        {"position": "first"},
        {"repeat": -5},
    ],
    ids=str,
)
def test_a_poison_rule_pages_somebody_all_the_same(story: Story, poison: dict[str, object]) -> None:
    story.rule(step("bob", wait="5m"))
    key = keys.rule("acme", "critical")
    row = plain(story.directory.get(key["pk"], key["sk"]) or {})
    story.directory.put(attributes({**row, **poison}))
    ticket = story.open()
    story.run(5)
    assert story.who()
    assert "paged" in story.told(ticket)


def test_a_rule_that_cannot_be_carried_out_is_named_in_the_history(story: Story) -> None:
    story.rule(step("bob", wait="5m"))
    key = keys.rule("acme", "critical")
    row = plain(story.directory.get(key["pk"], key["sk"]) or {})
    story.directory.put(attributes({**row, "when": {"severity": [{"sounds-like": "one"}]}}))
    ticket = story.open()
    story.run(5)
    assert sorted(story.who()) == ["ada", "bob", "cyd"]
    (escalated,) = [line for line in story.history(ticket) if line["kind"] == "escalated"]
    assert "could not be carried out" in escalated["text"]


def test_history_and_pages_are_told_as_the_api_shows_them(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="1h"))
    ticket = story.open()
    story.run(310)
    story.expect(201, "POST", f"/tickets/{ticket}/notes", {"text": "Looking.", "by": "bob"})
    story.run(1)
    story.patch(ticket, title="Checkout 5xx above 20%", by="bob")
    story.run(1)
    story.reply(story.to("bob")[0].address, code_in(story.to("bob")[0]))
    story.run(1)
    story.patch(ticket, status="resolved")
    story.run(5)
    lines = [(line["kind"], line["actor"]) for line in story.history(ticket)]
    assert lines == [
        ("opened", "api_key:k1"),
        ("escalated", "system"),
        ("paged", "system"),
        ("escalated", "system"),
        ("paged", "system"),
        ("noted", "bob"),
        ("edited", "bob"),
        ("acknowledged", "bob"),
        ("resolved", "api_key:k1"),
    ]
    first, second = story.pages(ticket)
    assert (first["user"], first["step"], first["round"], first["status"]) == ("ada", 1, 1, "sent")
    assert (second["user"], second["step"], second["attempts"], second["error"]) == ("bob", 2, 1, None)
    assert second["address"].endswith("602")
    assert "12345" not in second["address"]
    assert first["sent_at"] < second["created_at"]


def test_no_secret_of_a_page_is_in_history_or_pages(story: Story) -> None:
    story.rule(step("ada"))
    ticket = story.open()
    story.run(5)
    shown = str(story.history(ticket)) + str(story.pages(ticket)) + str(story.ticket(ticket))
    page = story.to("ada")[0]
    assert code_in(page) not in shown
    assert link_in(page).rsplit("/", 1)[1] not in shown
