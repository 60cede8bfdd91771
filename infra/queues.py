"""Queues: work queues with their dead letters, and dead letters of what is not a queue."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.findings import accept
from infra.operations import Operations

FUNCTION_TIMEOUT = cdk.Duration.seconds(25)
"""Of the functions behind a work queue: shorter than a person's turn (30 s), which is a notifier's claim."""

VISIBILITY = cdk.Duration.seconds(180)
"""More than six times the function's time-out (Lambda developer guide, "Using Lambda with Amazon SQS")."""


PATIENCE = 300
"""Seconds beyond its delay after which a message is too old: a failed attempt (`VISIBILITY`), and two minutes."""


class DeadLetters(Construct):
    """Keeps what was given up, for 14 days, and tells operations at once."""

    def __init__(self, scope: Construct, name: str, *, operations: Operations, of: str) -> None:
        super().__init__(scope, name)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        accept(self.queue, "AwsSolutions-SQS3", "These are dead letters: nothing fails to receive them.")
        operations.watch_dead_letters(of, self.queue)


class WorkQueue(Construct):
    """A standard queue (fair: who sends names the tenant as the message's group) that feeds one function."""

    def __init__(self, scope: Construct, name: str, *, operations: Operations, delayed: int, attempts: int = 5) -> None:
        """Make the queue; `delayed` is the longest delay, in seconds, with which messages are sent to it."""
        super().__init__(scope, name)
        dead_letters = DeadLetters(self, "DeadLetters", operations=operations, of=name)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=VISIBILITY,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters.queue, max_receive_count=attempts),
        )
        # A message ages from when it was sent, its delay included: what waits on purpose must not raise the alarm.
        operations.watch_age(name, self.queue, seconds=delayed + PATIENCE)
        operations.watch_backlog(name, self.queue)

    def feed(self, function: lambda_.Function, *, batch: int, concurrency: int) -> None:
        """Let the function work the queue off: no waiting for fuller batches, what fails comes back alone."""
        function.add_event_source(
            sources.SqsEventSource(
                self.queue,
                batch_size=batch,
                max_batching_window=cdk.Duration.seconds(0),
                max_concurrency=concurrency,
                report_batch_item_failures=True,
            )
        )
