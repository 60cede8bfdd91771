"""Who is on call, found out the long way: the clock is watched as it runs, and every hand-off is done when it comes.

Nothing of the product is used here: neither its arithmetic nor its models.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Desk:
    """A layer as somebody would keep it who sits before the clock."""

    layer: dict[str, Any]
    turn: int = -1
    following: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.following = datetime.fromisoformat(f"{self.layer['start']}T{self.layer['handoff']}")
        rotation = self.layer["rotation"]
        self.hours = {"daily": 24, "weekly": 168}.get(rotation) or int(rotation.removeprefix("hours:"))

    def look(self, clock: datetime) -> str | None:
        """Look at the clock, hand over if it is time, and say who is there."""
        while clock >= self.following:
            self.turn += 1
            self.following += timedelta(hours=self.hours)
        if self.turn < 0 or not self._open(clock):
            return None
        return str(self.layer["users"][self.turn % len(self.layer["users"])])

    def _open(self, clock: datetime) -> bool:
        restrict = self.layer.get("restrict") or []
        return not restrict or any(shows(one, clock) for one in restrict)


def shows(window: dict[str, Any], clock: datetime) -> bool:
    """Say whether a clock shows one of the times of a window of the week."""
    time = clock.isoformat()[11:16]
    today, yesterday = NAMES[clock.weekday()], NAMES[clock.weekday() - 1]
    days, begin, end = window.get("days", NAMES), window.get("from", "00:00"), window.get("to", "24:00")
    if begin < end:
        return today in days and begin <= time < end
    return (today in days and time >= begin) or (yesterday in days and time < end)


def watched(
    layers: list[dict[str, Any]], zone: str, begin: datetime, end: datetime, *, step: timedelta
) -> Iterator[tuple[datetime, list[str | None]]]:
    """Yield every moment at which somebody looks at the clock, and who is there in each layer."""
    desks, wall, moment = [Desk(layer) for layer in layers], ZoneInfo(zone), begin
    while moment < end:
        clock = moment.astimezone(wall).replace(tzinfo=None)
        yield moment, [desk.look(clock) for desk in desks]
        moment += step
