"""What time it is. The one place that looks, so that a test can move it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC, cut to milliseconds as everything stored is."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
