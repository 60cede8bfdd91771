"""CloudWatch's metrics by the names that their services give them, and our own by the names of the functions."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from infra.function import Function
from infra.operations import FIVE_MINUTES, MINUTE

NAMESPACE = "Tocsin"
PAGERS = ("clock", "escalator", "notifier")  # how the names begin of functions on the way of a page

TABLE_THROTTLES = ("ReadThrottleEvents", "WriteThrottleEvents")
"""DynamoDB developer guide, "DynamoDB metrics and dimensions"."""

SCHEDULES = ("InvocationAttemptCount", "TargetErrorCount", "InvocationThrottleCount", "InvocationDroppedCount")
"""EventBridge Scheduler user guide, "Monitoring with CloudWatch"."""


def own(
    name: str,
    function: str,
    *,
    statistic: str = "Sum",
    label: str | None = None,
    period: cdk.Duration = MINUTE,
    **of: str,
) -> cloudwatch.Metric:
    """Return a metric of our own (`tocsin.telemetry`), of a function by its name in the table of rights."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": function, **of},
        statistic=statistic,
        label=label,
        period=period,
    )


def searched(name: str, *dimensions: str) -> cloudwatch.MathExpression:
    """Return one of our own metrics for all values of its dimensions that there are."""
    # CloudWatch user guide, "Search expression syntax".
    query = f"SEARCH('{{{NAMESPACE},{','.join(sorted(dimensions))}}} MetricName=\"{name}\"', 'Sum', 60)"
    return cloudwatch.MathExpression(expression=query, using_metrics={}, label="", period=MINUTE)


def of_queue(name: str, queue: sqs.IQueue, label: str) -> cloudwatch.Metric:
    """Return a queue's metric, at its worst."""
    return queue.metric(name, statistic="Maximum", label=label, period=MINUTE)


def of_function(name: str, function: Function, label: str, statistic: str) -> cloudwatch.Metric:
    """Return a function's metric."""
    return function.function.metric(name, statistic=statistic, label=label, period=MINUTE)


def of_table(name: str, table: str, period: cdk.Duration = MINUTE) -> cloudwatch.Metric:
    """Return a table's metric, of the table itself and not of its indexes."""
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB", metric_name=name, dimensions_map={"TableName": table}, statistic="Sum", period=period
    )


def of_schedules(name: str, group: str, period: cdk.Duration = MINUTE) -> cloudwatch.Metric:
    """Return a metric of a group of schedules."""
    return cloudwatch.Metric(
        namespace="AWS/Scheduler",
        metric_name=name,
        dimensions_map={"ScheduleGroup": group},
        statistic="Sum",
        period=period,
    )


def sms(name: str, statistic: str) -> cloudwatch.Metric:
    """Return a metric of the account's SMS (SNS developer guide, "Monitoring SMS activity")."""
    return cloudwatch.Metric(namespace="AWS/SNS", metric_name=name, statistic=statistic, period=FIVE_MINUTES)


def ses(name: str) -> cloudwatch.Metric:
    """Return a metric of the account's mail, a share of 1 (SES developer guide, "Reputation metrics")."""
    return cloudwatch.Metric(namespace="AWS/SES", metric_name=name, statistic="Maximum", period=FIVE_MINUTES)
