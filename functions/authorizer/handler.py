"""HTTPS API, before every function: say who is asking, or why there is nobody."""

from typing import Any

from tocsin import authorizer, aws, clock

aws.prepare("dynamodb")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer the gateway's authorizer request."""
    return authorizer.authorize(event, clock.now())
