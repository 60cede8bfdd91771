"""Timers that fire twice, late, early, or after they were cancelled change nothing; those that never fire are found."""

import json

import pytest

from tests.simulation.cloud.gate import Outage
from tests.simulation.story import Story, step
from tocsin import keys, times
from tocsin.rows import item, plain


def due(story: Story, ticket: str) -> dict[str, object]:
    """Return the body of a ticket's timer as it is now."""
    key = keys.ticket("acme", ticket)
    row = plain(story.tickets.get(key["pk"], key["sk"]) or {})
    return {"v": 1, "tenant": "acme", "ticket": ticket, "epoch": row["epoch"], "due_at": row["due_at"]}


def fire(story: Story, timer: dict[str, object], *, times: int = 1) -> None:
    """Let a timer come out of the due queue, now."""
    for _ in range(times):
        story.queues["due"].put(json.dumps(timer), "acme")


def moved(story: Story, ticket: str) -> tuple[int, str]:
    """Return where a ticket's escalation stands."""
    shown = story.ticket(ticket)
    return shown["step"], shown["due_at"]


@pytest.fixture
def ticket(story: Story) -> str:
    """A ticket whose first person was paged a minute ago."""
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"), step("cyd", wait="5m"))
    opened = story.open()
    story.run(60)
    return opened


def test_a_timer_that_fires_again_and_again_moves_the_ticket_once(story: Story, ticket: str) -> None:
    timer = due(story, ticket)
    story.run(241)
    fire(story, timer, times=7)
    story.run(60)
    assert story.who() == ["ada", "bob"]
    assert story.told(ticket) == ["opened", "escalated", "paged", "escalated", "paged"]


def test_two_timers_at_the_very_same_time_move_the_ticket_once(story: Story, ticket: str) -> None:
    timer = due(story, ticket)
    story.run(238)
    fire(story, timer, times=5)
    story.run(60)
    assert story.who() == ["ada", "bob"]


def test_a_timer_that_comes_early_waits_for_its_time(story: Story, ticket: str) -> None:
    before = moved(story, ticket)
    fire(story, due(story, ticket), times=3)
    story.run(120)
    assert moved(story, ticket) == before
    story.run_until(lambda: "bob" in story.who(), within=130)
    assert story.sent[1].at - story.sent[0].at == pytest.approx(300, abs=1)


def test_a_timer_of_an_epoch_that_is_over_is_dropped(story: Story, ticket: str) -> None:
    old = due(story, ticket)
    story.run(300)
    before = moved(story, ticket)
    fire(story, old)
    fire(story, {**old, "epoch": 1})
    story.run(5)
    assert moved(story, ticket) == before


def test_a_timer_that_fires_after_the_acknowledgement_pages_nobody(story: Story, ticket: str) -> None:
    timer = due(story, ticket)
    story.acknowledge(ticket)
    story.run(300)
    fire(story, timer, times=2)
    story.run(3600)
    assert story.who() == ["ada"]


def test_a_timer_of_an_earlier_escalation_does_not_touch_the_present_one(story: Story, ticket: str) -> None:
    timer = due(story, ticket)
    story.acknowledge(ticket)
    story.patch(ticket, status="unread")
    story.run(240)
    fire(story, timer)
    story.run(5)
    assert story.who() == ["ada", "ada"]


def test_a_timer_of_a_ticket_that_is_not_there_is_dropped(story: Story, ticket: str) -> None:
    fire(story, {**due(story, ticket), "ticket": "never"})
    fire(story, {**due(story, ticket), "tenant": "other"})
    story.run(5)
    assert story.lost == []
    assert story.queues["due"].dead == []


def test_a_timer_of_an_unknown_version_goes_to_the_dead_letters(story: Story, ticket: str) -> None:
    fire(story, {**due(story, ticket), "v": 2})
    story.run(3600)
    assert len(story.queues["due"].dead) == 1


def test_a_lost_schedule_is_found_by_the_sweeper(story: Story, ticket: str) -> None:
    story.scheduler.schedules.clear()
    story.run_until(lambda: "bob" in story.who(), within=240 + 75 + 2)
    assert story.counted["SweeperRepairs_overdue"] == 1


