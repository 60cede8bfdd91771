"""EventBridge event patterns over a ticket's fields: the `when` of a rule.

    {"severity": ["sev1", "sev2"], "labels": {"service": [{"prefix": "checkout"}], "env": [{"anything-but": "test"}]}}

Every named field must match one entry of its list. The operators and their meaning are EventBridge's (Amazon EventBridge
user guide, comparison operators in event patterns), with two differences: all fields of a ticket are strings, so `numeric`
reads strings that are numbers; and a field that is null counts as missing. A missing field is matched by
`{"exists": false}` alone. `$or` takes two or more whole patterns, at the top only.

Matching takes time in proportion to the text: there is no backtracking.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

FIELDS = ("severity", "title", "description", "source", "dedup_key", "team")
"""The fields of a ticket that a pattern may name, beside `labels`."""

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_LARGEST = 1e15  # whole numbers up to here are exact in a float
_MOST_PROBLEMS = 50  # of one pattern are reported

_Loc = tuple[str | int, ...]
_Problem = tuple[_Loc, str]


def validate(pattern: Any) -> dict[str, Any]:
    """Check a pattern and return it.

    Raises:
        ValidationError: a ValueError with one entry a mistake; `loc` is the place inside the pattern, such as
            `("labels", "service", 0)`. Raised inside a model's validator, pydantic puts the model's own place before it.
    """
    problems = list(islice(_problems(pattern), _MOST_PROBLEMS))
    if problems:
        raise ValidationError.from_exception_data(
            "event pattern",
            [InitErrorDetails(type=PydanticCustomError("event_pattern", why), loc=loc, input=None) for loc, why in problems],
        )
    return dict(pattern)


def matches(pattern: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Tell whether a ticket's fields match a validated pattern; the empty pattern matches everything."""
    return all(_matches_field(name, wanted, fields) for name, wanted in pattern.items())


EventPattern = Annotated[
    dict[str, Any],
    AfterValidator(validate),
    WithJsonSchema(
        {
            "type": "object",
            "description": "An EventBridge event pattern over the ticket's fields "
            f"({', '.join(FIELDS)}, labels): lists of exact values or of prefix, suffix, anything-but, exists, numeric "
            "(reads strings that are numbers), equals-ignore-case, wildcard.",
            "examples": [{"severity": ["sev1", "sev2"], "labels": {"service": [{"prefix": "checkout"}]}}],
        }
    ),
]
"""A field that holds a valid pattern."""


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
    first, *rest = _pieces(operand)
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


def _pieces(wildcard: str) -> list[str]:
    r"""Split at each `*`; `\*` and `\\` stand for the characters themselves."""
    pieces, escaped = [""], False
    for character in wildcard:
        if character == "\\" and not escaped:
            escaped = True
            continue
        if character == "*" and not escaped:
            pieces.append("")
        else:
            pieces[-1] += character
        escaped = False
    return pieces


def _anything_but(value: str, operand: Any) -> bool:
    if isinstance(operand, dict):
        ((name, texts),) = operand.items()
        return not any(_MATCH[name](value, text) for text in _listed(texts))
    return value not in _listed(operand)


def _numeric(value: str, operand: list[Any]) -> bool:
    if not _NUMBER.fullmatch(value):
        return False
    number = float(value)
    return all(_COMPARISONS[sign](number, bound) for sign, bound in _comparisons(operand))


def _comparisons(operand: list[Any]) -> list[tuple[Any, Any]]:
    return list(pairwise(operand))[::2]


def _exists(_value: str, operand: bool) -> bool:
    return operand


def _listed(operand: Any) -> list[Any]:
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
_NESTABLE = ("prefix", "suffix", "equals-ignore-case", "wildcard")  # inside anything-but


def _problems(pattern: Any) -> Iterator[_Problem]:
    if not isinstance(pattern, dict):
        yield (), "a pattern is an object"
        return
    for name, wanted in pattern.items():
        if name == "$or":
            yield from _or_problems(wanted)
        elif name == "labels":
            yield from _labels_problems(wanted)
        elif name in FIELDS:
            yield from _list_problems((name,), wanted)
        else:
            yield (name,), f"a ticket has no such field; there are {', '.join(FIELDS)} and labels"


