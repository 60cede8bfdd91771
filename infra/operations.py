"""Tocsin's own alarms: one topic for whoever runs the installation."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.topic import Topic

MINUTE = cdk.Duration.minutes(1)
FIVE_MINUTES = cdk.Duration.minutes(5)
RUNBOOKS = "docs/runbooks.md"


class Operations(Construct):
    """Watches the rest of the app. Its topic opens no tickets: who watches Tocsin must not need Tocsin."""

    def __init__(self, scope: Construct, name: str, *, email: str) -> None:
        """Make the topic; `email`, unless empty, is subscribed to it, which SNS asks its owner to confirm."""
        super().__init__(scope, name)
        self.work_queues: dict[str, sqs.IQueue] = {}
        self.dead_letters: dict[str, sqs.IQueue] = {}
        self.topic = Topic(self, "Topic", publisher="cloudwatch.amazonaws.com").topic
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        above: float,
        periods: int = 1,
        why: str,
        runbook: str,
    ) -> None:
        """Tell operations when a metric stays above a number for so many periods; no data is no alarm.

        `runbook` is the section of the runbooks that says what to do.
        """
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=_described(why, runbook),
        )
        self._tell(alarm)

    def silence(
        self, name: str, metric: cloudwatch.IMetric, *, periods: int, of: int | None = None, why: str, runbook: str
    ) -> None:
        """Tell operations when a metric has been zero, or has had no data, for so many periods (of the last `of`)."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=of or periods,
            datapoints_to_alarm=periods,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
            alarm_description=_described(why, runbook),
        )
        self._tell(alarm)

    def watch_dead_letters(self, of: str, queue: sqs.IQueue) -> None:
        """Tell operations as soon as something lies in the dead-letter queue of something."""
        self.dead_letters[of] = queue
        visible = queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum")
        why = "Work was given up. Find out why, mend it, then redrive the queue."
        self.alarm(f"{of}DeadLetters", visible, above=0, why=why, runbook="dead-letters")

    def watch_age(self, of: str, queue: sqs.IQueue, *, seconds: int) -> None:
        """Tell operations when a work queue's oldest message is older than so many seconds, for three minutes."""
        age = queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum")
        self.work_queues[of] = queue
        why = "A queue is not worked off: people are paged late."
        self.alarm(f"{of}Age", age, above=seconds, periods=3, why=why, runbook="a-queue-grows-old")

    def watch_backlog(self, of: str, queue: sqs.IQueue) -> None:
        """Tell operations when messages that are due lie in a queue at every look of five minutes.

        Delayed messages, and those in a function's hands, are not visible: this finds a queue that stands still long
        before its age does.
        """
        visible = queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Minimum")
        why = "A queue is never empty: people are paged late."
        self.alarm(f"{of}Backlog", visible, above=0, periods=5, why=why, runbook="a-queue-grows-old")

    def _tell(self, alarm: cloudwatch.Alarm) -> None:
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))


def _described(why: str, runbook: str) -> str:
    return f"{why} What to do: {RUNBOOKS}#{runbook}"
