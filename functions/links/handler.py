"""HTTPS API, no login: the link in a message. GET shows the ticket and a button, POST acknowledges."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, link_page
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb")


@logger.inject_lambda_context(clear_state=True, correlation_id_path="requestContext.requestId")
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return link_page.answer(event, clock.now())
