"""Who is on call, found out from the rows as they were written: clocks are watched, nothing is asked of the product."""

from datetime import datetime, timedelta
from itertools import pairwise

from tests.simulation.invariants.state import steady
from tests.simulation.timeline import START
from tests.simulation.trace import Trace
from tests.unit.minutes import Desk
from tocsin.rows import Row

STEADY, BETWEEN = 60, 6  # seconds: for how long nobody else was on call, and between two looks at the clock


def on_call(trace: Trace, tenant: str, schedule: str, end: float) -> str | None:
    """Return who was on call by a schedule for the whole last minute; None if that changed, or the schedule did."""
    found = _last_minute(trace, tenant, schedule, end)
    return next(iter(found)) if len(found) == 1 else None


def nobody(trace: Trace, tenant: str, schedule: str, end: float) -> bool:
    """Say whether certainly nobody was on call by a schedule for the whole last minute."""
    return _last_minute(trace, tenant, schedule, end) == {None}


def _last_minute(trace: Trace, tenant: str, schedule: str, end: float) -> frozenset[str | None]:
    """Return who was on call within the last minute, None for nobody; nothing where a row has changed."""
    asked = (tenant, schedule, end)
    if asked not in trace.on_duty:
        trace.on_duty[asked] = frozenset(_found(trace, tenant, schedule, end))
    return trace.on_duty[asked]


def _found(trace: Trace, tenant: str, schedule: str, end: float) -> set[str | None]:
    pk = f"T#{tenant}#SCHEDULE#{schedule}"
    row, gone = steady(trace, (pk, "SCHEDULE"), end), _gone(trace, tenant, end)
    written = [image for key, images in trace.users.items() if key[0] == pk for image in images]
    if row is None or gone is None or any(end - STEADY < image.at <= end + 2 for image in written if image.at > 0):
        return set()
    overrides = _overrides(trace, pk, end)
    # Clocks are off by a second, and the commit comes after the decision.
    return {_at(row, overrides, end + second, gone) for second in (*range(-STEADY, 0, BETWEEN), 0, 2)}


def will_be(trace: Trace, tenant: str, schedule: str, known: float, moment: float) -> str | None:
    """Return who will be on call at a moment, by what was written for a while at `known`; None if nobody will."""
    pk = f"T#{tenant}#SCHEDULE#{schedule}"
    row, gone = steady(trace, (pk, "SCHEDULE"), known), _gone(trace, tenant, known)
    written = [image for key, images in trace.users.items() if key[0] == pk for image in images]
    if row is None or gone is None or any(known - STEADY < image.at <= known for image in written if image.at > 0):
        return None
    return _at(row, _overrides(trace, pk, known), moment, gone)


def _gone(trace: Trace, tenant: str, at: float) -> set[str] | None:
    """Return who was deleted or has left; None if somebody went, or came back, just now."""
    found = set()
    for key, images in trace.users.items():
        if key[1] != "USER" or not key[0].startswith(f"T#{tenant}#USER#"):
            continue
        there = [(image.at, bool(image.row) and image.row.get("active", True)) for image in images if image.at <= at]
        if any(old != new and at - STEADY < moment for (_, old), (moment, new) in pairwise(there)):
            return None
        if there and not there[-1][1]:
            found.add(key[0].rpartition("#")[2])
    return found


def _overrides(trace: Trace, pk: str, at: float) -> list[Row]:
    return [
        image.row
        for key, images in trace.users.items()
        if key[0] == pk and key[1].startswith("OVERRIDE#")
        for image in [image for image in images if image.at <= at][-1:]
        if image.row
    ]


def _at(schedule: Row, overrides: list[Row], seconds: float, gone: set[str]) -> str | None:
    moment = START + timedelta(seconds=seconds)
    text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    there = [one for one in overrides if one["from"] <= text < one["to"]]
    ranked = [str(one["user"]) for one in sorted(there, key=lambda one: (one["created_at"], one["override_id"]))]
    for user in reversed(ranked):
        if user not in gone:
            return user
    layers = (_turn(layer, moment) for layer in reversed(schedule["layers"]))
    return next((user for user in layers if user is not None and user not in gone), None)


def _turn(layer: Row, moment: datetime) -> str | None:
    return Desk(layer).look(moment.replace(tzinfo=None))
