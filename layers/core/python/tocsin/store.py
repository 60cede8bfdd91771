"""The tables: conditional writes and reads of single rows, batches and pages of an index. Knows no noun.

A change is a mapping of attribute to new value; None removes the attribute, `Next(name)` is the value of another
attribute as it stood before the write, plus one or `by`. A condition is a list of `(attribute, operator, value)`, all
of which must hold: `=`, `<>`, `<`, `<=`, `>`, `exists`, `missing`, and `missing or <`.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from tocsin import aws, clock, sessions
from tocsin.errors import ConditionFailed, Overloaded
from tocsin.keys import Key
from tocsin.rows import Next, Row, attributes, changed, item, plain, value
from tocsin.settings import settings

Condition = tuple[str, str, Any]
EXISTS: list[Condition] = [("pk", "exists", None)]
NEW: list[Condition] = [("pk", "missing", None)]

ALL = ""  # stands for the partitions of many: only who works for all tenants writes in batches
_BATCH_READ, _BATCH_WRITE = 100, 25  # items a call, DynamoDB API reference
_ATTEMPTS = 5
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
}


@dataclass(frozen=True)
class Rows:
    """One page of a query: `after` is where the next one begins, None at the end."""

    items: list[Row]
    after: Row | None


class _Expression:
    """Collects names and values, so that no attribute name can be a reserved word."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        placeholder = f"#{attribute}"
        self.names[placeholder] = attribute
        return placeholder

    def value(self, plain_value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value(plain_value)
        return placeholder

    def condition(self, conditions: Iterable[Condition]) -> str:
        return " AND ".join([self._one(*condition) for condition in conditions])

    def _one(self, attribute: str, operator: str, operand: Any) -> str:
        name = self.name(attribute)
        if operator == "exists":
            return f"attribute_exists({name})"
        if operator == "missing":
            return f"attribute_not_exists({name})"
        if operator == "missing or <":
            return f"(attribute_not_exists({name}) OR {name} < {self.value(operand)})"
        return f"{name} {operator} {self.value(operand)}"

    def update(self, changes: Mapping[str, Any]) -> str:
        sets, removes = [], []
        for attribute, new in changes.items():
            if new is None:
                removes.append(self.name(attribute))
            elif isinstance(new, Next):
                sets.append(f"{self.name(attribute)} = {self.name(new.of)} + {self.value(new.by)}")
            else:
                sets.append(f"{self.name(attribute)} = {self.value(new)}")
        parts = [("SET " + ", ".join(sets)) if sets else "", ("REMOVE " + ", ".join(removes)) if removes else ""]
        return " ".join(part for part in parts if part)

    def arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.names:
            found["ExpressionAttributeNames"] = self.names
        if self.values:
            found["ExpressionAttributeValues"] = self.values
        return found


class Watch(Protocol):
    """Who is told of the writes of single rows."""

    def before(self, key: Key) -> None:
        """A row is about to be written, or not, if a condition does not hold."""

    def after(self, key: Key, old: Row | None, new: Row | None) -> None:
        """A row was written. None: there was no such row, or there is none any more."""


class Table:
    """One table. Reads are strongly consistent except those of an index, which cannot be."""

    def __init__(self, setting: str) -> None:
        self._setting = setting
        self.watch: Watch | None = None

    @cached_property
    def name(self) -> str:
        """The table's physical name."""
        return str(getattr(settings, self._setting))

    def get(self, key: Key) -> Row | None:
        """Return a row, None if there is none."""
        answer = _call(key["pk"], "get_item", TableName=self.name, Key=attributes(key), ConsistentRead=True)
        return plain(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return the rows of these keys in their order, None where there is none.

        A function that acts for a caller asks for rows of one tenant, or for such that are nobody's, not for both.
        """
        found: dict[tuple[str, str], Row] = {}
        wanted = list({(key["pk"], key["sk"]): key for key in keys}.values())
        for start in range(0, len(wanted), _BATCH_READ):
            for row in self._read_batch(wanted[start : start + _BATCH_READ]):
                found[row["pk"], row["sk"]] = row
        return [found.get((key["pk"], key["sk"])) for key in keys]

    def _read_batch(self, keys: Sequence[Key]) -> list[Row]:
        request: dict[str, Any] = {self.name: {"Keys": [attributes(key) for key in keys], "ConsistentRead": True}}
        rows: list[Row] = []
        for attempt in range(_ATTEMPTS):
            _pause(attempt)
            answer = _call(keys[0]["pk"], "batch_get_item", RequestItems=request)
            rows += [plain(item) for item in answer["Responses"].get(self.name, [])]
            request = answer.get("UnprocessedKeys") or {}
            if not request:
                return rows
        raise Overloaded

    def put(self, row: Mapping[str, Any], *, when: Sequence[Condition] = ()) -> None:
        """Put a row. Raises `ConditionFailed` with the row that stands there if `when` does not hold."""
        expression = _Expression()
        arguments: dict[str, Any] = {"TableName": self.name, "Item": item(row)}
        if self.watch is None:
            self._conditional(row["pk"], "put_item", expression, when, arguments)
            return
        key = Key(pk=row["pk"], sk=row["sk"])
        self.watch.before(key)
        arguments["ReturnValues"] = "ALL_OLD"
        answer = self._conditional(row["pk"], "put_item", expression, when, arguments)
        self.watch.after(key, plain(answer["Attributes"]) if answer.get("Attributes") else None, plain(item(row)))

    def update(self, key: Key, changes: Mapping[str, Any], *, when: Sequence[Condition] = EXISTS) -> Row:
        """Change a row and return it as it is then. Raises `ConditionFailed` if `when` does not hold."""
        if self.watch is None:
            return self._update(key, changes, when, "ALL_NEW")
        self.watch.before(key)
        old = self._update(key, changes, when, "ALL_OLD")
        new = plain(item(changed({**key, **old}, changes)))
        self.watch.after(key, old or None, new)
        return new

    def exchange(self, key: Key, changes: Mapping[str, Any], *, when: Sequence[Condition] = EXISTS) -> Row:
        """Change a row and return what it was before, nothing if there was none. Raises as `update` does."""
        return self._update(key, changes, when, "ALL_OLD")

    def _update(self, key: Key, changes: Mapping[str, Any], when: Sequence[Condition], returned: str) -> Row:
        expression = _Expression()
        arguments = {
            "TableName": self.name,
            "Key": attributes(key),
            "UpdateExpression": expression.update(changes),
            "ReturnValues": returned,
        }
        return plain(self._conditional(key["pk"], "update_item", expression, when, arguments).get("Attributes", {}))

    def delete(self, key: Key, *, when: Sequence[Condition] = ()) -> Row | None:
        """Delete a row and return what it was, None if there was none. Raises `ConditionFailed` as `put` does."""
        arguments = {"TableName": self.name, "Key": attributes(key), "ReturnValues": "ALL_OLD"}
        if self.watch:
            self.watch.before(key)
        answer = self._conditional(key["pk"], "delete_item", _Expression(), when, arguments)
        old = plain(answer["Attributes"]) if answer.get("Attributes") else None
        if self.watch and old is not None:
            self.watch.after(key, old, None)
        return old

    def _conditional(
        self, partition: str, call: str, expression: _Expression, when: Sequence[Condition], arguments: dict[str, Any]
    ) -> dict[str, Any]:
        if when:
            arguments["ConditionExpression"] = expression.condition(when)
            arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return _call(partition, call, **arguments, **expression.arguments())

    def put_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put rows whose names are derived from what they say, so that putting one twice does no harm."""
        self._write_all([{"PutRequest": {"Item": item(row)}} for row in rows])

    def delete_all(self, keys: Sequence[Key]) -> None:
        """Delete rows, whether they are there or not."""
        self._write_all([{"DeleteRequest": {"Key": attributes(key)}} for key in keys])

    def _write_all(self, requests: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(requests), _BATCH_WRITE):
            request: dict[str, Any] = {self.name: list(requests[start : start + _BATCH_WRITE])}
            for attempt in range(_ATTEMPTS):
                _pause(attempt)
                request = _call(ALL, "batch_write_item", RequestItems=request).get("UnprocessedItems") or {}
                if not request:
                    break
            else:
                raise Overloaded

    def query(
        self,
        partition: str,
        *,
        index: str | None = None,
        hash_name: str = "pk",
        range_name: str = "sk",
        begins: str | None = None,
        between: tuple[str, str] | None = None,
        forward: bool = True,
        limit: int | None = None,
        after: Row | None = None,
    ) -> Rows:
        """Return one page of a partition in the order of its range key, `limit` rows at most."""
        expression = _Expression()
        condition = expression.condition([(hash_name, "=", partition)])
        if begins is not None:
            condition += f" AND begins_with({expression.name(range_name)}, {expression.value(begins)})"
        if between is not None:
            low, high = expression.value(between[0]), expression.value(between[1])
            condition += f" AND {expression.name(range_name)} BETWEEN {low} AND {high}"
        arguments: dict[str, Any] = {"TableName": self.name, "KeyConditionExpression": condition}
        arguments |= {"IndexName": index} if index else {"ConsistentRead": True}
        arguments |= {"Limit": limit} if limit else {}
        arguments |= {"ExclusiveStartKey": attributes(after)} if after else {}
        answer = _call(partition, "query", ScanIndexForward=forward, **arguments, **expression.arguments())
        last = answer.get("LastEvaluatedKey")
        return Rows([plain(item) for item in answer["Items"]], plain(last) if last else None)

    def query_all(self, partition: str, **how: Any) -> list[Row]:
        """Return every row of a query, page by page. Only for partitions that are small by nature."""
        rows, after = [], None
        while True:
            page = self.query(partition, after=after, **how)
            rows += page.items
            after = page.after
            if after is None:
                return rows


tickets = Table("tickets_table")
directory = Table("directory_table")


def _pause(attempt: int) -> None:
    """Wait before what was left undone is asked for again: 50 ms, doubling, with jitter."""
    if attempt:
        clock.pause(random.SystemRandom().uniform(0.5, 1) * 0.05 * 2**attempt)


def _call(partition: str, operation: str, **arguments: Any) -> dict[str, Any]:
    client = sessions.client(partition)
    try:
        answer: dict[str, Any] = getattr(client, operation)(**arguments)
    except client.exceptions.ConditionalCheckFailedException as error:
        found = error.response.get("Item")
        raise ConditionFailed(plain(found) if found else None) from error
    except aws.failures() as error:
        # No code: there was no answer at all.
        if aws.error_code(error) in {"", *_THROTTLED}:
            raise Overloaded from error
        raise
    return answer
