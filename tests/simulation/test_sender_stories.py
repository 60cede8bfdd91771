"""A sender that fails, and a sender that takes only so much: pages are delayed for it, none is dropped."""

import pytest

from tests.simulation.cloud.gate import CrashOnce
from tests.simulation.story import PHONES, Story, mail, step
from tests.simulation.world import World
from tocsin.settings import settings


def fail(story: Story) -> None:
    """Let the SMS sender fail until its breaker has opened."""
    story.sns.refusals.refuse("*", "InternalError")
    story.run_until(lambda: story.counted["BreakerOpened"] > 0, within=600)


def tries(story: Story) -> int:
    """Return how often the SMS provider was called."""
    return sum(call.service == "sns" for call in story.gate.of("notifier"))


def test_while_a_sender_fails_people_are_paged_the_other_way_at_once(story: Story) -> None:
    story.add_mail("ada")
    story.add_mail("bob")
    story.rule(step("ada", wait="1h", channels=["sms"]))
    story.open()
    fail(story)
    assert [sent.address for sent in story.sent] == []
    story.run(130)
    assert [sent.address for sent in story.sent] == [mail("ada")]
    story.rule(step("bob", wait="1h", channels=["sms"]))
    begun, tried = story.seconds, tries(story)
    story.open()
    story.run(5)
    assert story.sent[-1].address == mail("bob")
    assert story.sent[-1].at < begun + 3
    assert tries(story) <= tried + 1, "a breaker that is open lets nothing but a probe through"


def test_when_the_sender_works_again_all_that_waited_is_sent(story: Story) -> None:
    story.rule(step("ada", "bob", "cyd", wait="1h"))
    tickets = [story.open() for _ in range(3)]
    fail(story)
    story.run(60)
    story.sns.refusals.codes.clear()
    story.run(200)
    assert set(story.who()) == {"ada", "bob", "cyd"}
    assert {page["status"] for ticket in tickets for page in story.pages(ticket)} == {"sent"}
    assert not [pk for pk, sk in story.tickets.items if sk.startswith("BREAKER")], "it is closed"


def test_a_sender_that_fails_for_hours_is_tried_every_two_minutes_and_no_more(story: Story) -> None:
    story.rule(step("ada", "bob", "cyd", wait="5m"), repeat=9)
    for _ in range(5):
        story.open()
    fail(story)
    story.run(600)
    tried = tries(story)
    story.run(1200)
    assert tries(story) - tried <= 1200 / 120 + 2


def test_one_address_that_is_refused_opens_no_breaker(story: Story) -> None:
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    story.rule(step("ada", wait="30s"), repeat=9)
    for _ in range(8):
        story.open()
        story.run(35)
    assert story.counted["BreakerOpened"] == 0


def test_who_dies_as_the_probe_makes_way_for_another(story: Story) -> None:
    story.rule(step("ada", "bob", wait="1h"))
    story.open()
    fail(story)
    story.sns.refusals.codes.clear()
    story.sns.refusals.refuse("*", "InternalError", times=1)
    story.run(400)
    assert set(story.who()) == {"ada", "bob"}


# --- shares


def paid(story: World, rate: float) -> None:
    """Let the senders take so many messages a second."""
    settings.__dict__["sender_rate"] = rate


def test_more_than_a_share_waits_and_is_sent_as_fast_as_the_share_allows(story: Story) -> None:
    paid(story, 0.2)
    story.rule(step("ada", "bob", "cyd", wait="1h"))
    ticket = story.open()
    story.run(3)
    assert len(story.sent) == 2, "what a quiet time has saved up"
    story.run(60)
    assert sorted(story.who()) == ["ada", "bob", "cyd"]
    assert [page["status"] for page in story.pages(ticket)] == ["sent"] * 3
    assert story.counted["WaitedForShare"] >= 1


def test_a_page_that_waits_for_a_share_is_not_sent_after_the_acknowledgement(story: Story) -> None:
    paid(story, 0.05)
    story.rule(step("ada", "bob", "cyd", wait="1h"))
    ticket = story.open()
    story.run(3)
    story.acknowledge(ticket)
    story.run(300)
    assert len(story.sent) == 2
    assert sorted(page["status"] for page in story.pages(ticket)) == ["sent", "sent", "skipped"]


