"""The two readers of the Tickets table's stream are attached alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources

from infra.function import Function
from infra.operations import MINUTE, Operations

STREAM_LATE = 60_000  # milliseconds; the sweeper finds what a late stream did not arm within 75 s


def follow(
    stream: str,
    reader: Function,
    *,
    keys: Sequence[str | dict[str, str]],
    operations: Operations,
    parallel: int,
    batch: int,
    removed: Sequence[str] = (),
) -> None:
    """Let the function read writes of the rows whose sort key matches, and that those in `removed` are gone.

    It begins with the oldest record. What fails is tried five times more, in halves; then it is a dead letter, and the
    stream goes on.
    """
    lambda_.EventSourceMapping(
        reader,
        "Tickets",
        target=reader.function,
        event_source_arn=stream,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=batch,
        parallelization_factor=parallel,
        report_batch_item_failures=True,
        bisect_batch_on_error=True,
        retry_attempts=5,
        on_failure=sources.SqsDlq(reader.dead_letter_queue),
        filters=[_filter(["INSERT", "MODIFY"], keys), *([_filter(["REMOVE"], removed)] if removed else [])],
    )
    age = reader.function.metric("IteratorAge", period=MINUTE, statistic=cloudwatch.Stats.MAXIMUM)
    operations.alarm(
        f"{reader.node.id}Age",
        age,
        above=STREAM_LATE,
        periods=3,
        why="A reader of the Tickets stream is late, or stuck.",
        runbook="the-stream-is-late",
    )


def _filter(events: Sequence[str], keys: Sequence[str | dict[str, str]]) -> Mapping[str, Any]:
    pattern = {"eventName": list(events), "dynamodb": {"Keys": {"sk": {"S": list(keys)}}}}
    return lambda_.FilterCriteria.filter(pattern)
