"""What the functions say of themselves. Metrics are counted for the installation; a tenant is never a dimension."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()


def count(name: str, number: int = 1) -> None:
    """Count something in CloudWatch, in the embedded metric format."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
