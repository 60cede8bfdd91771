"""A person: `{"redrive": "due"}` gives the dead letters of that name another try."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, redrive
from tocsin.telemetry import logger, metrics

aws.prepare("sqs")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return {**redrive.run(str(event["redrive"]), clock.now())}
