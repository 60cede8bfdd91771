import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.sources import cloudwatch

EVENTS = Path(__file__).parents[2] / "events" / "ingest"
ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-5xx"


def event(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return read


def message(name: str = "sns_alarm") -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(event(name)["Records"][0]["Sns"]["Message"])
    return parsed


def test_an_alarm_over_sns_is_read() -> None:
    change = cloudwatch.from_sns(event("sns_alarm")["Records"][0]["Sns"]["Message"])
    assert change == cloudwatch.AlarmChange(
        arn=ARN,
        name="checkout-5xx",
        state="ALARM",
        reason="Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold (20.0).",
        description="More than 2% of checkouts fail.",
        at=datetime(2026, 11, 22, 20, 28, 28, 123_000, UTC),
        region="eu-central-1",
        account="123456789012",
        labels={
            "alarm": "checkout-5xx",
            "account": "123456789012",
            "region": "eu-central-1",
            "namespace": "AWS/ApplicationELB",
            "metric": "HTTPCode_Target_5XX_Count",
            "LoadBalancer": "app/checkout/50dc6c495c0c9188",
        },
        link="https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#alarmsV2:alarm/checkout-5xx",
        title="checkout-5xx",
    )


def test_an_alarm_that_is_over_has_the_same_arn() -> None:
    change = cloudwatch.from_sns(message("sns_ok"))
    assert (change.arn, change.state) == (ARN, "OK")


def test_the_same_alarm_over_eventbridge_reads_the_same() -> None:
    assert cloudwatch.from_eventbridge(event("eventbridge_alarm")) == cloudwatch.from_sns(message())


def test_an_alarm_over_https_reads_the_same() -> None:
    body = json.loads(event("http_cloudwatch_notification")["body"])
    assert cloudwatch.from_sns(body["Message"]) == cloudwatch.from_sns(message())


def test_an_alarm_without_an_arn_is_known_by_account_region_and_name() -> None:
    old = {name: value for name, value in message().items() if name != "AlarmArn"}
    change = cloudwatch.from_sns(old)
    assert change.arn == "123456789012:EU (Frankfurt):checkout-5xx"
    assert (change.region, change.link) == ("", "")
    assert "region" not in change.labels
    assert "region=eu-west-1#" in cloudwatch.from_sns(old, region="eu-west-1").link
    assert cloudwatch.from_sns({**old, "Region": "us-east-1"}).region == "us-east-1"


def test_a_metric_math_alarm_shows_its_first_metric_and_the_expression() -> None:
    metric = {
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "Dimensions": [{"name": "FunctionName", "value": "pay"}],
    }
    queries = [
        {"Id": "rate", "Expression": "errors / calls", "ReturnData": True},
        {"Id": "errors", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "calls", "MetricStat": {"Metric": {**metric, "MetricName": "Invocations"}}, "ReturnData": False},
    ]
    labels = cloudwatch.from_sns({**message(), "Trigger": {"Metrics": queries}}).labels
    assert labels["expression"] == "errors / calls"
    assert (labels["namespace"], labels["metric"]) == ("AWS/Lambda", "Errors")
    assert labels["FunctionName"] == "pay"


def test_a_composite_alarm_has_no_metric() -> None:
    composite = {**message(), "AlarmRule": "ALARM(a) OR ALARM(b)"}
    del composite["Trigger"]
    assert set(cloudwatch.from_sns(composite).labels) == {"alarm", "account", "region"}


def test_a_dimension_cannot_pose_as_the_account() -> None:
    trigger = {"Dimensions": [{"name": "account", "value": "666"}, {"Name": "Shard", "Value": "1"}, {"value": "x"}, 5]}
    labels = cloudwatch.from_sns({**message(), "Trigger": trigger}).labels
    assert (labels["account"], labels["Shard"]) == ("123456789012", "1")


def test_the_tags_of_an_alarm_become_labels() -> None:
    sent = event("eventbridge_alarm")
    sent["detail"]["alarmTags"] = {"service": "checkout", "region": "mars"}
    labels = cloudwatch.from_eventbridge(sent).labels
    assert (labels["service"], labels["region"]) == ("checkout", "eu-central-1")


@pytest.mark.parametrize(
    ("region", "console"),
    [
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("ap-southeast-2", "ap-southeast-2.console.aws.amazon.com"),
    ],
)
def test_the_link_leads_to_the_console_of_the_region(region: str, console: str) -> None:
    arn = f"arn:aws:cloudwatch:{region}:1:alarm:a b/c"
    change = cloudwatch.from_sns({**message(), "AlarmArn": arn, "AlarmName": "a b/c"})
    assert change.link == f"https://{console}/cloudwatch/home?region={region}#alarmsV2:alarm/a%20b%2Fc"


def test_an_arn_that_is_none_makes_no_link_of_its_own() -> None:
    change = cloudwatch.from_sns({**message(), "AlarmArn": "arn:aws:cloudwatch:evil.com/#:1:alarm:x"})
    assert (change.region, change.link) == ("", "")


@pytest.mark.parametrize("at", [None, "", "yesterday", 5])
def test_a_time_that_cannot_be_read_is_none(at: Any) -> None:
    assert cloudwatch.from_sns({**message(), "StateChangeTime": at}).at is None


def test_long_and_broken_texts_fit_a_ticket() -> None:
    trigger = {"Dimensions": [{"name": f"{n}" * 200, "value": "v" * 2_000} for n in range(60)]}
    change = cloudwatch.from_sns(
        {**message(), "AlarmName": "x" * 2_000, "NewStateReason": "\ud800", "Trigger": trigger}
    )
    assert len(change.title) == 1_024
    assert change.reason == "\ufffd"
    assert len(change.labels) == 50
    assert max(map(len, change.labels)) <= 128
    assert max(map(len, change.labels.values())) <= 1_024


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("Hello", "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not an object"),
        ("5", "not an object"),
        ("{}", "no name"),
        ('{"AlarmName":"x"}', "state is none of"),
        ('{"AlarmName":"x","NewStateValue":"BROKEN"}', "state is none of"),
        ('{"AlarmName":5,"NewStateValue":"OK"}', "no name"),
    ],
)
def test_what_is_no_alarm_is_refused_with_the_reason(sent: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"not a CloudWatch alarm: .*{reason}"):
        cloudwatch.from_sns(sent)


