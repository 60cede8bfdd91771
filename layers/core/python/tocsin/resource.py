"""Resources of the directory: create, read, change, list and delete by the API's conventions, whatever the noun."""

from collections.abc import Callable, Mapping
from typing import Any

from tocsin import cursor, keys
from tocsin.errors import ConditionFailed, Conflict, NotFound
from tocsin.keys import Key
from tocsin.rows import Row
from tocsin.store import EXISTS, NEW, directory


def create(key: Key, row: Mapping[str, Any], *, fingerprint: str) -> tuple[Row, bool]:
    """Put a new resource. Return the row and whether this call made it.

    A second create is compared with the request that made the resource, by `fingerprint`: equal is the resource as
    it is now. Raises `Conflict` if the id is taken by another.
    """
    new = {**row, **key, "fingerprint": fingerprint}
    try:
        directory.put(new, when=NEW)
    except ConditionFailed as failure:
        if failure.found is None or failure.found.get("fingerprint") != fingerprint:
            raise Conflict("There is already one with this id, made by another request.") from failure
        return failure.found, False
    return new, True


def get(key: Key) -> Row:
    """Return a resource. Raises `NotFound`."""
    row = directory.get(key)
    if row is None:
        raise NotFound("There is no such thing.")
    return row


def change(key: Key, decide: Callable[[Row], Mapping[str, Any]]) -> Row:
    """Change a resource by what `decide` makes of the row as it is. Return the row as it is then.

    Conditional on the row's `version`, so that two changes at once both count: the loser decides again. No changes,
    no write. Raises `NotFound`.
    """
    while True:
        row = get(key)
        changes = {name: new for name, new in decide(row).items() if row.get(name) != new}
        if not changes:
            return row
        version = row.get("version", 0)
        try:
            guard = ("version", "=", version) if version else ("version", "missing", None)
            return directory.update(key, {**changes, "version": version + 1}, when=[*EXISTS, guard])
        except ConditionFailed:
            continue


def delete(key: Key) -> Row:
    """Delete a resource and return what it was. Raises `NotFound` if there was none."""
    row = directory.delete(key)
    if row is None:
        raise NotFound("There is no such thing.")
    return row


def listed(
    tenant: str, partition: str, key: Callable[[str], Key], *, limit: int, after: str | None
) -> tuple[list[Row], str | None]:
    """Return a page of a list in the order of ids, and the cursor of the next one.

    `partition` is one of the listed index, `key` makes the row's key from the id that it is listed by.
    """
    start = cursor.read(tenant, after, parts=1)
    begin = {**key(start[0]), "list_pk": partition, "list_sk": start[0]} if start else None
    page = directory.query(
        partition, index="listed", hash_name="list_pk", range_name="list_sk", limit=limit, after=begin
    )
    following = cursor.write(tenant, page.after["list_sk"]) if page.after else None
    return page.items, following


def listing(tenant: str, noun: str, name: str) -> dict[str, str]:
    """Return the attributes that put a row on a list."""
    return {"list_pk": keys.listed(tenant, noun), "list_sk": name}
