"""The canary: a customer that is paged every minute, and what it says when something is broken."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.simulation.canary import OPERATOR_SECRET, SECRET, CanaryWorld
from tests.simulation.cloud import errors
from tests.simulation.cloud.gate import Call, CrashOnce, Outage
from tests.world import Answer
from tocsin import companies

ISLANDS = {"company_id": "canary", "name": "Canary Islands", "admin": {"user_id": "ada", "email": "ada@example.com"}}


@pytest.fixture
def world() -> Iterator[CanaryWorld]:
    with CanaryWorld() as world:
        yield world


@pytest.fixture
def settled(world: CanaryWorld) -> CanaryWorld:
    """A canary that has run before."""
    assert world.sing() is True
    world.run(60)
    world.counted.clear()
    world.lateness.clear()
    return world


def test_the_first_run_makes_its_own_company_and_is_paged(world: CanaryWorld) -> None:
    assert world.sing() is True
    (ticket,) = world.all_tickets()
    assert (ticket["status"], ticket["acknowledged_by"]) == ("resolved", "second")
    assert world.paged(ticket) == ["first", "second"]
    assert world.in_sink() == []


def test_it_passes_every_minute_and_makes_nothing_anew(settled: CanaryWorld) -> None:
    asked = len(settled.internet.asked)
    assert settled.sing_every_minute(5) == [True] * 5
    assert settled.counted["CanaryPassed"] == 5
    assert settled.failures() == {}
    nouns = {path.split("/")[3] for _, path, _ in settled.internet.asked[asked:] if path.startswith("/api/")}
    assert nouns == {"tickets"}


def test_how_late_both_pages_were_is_told(settled: CanaryWorld) -> None:
    assert settled.sing() is True
    assert len(settled.lateness) == 2
    assert all(0 < milliseconds < 2000 for milliseconds in settled.lateness)


def test_a_page_that_is_some_seconds_late_passes_and_is_told(settled: CanaryWorld) -> None:
    settled.queues["canary"].latency = lambda: 4.0
    assert settled.sing() is True
    assert all(4000 < milliseconds < 6000 for milliseconds in settled.lateness)


@pytest.mark.parametrize("function", ["notifier", "escalator", "clock"])
def test_who_pages_is_dead_and_the_first_page_does_not_come(function: str) -> None:
    with CanaryWorld(sweeper=False) as world:
        assert world.sing() is True
        world.gate.faults.append(Outage((function,)))
        world.run(60)
        assert world.sing() is False
        assert world.failures() == {"first_page": 1}
        assert [ticket["status"] for ticket in world.all_tickets()] == ["resolved", "resolved"]


def test_when_it_pages_again_the_canary_passes_again(settled: CanaryWorld) -> None:
    settled.gate.faults.append(Outage(("notifier",)))
    assert settled.sing_every_minute(4) == [False] * 4
    settled.gate.faults.clear()
    settled.run(600)
    assert settled.sing_every_minute(2) == [True] * 2
    assert settled.in_sink() == [], "what was sent too late is thrown away"


def test_an_escalator_that_dies_meanwhile_is_a_second_page_that_did_not_come(settled: CanaryWorld) -> None:
    dead = Outage(("escalator",))
    settled.timeline.after(5, lambda: settled.gate.faults.append(dead))
    assert settled.sing() is False
    assert settled.failures() == {"second_page": 1}


def test_what_failed_first_is_told_although_more_fails_then(settled: CanaryWorld) -> None:
    settled.gate.faults.append(Outage(("notifier",)))
    settled.timeline.after(5, lambda: setattr(settled.internet, "down", True))
    assert settled.sing() is False
    assert settled.failures() == {"first_page": 1}


def test_a_ticket_that_could_not_be_resolved_is_a_failure_and_the_next_run_resolves_it(settled: CanaryWorld) -> None:
    settled.timeline.after(24, lambda: setattr(settled.internet, "down", True))
    assert settled.sing() is False
    assert settled.failures() == {"api": 1}
    settled.internet.down = False
    settled.run(60)
    assert settled.sing() is True
    assert {ticket["status"] for ticket in settled.all_tickets()} == {"resolved"}


def test_a_sink_that_cannot_be_read_leaves_a_gap_that_the_alarm_takes_for_failure(settled: CanaryWorld) -> None:
    settled.put(settled.clients["sqs"], "receive_message", refuse)
    assert settled.sing() is None
    assert settled.counted["CanaryPassed"] == 0
    assert {ticket["status"] for ticket in settled.all_tickets()} == {"resolved"}


def test_a_second_step_before_its_time_is_a_failure(settled: CanaryWorld) -> None:
    settled.timeline.after(5, lambda: settled.skew.update(escalator=6.0))
    assert settled.sing() is False
    assert settled.failures() == {"second_page": 1}


@pytest.mark.parametrize("status", [200, 404, 503])
def test_an_acknowledgement_without_effect_is_a_failure_whatever_was_answered(
    settled: CanaryWorld, status: int
) -> None:
    settled.internet.answers["/a/"] = status
    assert settled.sing() is False
    assert settled.failures() == {"ack": 1}


def test_a_page_after_the_acknowledgement_is_noise(settled: CanaryWorld) -> None:
    page = {"address": "third@sink", "title": "Canary canary-noisy", "link": "https://tocsin.example.com/a/x"}
    settled.timeline.after(20, lambda: settled.sink.put(json.dumps(page), "canary"))
    assert settled.sing("noisy") is False
    assert settled.failures() == {"noise": 1}


def test_a_page_that_comes_twice_is_none(settled: CanaryWorld) -> None:
    settled.sink.again = lambda body: [1.0]
    assert settled.sing() is True


def test_an_api_that_is_down_is_a_failure_and_over_when_it_is_up(settled: CanaryWorld) -> None:
    settled.internet.down = True
    assert settled.sing() is False
    assert settled.failures() == {"api": 1}
    settled.internet.down = False
    assert settled.sing() is True


def test_an_api_that_refuses_for_overload_is_a_failure(settled: CanaryWorld) -> None:
    settled.internet.answers["/api/v1/tickets"] = 503
    assert settled.sing() is False
    assert settled.failures() == {"api": 1}


def test_a_company_that_was_suspended_is_a_failure_and_no_new_key(settled: CanaryWorld) -> None:
    key = settled.secrets.values[SECRET]
    settled.operator("PATCH", "/companies/canary", {"suspended": True})
    assert settled.sing() is False
    assert settled.failures() == {"api": 1}
    assert settled.secrets.values[SECRET] == key


@pytest.mark.parametrize("kept", [None, f"tsk_canary_admin_{'x' * 40}", "nonsense"])
def test_a_key_that_is_lost_or_wrong_is_made_anew_in_the_same_run(settled: CanaryWorld, kept: str | None) -> None:
    settled.secrets.values.pop(SECRET)
    if kept:
        settled.secrets.values[SECRET] = kept
    assert settled.sing_every_minute(2) == [True, True]
    assert len(keys(settled)) == 2


def test_a_key_that_somebody_deleted_is_made_anew_in_the_same_run(settled: CanaryWorld) -> None:
    settled.admin("DELETE", "/api_keys/admin")
    assert settled.sing_every_minute(2) == [True, True]
    assert len(keys(settled)) == 1


def test_keys_do_not_pile_up_while_none_can_be_kept(settled: CanaryWorld) -> None:
    settled.secrets.values.pop(SECRET)
    settled.put(settled.clients["secretsmanager"], "put_secret_value", refuse)
    assert settled.sing_every_minute(3) == [False] * 3
    assert keys(settled) == ["admin"]


def refuse(**arguments: Any) -> None:
    raise errors.error("AccessDeniedException", "PutSecretValue")


def keys(world: CanaryWorld) -> list[str]:
    return [key["key_id"] for key in world.admin("GET", "/api_keys").body["items"]]


@pytest.mark.parametrize(
    "path", ["/rules/canary", "/users/first", "/users/second", "/users/first/contact_methods/sink", "/teams/canary"]
)
def test_what_somebody_deleted_is_there_again_for_the_next_run(settled: CanaryWorld, path: str) -> None:
    assert settled.admin("DELETE", path).status == 204
    settled.run(10)
    settled.sing()
    settled.run(60)
    assert settled.sing() is True


def test_a_rule_that_somebody_changed_is_put_right(settled: CanaryWorld) -> None:
    changed = {"name": "Canary", "team": "canary", "steps": [{"notify": [{"user": "first"}], "wait": "1h"}]}
    assert settled.admin("PUT", "/rules/canary", changed).status == 200
    settled.run(10)
    assert settled.sing_every_minute(2) == [False, True]
    assert settled.failures() == {"second_page": 1}


def test_a_company_of_this_name_that_is_somebody_elses_is_left_alone(world: CanaryWorld) -> None:
    with pytest.MonkeyPatch.context() as before:
        before.setattr(companies, "COMPANY", "none")  # it was onboarded when there was no canary yet
        assert world.operator("POST", "/companies", ISLANDS).status == 201
    assert world.sing() is False
    assert world.failures() == {"api": 1}
    assert SECRET not in world.secrets.values
    assert world.admin("GET", "/teams").body["items"] == []


def test_nobody_else_can_be_onboarded_under_the_canarys_name(world: CanaryWorld) -> None:
    refused: Answer = world.operator("POST", "/companies", ISLANDS)
    assert refused.status == 409
    assert world.sing() is True


def test_a_run_that_is_started_twice_is_one(settled: CanaryWorld) -> None:
    sung: list[bool | None] = []
    settled.timeline.after(3, lambda: sung.append(settled.sing("twice")))
    assert settled.sing("twice") is True
    assert sung == [None]
    assert settled.counted["CanaryPassed"] == 1
    assert settled.failures() == {}


def test_the_pages_of_a_run_that_is_at_work_are_left_to_it(settled: CanaryWorld) -> None:
    page = {"address": "first@sink", "title": "Canary canary-other", "link": "https://tocsin.example.com/a/x"}
    settled.sink.put(json.dumps(page), "canary")
    assert settled.sing() is True
    assert settled.in_sink() == ["Canary canary-other"]
    settled.run(60)
    assert settled.sing() is True
    assert settled.in_sink() == []


def test_wherever_a_set_up_dies_the_next_runs_finish_it() -> None:
    for number in count():
        with CanaryWorld() as world:
            crash = CrashOnce(("canary",), number)
            world.gate.faults.append(crash)
            sung = world.sing()
            if crash.done is None:
                break
            assert sung is None
            world.run(70)
            assert world.sing_every_minute(2)[-1] is True, (number, world.failures())
            assert_all_is_over(world)
    assert number > 20


def test_wherever_a_run_dies_the_next_one_resolves_its_ticket_and_passes() -> None:
    for number in count():
        with CanaryWorld() as world:
            assert world.sing() is True
            world.run(60)
            crash = CrashOnce(("canary",), number)
            world.gate.faults.append(crash)
            sung = world.sing()
            if crash.done is None:
                break
            assert sung is None
            world.run(70)
            assert world.sing() is True, number
            assert_all_is_over(world)
    assert number > 10


def assert_all_is_over(world: CanaryWorld) -> None:
    assert {ticket["status"] for ticket in world.all_tickets()} == {"resolved"}
    world.run(60)
    world.sing()
    assert world.in_sink() == []


def test_the_operators_key_is_asked_for_only_when_the_own_one_is_missing(settled: CanaryWorld) -> None:
    def read() -> list[Call]:
        return [call for call in settled.gate.of("canary") if call.arguments.get("SecretId") == OPERATOR_SECRET]

    once = len(read())
    assert once == 1
    assert settled.sing() is True
    assert len(read()) == once
