"""Who is on call, found out from the rows as they were written: clocks are watched, nothing is asked of the product."""

from datetime import datetime, timedelta

from tests.simulation.invariants.state import steady
from tests.simulation.timeline import START
from tests.simulation.trace import Trace
from tests.unit.minutes import Desk
from tocsin.rows import Row

STEADY, BETWEEN = 60, 6  # seconds: for how long nobody else was on call, and between two looks at the clock


def on_call(trace: Trace, tenant: str, schedule: str, end: float) -> str | None:
    """Return who was on call by a schedule for the whole last minute; None if that changed, or the schedule did."""
    pk = f"T#{tenant}#SCHEDULE#{schedule}"
    row = steady(trace, (pk, "SCHEDULE"), end)
    written = [image for key, images in trace.users.items() if key[0] == pk for image in images]
    if row is None or any(end - STEADY < image.at <= end + 2 for image in written if image.at > 0):
        return None
    overrides = [
        image.row
        for key, images in trace.users.items()
        if key[0] == pk and key[1].startswith("OVERRIDE#")
        for image in [image for image in images if image.at <= end][-1:]
        if image.row
    ]
    # Clocks are off by a second, and the commit comes after the decision.
    found = {_at(row, overrides, end + second) for second in (*range(-STEADY, 0, BETWEEN), 0, 2)}
    return found.pop() if len(found) == 1 else None


def _at(schedule: Row, overrides: list[Row], seconds: float) -> str | None:
    moment = START + timedelta(seconds=seconds)
    text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    there = [one for one in overrides if one["from"] <= text < one["to"]]
    if there:
        return str(max(there, key=lambda one: (one["created_at"], one["override_id"]))["user"])
    layers = reversed(schedule["layers"])
    return next((user for layer in layers if (user := _turn(layer, moment)) is not None), None)


def _turn(layer: Row, moment: datetime) -> str | None:
    return Desk(layer).look(moment.replace(tzinfo=None))
