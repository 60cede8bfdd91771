"""What the functions say of a ticket while it lives: log lines that name it everywhere, and metrics that add up."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from tests.simulation.story import PHONES, Story, code_in, link_in, step
from tests.world import REQUEST_ID, Answer, request
from tocsin import telemetry

Lines = dict[str, list[dict[str, Any]]]


class _Listener(logging.Handler):
    """Keeps what is logged, as it would stand in CloudWatch, by the function at work."""

    def __init__(self, story: Story) -> None:
        super().__init__(logging.INFO)
        self.lines: Lines = defaultdict(list)
        self._story = story

    def emit(self, record: logging.LogRecord) -> None:
        formatter = telemetry.logger.registered_handler.formatter
        assert formatter
        self.lines[self._story.gate.function].append(json.loads(formatter.format(record)))


@pytest.fixture
def lines(story: Story) -> Iterator[Lines]:
    listener = _Listener(story)
    logger = logging.getLogger(telemetry.logger.name)
    logger.setLevel(logging.INFO)
    logger.addHandler(listener)
    yield listener.lines
    logger.removeHandler(listener)


def of(lines: Lines, ticket: str) -> dict[str, list[dict[str, Any]]]:
    """Return the lines that a search for a ticket's trace finds, by function."""
    trace = telemetry.trace("acme", ticket)
    return {
        name: found for name, all_ in lines.items() if (found := [one for one in all_ if one.get("trace") == trace])
    }


def test_a_ticket_is_followed_through_every_function_by_one_id(story: Story, lines: Lines) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="20m"), step("cyd", wait="5m"))
    story.scheduler.firings = lambda schedule: []  # so that the sweeper has something to say too
    ticket, other = story.open(), story.open()
    story.run_until(lambda: "bob" in story.who(), within=600)
    story.reply(PHONES["ada"], "ACK ALL")
    story.follow_link(link_in(story.to("ada")[-1]), "POST")
    story.run(60)
    found = of(lines, ticket)
    assert found.keys() == {"tickets", "clock", "escalator", "notifier", "historian", "sweeper", "replies", "links"}
    for function, told in found.items():
        assert {(one["tenant"], one["ticket"]) for one in told} == {("acme", ticket)}, function
    assert of(lines, other)["replies"]


def test_an_alert_at_a_door_names_its_ticket(story: Story, lines: Lines) -> None:
    integration = {"integration_id": "nagios", "type": "generic", "name": "Nagios", "team": "payments"}
    key = story.expect(201, "POST", "/integrations", integration)["key"]

    def knock(action: str) -> Answer:
        event = {"action": action, "title": "Disk full", "dedup_key": "disk"}
        return story._call("ingest", request("POST", f"/in/generic/{key}", event))

    opened = knock("open").body["ticket_id"]
    knock("resolve")
    assert [one["action"] for one in of(lines, opened)["ingest"]] == ["open", "resolve"]


def test_a_request_is_found_by_the_id_that_the_gateway_gave_it(story: Story, lines: Lines) -> None:
    ticket = story.open()
    request = of(lines, ticket)["tickets"][-1]
    assert (request["message"], request["status"], request["correlation_id"]) == ("request", 201, REQUEST_ID)


def test_a_line_about_nothing_in_particular_names_no_ticket(story: Story, lines: Lines) -> None:
    ticket = story.open()
    story.expect(200, "GET", "/users")
    assert lines["users"]
    assert not any("ticket" in one or "trace" in one for one in lines["users"])
    assert of(lines, ticket).keys() == {"tickets"}


def test_tickets_and_pages_are_counted_with_how_late_they_were(story: Story) -> None:
    late: dict[str, list[float]] = defaultdict(list)
    counted = story._count

    def keep(name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
        counted(name, unit, value, dimensions)
        if unit is MetricUnit.Milliseconds:
            late[name].append(value)

    story.put(telemetry, "_put", keep)
    story.rule(step("ada", wait="5m"), step("bob", wait="5m"))
    story.open("t1", dedup_key="disk")
    story.expect(200, "POST", "/tickets", {"team": "payments", "title": "Again", "dedup_key": "disk"})
    story.run(330)
    story.reply(PHONES["bob"], f"ACK {code_in(story.to('bob')[0])}")
    story.run(10)
    assert {name: story.counted[name] for name in ("TicketsOpened", "Deduplicated", "Acknowledged")} == {
        "TicketsOpened": 1,
        "Deduplicated": 1,
        "Acknowledged": 1,
    }
    assert story.counted["Pages_sent_sms"] == len(late["PageLateness"]) == len(late["EscalationLateness"]) == 2
    assert all(0 <= one < 2000 for one in [*late["PageLateness"], *late["EscalationLateness"]])


def test_a_page_that_the_sweeper_found_was_late_since_its_step_was_due(story: Story) -> None:
    late: list[float] = []
    story.put(telemetry, "_put", lambda name, unit, value, _: late.append(value) if name == "PageLateness" else None)
    story.rule(step("ada", wait="20m"), step("bob", wait="5m"))
    story.scheduler.firings = lambda schedule: []
    story.open()
    story.run_until(lambda: "bob" in story.who(), within=1500)
    story.run(5)
    assert late[0] < 2000
    assert 15_000 <= late[1] <= 76_000
