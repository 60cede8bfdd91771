"""Messages to people: one queue, one function and one limit of concurrency per channel, so that none delays another."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.function import Function, Workshop
from infra.queues import FUNCTION_TIMEOUT, WorkQueue


@dataclass(frozen=True)
class Channel:
    """A channel's name, how many of its notifiers run at once, the settings that it is told beside its rate.

    `batch`: how many messages a notifier takes at once; one, where each may take as long as its receiver likes.
    `ours`: that messages fail is a matter of operations; where receivers are anybody's, it is theirs.
    """

    name: str
    concurrency: int
    told: tuple[str, ...] = ()
    batch: int = 5
    ours: bool = True


CHANNELS = (
    Channel("sms", 10, ("SMS_SENDER", "SMS_PER_DAY")),  # three parts a second: more would only wait
    Channel("voice", 5, ("VOICE_SENDER", "VOICE_PER_DAY")),
    Channel("email", 20, ("EMAIL_SENDER",)),
    Channel("webhook", 50, ("LOOPBACK_URLS",), batch=1, ours=False),
    Channel("canary", 2),
)


class Notification(Construct):
    """The notifier, once for each channel."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop, *, queues: dict[str, WorkQueue]) -> None:
        super().__init__(scope, name)
        for channel in CHANNELS:
            notifier = self._notifier(workshop, channel)
            if channel.ours:
                self._watch(workshop, channel)
            queues[channel.name].feed(notifier.function, batch=channel.batch, concurrency=notifier.at_once)

    def _notifier(self, workshop: Workshop, channel: Channel) -> Function:
        return Function(
            self,
            f"notifier-{channel.name}",
            workshop,
            folder="notifier",
            told=("PUBLIC_URL", *channel.told),
            variables={"CHANNEL": channel.name, "SENDER_RATE": workshop.settings[f"{channel.name.upper()}_RATE"]},
            timeout=FUNCTION_TIMEOUT,
            pagers=channel.concurrency,
        )

    def _watch(self, workshop: Workshop, channel: Channel) -> None:
        failed = cloudwatch.Metric(
            namespace="Tocsin",
            metric_name="SendFailed",
            dimensions_map={"service": f"notifier-{channel.name}"},
            period=cdk.Duration.minutes(5),
            statistic=cloudwatch.Stats.SUM,
        )
        workshop.operations.alarm(
            f"notifier-{channel.name}SendFailed",
            failed,
            above=2,
            why="Messages cannot be sent on this channel.",
            runbook="messages-cannot-be-sent",
        )
