"""Every hour the schedules are held against the table: a lost one is made again before its time, a void one deleted."""

import pytest

from tests.simulation.cloud.scheduler import Schedule
from tests.simulation.story import Story, step
from tocsin import audit, due
from tocsin.due import Due

HOUR = 3600


@pytest.fixture
def ticket(story: Story) -> str:
    """A ticket whose next person is paged in three hours."""
    story.rule(step("ada", wait="3h"), step("bob", wait="3h"))
    opened = story.open()
    story.run(60)
    return opened


def schedule(story: Story) -> Schedule:
    (only,) = story.scheduler.schedules.values()
    return only


def test_a_schedule_that_is_lost_is_made_again_within_the_hour_and_fires_on_time(story: Story, ticket: str) -> None:
    lost = schedule(story)
    story.scheduler.forget(lost)
    story.run(HOUR)
    assert (schedule(story).name, schedule(story).body) == (lost.name, lost.body)
    assert story.counted["AuditRepairs_armed"] == 1
    story.run_until(lambda: "bob" in story.who(), within=3 * HOUR)
    assert story.sent[1].at - story.sent[0].at == pytest.approx(3 * HOUR, abs=2)


def test_a_schedule_whose_ticket_has_moved_on_is_deleted(story: Story, ticket: str) -> None:
    old = schedule(story)
    story.acknowledge(ticket)
    story.run(10)
    story.scheduler.schedules[old.name] = old  # as if it had never been cancelled
    story.run(HOUR)
    assert story.scheduler.schedules == {}
    assert story.counted["AuditRepairs_deleted"] == 1


def test_a_schedule_of_no_ticket_is_deleted_and_one_that_is_not_ours_is_left(story: Story, ticket: str) -> None:
    there = schedule(story)
    gone = Due(tenant="acme", ticket="never", epoch=1, due_at=there.at)
    name = due.schedule_name("acme", "never", 1)
    for strange in (Schedule(name, there.at, there.arn, gone.model_dump_json(), there.made_at), _foreign(there)):
        story.scheduler.schedules[strange.name] = strange
    story.run(HOUR)
    assert story.scheduler.schedules.keys() == {there.name, "somebody-elses"}
    assert (story.counted["AuditRepairs_deleted"], story.counted["AuditForeign"]) == (1, 1)


def _foreign(like: Schedule) -> Schedule:
    return Schedule("somebody-elses", like.at, like.arn, '{"v":2}', like.made_at)


def test_what_was_written_a_moment_ago_is_not_judged(story: Story, ticket: str) -> None:
    """The stream may be behind: a timer about to be set is not missing, and one about to go is not left over."""
    kept = schedule(story)
    story.run(1800 - story.seconds - 120)
    story.clock.lanes[:] = []
    story.tickets.listeners.remove(story.clock.hear)  # the stream stands still
    story.acknowledge(ticket)
    young = story.open()
    story.run(180)
    assert kept.name in story.scheduler.schedules
    assert young
    assert not [name for name in story.counted if name.startswith("AuditRepairs")]


def test_nothing_is_repaired_where_nothing_is_lost(story: Story) -> None:
    story.rule(step("ada", wait="20m"), step("bob", wait="25h"), step("cyd", wait="40m"), repeat=2)
    for _ in range(5):
        story.acknowledge(story.open())
        story.open()
        story.run(HOUR / 3)
    story.run(60 * HOUR)
    assert not [name for name in story.counted if name.startswith("Audit")]


def test_an_audit_is_bounded_and_over_some_hours_it_comes_to_everything(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TICKETS": 20, "SCHEDULES": 20, "ALIKE": 10, "PAGE": 5}.items():
        monkeypatch.setattr(audit, name, value)
    story.rule(step("ada", wait="20h"))
    for _ in range(80):
        story.open()
    story.run(600)
    there = set(story.scheduler.schedules)
    for name in sorted(there)[::3]:
        story.scheduler.forget(story.scheduler.schedules[name])
    calls = len(story.gate.calls)
    report = story.invoke("auditor", {})
    assert (report["whole"], report["tickets"], report["schedules"]) == (False, 20, 20)
    assert len(story.gate.calls) - calls < 64 * 2 + 4 * 20 + 40  # a query a shard, some calls for each, and lists
    story.run(16 * HOUR)
    assert set(story.scheduler.schedules) == there


def test_slices_of_schedules_come_to_all_of_them(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ALIKE": 50, "PAGE": 10}.items():
        monkeypatch.setattr(audit, name, value)
    story.rule(step("ada", wait="20h"))
    for _ in range(300):
        story.open()
    story.run(60)
    calls: list[int] = []
    seen: set[str] = set()
    for hour in range(24):
        place = hour * audit.GOLDEN % 1
        before = len(story.gate.calls)
        found = [name for name, _ in _first(place, 60)]
        calls.append(len(story.gate.calls) - before)
        assert len(found) == len(set(found)) == 60
        seen |= set(found)
    assert len(seen) > 290
    assert max(calls) < 30
    assert sorted(name for name, _ in audit._schedules(0.99)) == sorted(story.scheduler.schedules)


def _first(place: float, number: int) -> list[tuple[str, object]]:
    slices = audit._schedules(place)
    return [next(slices) for _ in range(number)]
