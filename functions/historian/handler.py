"""Tickets stream, tickets, pages and notes: write what happened into the history, and tell who wants to know."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, chronicle
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb", "sqs")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    return chronicle.write(event["Records"])
