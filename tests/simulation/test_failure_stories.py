"""What fails on the way to people, and what is done about it."""

import pytest

from tests.simulation.cloud.gate import CrashOnce, Outage
from tests.simulation.story import PHONES, Story, mail, step
from tocsin import keys, page
from tocsin.page import Page
from tocsin.store import tickets


def test_a_number_that_has_opted_out_is_flagged_and_the_mail_is_tried_at_once(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", channels=["sms"], wait="10m"), step("bob"))
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    ticket = story.open()
    story.run(5)
    assert [(sent.channel, sent.address) for sent in story.sent] == [("email", mail("ada"))]
    assert "OptedOut" in story.method("ada", "sms")["flagged"]
    assert sorted(page["status"] for page in story.pages(ticket)) == ["failed", "sent"]
    story.run(300)
    assert "bob" not in story.who(), "ada was reached: the step has its time"


def test_a_refused_message_flags_nobody_for_the_fault_may_be_ours(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", channels=["sms"], wait="10m"))
    story.sns.refusals.refuse(PHONES["ada"], "InvalidParameter")
    story.open()
    story.run(5)
    assert [sent.channel for sent in story.sent] == ["email"]
    assert story.method("ada", "sms")["flagged"] is None


def test_addresses_that_are_dead_do_not_make_an_escalation_spin(story: Story) -> None:
    story.rule(step("ada", wait="5m"), repeat=1)
    for user in ("ada", "bob", "cyd"):
        story.sns.refusals.refuse(PHONES[user], "OptedOut")
    ticket = story.open()
    story.run(3600)
    assert story.told(ticket).count("reminded") <= 3
    assert len(story.told(ticket)) < 25


def test_two_pages_of_a_step_that_fail_at_once_hurry_the_next_step(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", wait="1h"), step("bob", wait="1h"))
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    story.ses.refusals.refuse(mail("ada"), "MessageRejected")
    story.open()
    story.run(15)
    assert story.who() == ["bob"]


def test_who_dies_after_the_last_page_has_failed_hurries_when_the_message_comes_again(
    story: Story,
) -> None:
    story.rule(step("ada", wait="1h"), step("bob", wait="1h"))
    ticket = story.open()
    key = keys.ticket("acme", ticket)["pk"]
    story.run_until(lambda: bool(tickets.query_all(key, begins=keys.PAGES)), within=5)
    (row,) = tickets.query_all(key, begins=keys.PAGES)
    one = Page.of(row)
    tickets.update(one.key, page.failed(one, "OptedOut", story.timeline.now()))
    story.run(10)
    assert story.who() == ["bob"]


def test_when_every_page_of_a_step_failed_the_next_step_comes_at_once(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob", wait="1h"))
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    ticket = story.open()
    story.run(8)
    assert story.who() == ["bob"]
    told = story.told(ticket)
    assert sorted(told[2:4]) == ["hurried", "page_failed"]
    assert told[:2] + told[4:] == ["opened", "escalated", "escalated", "paged"]


def test_a_flagged_method_is_used_again_if_it_is_the_only_one(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob", wait="1h"))
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut", times=1)
    story.open()
    story.run(10)
    assert story.who() == ["bob"]
    story.open()
    story.run(5)
    assert story.who() == ["bob", "ada"]


def test_a_flagged_method_gives_way_to_one_that_works(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", wait="1h"))
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut", times=1)
    story.open()
    story.run(10)
    story.open()
    story.run(10)
    assert {sent.channel for sent in story.sent} == {"email"}


@pytest.mark.parametrize("code", ["InternalError", "Throttled", "AuthorizationError", "KMSDisabled", "Unheard-of"])
def test_a_channel_s_error_flags_nobody_and_the_page_is_tried_again(story: Story, code: str) -> None:
    story.rule(step("ada", wait="10m"), step("bob"))
    story.sns.refusals.refuse("*", code, times=3)
    ticket = story.open()
    story.run(120)
    assert story.who() == ["ada"]
    (page,) = story.pages(ticket)
    assert (page["status"], page["attempts"]) == ("sent", 4)
    assert story.method("ada", "sms")["flagged"] is None


def test_a_dead_channel_delays_no_step(story: Story) -> None:
    story.add_mail("bob")
    story.rule(step("ada", wait="5m"), step("bob", wait="1h"))
    story.sns.refusals.refuse("*", "InternalError")
    story.open()
    story.run(310)
    assert [(sent.channel, sent.address) for sent in story.sent] == [("email", mail("bob"))]
    assert story.sent[0].at == pytest.approx(300, abs=2)


def test_a_page_that_was_put_off_is_not_sent_after_the_acknowledgement(story: Story) -> None:
    story.rule(step("ada", wait="10m"))
    story.sns.refusals.refuse("*", "InternalError", times=4)
    ticket = story.open()
    story.run(10)
    story.acknowledge(ticket)
    story.run(3600)
    assert story.sent == []
    assert [page["status"] for page in story.pages(ticket)] == ["skipped"]


def test_a_message_that_is_refused_fails_alone(story: Story) -> None:
    story.add_mail("ada")
    story.rule(step("ada", channels=["email"], wait="10m"), step("bob"))
    story.ses.refusals.refuse("*", "MessageRejected")
    story.open()
    story.run(5)
    assert [(sent.channel, sent.address) for sent in story.sent] == [("sms", PHONES["ada"])]
    assert story.method("ada", "email")["flagged"] is None


def test_an_answer_to_a_reply_is_tried_again_too(story: Story) -> None:
    story.rule(step("ada"))
    ticket = story.open()
    story.run(5)
    story.sns.refusals.refuse("*", "InternalError", times=2)
    story.reply(PHONES["ada"], "ACK")
    story.run(120)
    assert story.ticket(ticket)["status"] == "under_investigation"
    assert "acknowledged" in story.to("ada")[-1].text


def test_a_step_that_is_taken_again_after_a_long_outage_still_pages(story: Story) -> None:
    story.rule(step("ada", wait="1m"), step("bob", wait="1h"))
    story.gate.faults.append(CrashOnce(("escalator",), 3, "after"))  # ada's page is put, and not asked for
    ticket = story.open()
    story.run(5)
    assert [shown["status"] for shown in story.pages(ticket)] == ["pending"]
    story.gate.faults[:] = [Outage(("escalator",)), Outage(("notifier",))]
    story.run(30 * 60)
    story.gate.faults.clear()
    story.run_until(lambda: story.who() == ["ada"], within=1200)
    assert [shown["status"] for shown in story.pages(ticket)] == ["sent"]


@pytest.mark.parametrize("stopped", [False, True], ids=["a dead number", "one that said STOP"])
def test_a_page_that_failed_before_its_step_was_committed_is_tried_less_and_less_often(
    story: Story, *, stopped: bool
) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="1h"))
    if stopped:
        story.reply(PHONES["ada"], "STOP")
    else:
        story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    story.gate.faults.append(CrashOnce(("escalator",), 4, "after"))  # ada's page is asked for, the step not committed
    ticket = story.open()
    story.run(5)
    story.gate.faults[:] = [Outage(("escalator",))]
    story.run(600)
    (shown,) = story.pages(ticket)
    assert shown["status"] == "pending"
    assert 5 <= shown["attempts"] <= 11, "doubling from five seconds to five minutes"
    story.run(900)
    story.gate.faults.clear()
    story.run_until(lambda: len(story.told(ticket)) > 1, within=1200)
    story.run(10)
    assert "bob" in story.who(), "the step is committed, and has failed"


def test_a_page_that_waits_for_its_sender_counts_from_its_step(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="1h"))
    story.sns.refusals.refuse("*", "InternalError")
    story.gate.faults.append(CrashOnce(("escalator",), 4, "after"))  # as above
    story.open()
    story.run(5)
    story.gate.faults[:] = [Outage(("escalator",))]
    story.run(1500)
    story.sns.refusals.codes.clear()
    story.gate.faults.clear()
    story.run_until(lambda: bool(story.who()), within=1200)
    assert story.who() == ["ada"], "she is asked first, however old her page is"
