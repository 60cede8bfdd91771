"""HTTPS API, no login: a schedule as a calendar that others subscribe to. The key in the path is the credential."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, feeds
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return feeds.answer(event, clock.now())
