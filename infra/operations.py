"""Tocsin's own alarms: one topic for whoever runs the installation."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.topic import Topic

MINUTE = cdk.Duration.minutes(1)


class Operations(Construct):
    """Watches the rest of the app. Its topic opens no tickets: who watches Tocsin must not need Tocsin."""

    def __init__(self, scope: Construct, name: str, *, email: str) -> None:
        """Make the topic; `email`, unless empty, is subscribed to it, which SNS asks its owner to confirm."""
        super().__init__(scope, name)
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
    ) -> None:
        """Tell operations when a metric stays above a number for so many periods; no data is no alarm."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=why,
        )
        self._tell(alarm)

    def silence(self, name: str, metric: cloudwatch.IMetric, *, periods: int, of: int | None = None, why: str) -> None:
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
            alarm_description=why,
        )
        self._tell(alarm)

    def watch_dead_letters(self, name: str, queue: sqs.IQueue) -> None:
        """Tell operations as soon as something lies in a dead-letter queue."""
        visible = queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum")
        self.alarm(name, visible, above=0, why="Work was given up. Find out why, mend it, then redrive the queue.")

    def watch_age(self, name: str, queue: sqs.IQueue, *, seconds: int) -> None:
        """Tell operations when a queue's oldest message has waited longer than so many seconds, for three minutes."""
        age = queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum")
        self.alarm(name, age, above=seconds, periods=3, why="A queue is not worked off: people are paged late.")

    def watch_backlog(self, name: str, queue: sqs.IQueue) -> None:
        """Tell operations when messages that are due lie in a queue at every look of five minutes.

        Delayed messages, and those in a function's hands, are not visible: this finds a queue that stands still long
        before its age does.
        """
        visible = queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Minimum")
        self.alarm(name, visible, above=0, periods=5, why="A queue is never empty: people are paged late.")

    def _tell(self, alarm: cloudwatch.Alarm) -> None:
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
