"""What is wrong with a pattern, and where."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tocsin.pattern.matching import COMPARISONS, listed, pieces

FIELDS = ("severity", "title", "description", "source", "dedup_key", "team", "status")
"""The fields of a ticket that a pattern may name, beside `labels`."""

_LARGEST = 1e15  # whole numbers up to here are exact in a float
_SMALLEST = 1e-100  # DynamoDB takes none nearer to zero than 1e-130
_NESTABLE = ("prefix", "suffix", "equals-ignore-case", "wildcard")  # inside anything-but

_Loc = tuple[str | int, ...]
_Problem = tuple[_Loc, str]


def problems(pattern: Any) -> Iterator[_Problem]:
    """Yield place and reason of each mistake."""
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
            yield from (((*at, *loc), why) for loc, why in problems(alternative))


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
    if not re.fullmatch(r"(?:\\[*\\]|[^\\])*", operand):
        return r"in a wildcard, \ stands before * or \ only"
    return "two * in a row match no more than one" if "" in pieces(operand)[1:-1] else None


def _anything_but_problem(operand: Any) -> str | None:
    if not isinstance(operand, dict):
        fine = all(_is_text(text) for text in listed(operand)) and operand != []
        return None if fine else "anything-but takes a string, a list of strings, or an object with one operator"
    if len(operand) != 1 or not set(operand) <= set(_NESTABLE):
        return f"inside anything-but stands exactly one of {', '.join(_NESTABLE)}"
    ((name, texts),) = operand.items()
    if not listed(texts) or not all(isinstance(text, str) and text for text in listed(texts)):
        return f"inside anything-but, {name} takes a string or a list of strings, none of them empty"
    return next((why for text in listed(texts) if (why := _CHECK[name](text))), None)


def _numeric_problem(operand: Any) -> str | None:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        return 'numeric takes a list such as ["=", 5] or [">", 0, "<=", 5]'
    signs, bounds = operand[::2], operand[1::2]
    if not all(_is_number(bound) for bound in bounds):
        return "numeric compares with numbers between -1e15 and 1e15, none but 0 nearer to it than 1e-100"
    if not all(isinstance(sign, str) and sign in COMPARISONS for sign in signs):
        return f"numeric compares by one of {' '.join(COMPARISONS)}"
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
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return value == 0 or _SMALLEST <= abs(value) <= _LARGEST
