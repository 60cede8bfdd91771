"""Every minute: ask the table what should have happened, and do what did not.

Called by a person with `{"rebuild": true, "begin": null}` it asks that of everything, and says where to go on.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin import aws, clock, rebuild, sweep
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb", "sqs", "scheduler")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if event.get("rebuild"):
        return {**rebuild.run(clock.now(), event.get("begin"))}
    return {"looked_at": sweep.run(clock.now())}
