"""Every minute: be a customer who is paged, and say whether it went as promised."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, ids
from tocsin.canary import run
from tocsin.telemetry import logger, metrics

aws.prepare("sqs", "secretsmanager")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    # An event that is delivered twice has one id, and one ticket: the second delivery leaves it to the first.
    return {"passed": run.run(f"canary-{event.get('id') or ids.new()}")}
