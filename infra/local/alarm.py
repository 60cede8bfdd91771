"""A CloudWatch alarm and an SMS reply as their services put them into SNS topics."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from infra.local.engine import ACCOUNT, REGION


def alarm(name: str, state: str = "ALARM") -> dict[str, Any]:
    """The message of an alarm's state change (aws-lambda-go, events/testdata/cloudwatch-alarm-sns-payload-*)."""
    return {
        "AlarmName": name,
        "AlarmDescription": "More than 2 % of all checkouts end in a 5xx.",
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": "2026-01-05T09:00:00.000+0000",
        "NewStateValue": state,
        "NewStateReason": "Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold (2.0).",
        "StateChangeTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": "US East (N. Virginia)",
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        "OldStateValue": "OK" if state == "ALARM" else "ALARM",
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "5XXError",
            "Namespace": "AWS/ApiGateway",
            "StatisticType": "Statistic",
            "Statistic": "AVERAGE",
            "Unit": None,
            "Dimensions": [{"value": "checkout", "name": "ApiName"}],
            "Period": 60,
            "EvaluationPeriods": 3,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 2.0,
            "TreatMissingData": "notBreaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def raise_alarm(sns: Any, topic: str, name: str, state: str = "ALARM") -> None:
    """Let CloudWatch's message arrive over the topic."""
    subject = f'{state}: "{name}" in US East (N. Virginia)'
    sns.publish(TopicArn=topic, Subject=subject[:100], Message=json.dumps(alarm(name, state)))


def reply(sns: Any, topic: str, *, sender: str, to: str, text: str) -> None:
    """Let somebody answer by SMS (AWS End User Messaging, two-way SMS message payload)."""
    message = {
        "originationNumber": sender,
        "destinationNumber": to,
        "messageKeyword": text.split(maxsplit=1)[0],
        "messageBody": text,
        "inboundMessageId": str(uuid.uuid4()),
        "previousPublishedMessageId": str(uuid.uuid4()),
    }
    sns.publish(TopicArn=topic, Message=json.dumps(message))