def _or_problems(alternatives: Any) -> Iterator[_Problem]:
    if not isinstance(alternatives, list) or len(alternatives) < 2:
        yield ("$or",), "$or takes a list of two or more patterns"
        return
    for index, alternative in enumerate(alternatives):
        at: _Loc = ("$or", index)
        if not isinstance(alternative, dict) or not alternative:
            yield at, "each alternative of $or is a pattern that names a field"
        elif "$or" in alternative:
            yield (*at, "$or"), "$or cannot stand inside $or"
        else:
            yield from (((*at, *loc), why) for loc, why in _problems(alternative))


def _labels_problems(labels: Any) -> Iterator[_Problem]:
    if not isinstance(labels, dict) or not labels:
        yield ("labels",), "labels takes an object with a list for each label"
        return
    for label, wanted in labels.items():
        if not _is_text(label) or not label:
            yield ("labels",), "a label's name is a text of at least one character"
        else:
            yield from _list_problems(("labels", label), wanted)


def _list_problems(loc: _Loc, entries: Any) -> Iterator[_Problem]:
    if not isinstance(entries, list):
        yield loc, "the values to match stand in a list"
        return
    if not entries:
        yield loc, "an empty list would match nothing"
    for index, entry in enumerate(entries):
        why = _entry_problem(entry)
        if why:
            yield (*loc, index), why


def _entry_problem(entry: Any) -> str | None:
    if isinstance(entry, str):
        return None if _is_text(entry) else "this text holds half of a surrogate pair"
    if not isinstance(entry, dict):
        return "a value is a string, or an object with one operator"
    if len(entry) != 1:
        return "an object in the list has exactly one operator"
    ((name, operand),) = entry.items()
    check = _CHECK.get(name)
    return check(operand) if check else f"there is no such operator; there are {', '.join(_CHECK)}"


def _affix_problem(operand: Any) -> str | None:
    text = operand.get("equals-ignore-case") if isinstance(operand, dict) and len(operand) == 1 else operand
    return None if _is_text(text) else 'prefix and suffix take a string, or {"equals-ignore-case": string}'


def _ignore_case_problem(operand: Any) -> str | None:
    return None if _is_text(operand) else "equals-ignore-case takes a string"


def _wildcard_problem(operand: Any) -> str | None:
    if not _is_text(operand):
        return "wildcard takes a string"
    if not re.fullmatch(r"(?:\\[*\\]|[^\\])*", operand, re.DOTALL):
        return r"in a wildcard, \ stands before * or \ only"
    return "two * in a row match no more than one" if "" in _pieces(operand)[1:-1] else None


def _anything_but_problem(operand: Any) -> str | None:
    if not isinstance(operand, dict):
        fine = all(_is_text(text) for text in _listed(operand)) and operand != []
        return None if fine else "anything-but takes a string, a list of strings, or an object with one operator"
    if len(operand) != 1 or not set(operand) <= set(_NESTABLE):
        return f"inside anything-but stands exactly one of {', '.join(_NESTABLE)}"
    ((name, texts),) = operand.items()
    if not _listed(texts) or not all(isinstance(text, str) and text for text in _listed(texts)):
        return f"inside anything-but, {name} takes a string or a list of strings, none of them empty"
    return next((why for text in _listed(texts) if (why := _CHECK[name](text))), None)


def _numeric_problem(operand: Any) -> str | None:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        return 'numeric takes a list such as ["=", 5] or [">", 0, "<=", 5]'
    signs, bounds = operand[::2], operand[1::2]
    if not all(_is_number(bound) for bound in bounds):
        return "numeric compares with numbers between -1e15 and 1e15"
    if not all(isinstance(sign, str) and sign in _COMPARISONS for sign in signs):
        return f"numeric compares by one of {' '.join(_COMPARISONS)}"
    if len(signs) == 2 and not (signs[0] in (">", ">=") and signs[1] in ("<", "<=") and bounds[0] < bounds[1]):
        return "a numeric range goes from the lower bound (> or >=) to the upper one (< or <=)"
    return None


def _exists_problem(operand: Any) -> str | None:
    return None if isinstance(operand, bool) else "exists takes true or false"


_CHECK: dict[str, Callable[[Any], str | None]] = {
    "prefix": _affix_problem,
    "suffix": _affix_problem,
    "anything-but": _anything_but_problem,
    "exists": _exists_problem,
    "numeric": _numeric_problem,
    "equals-ignore-case": _ignore_case_problem,
    "wildcard": _wildcard_problem,
}


def _is_text(value: Any) -> bool:
    # JSON can name half of a surrogate pair, which no database takes.
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
