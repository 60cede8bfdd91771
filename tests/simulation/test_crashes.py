"""Kill a worker anywhere, before any call and after any call: every page still comes, and once it is told.

The plain story is played once for each call that a function makes in it, and there the process dies. Without the
sweeper the first line must mend it alone: redundancy would hide its holes.
"""

from collections import Counter
from collections.abc import Mapping

import pytest

from tests.simulation.cloud.gate import CrashOnce
from tests.simulation.story import PHONES, Story, code_in, step

EVENT_FUNCTIONS = ["clock", "historian", "escalator", "notifier"]
TOLD = Counter({"opened": 1, "escalated": 2, "paged": 2, "acknowledged": 1})


def play(world: Story) -> str:
    """Play the story: ada is paged and does not answer, bob is paged, and after four minutes somebody acknowledges."""
    world.rule(step("ada", wait="5m"), step("bob", wait="10m"))
    insist(world, "POST", "/tickets", {"ticket_id": "t1", "team": "payments", "title": "Checkout 5xx above 2%"})
    world.run_until(lambda: "bob" in world.who(), within=1500)
    # Longer than a message stays hidden: what a crash left behind is mended before the acknowledgement.
    world.run(240)
    insist(world, "PATCH", "/tickets/t1", {"status": "under_investigation"})
    return "t1"


def insist(world: Story, method: str, path: str, body: Mapping[str, str | None]) -> None:
    """Call the API until it answers, as a caller does."""
    for _ in range(3):
        if world.api(method, path, body).status < 500:
            return
        world.run(1)
    raise AssertionError("the API does not answer")


def check(world: Story, ticket: str) -> None:
    """Assert that nothing was lost, nothing came too late, and nothing is left over."""
    acknowledged = world.seconds
    world.run(3600)
    reached = Counter(world.who())
    assert reached.keys() == {"ada", "bob"}
    assert all(times <= 2 for times in reached.values()), "a crash repeats a page once at most"
    assert world.who().index("ada") < world.who().index("bob")
    assert all(sent.at <= acknowledged + 3 for sent in world.sent), "a page came after the acknowledgement"
    assert Counter(world.told(ticket)) == TOLD
    assert {page["status"] for page in world.pages(ticket)} == {"sent"}
    assert world.scheduler.schedules == {}
    assert not any(queue.messages + queue.dead for queue in world.queues.values())
    assert world.clock.dead + world.historian.dead == []


def calls_of(function: str, *, sweeper: bool = True, clock: bool = True) -> int:
    """Return how many calls a function makes in the story."""
    with Story(sweeper=sweeper) as world:
        if not clock:
            stop_clock(world)
        play(world)
        world.run(3600)
        return len(world.gate.of(function))


def stop_clock(world: Story) -> None:
    """Let no timer be armed or cancelled by the stream: the sweeper alone keeps time."""
    world.tickets.listeners.remove(world.clock.hear)


