"""Durations as Prometheus writes them: `30s`, `5m`, `1h30m`, `7d`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
# At most nine digits a unit: what is longer is no duration, and timedelta could not hold it.
_SHAPE = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS))


def parse(text: str) -> timedelta:
    """Read `1h30m`: days, hours, minutes, seconds in this order, each at most once, whole numbers.

    Raises:
        ValueError: the text is no such duration.
    """
    found = _SHAPE.fullmatch(text)
    if not found or not text:
        raise ValueError("not a duration such as 30s, 5m, 1h30m or 7d (units d, h, m, s in this order)")
    seconds = sum(int(count or 0) * size for count, size in zip(found.groups(), _UNITS.values(), strict=True))
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError("the duration is too long") from None


def text(value: timedelta) -> str:
    """Write a duration the way Prometheus does, in whole seconds, rounded down: `90m` becomes `1h30m`; zero is `0s`.

    Raises:
        ValueError: the duration is negative.
    """
    if value < timedelta(0):
        raise ValueError("a duration cannot be negative")
    rest = value // timedelta(seconds=1)
    parts = []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


_parsed = lru_cache(1000)(parse)  # rows and their bounds say the same few again and again


def _read(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("a duration is a string such as 30s, 5m, 1h30m or 7d")  # noqa: TRY004 - pydantic wants it
    return _parsed(value)


Duration = Annotated[
    timedelta,
    PlainValidator(_read),
    PlainSerializer(text, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^(?=.)([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?$",
            "examples": ["5m", "1h30m"],
        }
    ),
]
"""A field that reads and writes such strings; in Python a `timedelta`."""


@dataclass(frozen=True)
class _Between:
    """The bounds of a duration, both allowed, kept as they were written: error and JSON schema show them so."""

    least: str
    most: str

    def _check(self, value: timedelta) -> timedelta:
        if not _parsed(self.least) <= value <= _parsed(self.most):
            raise ValueError(f"must be from {self.least} to {self.most}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "description": f"A duration from {self.least} to {self.most}."}


def between(least: str, most: str) -> _Between:
    """Bound a field: `Annotated[Duration, between("10s", "7d")]`. Both ends are allowed."""
    return _Between(least, most)
