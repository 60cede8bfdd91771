"""Between DynamoDB's attribute values and plain Python: strings, numbers, booleans, lists, mappings.

Numbers are whole (counts, epochs, seconds) but for those in a rule's pattern; times are strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HOLDS = "a row holds strings, numbers, booleans, None, lists and mappings"

Row = dict[str, Any]


@dataclass(frozen=True)
class Next:
    """A change: the attribute becomes `of` plus `by`, counted by the table itself."""

    of: str
    by: int = 1


def changed(row: Mapping[str, Any], changes: Mapping[str, Any]) -> Row:
    """Return a row after a write of changes, as the table makes them; None takes an attribute away."""
    made = {name: row[new.of] + new.by if isinstance(new, Next) else new for name, new in changes.items()}
    return {name: content for name, content in {**row, **made}.items() if content is not None}


def value(plain_value: Any) -> dict[str, Any]:
    """Return the attribute value of a plain one. Raises TypeError for anything a row does not hold."""
    match plain_value:
        case str():
            return {"S": plain_value}
        case bool():
            return {"BOOL": plain_value}
        case int() | float():
            return {"N": repr(plain_value)}
        case dict():
            return {"M": attributes(plain_value)}
        case list() | tuple():
            return {"L": [value(item) for item in plain_value]}
        case None:
            return {"NULL": True}
    raise TypeError(_HOLDS)


def attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping as DynamoDB takes it."""
    # Strings are most of a row, and many rows are read and written for each page.
    return {name: {"S": held} if type(held) is str else value(held) for name, held in row.items()}


def item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole row as DynamoDB takes it: what is None is not there, as after a change that removes it."""
    return attributes({name: content for name, content in row.items() if content is not None})


def plain(row: Mapping[str, Any]) -> Row:
    """Return a row as Python has it."""
    return {name: held["S"] if "S" in held else _plain(held) for name, held in row.items()}


def _plain(attribute: Mapping[str, Any]) -> Any:
    ((kind, content),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content) if content.lstrip("-").isdecimal() else float(content)
        case "NULL":
            return None
        case "L":
            return [_plain(item) for item in content]
        case "M":
            return plain(content)
    raise TypeError(_HOLDS)
