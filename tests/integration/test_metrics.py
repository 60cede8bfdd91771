"""Metrics as CloudWatch reads them out of the log (CloudWatch user guide, embedded metric format)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tocsin import telemetry


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]


def told(blob: dict[str, Any], name: str) -> Any:
    """Return a metric's unit, what it is told apart by, and its values."""
    (about,) = blob["_aws"]["CloudWatchMetrics"]
    assert about["Namespace"] == "Tocsin"
    (unit,) = (one["Unit"] for one in about["Metrics"] if one["Name"] == name)
    (dimensions,) = about["Dimensions"]
    return unit, {one: blob[one] for one in dimensions if one != "service"}, blob[name]


def test_what_has_kinds_is_written_for_each_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("SweeperRepairs", 3, kind="page")
    (blob,) = written(capsys)
    assert told(blob, "SweeperRepairs") == ("Count", {"kind": "page"}, [3.0])


def test_lengths_of_time_keep_their_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    for seconds in (0.25, 1.5, -0.001):  # a clock may be behind
        telemetry.took("PageLateness", timedelta(seconds=seconds))
    telemetry.metrics.flush_metrics()
    (blob,) = written(capsys)
    assert told(blob, "PageLateness") == ("Milliseconds", {}, [250.0, 1500.0, 0.0])


def test_a_ticket_and_its_tenant_are_in_the_lines_of_the_log_and_in_no_metric(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.about("acme", "t1")
    telemetry.count("Pages", outcome="sent", channel="sms")
    (blob,) = written(capsys)
    assert "acme" not in json.dumps(blob)
