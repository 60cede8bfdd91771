"""HTTPS API (/in), SNS and EventBridge: another system's alert becomes a ticket, or closes it.

Three triggers, one thing done: a door's key in the path, the installation's own alarm topic, and its own account's
alarm events.
"""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.data_classes import SNSEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, doors, intake
from tocsin.sources import cloudwatch
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb")


@logger.inject_lambda_context(clear_state=True, correlation_id_path="requestContext.requestId")
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any] | None:
    if "requestContext" in event:
        return doors.answer(event, clock.now())
    if "Records" in event:
        for record in SNSEvent(event).records:
            sns = record.sns
            intake.own(partial(cloudwatch.from_sns, sns.message), clock.now(), delivery=sns.message_id)
    else:
        intake.own(partial(cloudwatch.from_eventbridge, event), clock.now(), delivery=event.get("id"))
    return None