@pytest.mark.parametrize("sweeper", [True, False], ids=["with the sweeper", "without"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("function", [*EVENT_FUNCTIONS, "tickets"])
def test_a_function_that_is_killed_at_any_call_loses_no_page(function: str, when: str, sweeper: bool) -> None:
    calls = calls_of(function, sweeper=sweeper)
    assert calls
    for number in range(calls):
        with Story(sweeper=sweeper) as world:
            crash = CrashOnce((function,), number, when)
            world.gate.faults.append(crash)
            ticket = play(world)
            check(world, ticket)
            assert crash.done


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_sweeper_that_is_killed_at_any_call_still_carries_everything_alone(when: str) -> None:
    calls = calls_of("sweeper", clock=False)
    assert calls
    for number in range(0, calls, 5):
        with Story() as world:
            stop_clock(world)
            world.gate.faults.append(CrashOnce(("sweeper",), number, when))
            ticket = play(world)
            check(world, ticket)


def test_without_a_fault_no_net_catches_anything() -> None:
    with Story() as world:
        ticket = play(world)
        check(world, ticket)
        assert world.who() == ["ada", "bob"]
        assert world.lost == []
        assert not {name for name in world.counted if name.startswith("Sweeper")}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("description", [None, "x" * 50_000], ids=["short", "with a long text"])
def test_opening_with_a_dedup_key_that_is_killed_at_any_call_makes_one_ticket(
    when: str, description: str | None
) -> None:
    body = {"team": "payments", "title": "Disk full", "dedup_key": "disk", "description": description}
    for number in range(3 if description is None else 4):
        with Story() as world:
            world.rule(step("ada", wait="1h"))
            crash = CrashOnce(("tickets",), number, when)
            world.gate.faults.append(crash)
            insist(world, "POST", "/tickets", body)
            assert crash.done
            insist(world, "POST", "/tickets", body)
            world.run(60)
            (ticket,) = world.expect(200, "GET", "/tickets")["items"]
            assert world.ticket(ticket["ticket_id"])["description"] == description
            assert ticket["count"] >= 2
            assert world.who() == ["ada"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("old_one", ["resolved", "never made"])
def test_a_dedup_key_whose_ticket_is_over_is_moved_to_a_new_one_wherever_it_is_killed(when: str, old_one: str) -> None:
    body = {"team": "payments", "title": "Disk full", "dedup_key": "disk"}
    for number in range(6):
        with Story() as world:
            world.rule(step("ada", wait="1h"))
            if old_one == "resolved":
                old = world.open(dedup_key="disk")
                world.patch(old, status="resolved")
            else:
                world.gate.faults.append(CrashOnce(("tickets",), 1, "after"))
                assert world.api("POST", "/tickets", body).status == 503
                world.gate.faults.clear()
                world.run(3600)
            world.gate.faults.append(CrashOnce(("tickets",), number, when))
            insist(world, "POST", "/tickets", body)
            insist(world, "POST", "/tickets", body)
            world.gate.faults.clear()
            world.run(60)
            (ticket,) = world.expect(200, "GET", "/tickets")["items"]
            assert ticket["count"] >= 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reply_that_is_killed_at_any_call_and_delivered_again_acknowledges_once(when: str) -> None:
    for number in range(7):
        with Story() as world:
            world.rule(step("ada", wait="5m"), step("bob"))
            ticket = world.open()
            world.run(5)
            code = code_in(world.to("ada")[0])
            crash = CrashOnce(("replies",), number, when)
            world.gate.faults.append(crash)
            world.reply(PHONES["ada"], f"ACK {code}")
            if crash.done:
                world.reply(PHONES["ada"], f"ACK {code}")
            world.run(3600)
            assert world.ticket(ticket)["acknowledged_by"] == "ada"
            assert world.told(ticket).count("acknowledged") == 1
            assert "bob" not in world.who()
            assert "acknowledged" in world.to("ada")[-1].text


@pytest.mark.parametrize("sweeper", [True, False], ids=["with the sweeper", "without"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("has_mail", [True, False], ids=["the next method is tried", "the next step is hurried"])
def test_a_notifier_that_is_killed_while_it_gives_a_page_up_loses_nothing(
    when: str, has_mail: bool, sweeper: bool
) -> None:
    for number in range(40):
        with Story(sweeper=sweeper) as world:
            world.rule(step("ada", wait="1h", channels=["sms"]), step("bob", wait="1h"))
            if has_mail:
                world.add_mail("ada")
            world.sns.refusals.refuse(PHONES["ada"], "OptedOut")
            crash = CrashOnce(("notifier",), number, when)
            world.gate.faults.append(crash)
            ticket = world.open()
            world.run(600)
            if crash.done is None:
                break
            assert set(world.who()) == ({"ada"} if has_mail else {"bob"})
            assert len(world.who()) <= 2
            assert world.method("ada", "sms")["flagged"]
            told = Counter(world.told(ticket))
            assert (told["page_failed"], told["paged"], told["escalated"]) == (1, 1, 1 if has_mail else 2)
            assert told["hurried"] == (0 if has_mail else 1)
    else:
        raise AssertionError("the story has no end")