def test_pages_that_come_while_their_person_waits_for_a_share_go_in_the_same_message(story: Story) -> None:
    paid(story, 0.05)
    story.rule(step("bob", "cyd", "ada", wait="1h"))
    story.open()
    story.run(1)
    story.rule(step("ada", "bob", "cyd", wait="1h"))
    for _ in range(3):
        story.open()
        story.run(0.5)
    story.run(400)
    assert len(story.sent) <= 6
    assert any("3 tickets" in sent.text or "4 tickets" in sent.text for sent in story.sent)


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_code_that_is_asked_for_waits_for_the_share_too(story: Story, channel: str) -> None:
    paid(story, 0.1)
    address = {"sms": "+4915112345655", "email": "new@example.com"}[channel]
    method = {"method_id": "new", "channel": channel, "address": address}
    story.expect(201, "POST", "/users/ada/contact_methods", method)
    for _ in range(4):
        assert story.api("POST", "/users/ada/contact_methods/new/code").status == 202
    story.run(5)
    assert len(story.sent) < 4
    story.run(60)
    assert len(story.sent) == 4


# --- what a company may send in a day


def test_above_its_sms_of_a_day_a_company_is_paged_another_way_and_by_sms_when_there_are_some_again(
    story: Story,
) -> None:
    few = {"limits": {"sms_per_day": 3}}
    assert story.api("PATCH", "/companies/acme", few, tenant="", role="operator").status == 200
    story.add_mail("ada")
    story.rule(step("ada", wait="12h", channels=["sms"]))
    tickets = []
    for _ in range(4):
        tickets.append(story.open())
        story.run(40)
    assert [sent.channel for sent in story.to("ada")] == ["sms", "sms", "sms", "email"]
    waiting = next(page for page in story.pages(tickets[3]) if page["channel"] == "sms")
    assert (waiting["status"], waiting["error"]) == ("pending", "The company's SMS of a day are used up.")
    assert story.counted["DayUsedUp"] >= 1
    story.run(86_400 / 3 + 700)
    assert [sent.channel for sent in story.to("ada")][4:] == ["sms"]


def test_the_sms_of_one_company_are_not_those_of_another_nor_its_mails(story: Story) -> None:
    few = {"limits": {"sms_per_day": 1}}
    assert story.api("PATCH", "/companies/acme", few, tenant="", role="operator").status == 200
    story.rule(step("ada", wait="1h"), step("bob", wait="1h"))
    story.add_mail("bob")
    story.open()
    story.run(3700)
    assert ["email" in sent.channel for sent in story.sent] == [False, True]


def test_a_page_behind_one_that_waits_for_its_sender_goes_another_way_at_once(story: Story) -> None:
    settings.__dict__["sms_per_day"] = 1
    story.add_mail("ada")
    story.rule(step("ada", wait="1h", channels=["sms"]))
    for title in ("Disk 1", "Disk 2", "Disk 3"):
        story.open(title=title)
        story.run(40)
    assert [(sent.address, sent.text.count("Disk 3") > 0) for sent in story.sent] == [
        (PHONES["ada"], False),
        (mail("ada"), False),
        (mail("ada"), True),
    ]


@pytest.mark.parametrize("call", range(14))
@pytest.mark.parametrize("before", [1, 2])
def test_who_dies_putting_off_what_is_over_the_limit_loses_no_page_and_no_other_way(before: int, call: int) -> None:
    with Story(sweeper=False) as story:
        settings.__dict__["sms_per_day"] = 1
        story.add_mail("ada")
        story.rule(step("ada", wait="1h", channels=["sms"]))
        for number in range(before):
            story.open(title=f"Disk {number}")
            story.run(40)
        story.gate.faults.append(CrashOnce(("notifier",), call, "after"))
        story.open(title="The last disk")
        story.run(240)
        assert any(sent.channel == "email" and "The last disk" in sent.text for sent in story.sent)
        settings.__dict__["sms_per_day"] = 1000
        story.run(900)
        assert any(sent.channel == "sms" and "The last disk" in sent.text for sent in story.sent)


def test_codes_are_of_the_sms_that_a_company_sends_in_a_day(story: Story) -> None:
    settings.__dict__["sms_per_day"] = 2
    for number in range(4):
        method = {"method_id": f"m{number}", "channel": "sms", "address": f"+491511234566{number}"}
        story.expect(201, "POST", "/users/ada/contact_methods", method)
        story.expect(202, "POST", f"/users/ada/contact_methods/m{number}/code")
        story.run(5)
    story.run(3600)
    assert len(story.sent) == 2
