"""Queues: nothing is lost without an alarm, and what failed comes back at the right time."""

from datetime import timedelta
from typing import Any

import pytest

from tests.infra.assembly import Template
from tocsin import due, page

CLAIM = 60  # seconds for which a notifier claims a page
WORK = {
    "DueQueue": "escalator",
    "SmsQueue": "notifier-sms",
    "VoiceQueue": "notifier-voice",
    "EmailQueue": "notifier-email",
    "WebhookQueue": "notifier-webhook",
    "CanaryQueue": "notifier-canary",
}
SINK = "CanarySink"  # of pages that nobody retries


@pytest.fixture(scope="module")
def dead_letters(app: Template) -> set[str]:
    return {name for name in app.of_type("SQS::Queue") if "DeadLetters" in name}


def test_every_queue_has_dead_letters_or_is_for_them_or_for_the_canary(app: Template, dead_letters: set[str]) -> None:
    work = {name: it for name, it in app.of_type("SQS::Queue").items() if name not in dead_letters}
    (sink,) = (name for name in work if name.startswith(SINK))
    assert "RedrivePolicy" not in work.pop(sink)
    assert {name[:-8] for name in work} == WORK.keys()
    for properties in work.values():
        assert properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in dead_letters
        assert properties["RedrivePolicy"]["maxReceiveCount"] == 5


def test_dead_letters_are_kept_for_fourteen_days(app: Template, dead_letters: set[str]) -> None:
    queues = app.of_type("SQS::Queue")
    assert {queues[name]["MessageRetentionPeriod"] for name in dead_letters} == {14 * 24 * 3600}


def test_every_dead_letter_queue_raises_an_alarm_with_its_first_message(app: Template, dead_letters: set[str]) -> None:
    alarms = [
        alarm
        for alarm in _alarms(app)
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and "DeadLetters" in _queue_of(alarm)
    ]
    assert {_queue_of(alarm) for alarm in alarms} == dead_letters
    assert {(alarm["Statistic"], alarm["EvaluationPeriods"]) for alarm in alarms} == {("Maximum", 1)}
    assert {(alarm["Threshold"], alarm["ComparisonOperator"]) for alarm in alarms} == {(0, "GreaterThanThreshold")}


def test_a_work_queue_raises_an_alarm_when_messages_grow_old_but_not_while_they_are_delayed(app: Template) -> None:
    alarms = [it for it in _alarms(app) if it["MetricName"] == "ApproximateAgeOfOldestMessage"]
    assert {_queue_of(alarm)[:-8] for alarm in alarms} == WORK.keys()
    for alarm in alarms:
        name = _queue_of(alarm)
        delayed = due.MAX_DELAY if name.startswith("Due") else page.LONGEST_RETRY
        failed_once = timedelta(seconds=app.of_type("SQS::Queue")[name]["VisibilityTimeout"])
        assert timedelta(seconds=alarm["Threshold"]) > delayed + failed_once
        assert timedelta(seconds=alarm["Threshold"]) <= delayed + timedelta(minutes=5)


def test_a_work_queue_that_stands_still_raises_an_alarm_within_minutes(app: Template) -> None:
    alarms = [
        alarm
        for alarm in _alarms(app)
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and "DeadLetters" not in _queue_of(alarm)
    ]
    assert {_queue_of(alarm)[:-8] for alarm in alarms} == WORK.keys()
    for alarm in alarms:
        assert (alarm["Statistic"], alarm["Threshold"], alarm["ComparisonOperator"]) == (
            "Minimum",
            0,
            "GreaterThanThreshold",
        )
        assert alarm["EvaluationPeriods"] * alarm["Period"] == 300


def test_all_alarms_go_to_operations_and_never_to_the_topic_that_opens_tickets(app: Template) -> None:
    (topic,) = (name for name in app.of_type("SNS::Topic") if name.startswith("Operations"))
    for alarm in app.of_type("CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["AlarmDescription"]


def test_stream_readers_sweeper_and_failed_sends_are_watched(app: Template) -> None:
    metrics = [alarm["MetricName"] for alarm in _alarms(app)]
    assert metrics.count("IteratorAge") == 2
    assert metrics.count("Errors") == 1
    (silence,) = (alarm for alarm in _alarms(app) if alarm["MetricName"] == "Invocations")
    assert (silence["ComparisonOperator"], silence["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    failed = [
        it["Dimensions"] for it in _alarms(app) if (it["Namespace"], it["MetricName"]) == ("Tocsin", "SendFailed")
    ]
    # A webhook that fails is its company's matter.
    ours = ("sms", "voice", "email", "canary")
    assert failed == [[{"Name": "service", "Value": f"notifier-{channel}"}] for channel in ours]


def test_a_claim_outlives_the_function_and_the_message_outlives_the_claim(app: Template) -> None:
    for name, properties in app.of_type("SQS::Queue").items():
        if name[:-8] in WORK:
            timeout = app.functions()[WORK[name[:-8]]]["Timeout"]
            assert timeout < CLAIM < properties["VisibilityTimeout"]
            assert properties["VisibilityTimeout"] >= 6 * timeout


def test_queues_are_standard_encrypted_and_spoken_to_over_tls_alone(app: Template) -> None:
    queues = app.of_type("SQS::Queue")
    assert all(it["SqsManagedSseEnabled"] is True and "FifoQueue" not in it for it in queues.values())
    guarded = {
        policy["Queues"][0]["Ref"]
        for policy in app.of_type("SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert guarded == queues.keys()


def test_functions_work_queues_off_at_once_and_give_back_only_what_failed(app: Template) -> None:
    mappings = [it for it in app.of_type("Lambda::EventSourceMapping").values() if "StartingPosition" not in it]
    assert len(mappings) == len(WORK)
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["MaximumBatchingWindowInSeconds"] == 0
        assert mapping["BatchSize"] <= 10
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
        source, function = mapping["EventSourceArn"]["Fn::GetAtt"][0][:-8], mapping["FunctionName"]["Ref"]
        assert function == app.function_ids()[WORK[source]]


def test_no_concurrency_is_reserved_unless_it_is_asked_for(app: Template) -> None:
    assert not any("ReservedConcurrentExecutions" in it for it in app.functions().values())


def _queue_of(alarm: dict[str, Any]) -> str:
    return str(alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0])


def _alarms(app: Template) -> list[dict[str, Any]]:
    """Alarms of a single metric."""
    return [alarm for alarm in app.of_type("CloudWatch::Alarm").values() if "MetricName" in alarm]
