"""What starts functions that nobody waits for: the stream, topics, rules."""

import json
from typing import Any

import pytest

from tests.infra.assembly import Template
from tocsin import audit


@pytest.fixture(scope="module")
def readers(app: Template) -> dict[str, dict[str, Any]]:
    """The stream's event sources by the function that reads."""
    names = {logical: name for name, logical in app.function_ids().items()}
    mappings = app.of_type("Lambda::EventSourceMapping").values()
    return {names[it["FunctionName"]["Ref"]]: it for it in mappings if "StartingPosition" in it}


def test_the_stream_has_the_two_readers_that_aws_allows(readers: dict[str, dict[str, Any]]) -> None:
    assert readers.keys() == {"clock", "historian"}


@pytest.mark.parametrize("name", ["clock", "historian"])
def test_a_reader_starts_with_the_oldest_record_and_a_poison_record_cannot_stop_it(
    app: Template, readers: dict[str, dict[str, Any]], name: str
) -> None:
    reader = readers[name]
    assert reader["StartingPosition"] == "TRIM_HORIZON"
    assert reader["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert reader["BisectBatchOnFunctionError"] is True
    assert reader["MaximumRetryAttempts"] == 5
    dead_letters = reader["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    assert dead_letters in app.of_type("SQS::Queue")


def test_the_clock_sees_tickets_and_the_historian_pages_and_notes_too_and_which_tickets_are_gone(
    readers: dict[str, dict[str, Any]],
) -> None:
    assert _sort_keys(readers["clock"]) == {"INSERT MODIFY": ["TICKET"]}
    written = ["TICKET", {"prefix": "PAGE#"}, {"prefix": "NOTE#"}]
    assert _sort_keys(readers["historian"]) == {"INSERT MODIFY": written, "REMOVE": ["TICKET"]}


def test_an_event_that_nobody_waits_for_ends_as_a_dead_letter_at_worst(app: Template) -> None:
    names = {logical: name for name, logical in app.function_ids().items()}
    configured = {names[it["FunctionName"]["Ref"]]: it for it in app.of_type("Lambda::EventInvokeConfig").values()}
    assert configured.keys() == {"ingest", "replies", "sweeper", "auditor", "canary"}
    del configured["canary"]  # its next run is near, and one that is missing raises an alarm
    for config in configured.values():
        assert "DeadLetters" in config["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]


def test_what_a_topic_or_rule_cannot_deliver_is_a_dead_letter(app: Template) -> None:
    subscriptions = app.of_type("SNS::Subscription").values()
    assert len(subscriptions) == 2
    assert all("deadLetterTargetArn" in it["RedrivePolicy"] for it in subscriptions)
    rules = {name: it for name, it in app.of_type("Events::Rule").items() if not name.startswith("Canary")}
    assert len(rules) == 3
    assert all(target["DeadLetterConfig"]["Arn"] for rule in rules.values() for target in rule["Targets"])


def test_the_sweeper_runs_every_minute(app: Template) -> None:
    assert _rate(app, "sweeper") == "rate(1 minute)"
    assert app.functions()["sweeper"]["Timeout"] < 60


def test_the_auditor_runs_every_hour_and_has_time_for_both_of_its_ways(app: Template) -> None:
    assert _rate(app, "auditor") == "rate(1 hour)"
    assert app.functions()["auditor"]["Timeout"] >= 2 * audit.TIME.total_seconds() + 30


def _rate(app: Template, function: str) -> str:
    """How often a rule calls a function."""
    (rule,) = (
        rule
        for rule in app.of_type("Events::Rule").values()
        if rule["Targets"][0]["Arn"]["Fn::GetAtt"][0] == app.function_ids()[function]
    )
    return str(rule["ScheduleExpression"])


def test_alarms_of_the_account_open_tickets_but_those_of_tocsin_itself_do_not(app: Template) -> None:
    (rule,) = (it for it in app.of_type("Events::Rule").values() if "EventPattern" in it)
    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"] == {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"anything-but": {"prefix": "Tocsin-"}}]},
    }
    assert rule["Targets"][0]["Arn"]["Fn::GetAtt"][0] == app.function_ids()["ingest"]


def test_one_service_of_this_account_publishes_into_each_topic(app: Template) -> None:
    publishers = {}
    for policy in app.of_type("SNS::TopicPolicy").values():
        allowed, denied = sorted(policy["PolicyDocument"]["Statement"], key=lambda it: str(it["Effect"]))
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        publishers[policy["Topics"][0]["Ref"][:-8]] = allowed["Principal"]["Service"]
    assert publishers == {
        "OperationsTopic": "cloudwatch.amazonaws.com",
        "AlarmsTopic": "cloudwatch.amazonaws.com",
        "RepliesTopic": "sms-voice.amazonaws.com",
    }


def _sort_keys(mapping: dict[str, Any]) -> dict[str, list[Any]]:
    """Which rows a reader sees, by what has happened to them."""
    patterns = [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]]
    return {" ".join(one["eventName"]): one["dynamodb"]["Keys"]["sk"]["S"] for one in patterns}
