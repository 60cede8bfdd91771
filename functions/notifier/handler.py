"""A channel's queue: send one page or notice. The only function that reaches people."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, notification, queues
from tocsin.channels import CHANNELS
from tocsin.settings import settings
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb", "sqs", *(service for name in settings.channels for service in CHANNELS[name].services))

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)


def notify(record: SQSRecord) -> None:
    notification.send(queues.MESSAGE.validate_json(record.body))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)
