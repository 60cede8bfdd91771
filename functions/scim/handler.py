"""HTTPS API, SCIM 2.0: a company's identity provider makes, changes, deactivates and deletes its users."""

from typing import Any

from tocsin import aws, clock
from tocsin.scim import door
from tocsin.telemetry import logger, metrics

aws.prepare("dynamodb")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request of an identity provider."""
    return door.answer(event, clock.now())
