"""Tickets stream, tickets alone: a due time was set, moved or cleared. Arm the timer, cancel the one before."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, timers
from tocsin.stream import images
from tocsin.telemetry import logger, metrics

aws.prepare("scheduler", "sqs")

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False, logger=logger)


def wind(record: DynamoDBRecord) -> None:
    old, new = images(record.raw_event)
    timers.follow(old, new, clock.now())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=wind, processor=processor, context=context)
