"""What time it is, and how to let some of it pass. The one place that looks, so that a test can move it."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC, cut to milliseconds as everything stored is."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)
