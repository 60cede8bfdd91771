"""Messages to people: one queue, one function and one limit of concurrency per channel, so that none delays another."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.function import Function, Workshop
from infra.queues import FUNCTION_TIMEOUT, WorkQueue


@dataclass(frozen=True)
class Channel:
    """A channel's name, how many of its notifiers run at once, the setting of its rate, and others that it is told."""

    name: str
    concurrency: int
    rate: str
    told: tuple[str, ...] = ()


CHANNELS = (
    Channel("sms", 10, "SMS_RATE", ("SMS_SENDER", "SMS_PER_DAY")),  # three parts a second: more would only wait
    Channel("email", 20, "EMAIL_RATE", ("EMAIL_SENDER",)),
    Channel("canary", 2, "CANARY_RATE"),
)


class Notification(Construct):
    """The notifier, once for each channel."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop, *, queues: dict[str, WorkQueue]) -> None:
        super().__init__(scope, name)
        for channel in CHANNELS:
            notifier = self._notifier(workshop, channel)
            queues[channel.name].feed(notifier.function, batch=5, concurrency=notifier.at_once)

    def _notifier(self, workshop: Workshop, channel: Channel) -> Function:
        notifier = Function(
            self,
            f"notifier-{channel.name}",
            workshop,
            folder="notifier",
            told=("PUBLIC_URL", *channel.told),
            variables={"CHANNEL": channel.name, "SENDER_RATE": workshop.settings[channel.rate]},
            timeout=FUNCTION_TIMEOUT,
            pagers=channel.concurrency,
        )
        failed = cloudwatch.Metric(
            namespace="Tocsin",
            metric_name="SendFailed",
            dimensions_map={"service": f"notifier-{channel.name}"},
            period=cdk.Duration.minutes(5),
            statistic=cloudwatch.Stats.SUM,
        )
        workshop.operations.alarm(
            f"{notifier.node.id}SendFailed",
            failed,
            above=2,
            why="Messages cannot be sent on this channel.",
            runbook="messages-cannot-be-sent",
        )
        return notifier
