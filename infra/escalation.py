"""Tickets move on when their time has come: timers, the due queue, and the nets that find what was lost."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function, Workshop
from infra.operations import MINUTE, Operations
from infra.queues import FUNCTION_TIMEOUT, DeadLetters, WorkQueue
from infra.tickets_stream import follow

HOUR = cdk.Duration.hours(1)


class Timers(Construct):
    """The group of all one-shot schedules, the role with which they reach the due queue, and their dead letters."""

    def __init__(self, scope: Construct, name: str, *, due: sqs.IQueue, operations: Operations) -> None:
        super().__init__(scope, name)
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        self.dead_letters = DeadLetters(self, "DeadLetters", operations=operations, of=name).queue
        self.role = iam.Role(
            self,
            "Role",
            # Against the confused deputy: schedules of this group in this account alone (Scheduler user guide).
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": cdk.Stack.of(self).account,
                        "aws:SourceArn": self.group.attr_arn,
                    }
                },
            ),
            inline_policies={
                "Send": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["sqs:SendMessage"], resources=[due.queue_arn, self.dead_letters.queue_arn]
                        )
                    ]
                )
            },
        )

    @property
    def schedules_arn(self) -> str:
        """The ARN pattern of all schedules in the group."""
        return self._schedules_of(self.group.ref)

    @property
    def list_arn(self) -> str:
        """The ARN that ListSchedules is authorized by, whichever group is asked for (aws-cdk issue 38201)."""
        return self._schedules_of("*")

    def _schedules_of(self, group: str) -> str:
        return cdk.Stack.of(self).format_arn(service="scheduler", resource="schedule", resource_name=f"{group}/*")


class Escalation(Construct):
    """Clock, escalator and sweeper."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop, *, due: WorkQueue, stream: str) -> None:
        super().__init__(scope, name)
        clock = Function(self, "clock", workshop, timeout=FUNCTION_TIMEOUT, pagers=100)
        follow(stream, clock, keys=["TICKET"], operations=workshop.operations, parallel=10, batch=25)
        escalator = Function(self, "escalator", workshop, timeout=FUNCTION_TIMEOUT, pagers=100)
        due.feed(escalator.function, batch=5, concurrency=escalator.at_once)
        self.sweeper = self._sweep(workshop)

    def _sweep(self, workshop: Workshop) -> Function:
        """Once a minute; a sweep that fails is not repeated, for the next one does the same and is near."""
        sweeper = Function(self, "sweeper", workshop, timeout=cdk.Duration.seconds(55), pagers=1)
        sweeper.on_failure(retries=0, oldest=MINUTE)
        target = targets.LambdaFunction(
            sweeper.function, dead_letter_queue=sweeper.dead_letter_queue, retry_attempts=0, max_event_age=MINUTE
        )
        events.Rule(self, "EveryMinute", schedule=events.Schedule.rate(MINUTE), targets=[target])
        errors = sweeper.function.metric_errors(period=MINUTE, statistic=cloudwatch.Stats.SUM)
        lost = "lost timers and pages are no longer found."
        operations, runbook = workshop.operations, "the-sweeper-does-not-sweep"
        operations.alarm("SweeperErrors", errors, above=0, periods=3, why=f"The sweeper fails: {lost}", runbook=runbook)
        runs = sweeper.function.metric_invocations(period=MINUTE, statistic=cloudwatch.Stats.SUM)
        operations.silence("SweeperSilence", runs, periods=5, why=f"The sweeper does not run: {lost}", runbook=runbook)
        return sweeper


class Audit(Construct):
    """The auditor, once an hour. It shares nothing with the sweeper, whose minute it must not take."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop) -> None:
        super().__init__(scope, name)
        auditor = Function(self, "auditor", workshop, timeout=cdk.Duration.seconds(240))
        auditor.on_failure(retries=0, oldest=HOUR)
        target = targets.LambdaFunction(
            auditor.function, dead_letter_queue=auditor.dead_letter_queue, retry_attempts=0, max_event_age=HOUR
        )
        events.Rule(self, "EveryHour", schedule=events.Schedule.rate(HOUR), targets=[target])
