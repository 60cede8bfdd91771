"""A table in memory: items by key in order, indexes, and whoever listens to its writes.

Items are never changed in place, so they are handed out and kept without copies.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.cloud.expression import Bad
from tocsin.rows import Row, plain

Item = Mapping[str, Any]
Entry = tuple[str, str, str]  # range key, then pk and sk of the item
Write = Callable[[Item | None, Item | None], None]


@dataclass
class Index:
    """Items under a hash and a range attribute; those that lack one are not in it. `whole`: projection ALL."""

    hash_name: str
    range_name: str
    whole: bool = True
    partitions: dict[str, list[Entry]] = field(default_factory=dict)

    def add(self, item: Item | None) -> None:
        entry = self._entry(item)
        if entry:
            insort(self.partitions.setdefault(entry[0], []), entry[1])

    def remove(self, item: Item | None) -> None:
        entry = self._entry(item)
        if entry:
            entries = self.partitions[entry[0]]
            del entries[bisect_left(entries, entry[1])]

    def _entry(self, item: Item | None) -> tuple[str, Entry] | None:
        if item is None or self.hash_name not in item or self.range_name not in item:
            return None
        return item[self.hash_name]["S"], (item[self.range_name]["S"], item["pk"]["S"], item["sk"]["S"])

    def keys(self, partition: str, entry: Entry) -> dict[str, Any]:
        """Return what a KEYS_ONLY projection and a cursor have of an entry, as the index knows it."""
        found = {self.hash_name: partition, self.range_name: entry[0], "pk": entry[1], "sk": entry[2]}
        return {name: {"S": text} for name, text in found.items()}

    def earliest(self) -> str | None:
        """Return the lowest range key of all partitions."""
        return min((entries[0][0] for entries in self.partitions.values() if entries), default=None)

    def between(self, partition: str, low: str, high: str) -> list[Entry]:
        """Return the entries from `low` to `high`, both included."""
        entries = self.partitions.get(partition, [])
        return entries[bisect_left(entries, (low,)) : bisect_right(entries, high, key=lambda entry: entry[0])]


class Table:
    """Items and indexes. `lag` decides when an index learns of a write: at once, unless a fault says otherwise."""

    def __init__(self, name: str, indexes: Mapping[str, tuple[str, str]], *, projection: str) -> None:
        self.name = name
        self.primary = Index("pk", "sk")
        self.items: dict[tuple[str, str], Item] = {}
        self.indexes = {index: Index(*keys, whole=projection == "ALL") for index, keys in indexes.items()}
        self.listeners: list[Write] = []
        self.lag: Callable[[tuple[str, str], Callable[[], None]], None] = lambda key, tell: tell()

    def get(self, pk: str, sk: str) -> Item | None:
        """Return an item."""
        return self.items.get((pk, sk))

    def put(self, item: Item) -> None:
        """Put a checked item in the place of what was there."""
        self._write(_key(item), item)

    def delete(self, pk: str, sk: str) -> None:
        """Take an item away."""
        self._write((pk, sk), None)

    def load(self, items: Mapping[tuple[str, str], Item]) -> None:
        """Fill an empty table; nobody is told."""
        for item in items.values():
            self.items[_key(item)] = item
            for index in (self.primary, *self.indexes.values()):
                index.add(item)

    def _write(self, key: tuple[str, str], new: Item | None) -> None:
        old = self.items.get(key)
        if new is None:
            self.items.pop(key, None)
        else:
            self.items[key] = new
        if old is None or new is None:
            self.primary.remove(old)
            self.primary.add(new)
        if old != new:  # a write that changes nothing makes no stream record
            self.lag(key, lambda: self._reindex(old, new))
            for listener in self.listeners:
                listener(old, new)

    def _reindex(self, old: Item | None, new: Item | None) -> None:
        for index in self.indexes.values():
            index.remove(old)
            index.add(new)

    def check(self, item: Item) -> None:
        """Raise `Bad` for an item whose keys, or those of an index, are not strings with something in them."""
        for name in ("pk", "sk"):
            if not _key_like(item.get(name)):
                raise Bad(f"{name} must be a string that is not empty")
        for index in self.indexes.values():
            for name in (index.hash_name, index.range_name):
                if name in item and not _key_like(item[name]):
                    raise Bad(f"{name} is a key of an index: a string that is not empty")


class ReadOnce:
    """Reads items as Python has them, each once: they are never changed in place, and the same ones come often."""

    MOST = 5_000

    def __init__(self) -> None:
        self._read: dict[int, tuple[Item, Row]] = {}  # an item that is kept keeps its identity

    def __call__(self, item: Item) -> Row:
        """Return an item's row, a new one each time; what is in its attributes is shared."""
        known = self._read.get(id(item))
        if known is None:
            if len(self._read) >= self.MOST:
                self._read.clear()
            known = self._read[id(item)] = (item, plain(item))
        return known[1].copy()


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _key_like(held: Any) -> bool:
    return isinstance(held, Mapping) and bool(held.get("S"))
