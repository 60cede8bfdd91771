"""Resources of the directory: create, read, change, list and delete by the API's conventions, whatever the noun."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from tocsin import cursor, keys
from tocsin.errors import ConditionFailed, Conflict, Invalid, NotFound
from tocsin.keys import Key
from tocsin.model import Body, merged
from tocsin.rows import Row
from tocsin.store import EXISTS, NEW, directory

Settings = TypeVar("Settings", bound=Body)
Item = TypeVar("Item")


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


def patched(model: type[Settings], current: Mapping[str, Any], patch: Body) -> Settings:
    """Return settings with a JSON Merge Patch applied: null puts a field back to its default.

    `current` is a row or what a record holds; of it `model` has the fields that can be changed. Raises `Invalid`,
    also for the null of a field that has no default.
    """
    before = {name: current[name] for name in model.model_fields if current.get(name) is not None}
    try:
        return model.model_validate(merged(before, patch.model_dump(mode="json", exclude_unset=True)))
    except ValidationError as error:
        raise Invalid(
            [{"loc": ["body", *one["loc"]], "msg": one["msg"].removeprefix("Value error, ")} for one in error.errors()]
        ) from error


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
    start = cursor.read(tenant, partition, after)
    begin = {**key(start), "list_pk": partition, "list_sk": start} if start else None
    page = directory.query(
        partition, index="listed", hash_name="list_pk", range_name="list_sk", limit=limit, after=begin
    )
    following = cursor.write(tenant, partition, page.after["list_sk"]) if page.after else None
    return page.items, following


def paged(
    tenant: str, of: str, items: Mapping[str, Item], *, limit: int, after: str | None
) -> tuple[list[Item], str | None]:
    """Return a page of a list that was read whole (`items` by id; `of` names it), and the next one's cursor."""
    start = cursor.read(tenant, of, after)
    names = list(items)
    if start and start not in items:
        raise Invalid.at("query", "cursor", msg="What this cursor stands at is gone: begin again.")
    begin = names.index(start) + 1 if start else 0
    shown = names[begin : begin + limit]
    following = cursor.write(tenant, of, shown[-1]) if len(names) > begin + limit else None
    return [items[name] for name in shown], following


def listing(tenant: str, noun: str, name: str) -> dict[str, str]:
    """Return the attributes that put a row on a list."""
    return {"list_pk": keys.listed(tenant, noun), "list_sk": name}