@pytest.mark.parametrize("change", [{"detail": None}, {"detail": {}}, {"detail": {"alarmName": "x", "state": "OK"}}])
def test_an_event_that_is_no_alarm_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a CloudWatch alarm"):
        cloudwatch.from_eventbridge({**event("eventbridge_alarm"), **change})


def test_an_event_of_bare_bones_is_read() -> None:
    change = cloudwatch.from_eventbridge({"detail": {"alarmName": "x", "state": {"value": "OK"}}, "resources": [5]})
    assert (change.arn, change.state, change.at, change.link) == ("::x", "OK", None, "")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("Hello", "the message is not JSON"),
        ("[]", "the message is not an object"),
        ("{}", "it has no name"),
        ('{"AlarmName":"x"}', "its state is none of ALARM, OK, INSUFFICIENT_DATA"),
    ],
)
def test_what_is_no_alarm_is_told_in_a_sentence(sent: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^not a CloudWatch alarm: {told}$"):
        cloudwatch.from_sns(sent)


def test_an_alarm_of_eventbridge_without_an_arn_is_known_by_account_region_and_name() -> None:
    sent = {**event("eventbridge_alarm"), "resources": []}
    change = cloudwatch.from_eventbridge(sent)
    assert change.arn == "123456789012:eu-central-1:checkout-5xx"
    assert (change.region, change.labels["region"]) == ("eu-central-1", "eu-central-1")
    other = cloudwatch.from_eventbridge({**sent, "resources": ["arn:aws:cloudwatch:us-east-1:1:alarm:x", "y"]})
    assert (other.arn, other.region) == ("arn:aws:cloudwatch:us-east-1:1:alarm:x", "us-east-1")


def test_a_metric_math_alarm_of_eventbridge_shows_its_first_metric_and_the_expression() -> None:
    metric = {"name": "Errors", "namespace": "AWS/Lambda", "dimensions": {"FunctionName": "pay"}}
    queries = [
        {"id": "errors", "metricStat": {"metric": metric, "stat": "Sum"}},
        {"id": "rate", "expression": "errors / calls"},
        {"id": "calls", "metricStat": {"metric": {**metric, "name": "Invocations"}}},
        5,
    ]
    sent = event("eventbridge_alarm")
    sent["detail"]["configuration"] = {"metrics": queries, "description": "Half."}
    change = cloudwatch.from_eventbridge(sent)
    found = {name: change.labels[name] for name in ("namespace", "metric", "FunctionName", "expression")}
    assert found == {
        "namespace": "AWS/Lambda",
        "metric": "Errors",
        "FunctionName": "pay",
        "expression": "errors / calls",
    }
    assert change.description == "Half."


def test_an_alarm_opens_a_ticket_and_its_end_does_not() -> None:
    opens = {name: cloudwatch.from_sns({**message(), "NewStateValue": name}).opens for name in cloudwatch.STATES}
    assert opens == {"ALARM": True, "OK": False, "INSUFFICIENT_DATA": False}


def test_the_place_of_a_dimension_may_be_written_in_two_ways_and_its_value_may_be_missing() -> None:
    trigger = {"Dimensions": [{"name": "a", "value": "1"}, {"Name": "b", "Value": "2"}, {"name": "c"}]}
    labels = cloudwatch.from_sns({**message(), "Trigger": trigger}).labels
    assert {name: text for name, text in labels.items() if name in "abc"} == {"a": "1", "b": "2"}
    assert cloudwatch.from_sns({**message(), "Trigger": {"dimensions": {"d": "4"}}}).labels["d"] == "4"


def test_a_region_is_taken_from_an_arn_of_at_least_five_parts() -> None:
    for arn, region in (("arn:aws:cloudwatch:eu-west-1:1", "eu-west-1"), ("arn:aws:cloudwatch:eu-west-1", "")):
        assert cloudwatch.from_sns({**message(), "AlarmArn": arn}).region == region


def test_an_alarm_is_cut_to_what_a_ticket_holds_and_keeps_its_arn() -> None:
    change = cloudwatch.from_sns({**message(), "AlarmName": "n" * 2_000, "AlarmArn": "a" * 2_000, "Region": "x"})
    assert (len(change.name), len(change.title), len(change.arn)) == (1_024, 1_024, 1_024)


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        ("2015-06-03T17:43:27.123+0000", datetime(2015, 6, 3, 17, 43, 27, 123_000, UTC)),
        ("2015-06-03T17:43:27.123-0530", datetime(2015, 6, 3, 23, 13, 27, 123_000, UTC)),
        ("2015-06-03T17:43:27Z", datetime(2015, 6, 3, 17, 43, 27, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_with_a_colon_in_its_offset_or_without(at: str, moment: datetime) -> None:
    assert cloudwatch.from_sns({**message(), "StateChangeTime": at}).at == moment


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(message())), json_values)
def test_a_field_of_any_type_is_read_or_refused(name: str, value: Any) -> None:
    try:
        change = cloudwatch.from_sns({**message(), name: value})
    except ValueError:
        return
    assert all(isinstance(text, str) for text in change.labels.values())


@given(st.sampled_from(["Metrics", "Dimensions", "MetricName"]), json_values)
def test_a_trigger_of_any_shape_is_read(name: str, value: Any) -> None:
    assert cloudwatch.from_sns({**message(), "Trigger": {name: value}}).name == "checkout-5xx"
