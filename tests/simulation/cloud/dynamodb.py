"""DynamoDB as its API reference has it, as far as the store uses it."""
# ruff: noqa: N803 - arguments are named as AWS names them

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.cloud import errors, expression
from tests.simulation.cloud.errors import Exceptions
from tests.simulation.cloud.expression import Bad, Bound
from tests.simulation.cloud.table import Entry, Index, Item, Table

Answer = dict[str, Any]
LARGEST = 400 * 1024  # bytes of an item


class DynamoDB:
    """The service; `tables` by name."""

    exceptions = Exceptions(
        "ConditionalCheckFailedException",
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "ResourceNotFoundException",
    )

    def __init__(self, *tables: Table) -> None:
        self.tables = {table.name: table for table in tables}
        self.most: dict[str, int] = {}  # items of a page by table and index: it has 1 MB, not a number of items
        self.leaves: Callable[[int], int] = lambda number: 0  # how many keys or items of a batch are not processed

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Answer:
        found = self._table(TableName, "GetItem").get(*_key(Key, "GetItem"))
        return {"Item": found} if found is not None else {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Answer:
        answers: dict[str, list[Item]] = {}
        left: dict[str, Any] = {}
        for name, request in RequestItems.items():
            table = self._table(name, "BatchGetItem")
            wanted = [_key(key, "BatchGetItem") for key in request["Keys"]]
            if not 0 < len(wanted) <= 100 or len(set(wanted)) < len(wanted):
                raise _refusal("BatchGetItem", "1 to 100 keys, each once")
            done = len(wanted) - self.leaves(len(wanted))
            answers[name] = [found for key in wanted[:done] if (found := table.get(*key)) is not None]
            if done < len(wanted):
                left[name] = {**request, "Keys": request["Keys"][done:]}
        return {"Responses": answers, "UnprocessedKeys": left}

    def put_item(self, *, TableName: str, Item: Item, **how: Any) -> Answer:
        table = self._table(TableName, "PutItem")
        _checked(table, Item, "PutItem")
        old = table.get(Item["pk"]["S"], Item["sk"]["S"])
        self._demand(old, how, "PutItem")
        table.put(Item)
        return {"Attributes": old} if old is not None and how.get("ReturnValues") == "ALL_OLD" else {}

    def update_item(self, *, TableName: str, Key: Item, UpdateExpression: str, **how: Any) -> Answer:
        table = self._table(TableName, "UpdateItem")
        old = table.get(*_key(Key, "UpdateItem"))
        bound = self._demand(old, how, "UpdateItem", UpdateExpression)
        try:
            new = bound.updated(old if old is not None else Key, UpdateExpression)
        except Bad as bad:
            raise _refusal("UpdateItem", str(bad)) from bad
        if (new.get("pk"), new.get("sk")) != (Key["pk"], Key["sk"]):
            raise _refusal("UpdateItem", "a key cannot be changed")
        _checked(table, new, "UpdateItem")
        table.put(new)
        shown = {"ALL_NEW": new, "ALL_OLD": old}.get(how.get("ReturnValues", ""))
        return {"Attributes": shown} if shown else {}

    def delete_item(self, *, TableName: str, Key: Item, **how: Any) -> Answer:
        table = self._table(TableName, "DeleteItem")
        key = _key(Key, "DeleteItem")
        old = table.get(*key)
        self._demand(old, how, "DeleteItem")
        table.delete(*key)
        return {"Attributes": old} if old is not None and how.get("ReturnValues") == "ALL_OLD" else {}

    def batch_write_item(self, *, RequestItems: Mapping[str, Any]) -> Answer:
        left: dict[str, Any] = {}
        for name, requests in RequestItems.items():
            table = self._table(name, "BatchWriteItem")
            items = [request.get("PutRequest", {}).get("Item") for request in requests]
            written = [_written(request) for request in requests]
            if not 0 < len(items) <= 25 or len(set(written)) < len(items):
                raise _refusal("BatchWriteItem", "1 to 25 items, each once")
            for item in items:
                if item is not None:
                    _checked(table, item, "BatchWriteItem")
            done = len(items) - self.leaves(len(items))
            for key, item in list(zip(written, items, strict=True))[:done]:
                if item is not None:
                    table.put(item)
                else:
                    table.delete(*key)
            if done < len(items):
                left[name] = requests[done:]
        return {"UnprocessedItems": left}

    def query(self, *, TableName: str, KeyConditionExpression: str, **how: Any) -> Answer:
        table = self._table(TableName, "Query")
        name = how.get("IndexName")
        if name and how.get("ConsistentRead"):
            raise _refusal("Query", "an index has no consistent reads")
        index = table.indexes[name] if name else table.primary
        partition, entries = _matching(index, KeyConditionExpression, how)
        forward = how.get("ScanIndexForward", True)
        entries = _after(entries, index, how.get("ExclusiveStartKey"), forward=forward)
        limit = how.get("Limit") or self.most.get(f"{TableName}/{name or ''}") or len(entries) + 1
        shown = entries[:limit]
        answer: Answer = {"Items": _projected(table, index, partition, shown)}
        if len(entries) > limit:
            answer["LastEvaluatedKey"] = index.keys(partition, shown[-1])
        return answer

    def _table(self, name: str, operation: str) -> Table:
        if name not in self.tables:
            raise errors.error("ResourceNotFoundException", operation, name)
        return self.tables[name]

    def _demand(self, old: Item | None, how: Mapping[str, Any], operation: str, update: str | None = None) -> Bound:
        """Raise unless the condition holds for what is there."""
        text = how.get("ConditionExpression")
        names, values = how.get("ExpressionAttributeNames"), how.get("ExpressionAttributeValues")
        try:
            bound = Bound(names, values, text, update)
            holds = not text or bound.holds(old or {}, expression.condition(text))
        except Bad as bad:
            raise _refusal(operation, str(bad)) from bad
        if not holds:
            shown = {"Item": old} if old is not None and how.get("ReturnValuesOnConditionCheckFailure") else {}
            raise errors.error("ConditionalCheckFailedException", operation, "The conditional request failed", **shown)
        return bound


def _written(request: Item) -> tuple[str, str]:
    """Return the key of what a request of a batch puts or deletes."""
    put = request.get("PutRequest")
    item = put["Item"] if put else request["DeleteRequest"]["Key"]
    return item["pk"]["S"], item["sk"]["S"]


def _projected(table: Table, index: Index, partition: str, entries: list[Entry]) -> list[Item]:
    if not index.whole:
        return [index.keys(partition, entry) for entry in entries]
    return [item for entry in entries if (item := table.get(*entry[1:])) is not None]


def _matching(index: Index, text: str, how: Mapping[str, Any]) -> tuple[str, list[Entry]]:
    """Return the partition that a key condition names, and the entries of its range."""
    try:
        bound = Bound(how.get("ExpressionAttributeNames"), how.get("ExpressionAttributeValues"), text)
        tree = expression.condition(text)
    except Bad as bad:
        raise _refusal("Query", str(bad)) from bad
    conditions = tree[1] if tree[0] == "and" else [tree]
    by_name = {bound.names[one[1]]: (one[0], *(bound.values[held]["S"] for held in one[2:])) for one in conditions}
    equal, partition = by_name.pop(index.hash_name, ("", ""))
    if equal != "=" or len(by_name) > 1 or not by_name.keys() <= {index.range_name}:
        raise _refusal("Query", "a key condition has the hash key and at most one condition of the range key")
    match by_name.get(index.range_name):
        case None:
            return partition, index.partitions.get(partition, [])[:]
        case ("begins_with", prefix):
            return partition, index.between(partition, prefix, prefix + "\U0010ffff")
        case ("between", low, high):
            if high < low:
                raise _refusal("Query", "the BETWEEN operator requires upper bound to be greater than lower bound")
            return partition, index.between(partition, low, high)
    raise _refusal("Query", "this condition of a range key is not modelled")


def _after(entries: list[Entry], index: Index, start: Item | None, *, forward: bool) -> list[Entry]:
    """Return the entries in the order of the query, those up to `start` left out."""
    ordered = entries if forward else entries[::-1]
    if start is None:
        return ordered
    place: Entry = (start[index.range_name]["S"], start["pk"]["S"], start["sk"]["S"])
    return [entry for entry in ordered if (entry > place if forward else entry < place)]


def _key(key: Item, operation: str) -> tuple[str, str]:
    if key.keys() != {"pk", "sk"} or not (key["pk"].get("S") and key["sk"].get("S")):
        raise _refusal(operation, "the key is not one of this table")
    return key["pk"]["S"], key["sk"]["S"]


def _checked(table: Table, item: Item, operation: str) -> None:
    try:
        table.check(item)
    except Bad as bad:
        raise _refusal(operation, str(bad)) from bad
    if sum([len(held["S"]) for held in item.values() if "S" in held]) > LARGEST:
        raise _refusal(operation, "Item size has exceeded the maximum allowed size")


def _refusal(operation: str, why: str) -> ClientError:
    return errors.error("ValidationException", operation, why)
