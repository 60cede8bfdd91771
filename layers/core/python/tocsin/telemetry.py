"""What the functions say of themselves: log lines that name their ticket, and metrics of the whole installation.

Metrics are written into the log, in the embedded metric format: none costs a call. A tenant is never a dimension.
"""

import warnings
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from tocsin import ids

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

logger = Logger()
metrics = Metrics()
# Most calls of a function have nothing to count, and that is how it should be.
warnings.filterwarnings("ignore", message="No application metrics to publish")


def about(tenant: str, ticket: str | None = None) -> None:
    """Put tenant, ticket and trace into every log line from here on: by the trace a ticket is followed everywhere."""
    logger.append_keys(tenant=tenant, ticket=ticket, trace=trace(tenant, ticket) if ticket else None)


@lru_cache(1_000)  # many lines are about one ticket
def trace(tenant: str, ticket: str) -> str:
    """Return the id by which a ticket is found in the logs of all functions: derived, so that nothing carries it."""
    return ids.sha256(tenant, ticket)[:32]


def count(name: str, number: int = 1, **dimensions: str) -> None:
    """Count something in CloudWatch, for this function and, if there are any, for these dimensions."""
    _put(name, MetricUnit.Count, number, dimensions)


def took(name: str, time: timedelta) -> None:
    """Let CloudWatch have a length of time, in milliseconds, of which it keeps the distribution."""
    _put(name, MetricUnit.Milliseconds, max(0.0, time / timedelta(milliseconds=1)), {})


def _put(name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
    if unit is not MetricUnit.Count:
        metrics.add_metric(name=name, unit=unit, value=value)  # all values of an invocation in one line, at its end
        return
    # At once: not every function has an end at which what it counted is written.
    with single_metric(name=name, unit=unit, value=value) as metric:
        for dimension, content in dimensions.items():
            metric.add_dimension(name=dimension, value=content)


def counted(answer: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Write what was counted meanwhile when a call ends, whatever comes of it: for those that count only seldom."""

    @wraps(answer)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        try:
            return answer(*args, **kwargs)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return wrapped
