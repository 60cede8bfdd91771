"""What reaches Tocsin without HTTP: the account's own CloudWatch alarms, and answers by SMS."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.function import Function, Workshop
from infra.topic import Topic

RETRIES = 2  # the most that Lambda does
OLDEST = cdk.Duration.hours(6)


class Alarms(Construct):
    """A topic for alarms, and all of the account's alarms by EventBridge, except those of Tocsin itself.

    Tocsin's own go to operations alone: a ticket that cannot be paged must not open the next one. The rule is switched
    on by the setting `alarm_integration`, which names who gets the tickets.
    """

    def __init__(self, scope: Construct, name: str, workshop: Workshop) -> None:
        super().__init__(scope, name)
        self.ingest = Function(
            self,
            "ingest",
            workshop,
            told=("ALARM_INTEGRATION", "TICKETS_PER_SECOND", "SNS_CERTIFICATE_URL", "SNS_CERTIFICATE_PEM"),
        )
        self.ingest.on_failure(retries=RETRIES, oldest=OLDEST)
        dead_letters = self.ingest.dead_letter_queue
        self.topic = Topic(self, "Topic", publisher="cloudwatch.amazonaws.com").topic
        self.topic.add_subscription(
            subscriptions.LambdaSubscription(self.ingest.function, dead_letter_queue=dead_letters)
        )
        events.Rule(
            self,
            "StateChange",
            enabled=bool(workshop.settings["ALARM_INTEGRATION"]),
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={"alarmName": events.Match.anything_but_prefix(f"{cdk.Stack.of(self).stack_name}-")},
            ),
            targets=[targets.LambdaFunction(self.ingest.function, dead_letter_queue=dead_letters)],
        )


class Replies(Construct):
    """The topic into which two-way SMS puts what people answer."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop) -> None:
        super().__init__(scope, name)
        replies = Function(self, "replies", workshop)
        replies.on_failure(retries=RETRIES, oldest=OLDEST)
        self.topic = Topic(self, "Topic", publisher="sms-voice.amazonaws.com").topic
        self.topic.add_subscription(
            subscriptions.LambdaSubscription(replies.function, dead_letter_queue=replies.dead_letter_queue)
        )
