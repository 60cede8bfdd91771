"""Who is on call: at a moment, in as many steps as there are layers; over a time, in as many as there are shifts.

Overrides come before layers, a later override before an earlier one, a later layer before an earlier one. Who was
deleted or deactivated is nobody: the turn is not given to the next in order, which would shift everybody's; whoever
comes below in rank stands in, and where there is nobody there is a gap.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge
from zoneinfo import ZoneInfo

from tocsin import wall, window
from tocsin.schedule import Layer, Override, Schedule


@dataclass(frozen=True)
class Rota:
    """A schedule and those of its overrides that a question may be about."""

    schedule: Schedule
    overrides: tuple[Override, ...] = ()

    @property
    def ranked(self) -> list[Override]:
        """The overrides, the one that wins last."""
        return sorted(self.overrides, key=lambda one: (one.created_at, one.override_id))


@dataclass(frozen=True)
class Shift:
    """A time in which the same person is on call; `user` None: a gap.

    `missing` is gone, and would be on call. `source` tells one turn of a layer, or an override, from every other.
    """

    begin: datetime
    end: datetime
    user: str | None
    missing: str | None = None
    source: str = ""

    @property
    def what(self) -> tuple[str | None, str | None, str]:
        """All but its time."""
        return self.user, self.missing, self.source


class _Rotation:
    """A layer's turns, numbered from 0: where they begin, and whose they are."""

    def __init__(self, layer: Layer, zone: ZoneInfo) -> None:
        self._zone, self._users = zone, layer.users
        self._start = datetime.fromisoformat(f"{layer.start}T{layer.handoff}:00")
        self._turn = timedelta(hours=layer.hours)

    def begins(self, turn: int) -> datetime:
        return wall.first(self._start + turn * self._turn, self._zone)

    def at(self, moment: datetime) -> int:
        """Return the number of the turn at a moment; below 0: the layer has not started."""
        turn = (wall.shown(moment, self._zone) - self._start) // self._turn
        # Where the clock was put back it shows again what it showed before the hand-off.
        while self.begins(turn + 1) <= moment:
            turn += 1
        return turn

    def user(self, turn: int) -> str:
        return self._users[turn % len(self._users)]


def candidates(rota: Rota, moment: datetime) -> list[str]:
    """Return who is on call at a moment, and after that who stands in, each instead of one who was deleted."""
    zone = rota.schedule.zone
    overrides = [one.user for one in reversed(rota.ranked) if one.begin <= moment < one.end]
    layers = [_at(layer, zone, moment) for layer in reversed(rota.schedule.layers)]
    return list(dict.fromkeys(user for user in (*overrides, *layers) if user is not None))


def _at(layer: Layer, zone: ZoneInfo, moment: datetime) -> str | None:
    if layer.restrict and not window.covers(layer.week, wall.shown(moment, zone)):
        return None
    rotation = _Rotation(layer, zone)
    turn = rotation.at(moment)
    return rotation.user(turn) if turn >= 0 else None


def shifts(rota: Rota, begin: datetime, end: datetime, *, gone: Collection[str] = ()) -> Iterator[Shift]:
    """Yield the whole of a time, turn by turn with the gaps between them, as they are asked for.

    `gone`: users who were deleted or deactivated.
    """
    tracks = [
        _turns(layer, number, rota.schedule.zone, begin, end) for number, layer in enumerate(rota.schedule.layers)
    ]
    tracks += [_override(one, begin, end) for one in rota.ranked]
    return _joined(_final(tracks, begin, end, gone))


def people(found: Iterable[Shift]) -> Iterator[Shift]:
    """Yield shifts with the turns that follow each other made one if they are the same person's."""
    return _joined(replace(shift, source="") for shift in found)


def turns_begin(schedule: Schedule, moment: datetime) -> datetime:
    """Return the beginning of the longest turn that goes on at a moment; the moment itself if none does."""
    rotations = [_Rotation(layer, schedule.zone) for layer in schedule.layers]
    going_on = [one.begins(turn) for one in rotations if (turn := one.at(moment)) >= 0]
    return min(going_on, default=moment)


def _turns(layer: Layer, number: int, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[Shift]:
    rotation = _Rotation(layer, zone)
    at = max(begin, rotation.begins(0))
    turn = max(0, rotation.at(at))
    while at < end:
        until = min(rotation.begins(turn + 1), end)
        whole = Shift(at, until, rotation.user(turn), source=f"{number}#{turn}")
        yield from _restricted(whole, layer, zone)
        at, turn = until, turn + 1


def _restricted(turn: Shift, layer: Layer, zone: ZoneInfo) -> Iterator[Shift]:
    if not layer.restrict:
        yield turn
        return
    for span in wall.spans(turn.begin, turn.end, zone):
        for begin, end in window.within(layer.week, span):
            yield Shift(begin, end, turn.user, source=turn.source)


def _override(one: Override, begin: datetime, end: datetime) -> Iterator[Shift]:
    yield Shift(max(one.begin, begin), min(one.end, end), one.user, source=one.override_id)


_Change = tuple[datetime, bool, int, Shift]  # when, whether it begins, of which track


def _final(tracks: Sequence[Iterator[Shift]], begin: datetime, end: datetime, gone: Collection[str]) -> Iterator[Shift]:
    """Yield what is left to be seen when the tracks lie on each other, the last one on top."""
    active: dict[int, Shift] = {}
    at = begin
    for moment, begins, track, shift in merge(*(_changes(track, number) for number, track in enumerate(tracks))):
        if at < moment:
            yield _top(active, at, moment, gone)
            at = moment
        if begins:
            active[track] = shift
        else:
            del active[track]
    if at < end:
        yield Shift(at, end, None)


def _changes(track: Iterator[Shift], number: int) -> Iterator[_Change]:
    for shift in track:
        if shift.begin < shift.end:
            yield shift.begin, True, number, shift
            yield shift.end, False, number, shift


def _top(active: dict[int, Shift], begin: datetime, end: datetime, gone: Collection[str]) -> Shift:
    ranked = [active[track] for track in sorted(active, reverse=True)]
    there = next((shift for shift in ranked if shift.user not in gone), None)
    missing = ranked[0].user if ranked and ranked[0].user in gone else None
    if there is None:
        return Shift(begin, end, None, missing)
    return Shift(begin, end, there.user, missing, there.source)


def _joined(found: Iterable[Shift]) -> Iterator[Shift]:
    """Yield shifts, those made one that follow each other and differ in nothing but their time."""
    last: Shift | None = None
    for shift in found:
        if last is not None and last.what == shift.what:
            last = replace(last, end=shift.end)
            continue
        if last is not None:
            yield last
        last = shift
    if last is not None:
        yield last
