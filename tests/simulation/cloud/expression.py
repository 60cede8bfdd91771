"""The part of DynamoDB's expression language that the store writes, parsed once for each text.

condition  := term (OR term)*; term := factor (AND factor)*
factor     := ( condition ) | attribute_exists(path) | attribute_not_exists(path) | begins_with(path, operand)
            | operand comparator operand | operand BETWEEN operand AND operand
update     := SET path = operand [+ operand], ...  REMOVE path, ...

Names and values are always placeholders: #name, :value. Source: DynamoDB developer guide, "Expressions".
"""

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = Mapping[str, Any]
Node = tuple[Any, ...]

_TOKEN = re.compile(r"\s*([#:][\w.-]+|\w+|<>|<=|>=|[=<>(),+-])")
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Bad(ValueError):
    """The expression, or what it is given, is one that DynamoDB would refuse with a ValidationException."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        if "".join(self.tokens) != "".join(text.split()):
            raise Bad(f"not an expression: {text}")
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at].upper() if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token: str = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if expected and token.upper() not in expected:
            raise Bad(f"{expected} expected, not {token!r}")
        self.at += 1
        return token

    def placeholder(self) -> str:
        token = self.take()
        if not token.startswith(("#", ":")):
            raise Bad(f"a placeholder was expected, not {token!r}")
        return token


@cache
def condition(text: str) -> Node:
    """Return a condition as a tree."""
    reader = _Reader(text)
    found = _any(reader)
    reader.take("")
    return found


def _any(reader: _Reader) -> Node:
    parts = [_all(reader)]
    while reader.peek() == "OR":
        reader.take()
        parts.append(_all(reader))
    return parts[0] if len(parts) == 1 else ("or", parts)


def _all(reader: _Reader) -> Node:
    parts = [_factor(reader)]
    while reader.peek() == "AND":
        reader.take()
        parts.append(_factor(reader))
    return parts[0] if len(parts) == 1 else ("and", parts)


def _factor(reader: _Reader) -> Node:
    match reader.peek():
        case "(":
            reader.take()
            inner = _any(reader)
            reader.take(")")
            return inner
        case "ATTRIBUTE_EXISTS" | "ATTRIBUTE_NOT_EXISTS" | "BEGINS_WITH":
            return _function(reader)
    left = reader.placeholder()
    comparator = reader.take("=", "<>", "<", "<=", ">", ">=", "BETWEEN").lower()
    if comparator != "between":
        return (comparator, left, reader.placeholder())
    low = reader.placeholder()
    reader.take("AND")
    return ("between", left, low, reader.placeholder())


def _function(reader: _Reader) -> Node:
    name = reader.take().lower()
    reader.take("(")
    arguments = [reader.placeholder()]
    if name == "begins_with":
        reader.take(",")
        arguments.append(reader.placeholder())
    reader.take(")")
    return (name, *arguments)


@cache
def update(text: str) -> tuple[list[Node], list[str]]:
    """Return an update's assignments, `(path, operand[, sign, operand])`, and the paths that it removes."""
    reader = _Reader(text)
    assignments: list[Node] = []
    removed: list[str] = []
    if reader.peek() == "SET":
        reader.take()
        assignments = _listed(reader, _assignment)
    if reader.peek() == "REMOVE":
        reader.take()
        removed = _listed(reader, _Reader.placeholder)
    reader.take("")
    return assignments, removed


def _listed(reader: _Reader, one: Callable[[_Reader], Any]) -> list[Any]:
    found = [one(reader)]
    while reader.peek() == ",":
        reader.take()
        found.append(one(reader))
    return found


def _assignment(reader: _Reader) -> Node:
    path = reader.placeholder()
    reader.take("=")
    first = reader.placeholder()
    if reader.peek() not in ("+", "-"):
        return (path, first)
    return (path, first, reader.take(), reader.placeholder())


class Bound:
    """Placeholders with what they stand for. DynamoDB refuses those that no expression of the request uses."""

    def __init__(self, names: Mapping[str, str] | None, values: Item | None, *texts: str | None) -> None:
        self.names, self.values = names or {}, values or {}
        if self.names.keys() | self.values.keys() != _used(*texts):
            raise Bad("placeholders that are not used, or not given")

    def value(self, item: Item, operand: str) -> Any:
        """Return what an operand is: a value, or an attribute of the item (None if it has none)."""
        return self.values[operand] if operand[0] == ":" else item.get(self.names[operand])

    def holds(self, item: Item, node: Node) -> bool:
        """Say whether a condition holds for an item; one that does not exist has no attributes."""
        match node:
            case ("and", parts):
                return all(self.holds(item, part) for part in parts)
            case ("or", parts):
                return any(self.holds(item, part) for part in parts)
            case ("attribute_exists", path):
                return self.names[path] in item
            case ("attribute_not_exists", path):
                return self.names[path] not in item
            case ("begins_with", path, prefix):
                return _begins(self.value(item, path), self.value(item, prefix))
            case ("between", path, low, high):
                found = self.value(item, path)
                return compared(">=", found, self.value(item, low)) and compared("<=", found, self.value(item, high))
        return compared(node[0], self.value(item, node[1]), self.value(item, node[2]))

    def updated(self, item: Item, text: str) -> dict[str, Any]:
        """Return an item after an update; what is read on the right is the item as it was."""
        assignments, removed = update(text)
        paths = [self.names[assignment[0]] for assignment in assignments] + [self.names[path] for path in removed]
        if len(set(paths)) < len(paths):
            raise Bad("two paths of the update overlap")
        new = dict(item)
        for path in removed:
            new.pop(self.names[path], None)
        for path, first, *rest in assignments:
            held = self.value(item, first)
            if rest:
                held = _sum(held, rest[0], self.value(item, rest[1]))
            if held is None:
                raise Bad("the update reads an attribute that is not there")
            new[self.names[path]] = held
        return new


@cache
def _used(*texts: str | None) -> frozenset[str]:
    return frozenset(token for text in texts if text for token in _TOKEN.findall(text) if token[0] in "#:")


def _begins(found: Any, prefix: Any) -> bool:
    return found is not None and "S" in found and found["S"].startswith(prefix["S"])


def compared(comparator: str, left: Any, right: Any) -> bool:
    """Compare two attribute values. One that is missing equals nothing and is unlike everything."""
    if left is None or right is None:
        return comparator == "<>" and left is not right
    if comparator in ("=", "<>"):
        return _same(left, right) is (comparator == "=")
    if left.keys() != right.keys() or not left.keys() <= {"S", "N", "B"}:
        return False
    return _ORDERED[comparator](_orderable(left), _orderable(right))


def _same(left: Any, right: Any) -> bool:
    if left == right:
        return True
    return "N" in left and "N" in right and Decimal(left["N"]) == Decimal(right["N"])


def _orderable(held: Any) -> Any:
    ((kind, content),) = held.items()
    return Decimal(content) if kind == "N" else content


def _sum(left: Any, sign: str, right: Any) -> dict[str, str]:
    if left is None or "N" not in left or "N" not in right:
        raise Bad("the update counts what is no number")
    one, other = Decimal(left["N"]), Decimal(right["N"])
    return {"N": str(one + other if sign == "+" else one - other)}
