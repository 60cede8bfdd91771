"""Whether a ticket's fields match a valid pattern."""

import operator
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Short enough to be read at once, whatever a label holds.
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")


def matches(pattern: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Tell whether a ticket's fields match a validated pattern; the empty pattern matches everything."""
    return all(_matches_field(name, wanted, fields) for name, wanted in pattern.items())


def failing(pattern: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """Return the places of a pattern that keep a ticket's fields from matching it: `severity`, `labels.service`."""
    labels = fields.get("labels") or {}
    found = [name for name, wanted in pattern.items() if name != "labels" and not _matches_field(name, wanted, fields)]
    wanted_labels = pattern.get("labels", {}).items()
    return found + [f"labels.{name}" for name, wanted in wanted_labels if not _matches_value(wanted, labels.get(name))]


def _matches_field(name: str, wanted: Any, fields: Mapping[str, Any]) -> bool:
    if name == "$or":
        return any(matches(alternative, fields) for alternative in wanted)
    if name == "labels":
        labels = fields.get("labels") or {}
        return all(_matches_value(entries, labels.get(label)) for label, entries in wanted.items())
    return _matches_value(wanted, fields.get(name))


def _matches_value(entries: list[Any], value: str | None) -> bool:
    if value is None:
        return {"exists": False} in entries
    return any(_matches_entry(entry, value) for entry in entries)


def _matches_entry(entry: Any, value: str) -> bool:
    if isinstance(entry, str):
        return entry == value
    ((name, operand),) = entry.items()
    return _MATCH[name](value, operand)


def _prefix(value: str, operand: Any) -> bool:
    if isinstance(operand, str):
        return value.startswith(operand)
    return value.casefold().startswith(operand["equals-ignore-case"].casefold())


def _suffix(value: str, operand: Any) -> bool:
    if isinstance(operand, str):
        return value.endswith(operand)
    return value.casefold().endswith(operand["equals-ignore-case"].casefold())


def _equals_ignore_case(value: str, operand: str) -> bool:
    return value.casefold() == operand.casefold()


def _wildcard(value: str, operand: str) -> bool:
    """Match piece by piece from the left; the leftmost place is always the best one, so nothing is tried twice."""
    first, *rest = pieces(operand)
    if not rest:
        return value == first
    *middle, last = rest
    at, end = len(first), len(value) - len(last)
    if at > end or not value.startswith(first) or not value.endswith(last):
        return False
    for piece in middle:
        found = value.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def pieces(wildcard: str) -> list[str]:
    r"""Split at each `*`; `\*` and `\\` stand for the characters themselves."""
    found, escaped = [""], False
    for character in wildcard:
        if character == "\\" and not escaped:
            escaped = True
            continue
        if character == "*" and not escaped:
            found.append("")
        else:
            found[-1] += character
        escaped = False
    return found


def _anything_but(value: str, operand: Any) -> bool:
    if isinstance(operand, dict):
        ((name, texts),) = operand.items()
        return not any(_MATCH[name](value, text) for text in listed(texts))
    return value not in listed(operand)


def _numeric(value: str, operand: list[Any]) -> bool:
    if not _NUMBER.fullmatch(value):
        return False
    number = float(value)
    return all(COMPARISONS[sign](number, bound) for sign, bound in _comparisons(operand))


def _comparisons(operand: list[Any]) -> list[tuple[Any, Any]]:
    return list(pairwise(operand))[::2]


def _exists(_value: str, operand: bool) -> bool:
    return operand


def listed(operand: Any) -> list[Any]:
    """Make a list of what may be one value or a list of them."""
    return operand if isinstance(operand, list) else [operand]


_MATCH: dict[str, Callable[[str, Any], bool]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
}
