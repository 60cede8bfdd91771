"""How a ticket is answered: by the API, by SMS, by the link; and what then does not happen any more."""

from collections.abc import Callable

import pytest

from tests.simulation.cloud.gate import Meanwhile
from tests.simulation.story import PHONES, Story, code_in, link_in, step

Answered = Callable[[Story, str], object]

WAYS: dict[str, Answered] = {
    "the API": lambda story, ticket: story.acknowledge(ticket),
    "an SMS with the code": lambda story, ticket: story.reply(PHONES["ada"], f"ack {code_in(story.to('ada')[0])}"),
    "the code alone": lambda story, ticket: story.reply(PHONES["ada"], f"#{code_in(story.to('ada')[0])}"),
    "an SMS without a code": lambda story, ticket: story.reply(PHONES["ada"], "ACK"),
    "the link": lambda story, ticket: story.follow_link(link_in(story.to("ada")[0]), "POST"),
}


@pytest.mark.parametrize("way", WAYS)
def test_acknowledging_cancels_the_pending_timer_and_nobody_is_paged_any_more(story: Story, way: str) -> None:
    story.rule(step("ada", wait="10m"), step("bob"))
    ticket = story.open()
    story.run(60)
    assert len(story.scheduler.schedules) == 1
    WAYS[way](story, ticket)
    story.run(3)
    assert story.scheduler.schedules == {}
    story.run(24 * 3600)
    assert "bob" not in story.who()
    shown = story.ticket(ticket)
    assert (shown["status"], shown["due_at"]) == ("under_investigation", None)
    assert shown["acknowledged_by"] == ("api_key:k1" if way == "the API" else "ada")
    assert story.told(ticket) == ["opened", "escalated", "paged", "acknowledged"]


