"""Due queue: a ticket's time has come. Page whoever the rule names next, and set the clock again."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, escalation
from tocsin.due import Due
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb", "sqs")

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)


def escalate(record: SQSRecord) -> None:
    escalation.run(Due.model_validate_json(record.body), clock.now())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=escalate, processor=processor, context=context)
