"""Every minute: ask the table what should have happened, and do what did not."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, sweep
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb", "sqs", "scheduler")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    return {"looked_at": sweep.run(clock.now())}
