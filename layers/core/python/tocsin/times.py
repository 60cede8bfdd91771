"""Moments as the API and the tables write them: `2026-11-22T20:28:28.123Z`, which sorts as text.

What time it is now is not known here: see the clock.
"""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

# RFC 3339, section 5.6. A leap second (:60) is refused, for Python has no such moment.
_SHAPE = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]+))?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def text(moment: datetime) -> str:
    """Write a moment in UTC with milliseconds, cut off, not rounded.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is not UTC:
        moment = _utc(moment)
    return moment.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def parse(text: str) -> datetime:
    """Read an RFC 3339 time with any offset; the answer is UTC, cut to milliseconds.

    Raises:
        ValueError: the text is no such time, or has no offset.
    """
    found = _SHAPE.fullmatch(text)
    if not found:
        raise ValueError("not an RFC 3339 time with an offset, such as 2026-11-22T20:28:28Z")
    milliseconds = (found["fraction"] or "")[:3].ljust(3, "0")
    offset = "+00:00" if found["offset"] in "Zz" else found["offset"]
    try:
        return datetime.fromisoformat(f"{found['date']}T{found['time']}.{milliseconds}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such date or time of day") from None


def _read(value: object) -> datetime:
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return _utc(value).replace(microsecond=value.microsecond // 1000 * 1000)
    if not isinstance(value, str):
        raise ValueError("a time is a string such as 2026-11-22T20:28:28Z")  # noqa: TRY004 - pydantic wants it
    return parse(value)


Moment = Annotated[
    datetime,
    PlainValidator(_read),
    PlainSerializer(text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T20:28:28.123Z"]}),
]
"""A field that reads RFC 3339 and writes UTC with milliseconds; in Python an aware `datetime`."""
