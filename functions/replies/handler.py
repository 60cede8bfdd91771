"""SNS, two-way SMS: somebody answered a page by SMS. Acknowledge, resolve or escalate, and say what was done."""

import json
from typing import Any

from aws_lambda_powertools.utilities.data_classes import SNSEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, phone, replies
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb", "sqs")


def reply(message: str) -> None:
    """Take one inbound SMS (AWS End User Messaging, two-way SMS). What is none is logged: to retry it cannot help."""
    try:
        sms = json.loads(message)
        number, text = phone.e164(sms["originationNumber"]), str(sms["messageBody"])
        found = sms.get("inboundMessageId")
    except (ValueError, LookupError, TypeError):
        logger.exception("this is no SMS")
        return
    message_id = found if isinstance(found, str) and found.isascii() else None
    replies.run(number, text, message_id, clock.now())


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    for record in SNSEvent(event).records:
        reply(record.sns.message)
