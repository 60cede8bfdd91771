"""Every hour: hold the schedules against the table, arm what is missing and delete what is void."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import audit, aws, clock
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb", "sqs", "scheduler")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return {**audit.run(clock.now())}
