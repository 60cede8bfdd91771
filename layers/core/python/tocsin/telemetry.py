"""What the functions say of themselves. Metrics are counted for the installation; a tenant is never a dimension."""

import warnings

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()
# Most calls of a function have nothing to count, and that is how it should be.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def about(tenant: str, ticket: str | None = None) -> None:
    """Put tenant and ticket into every log line from here on: by them a page is followed through all functions."""
    logger.append_keys(tenant=tenant, ticket=ticket)


def count(name: str, number: int = 1) -> None:
    """Count something in CloudWatch, in the embedded metric format."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
