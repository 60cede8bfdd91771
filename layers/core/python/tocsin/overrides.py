"""Overrides in the directory: each has one row by its id, and one by its end, by which those that count are read."""

from datetime import datetime

from tocsin import cursor, ids, keys, resource, schedules, targets, times
from tocsin.errors import Conflict, NotFound
from tocsin.schedule import LONGEST_OVERRIDE, OVERRIDES_LIMIT, NewOverride, Override
from tocsin.store import directory


def create(tenant: str, schedule_id: str, request: NewOverride, now: datetime) -> tuple[Override, bool]:
    """Make an override. Return it and whether it is new.

    The id is taken first; then the row is put that counts. Who repeats a create that was cut short puts it again.
    Raises `NotFound`, `Invalid`, and `Conflict` if the id is taken or there are too many that are not over.
    """
    told = request.model_dump(mode="json", exclude={"override_id"})
    override_id = request.override_id or ids.new()
    name = keys.override_name(tenant, schedule_id, override_id)
    if request.override_id is None or directory.get(name) is None:
        _check(tenant, schedule_id, request, now)
    fields = told | {"override_id": override_id, "created_at": times.text(now)}
    row, new = resource.create(name, fields, fingerprint=ids.fingerprint(told))
    made = Override.of(row)
    directory.put(made.fields() | keys.override(tenant, schedule_id, times.text(made.end), override_id))
    return made, new


def _check(tenant: str, schedule_id: str, request: NewOverride, now: datetime) -> None:
    rota = schedules.current(tenant, schedule_id, now)
    if rota is None:
        raise NotFound("There is no such schedule.")
    if len(rota.overrides) >= OVERRIDES_LIMIT:
        raise Conflict(f"A schedule has at most {OVERRIDES_LIMIT} overrides that are not over.")
    targets.check([(("body", "user"), "user", keys.user(tenant, request.user))])


def remove(tenant: str, schedule_id: str, override_id: str) -> None:
    """Delete an override. Raises `NotFound`."""
    name = keys.override_name(tenant, schedule_id, override_id)
    made = Override.of(resource.get(name))
    row = keys.override(tenant, schedule_id, times.text(made.end), override_id)
    directory.delete(row)
    directory.delete(name)
    # Once more: while the id was still taken, a repeated create may have put it back.
    directory.delete(row)


def page(
    tenant: str, schedule_id: str, begin: datetime | None, end: datetime | None, *, limit: int, after: str | None
) -> tuple[list[Override], str | None]:
    """Return a page of the overrides that count within a time, in the order in which they end, and the next cursor.

    Raises `NotFound`.
    """
    pk = resource.get(keys.schedule(tenant, schedule_id))["pk"]
    since = f"{keys.OVERRIDES}{times.text(begin) if begin else ''}"
    until = f"{keys.OVERRIDES}{times.text(end + LONGEST_OVERRIDE) if end else '~'}"
    if until < since:  # which DynamoDB does not take for an empty range
        return [], None
    of = f"overrides/{schedule_id}/{since}/{until}"  # a cursor is a place within these
    start = cursor.read(tenant, of, after, within=(since, until))
    rows = directory.query(pk, between=(since, until), limit=limit, after={"pk": pk, "sk": start} if start else None)
    following = cursor.write(tenant, of, rows.after["sk"]) if rows.after else None
    found = [Override.of(row) for row in rows.items]
    return [one for one in found if (end is None or one.begin < end) and (begin is None or one.end > begin)], following