def test_a_stream_record_that_was_lost_is_found_by_the_sweeper(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    story.tickets.listeners.remove(story.clock.hear)
    story.open()
    story.run_until(lambda: story.who() == ["ada"], within=77)


def test_a_page_whose_message_was_lost_is_found_by_the_sweeper(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    story.queues["sms"].arrive = story.queues["sms"].clear
    story.open()
    story.run(5)
    assert story.sent == []
    story.queues["sms"].arrive = lambda: story.work_off("sms")
    story.run_until(lambda: story.who() == ["ada"], within=77)
    assert story.counted["SweeperRepairs_page"] == 1


def test_what_every_queue_and_schedule_lost_is_found_by_the_sweeper(story: Story) -> None:
    story.rule(step("ada", wait="1h"), step("bob"))
    tickets = [story.open() for _ in range(20)]
    story.run(1800)
    story.scheduler.schedules.clear()
    for queue in story.queues.values():
        queue.clear()
    story.run(1800 + 80)
    assert {story.ticket(ticket)["step"] for ticket in tickets} == {2}
    story.run(100)
    pages = [page for ticket in tickets for page in story.pages(ticket)]
    assert {(page["user"], page["status"]) for page in pages} == {("ada", "sent"), ("bob", "sent")}
    assert len(pages) == 40


@pytest.mark.parametrize("known", [{}, {"tenant": "acme", "ticket_id": "later"}], ids=["nothing", "whose it is"])
def test_a_row_that_nobody_can_read_keeps_no_other_of_its_shard_waiting(
    story: Story, ticket: str, known: dict[str, str]
) -> None:
    shard = keys.due_shard(keys.ticket("acme", ticket)["pk"])
    place = {"due_shard": shard, "look_at": times.text(story.timeline.now())}
    story.tickets.put(item({"pk": "T#acme#TICKET#later", "sk": "LATER", **place, **known}))
    story.scheduler.schedules.clear()
    story.run_until(lambda: "bob" in story.who(), within=240 + 75 + 2)
    assert story.counted["SweeperShardsFailed"] == 0
    assert story.counted["SweeperRepairs_failed"] > 0
    assert story.invoke("sweeper", {"rebuild": True, "begin": None})["failed"] == 1


def test_a_throttled_scheduler_leaves_a_near_timer_to_the_queue_and_a_far_one_to_the_sweeper(story: Story) -> None:
    story.rule(step("ada", wait="10m"), step("bob", wait="2h"), step("cyd"))
    story.scheduler.throttled = True
    story.open()
    story.run_until(lambda: "bob" in story.who(), within=610)
    assert story.sent[1].at - story.sent[0].at == pytest.approx(600, abs=1)
    story.run_until(lambda: "cyd" in story.who(), within=7200 + 77)
    assert story.scheduler.schedules == {}


def test_arming_twice_and_cancelling_twice_is_no_error(story: Story, ticket: str) -> None:
    records = [record for lane in story.clock.lanes for record in lane.read]
    story.run(5)
    before = dict(story.scheduler.schedules)
    assert story.invoke("clock", {"Records": records}) == {"batchItemFailures": []}
    assert story.scheduler.schedules == before
    story.acknowledge(ticket)
    story.run(5)
    records = [record for lane in story.clock.lanes for record in lane.read]
    assert story.invoke("clock", {"Records": records[-1:]}) == {"batchItemFailures": []}
    assert story.lost == []


def test_the_sweeper_comes_back_less_and_less_often_and_says_when_a_ticket_is_stuck(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    story.open()
    story.gate.faults.append(Outage(("escalator",)))
    story.run(24 * 3600)
    assert 24 <= story.counted["SweeperRepairs_overdue"] <= 32
    assert story.counted["SweeperStuck"] == 1
    story.gate.faults.clear()
    story.run(3700)
    assert story.who()[0] == "ada"


@pytest.mark.parametrize("wait", ["10s", "2m", "20m", "6h", "3d"])
def test_all_that_was_armed_and_queued_is_lost_and_a_rebuild_brings_it_back(story: Story, wait: str) -> None:
    story.sweeper = False
    story.rule(step("ada", wait=wait), step("bob"))
    ticket = story.open()
    story.run(5)
    story.scheduler.schedules.clear()
    for queue in story.queues.values():
        queue.visible.clear()
        queue.delayed.clear()
    progress = story.invoke("sweeper", {"rebuild": True, "begin": None})
    assert progress == {"looked_at": 1, "failed": 0, "next": None}
    story.sweeper = True  # what is more than a day ahead waits for it
    story.run_until(lambda: "bob" in story.who(), within=4 * 24 * 3600)
    assert moved(story, ticket)[0] == 2


def test_a_rebuild_while_all_is_well_sends_nothing_twice(story: Story) -> None:
    story.rule(step("ada", wait="2m"), step("bob", wait="1h"))
    story.open()
    story.run(5)
    for _ in range(3):
        story.invoke("sweeper", {"rebuild": True, "begin": None})
    story.run(300)
    assert story.who() == ["ada", "bob"]
