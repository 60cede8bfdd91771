"""Between DynamoDB's attribute values and plain Python: strings, whole numbers, booleans, lists, mappings.

Numbers are whole here (counts, epochs, seconds); times are strings. A stream record reads with `plain` too.
"""

from collections.abc import Mapping
from typing import Any


_HOLDS = "a row holds strings, whole numbers, booleans, None, lists and mappings"

Row = dict[str, Any]


def value(plain_value: Any) -> dict[str, Any]:
    """Return the attribute value of a plain one. Raises TypeError for anything a row does not hold."""
    match plain_value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": plain_value}
        case str():
            return {"S": plain_value}
        case int():
            return {"N": str(plain_value)}
        case list() | tuple():
            return {"L": [value(item) for item in plain_value]}
        case Mapping():
            return {"M": attributes(plain_value)}
    raise TypeError(_HOLDS)


def attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as DynamoDB takes it."""
    return {name: value(item) for name, item in row.items()}


def plain(row: Mapping[str, Any]) -> Row:
    """Return a row as Python has it."""
    return {name: _plain(item) for name, item in row.items()}


def _plain(attribute: Mapping[str, Any]) -> Any:
    ((kind, content),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "NULL":
            return None
        case "L":
            return [_plain(item) for item in content]
        case "M":
            return plain(content)
    raise TypeError(_HOLDS)