def test_an_acknowledgement_between_the_step_and_its_message_stops_the_message(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    ticket = story.open()
    story.run(60)
    story.run_until(lambda: len(story.tickets.primary.partitions) > 0 and _has_page(story, "bob"), within=300)
    story.acknowledge(ticket)
    story.run(3600)
    assert story.who() == ["ada"]
    assert [page["status"] for page in story.pages(ticket)] == ["sent", "skipped"]
    assert "page_skipped" in story.told(ticket)


def _has_page(story: Story, user: str) -> bool:
    return any(f"#{user}#" in sk for _, sk in story.tickets.items)


def test_a_link_shows_the_ticket_and_opening_it_changes_nothing(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob"))
    ticket = story.open(title="<Checkout>")
    story.run(5)
    shown = story.follow_link(link_in(story.to("ada")[0]))
    assert shown.status == 200
    assert "&lt;Checkout&gt;" in shown.body
    assert story.ticket(ticket)["status"] == "unread"


def test_who_is_slower_is_told_who_was_faster(story: Story) -> None:
    story.rule(step("ada", "bob", wait="10m"))
    ticket = story.open()
    story.run(5)
    story.reply(PHONES["ada"], code_in(story.to("ada")[0]))
    bob_sees = story.follow_link(link_in(story.to("bob")[0]), "POST")
    assert bob_sees.status == 200
    assert "ada" in bob_sees.body
    assert story.ticket(ticket)["acknowledged_by"] == "ada"
    story.reply(PHONES["bob"], code_in(story.to("bob")[0]))
    story.run(5)
    assert "ada was faster" in story.to("bob")[-1].text


def test_the_code_of_an_earlier_step_still_counts_in_a_later_one(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="1h"))
    ticket = story.open()
    story.run(400)
    story.reply(PHONES["ada"], f"ACK {code_in(story.to('ada')[0])}")
    assert story.ticket(ticket)["acknowledged_by"] == "ada"


def test_a_link_of_a_resolved_ticket_is_gone_and_an_unknown_one_is_not_found(story: Story) -> None:
    story.rule(step("ada"))
    ticket = story.open()
    story.run(5)
    story.patch(ticket, status="resolved")
    assert story.follow_link(link_in(story.to("ada")[0])).status == 410
    assert story.follow_link("https://tocsin.example.com/a/" + "x" * 22).status == 404


def test_a_link_is_good_for_a_week(story: Story) -> None:
    story.rule(step("ada", wait="7d"))
    story.open()
    story.run(5)
    link = link_in(story.to("ada")[0])
    story.run(7 * 24 * 3600 - 60)
    assert story.follow_link(link).status == 200
    story.run(120)
    assert story.follow_link(link).status == 410


def test_the_code_of_another_number_changes_nothing(story: Story) -> None:
    story.rule(step("ada", "bob"))
    ticket = story.open()
    story.run(5)
    story.reply(PHONES["bob"], f"ACK {code_in(story.to('ada')[0])}")
    story.run(5)
    assert story.ticket(ticket)["status"] == "unread"
    assert "Nothing was changed" in story.to("bob")[-1].text


def test_several_open_pages_are_listed_and_all_can_be_acknowledged_at_once(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    tickets = []
    for number in (1, 2):
        tickets.append(story.open(title=f"Disk {number}"))
        story.run(35)
    story.reply(PHONES["ada"], "ack")
    story.run(5)
    assert "which one" in story.to("ada")[-1].text
    assert [story.ticket(ticket)["status"] for ticket in tickets] == ["unread", "unread"]
    story.reply(PHONES["ada"], "ACK ALL")
    assert {story.ticket(ticket)["status"] for ticket in tickets} == {"under_investigation"}


def test_resolving_and_escalating_by_sms(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob", wait="1h"))
    ticket = story.open()
    story.run(5)
    code = code_in(story.to("ada")[0])
    story.reply(PHONES["ada"], f"escalate {code}")
    story.run(5)
    assert "bob" in story.who()
    story.reply(PHONES["ada"], f"RESOLVE {code}")
    assert story.ticket(ticket)["status"] == "resolved"


def test_a_stranger_gets_no_answer(story: Story) -> None:
    story.reply("+4915112345699", "ACK 12345")
    story.run(60)
    assert story.sent == []


def test_stop_silences_a_number_until_start(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="1h"))
    story.open()
    story.run(5)
    story.reply(PHONES["ada"], "STOP")
    story.run(30)
    second = story.open()
    story.run(5)
    assert story.who() == ["ada", "bob"], "the step of the second ticket reaches nobody, the next one comes at once"
    assert story.method("ada", "sms")["flagged"] is None, "the flag is of the number, not of the method"
    assert "page_failed" in story.told(second)
    story.reply(PHONES["ada"], "START")
    story.open()
    story.run(5)
    assert "ada" in story.who()[2:]


def test_acknowledging_again_changes_nothing(story: Story) -> None:
    story.rule(step("ada"))
    ticket = story.open()
    story.run(5)
    story.acknowledge(ticket)
    before = story.ticket(ticket)
    story.run(60)
    story.acknowledge(ticket)
    story.run(5)
    assert story.ticket(ticket) == before
    assert story.told(ticket).count("acknowledged") == 1


def test_two_sms_that_come_at_one_time_are_both_known_when_they_come_again(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    one = story.open()
    story.run(60)
    other = story.open()
    story.run(60)
    first, second = (code_in(sent) for sent in story.to("ada"))
    both = (f"ack {first}", "one"), (f"ack {second}", "other")
    story.gate.faults.append(Meanwhile("replies", "update_item", lambda: story.reply(PHONES["ada"], *both[1])))
    story.reply(PHONES["ada"], *both[0])
    for ticket in (one, other):
        assert story.ticket(ticket)["status"] == "under_investigation"
        story.api("PATCH", f"/tickets/{ticket}", {"status": "unread"})
    for text, message_id in both:
        assert story.reply(PHONES["ada"], text, message_id)
    assert {story.ticket(ticket)["status"] for ticket in (one, other)} == {"unread"}
