"""How people want to be paged: by which method first, and when not to be woken. The stories begin at 9 o'clock UTC."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.simulation.cloud.gate import Call, CrashOnce, Killed, Meanwhile
from tests.simulation.story import PHONES, Story, link_in, mail, step

HOUR = 3600.0
FIRST_MAIL = [{"channel": "email"}, {"channel": "sms", "after": "2m"}]


def wishes(story: Story, user: str, **fields: Any) -> None:
    """Give a user an own rule."""
    answer = story.api("PUT", f"/users/{user}/rule", fields)
    assert answer.status in (200, 201), answer


def quiet(begin: str, end: str, *let_through: str) -> dict[str, Any]:
    return {"from": begin, "to": end, "let_through": list(let_through)}


def came(story: Story) -> list[tuple[int, str]]:
    """Return when what was sent came, in whole seconds, and where."""
    return [(round(sent.at), sent.address) for sent in story.sent]


def about(*wanted: tuple[float, str]) -> list[tuple[Any, str]]:
    return [(pytest.approx(at, abs=2), address) for at, address in wanted]


def test_the_second_method_comes_when_the_first_was_not_answered(story: Story) -> None:
    story.add_mail("ada")
    wishes(story, "ada", default=FIRST_MAIL)
    story.rule(step("ada", wait="10m"))
    ticket = story.open()
    story.run(300)
    assert came(story) == about((0, mail("ada")), (120, PHONES["ada"]))
    assert [page["status"] for page in story.pages(ticket)] == ["sent", "sent"]
    assert story.counted["SweeperRepairs_page"] == 0


def test_who_answers_the_first_method_hears_nothing_by_the_second(story: Story) -> None:
    story.add_mail("ada")
    wishes(story, "ada", default=FIRST_MAIL)
    story.rule(step("ada", wait="10m"))
    ticket = story.open()
    story.run(60)
    story.acknowledge(ticket)
    story.run(HOUR)
    assert came(story) == about((0, mail("ada")))
    assert sorted(page["status"] for page in story.pages(ticket)) == ["sent", "skipped"]


def test_the_rule_for_the_severity_comes_before_the_default_and_the_steps_channels_before_both(story: Story) -> None:
    story.add_mail("ada")
    wishes(story, "ada", default=[{"channel": "email"}], by_severity={"sev1": [{"channel": "sms"}]})
    story.rule(step("ada", wait="1h"))
    story.open(severity="sev3")
    story.run(40)
    story.open(severity="sev1")
    story.run(40)
    story.rule(step("ada", wait="1h", channels=["email", "sms"]))
    story.run(5)
    story.open(severity="sev1")
    story.run(5)
    assert [address for _, address in came(story)[:2]] == [mail("ada"), PHONES["ada"]]
    assert {address for _, address in came(story)[2:]} == {mail("ada"), PHONES["ada"]}


def test_a_method_that_the_user_does_not_have_leaves_nobody_without_a_page(story: Story) -> None:
    wishes(story, "ada", default=[{"channel": "email", "after": "5m"}])
    story.rule(step("ada"))
    story.open()
    story.run(5)
    assert came(story) == about((0, PHONES["ada"]))


def test_a_method_that_comes_later_than_the_next_step_is_not_put_off_by_it_for_ever(story: Story) -> None:
    wishes(story, "ada", default=[{"channel": "sms", "after": "10m"}])
    story.rule(step("ada", wait="5m"), repeat=5)
    story.open()
    story.run(16 * 60)
    assert came(story) == about((600, PHONES["ada"]), (900, PHONES["ada"]))


def test_a_page_in_quiet_hours_comes_when_they_end_and_the_step_passes_at_once(story: Story) -> None:
    wishes(story, "ada", quiet=[quiet("08:00", "12:00")])
    story.rule(step("ada", wait="5m"), step("bob", wait="5h"))
    ticket = story.open()
    story.run(5)
    assert came(story) == about((0, PHONES["bob"]))
    assert story.ticket(ticket)["assigned_to"] == ["bob"]
    assert "In quiet hours: ada." in story.history(ticket)[1]["text"]
    story.run(4 * HOUR)
    assert came(story) == about((0, PHONES["bob"]), (3 * HOUR, PHONES["ada"]))
    assert story.counted["SweeperRepairs_page"] == 0


def test_a_page_that_was_held_back_is_not_sent_when_somebody_answers_meanwhile(story: Story) -> None:
    wishes(story, "ada", quiet=[quiet("08:00", "12:00")])
    story.rule(step("ada", "bob", wait="5h"))
    ticket = story.open()
    story.run(HOUR)
    story.acknowledge(ticket)
    story.run(5 * HOUR)
    assert came(story) == about((0, PHONES["bob"]))


@pytest.mark.parametrize("how", ["deactivated", "deleted"])
def test_who_is_gone_by_then_gets_no_page_that_was_to_come_later(story: Story, how: str) -> None:
    story.add_mail("bob")
    orders = [{"channel": "sms"}, {"channel": "email", "after": "10m"}]
    story.expect(201, "PUT", "/users/bob/rule", {"default": orders})
    story.rule(step("bob", wait="1h"), step("cyd"))
    ticket = story.open()
    story.run(60)
    if how == "deleted":
        story.expect(204, "DELETE", "/users/bob")
    else:
        assert story.deactivate("bob")["statusCode"] == 200
    story.run(3590)
    assert [sent.channel for sent in story.to("bob")] == ["sms"]
    (skipped,) = [page for page in story.pages(ticket) if page["status"] == "skipped"]
    assert skipped["error"] == "bob is not active any more."
    assert story.who()[-1] == "cyd"


def test_a_severity_that_is_let_through_wakes(story: Story) -> None:
    wishes(story, "ada", quiet=[quiet("08:00", "12:00", "sev1")])
    story.rule(step("ada", wait="5m"), step("bob"))
    story.open(severity="sev1")
    story.run(5)
    assert came(story) == about((0, PHONES["ada"]))


def test_quiet_hours_are_by_the_users_own_clock(story: Story) -> None:
    story.api("PATCH", "/users/ada", {"time_zone": "America/New_York"})  # four o'clock there
    wishes(story, "ada", quiet=[quiet("22:00", "05:00")])
    story.rule(step("ada", wait="5m"), step("bob", wait="5h"))
    story.open()
    story.run(2 * HOUR)
    assert came(story) == about((0, PHONES["bob"]), (HOUR, PHONES["ada"]))


def test_where_everybody_sleeps_the_ticket_waits_for_the_first_who_wakes(story: Story) -> None:
    for user, end in (("ada", "12:00"), ("bob", "11:00"), ("cyd", "13:00")):
        wishes(story, user, quiet=[quiet("08:00", end)])
    story.rule(step("ada", wait="5m"), step("bob", wait="3h"))
    ticket = story.open()
    story.run(4 * HOUR)
    assert came(story) == about((2 * HOUR, PHONES["bob"]), (3 * HOUR, PHONES["ada"]))
    held = story.history(ticket)[1]
    assert (held["kind"], held["data"]["remark"]) == (
        "held",
        "Everybody who would be paged is in quiet hours, the first until 2026-01-05T11:00:00.000Z.",
    )
    assert story.counted["SweeperRepairs_overdue"] == 0


def test_while_everybody_sleeps_it_is_seen_who_comes_on_call(story: Story) -> None:
    wishes(story, "ada", quiet=[quiet("08:00", "20:00")])
    story.schedule("ada", "bob")
    story.rule({"notify": [{"schedule": "primary"}]})
    for user in ("bob", "cyd"):
        story.api("DELETE", f"/teams/payments/members/{user}")
    story.open()
    story.run(HOUR + 20)
    assert came(story) == about((HOUR, PHONES["bob"]))


def test_many_pages_that_were_held_back_are_one_when_the_user_wakes(story: Story) -> None:
    wishes(story, "ada", quiet=[quiet("08:00", "10:00")])
    story.rule(step("ada", "bob", wait="7m"), repeat=9)
    story.open()
    story.run(HOUR + 100)
    assert [at for at, address in came(story) if address == PHONES["ada"]] == [pytest.approx(HOUR, abs=2)]


@pytest.mark.parametrize("call", range(1, 8))
def test_a_crash_of_the_escalator_loses_no_page_that_comes_later(call: int) -> None:
    with Story(sweeper=False) as story:
        story.add_mail("ada")
        wishes(story, "ada", default=FIRST_MAIL)
        story.rule(step("ada", wait="1h"))
        story.gate.faults.append(CrashOnce("escalator", call))
        story.open()
        story.run(600)
        assert {sent.address for sent in story.to("ada")} == {mail("ada"), PHONES["ada"]}


def test_who_was_paged_is_told_what_another_does_and_nobody_else_is(story: Story) -> None:
    story.add_mail("ada")
    story.add_mail("bob")
    for user in ("ada", "bob", "cyd"):
        wishes(story, user, default=[{"channel": "sms"}], updates=["email"])
    story.rule(step("ada", "bob", wait="5m"), step("cyd"))
    ticket = story.open(title="Checkout is down")
    story.run(60)
    story.patch(ticket, status="under_investigation", by="bob")
    story.run(60)
    story.patch(ticket, status="resolved", by="ada")
    story.run(60)
    told = [(sent.address, sent.text) for sent in story.sent if "/a/" not in sent.text]
    assert [(address, text.splitlines()[-1]) for address, text in told] == [
        (mail("ada"), "Acknowledged by bob: Checkout is down"),
        (mail("bob"), "Resolved by ada: Checkout is down"),
    ]


def test_no_update_comes_in_quiet_hours_and_none_to_who_does_not_want_it(story: Story) -> None:
    wishes(story, "ada", quiet=[quiet("09:05", "12:00")], updates=["sms"])
    wishes(story, "bob", default=[{"channel": "sms"}])
    story.rule(step("ada", "bob", wait="1h"))
    ticket = story.open()
    story.run(600)
    story.acknowledge(ticket)
    story.run(4 * HOUR)
    assert len(story.sent) == 2


def test_of_a_storm_that_another_acknowledges_a_few_messages_tell(story: Story) -> None:
    wishes(story, "bob", updates=["sms"])
    story.rule(step("ada", "bob", wait="1h"))
    for number in range(30):
        story.open(title=f"Disk {number}")
        story.run(0.3)
    story.run(60)
    paged = len(story.to("bob"))
    story.follow_link(link_in(story.to("ada")[-1]), "POST")
    story.run(60)
    updates = story.to("bob")[paged:]
    assert len(updates) <= 4, "one for each shard of the stream"
    assert all(update.text.startswith("Acknowledged by ada: Disk ") for update in updates)
    assert sum(1 + int(update.text.split()[-2]) for update in updates) == 29


def test_when_all_fail_who_are_awake_the_next_step_does_not_wait_for_who_sleeps(story: Story) -> None:
    wishes(story, "bob", quiet=[quiet("00:00", "23:00")])
    story.rule(step("ada", "bob", wait="1h"), step("cyd", wait="1h"))
    story.sns.refusals.refuse(PHONES["ada"], "OptedOut")
    story.open()
    story.run(60)
    assert story.who() == ["cyd"]


def test_who_sleeps_when_a_step_is_taken_again_is_paged_as_the_second_decision_says() -> None:
    """The first attempt put the pages and died; by the time of the second ada sleeps, and bob does not."""

    def die() -> None:
        raise Killed

    with Story(sweeper=False) as story:
        wishes(story, "ada", quiet=[quiet("09:02", "10:00")])
        story.rule(step("ada", "bob", wait="2h"))
        story.gate.faults.append(Meanwhile("escalator", "send_message_batch", die))
        story.open()
        story.run(2 * HOUR)
        assert came(story) == about((180, PHONES["bob"]), (HOUR, PHONES["ada"]))


@dataclass
class Slow:
    """Every call of the notifier takes so many seconds."""

    story: Story
    seconds: float

    def before(self, call: Call) -> None:
        if call.function == "notifier":
            self.story.timeline.spend(self.seconds)

    def after(self, call: Call) -> None:
        """The answer is there."""


@pytest.mark.parametrize(("seconds", "messages"), [(0.008, 2), (0.025, 5)])
def test_what_a_night_held_back_is_told_in_the_morning_at_the_pace_of_a_real_table(
    story: Story, seconds: float, messages: int
) -> None:
    wishes(story, "ada", quiet=[quiet("09:00", "09:30")])
    story.rule(step("ada", "bob", wait="5m"), step("bob", wait="2h"))
    story.gate.faults.append(Slow(story, seconds))
    tickets = []
    for number in range(150):
        tickets.append(story.open(title=f"Disk {number} full"))
        story.run(1)
    story.run(1800)
    held = [page["status"] for ticket in tickets for page in story.pages(ticket) if page["user"] == "ada"]
    assert held == ["sent"] * 150
    told = [sent.at for sent in story.to("ada")]
    assert len(told) <= messages
    assert told[-1] < 1800 + 180
