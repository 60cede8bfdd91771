"""Alarms, the runbooks that they name, the dashboard, and the way back for dead letters."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.assembly import Template
from tocsin import redrive

ROOT = Path(__file__).parents[2]
RUNBOOKS = "docs/runbooks.md"


def alarms(app: Template) -> dict[str, dict[str, Any]]:
    return app.of_type("CloudWatch::Alarm")


def sections() -> dict[str, str]:
    """The runbooks' sections by the anchors that they have on the web."""
    parts = re.split(r"^## ", (ROOT / RUNBOOKS).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {re.sub(r"[^\w-]", "", part.splitlines()[0].lower().replace(" ", "-")): part for part in parts}


def runbook_of(alarm: dict[str, Any]) -> str:
    found = re.fullmatch(rf".+ What to do: {re.escape(RUNBOOKS)}#([a-z-]+)", alarm["AlarmDescription"])
    assert found, alarm["AlarmDescription"]
    return found[1]


def metric_names(alarm: dict[str, Any]) -> Iterator[str]:
    yield from [alarm["MetricName"]] if "MetricName" in alarm else []
    yield from (one["MetricStat"]["Metric"]["MetricName"] for one in alarm.get("Metrics", []) if "MetricStat" in one)


def test_every_alarm_names_its_runbook_and_every_runbook_is_named_by_an_alarm(app: Template) -> None:
    named = {runbook_of(alarm) for alarm in alarms(app).values()}
    assert named == sections().keys()


@pytest.mark.parametrize("part", ["**It means:**", "**Look:**", "**Do:**"])
def test_a_runbook_says_what_it_means_where_to_look_and_what_to_do(part: str) -> None:
    assert {name for name, text in sections().items() if part not in text} == set()


def test_commands_of_the_runbooks_are_those_that_there_are(app: Template) -> None:
    text = (ROOT / RUNBOOKS).read_text(encoding="utf-8")
    redriven = set(re.findall(r'"redrive": ?"(\w+)"', text))
    assert redriven == redrive.WAYS.keys()
    outputs = set(re.findall(r"`\$(\w+)`, the output `(\w+)`", text))
    assert {name for _, name in outputs} <= app.body["Outputs"].keys()
    counted = set(re.findall(r"`((?:Sweeper|Audit|Page|Escalation|Send|Schedule|Cancel|Redrive)[A-Z]\w+)`", text))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "layers" / "core").rglob("*.py"))
    assert {name for name in counted if f'"{name}"' not in source} <= {"PagerErrors", "PagerThrottles", "ScheduleGroup"}


def test_the_promises_are_watched(app: Template) -> None:
    watched = {name for alarm in alarms(app).values() for name in metric_names(alarm)}
    assert watched >= {
        "PageLateness",
        "SweeperRepairs",
        "SweeperStuck",
        "AuditRepairs",
        "Errors",
        "Throttles",
        "5xx",
        "WriteThrottleEvents",
        "InvocationDroppedCount",
        "SMSMonthToDateSpentUSD",
        "Reputation.BounceRate",
    }


def test_every_metric_of_our_own_is_one_that_a_function_writes(app: Template) -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "layers" / "core").rglob("*.py"))
    own = [one for one in _metrics(app) if one["Namespace"] == "Tocsin"]
    assert own
    for one in own:
        assert f'"{one["MetricName"]}"' in source
        service = next(it["Value"] for it in one["Dimensions"] if it["Name"] == "service")
        assert service in app.functions()


def test_lateness_is_an_alarm_at_five_seconds_of_one_page_in_a_hundred(app: Template) -> None:
    (late,) = (it for it in alarms(app).values() if it.get("MetricName") == "PageLateness")
    assert (late["ExtendedStatistic"], late["Threshold"], late["Period"]) == ("p99", 5000, 300)


def test_alarms_cost_little(app: Template) -> None:
    metrics = sum(len(list(metric_names(alarm))) for alarm in alarms(app).values())
    assert metrics * 0.1 <= 7  # USD a month: an alarm is paid by its metrics


def test_the_dashboard_shows_every_queue_every_function_and_no_tenant(app: Template) -> None:
    (dashboard,) = app.of_type("CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    queues = {name for name in app.of_type("SQS::Queue") if not name.startswith("CanarySink")}
    assert {name for name in queues if f'"{name}", "QueueName"' not in body} == set()
    assert {name for name, logical in app.function_ids().items() if logical not in body} == set()
    for name in ("PageLateness", "EscalationLateness", "Pages", "SweeperRepairs", "AuditRepairs", "IteratorAge"):
        assert name in body
    assert "tenant" not in body


def test_all_dead_letters_can_be_redriven(app: Template) -> None:
    told = app.functions()["redriver"]["Environment"]["Variables"]["DEAD_LETTERS"]
    queues = {name for name in app.of_type("SQS::Queue") if "DeadLetters" in name}
    assert {name for name in queues if name not in json.dumps(told)} == set()
    assert set(re.findall(r'\\"(\w+)\\":', json.dumps(told))) == redrive.WAYS.keys()


def test_a_redrive_ends_before_its_function_does_and_hides_letters_for_longer(app: Template) -> None:
    timeout = app.functions()["redriver"]["Timeout"]
    longest_call = 35
    assert redrive.TIME.total_seconds() + longest_call < timeout < redrive.HIDDEN


def _metrics(app: Template) -> Iterator[dict[str, Any]]:
    for alarm in alarms(app).values():
        if "MetricName" in alarm:
            yield alarm
        yield from (one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one)
