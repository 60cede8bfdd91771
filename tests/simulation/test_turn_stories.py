"""A person's turns: one message per 30 seconds and contact method, for all pages that have come."""

import pytest

from tests.simulation.cloud.gate import CrashOnce, Meanwhile
from tests.simulation.story import PHONES, Story, code_in, link_in, mail, step
from tocsin import turns


def storm(story: Story, number: int) -> list[str]:
    """Open so many tickets, a second apart."""
    opened = []
    for one in range(number):
        opened.append(story.open(title=f"Disk {one} full"))
        story.run(1)
    return opened


def left_waiting(story: Story) -> list[str]:
    """Return the rows of pages that wait for a turn."""
    return [sk for _, sk in story.tickets.items if sk.startswith("WAITING#")]


def test_the_first_page_comes_at_once_and_all_others_in_one_message_half_a_minute_later(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    tickets = storm(story, 20)
    story.run(10)
    assert [sent.at < 3 for sent in story.to("ada")] == [True]
    story.run(60)
    first, rest = story.to("ada")
    assert rest.at == pytest.approx(first.at + 30, abs=2)
    assert "19 tickets" in rest.text
    statuses = {page["status"] for ticket in tickets for page in story.pages(ticket)}
    assert statuses == {"sent"}
    assert all("paged" in story.told(ticket) for ticket in tickets)
    assert left_waiting(story) == []


def test_one_code_answers_for_all_that_a_message_tells_of(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob"))
    first, *rest = storm(story, 4)
    story.run(60)
    story.reply(PHONES["ada"], f"ACK {code_in(story.to('ada')[1])}")
    story.run(5)
    assert [story.ticket(ticket)["status"] for ticket in rest] == ["under_investigation"] * 3
    assert story.ticket(first)["status"] == "unread"
    assert "3 tickets" in story.to("ada")[-1].text


def test_without_a_code_the_only_message_that_is_open_is_meant(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    first, *rest = storm(story, 3)
    story.run(60)
    story.reply(PHONES["ada"], "ack")
    story.run(5)
    assert "2 open pages, which one?" in story.to("ada")[-1].text
    story.acknowledge(first)
    story.reply(PHONES["ada"], "ack")
    assert {story.ticket(ticket)["status"] for ticket in rest} == {"under_investigation"}


def test_one_link_shows_and_acknowledges_all_that_a_message_tells_of(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    _, *rest = storm(story, 4)
    story.run(60)
    link = link_in(story.to("ada")[1])
    shown = story.follow_link(link)
    assert shown.status == 200
    assert all(f"Disk {number} full" in shown.body for number in (1, 2, 3))
    assert shown.body.count("<form") == 1
    story.patch(rest[0], status="resolved")
    assert "Disk 1 full" not in story.follow_link(link, "POST").body
    assert [story.ticket(ticket)["status"] for ticket in rest[1:]] == ["under_investigation"] * 2


def test_what_is_acknowledged_while_it_waits_is_not_told(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    _, second, third = storm(story, 3)
    story.run(10)
    story.acknowledge(second)
    story.run(60)
    assert len(story.to("ada")) == 2
    assert "Disk 2 full" in story.to("ada")[1].text
    assert [page["status"] for ticket in (second, third) for page in story.pages(ticket)] == ["skipped", "sent"]
    assert left_waiting(story) == []


def test_when_all_that_waits_was_acknowledged_nothing_is_sent_and_the_next_page_waits_for_nothing(
    story: Story,
) -> None:
    story.rule(step("ada", wait="1h"))
    _, second = storm(story, 2)
    story.run(10)
    story.acknowledge(second)
    story.run(30)
    story.open()
    begun = story.seconds
    story.run(5)
    assert len(story.to("ada")) == 2
    assert story.to("ada")[1].at < begun + 3


def test_each_person_and_each_method_has_turns_of_its_own(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", "bob", wait="1h"))
    storm(story, 3)
    story.run(20)
    assert sorted(sent.address for sent in story.sent) == sorted([PHONES["ada"], PHONES["bob"], mail("ada")])
    story.run(40)
    assert sorted(sent.address for sent in story.sent) == sorted([PHONES["ada"], PHONES["bob"], mail("ada")] * 2)


def test_a_second_step_for_the_same_person_waits_for_the_turn_and_no_longer(story: Story) -> None:
    story.rule(step("ada", wait="10s"), step("ada", wait="1h"))
    story.open()
    story.run(60)
    assert [round(sent.at) for sent in story.to("ada")] == [0, pytest.approx(30, abs=2)]


@pytest.mark.parametrize("call", range(1, 9))
def test_who_dies_with_a_turn_delays_those_that_wait_and_loses_none(story: Story, call: int) -> None:
    story.rule(step("ada", wait="1h"))
    tickets = storm(story, 5)
    story.run(20)
    story.gate.faults.append(CrashOnce(("notifier",), call, "after"))
    story.run(400)
    assert {page["status"] for ticket in tickets for page in story.pages(ticket)} == {"sent"}
    assert len(story.to("ada")) <= 3


def test_a_message_of_many_that_the_provider_could_not_take_is_tried_again_as_one(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    tickets = storm(story, 5)
    story.run(20)
    story.sns.refusals.refuse("*", "InternalError", times=2)
    story.run(60)
    assert [("4 tickets" in sent.text) for sent in story.to("ada")] == [False, True]
    assert {page["attempts"] for ticket in tickets[1:] for page in story.pages(ticket)} == {3}


def test_a_code_of_many_is_not_sent_again_with_some_of_them(story: Story) -> None:
    """The first message of two tickets may never have arrived: who answers the second one knows of one ticket alone."""
    story.rule(step("ada", wait="1h", channels=["sms"]))
    first, second, third = storm(story, 3)
    story.sns.refusals.refuse("*", "InternalError", times=1)
    story.run(29)
    assert [page["attempts"] for ticket in (second, third) for page in story.pages(ticket)] == [1, 1]
    story.expect(200, "POST", f"/tickets/{third}/snooze", {"for": "1h"})
    story.run(30)
    alone = story.to("ada")[-1]
    assert "tickets" not in alone.text
    story.reply(PHONES["ada"], f"ACK {code_in(alone)}")
    assert [story.ticket(one)["status"] for one in (first, second, third)] == [
        "unread",
        "under_investigation",
        "unread",
    ]


def test_a_code_of_many_is_good_for_the_next_try_of_the_same(story: Story) -> None:
    story.rule(step("ada", wait="1h", channels=["sms"]))
    storm(story, 3)
    story.sns.refusals.refuse("*", "InternalError", times=2)
    story.run(120)
    codes = [sk for pk, sk in story.tickets.items if pk.startswith("PHONE#") and sk.startswith("CODE#")]
    assert len(codes) == 2, "one for the first ticket, and one for the others, however often they were tried"


def test_when_the_number_fails_for_good_every_page_of_the_message_goes_another_way(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", wait="1h", channels=["sms"]))
    tickets = storm(story, 3)
    story.run(20)
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    story.run(60)
    ways = [[(page["channel"], page["status"]) for page in story.pages(ticket)] for ticket in tickets[1:]]
    assert [sorted(of_ticket) for of_ticket in ways] == [[("email", "sent"), ("sms", "failed")]] * 2


def test_of_a_great_many_a_message_tells_as_many_as_it_may_and_the_next_turn_the_rest(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "MOST", 4)
    story.rule(step("ada", wait="1h"))
    tickets = storm(story, 10)
    story.run(150)
    assert ["tickets" in sent.text for sent in story.to("ada")] == [False, True, True, False]
    assert {page["status"] for ticket in tickets for page in story.pages(ticket)} == {"sent"}
    assert left_waiting(story) == []


def test_a_method_that_gets_another_address_while_pages_wait_reaches_both(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    storm(story, 2)
    moved = {"address": "+4915112345699", "verified": True}
    story.expect(200, "PATCH", "/users/ada/contact_methods/sms", moved)
    story.run(1)
    third = story.open(title="Disk of the new number")
    story.run(120)
    assert [sent.address for sent in story.sent].count("+4915112345699") == 1
    assert {page["status"] for page in story.pages(third)} == {"sent"}
    assert [sent.address for sent in story.sent].count(PHONES["ada"]) == 2


def test_a_turn_that_is_asked_for_twice_is_used_once(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    storm(story, 3)
    asked = [message.body for message in story.queues["sms"].delayed.values()]
    assert len(asked) == 1
    story.queues["sms"].put(asked[0], "acme", 31)
    story.run(120)
    assert len(story.to("ada")) == 2


@pytest.mark.parametrize("refusal", ["InternalError", "InvalidParameter"])
def test_who_comes_while_a_message_is_refused_is_paged_in_the_next_one(refusal: str) -> None:
    with Story(sweeper=False) as story:
        story.rule(step("ada", wait="1h"))
        story.open(title="First")
        story.sns.refusals.refuse("*", refusal, times=1)

        def slowly() -> None:
            story.open("second", title="Second")
            story.run(2)

        story.gate.faults.append(Meanwhile("notifier", "publish", slowly))
        story.run(5)
        story.open("third", title="Third")
        story.run(60)
        assert [page["status"] for ticket in ("second", "third") for page in story.pages(ticket)] == ["sent", "sent"]
        told = " ".join(sent.text for sent in story.to("ada") if sent.at < 15)
        assert "Second" in told, "nobody waits for the end of a turn in which nothing was sent"


def test_of_a_great_many_those_come_next_that_had_no_room_among_some_whom_nobody_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "MOST", 4)
    with Story(sweeper=False) as story:
        story.rule(step("ada", wait="1h"))
        _, *tickets = storm(story, 10)
        for ticket in sorted(tickets)[:4]:  # these are read first
            story.acknowledge(ticket)
        story.run(60)
        statuses = [page["status"] for ticket in sorted(tickets) for page in story.pages(ticket)]
        assert statuses == ["skipped"] * 4 + ["sent"] * 5
        assert left_waiting(story) == []


def test_a_link_to_many_tickets_reads_no_long_description(story: Story) -> None:
    story.rule(step("ada", wait="1h"))
    for number in range(3):
        story.open(title=f"Disk {number} full", description="d" * 100_000)
        story.run(1)
    story.run(40)
    first, second = map(link_in, story.to("ada"))
    assert len(story.follow_link(first).body) > 100_000
    shown = story.follow_link(second)
    assert (shown.status, len(shown.body) < 10_000, shown.body.count("<form")) == (200, True, 1)


def test_a_turn_is_taken_though_the_clock_of_who_is_asked_for_it_is_behind() -> None:
    with Story(sweeper=False) as story:
        story.rule(step("ada", wait="1h"))
        tickets = storm(story, 4)
        story.skew["notifier"] = -1
        story.run(60)
        assert {page["status"] for ticket in tickets for page in story.pages(ticket)} == {"sent"}


def test_a_link_stands_for_what_its_message_tells_of_though_the_table_was_slow_and_one_dropped_out(
    story: Story,
) -> None:
    story.rule(step("ada", wait="1h", channels=["sms"]))
    _, acknowledged, left = storm(story, 3)

    def slowly() -> None:
        story.acknowledge(acknowledged)
        story.run(turns.LENGTH.total_seconds() / 10)

    story.gate.faults.append(Meanwhile("notifier", "put_item", slowly))
    story.run(60)
    message = story.to("ada")[-1].text
    assert "Disk 2 full" in message
    shown = story.follow_link(link_in(story.to("ada")[-1])).body
    assert "Disk 2 full" in shown
    assert "Disk 1 full" not in shown
    assert story.ticket(left)["status"] == "unread"
