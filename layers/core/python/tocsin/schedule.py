"""A schedule: who of a team is on call when, by layers of rotations and by overrides. Who it is at a time: `oncall`."""

import re
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from tocsin import window
from tocsin.ids import Id
from tocsin.model import Body, Record
from tocsin.times import Moment
from tocsin.user import TimeZone
from tocsin.window import Parts, TimeOfDay, Window

LONGEST_OVERRIDE: Final = timedelta(days=366)
OVERRIDES_LIMIT: Final = 500  # of a schedule, that are not over
KEYS_LIMIT: Final = 10
FIRST_YEAR, LAST_YEAR = 1970, 2199
_HOURS = re.compile(r"hours:([1-9][0-9]{0,3})")
_DAY, _MOST_HOURS = 24, 24 * 366


def in_calendar(moment: Moment) -> Moment:
    """Return the moment. Raises ValueError for one that is farther away than anybody plans."""
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError(f"Times are between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return moment


def _hours(rotation: str) -> int:
    """Return how many hours a turn takes. Raises ValueError."""
    named = {"daily": _DAY, "weekly": 7 * _DAY}.get(rotation)
    counted = _HOURS.fullmatch(rotation)
    hours = named or (int(counted[1]) if counted else 0)
    if not 0 < hours <= _MOST_HOURS:
        raise ValueError(f"A rotation is daily, weekly, or such as hours:12, up to hours:{_MOST_HOURS}.")
    return hours


def _rotation(rotation: str) -> str:
    _hours(rotation)
    return rotation


def _date(text: str) -> str:
    found = date.fromisoformat(text)
    if not FIRST_YEAR < found.year < LAST_YEAR:
        raise ValueError(f"A layer starts between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return text


Rotation = Annotated[
    str,
    StringConstraints(max_length=16),
    AfterValidator(_rotation),
    Field(
        description="How long a turn is: `daily`, `weekly`, or `hours:n`. All count hours of the clock on the wall: a "
        "hand-off at 09:00 stays at 09:00 when clocks change, and that turn is an hour shorter or longer. A hand-off "
        "is at the first moment at which the clock shows its time or a later one: once where the time comes twice, at "
        "the jump where it is left out.",
        examples=["weekly", "daily", "hours:12"],
    ),
]
StartDate = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_date),
    Field(description="The day of the first hand-off; of a weekly rotation its weekday too.", examples=["2026-01-05"]),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Planned = Annotated[Moment, AfterValidator(in_calendar)]


class Layer(Body):
    """A rotation: users take turns in their order, from the start on, without end."""

    users: Annotated[list[Id], Field(min_length=1, max_length=500)]
    rotation: Rotation = "weekly"
    handoff: TimeOfDay = "00:00"
    start: StartDate
    restrict: Annotated[
        list[Window],
        Field(
            max_length=20,
            description="The layer counts only while the clock on the wall shows one of these; empty: always. Turns "
            "go on meanwhile.",
        ),
    ] = []

    @cached_property
    def hours(self) -> int:
        """How many hours of the wall's clock a turn takes."""
        return _hours(self.rotation)

    @cached_property
    def week(self) -> Parts:
        """The parts of the week in which the layer counts; none: always."""
        return window.parts(self.restrict)


class ScheduleBody(Body):
    """`POST /schedules`, `PUT /schedules/{id}` and the preview; `schedule_id` may be left out, or is the path's."""

    schedule_id: Id | None = None
    name: Name | None = Field(default=None, description="Defaults to the id.")
    team: Id | None = Field(default=None, description="Null: the company's own.")
    time_zone: TimeZone = "UTC"
    layers: Annotated[
        list[Layer], Field(max_length=20, description="Where two have somebody, the later one wins.")
    ] = []


class ShownSchedule(Record):
    """A schedule as the API shows it."""

    schedule_id: str
    name: str
    team: str | None = None
    time_zone: str
    layers: list[Layer] = []
    created_at: Moment
    updated_at: Moment


class FeedKey(Record):
    """A key of a schedule's calendar feed, as it is stored: its hash, by which the feed is found."""

    key_id: str
    created_at: Moment
    sha256: str


class Schedule(ShownSchedule):
    """A schedule as it is stored, with the keys of its feed by id."""

    keys: dict[str, FeedKey] = Field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone whose clock hangs on the wall."""
        return ZoneInfo(self.time_zone)

    def shown(self) -> ShownSchedule:
        """Return what the API shows of it."""
        return ShownSchedule.model_validate(self.model_dump(exclude={"keys"}))


class NewOverride(Body):
    """`POST /schedules/{id}/overrides`: one user for everybody whom the layers name; of two the one made later."""

    model_config = ConfigDict(serialize_by_alias=True)

    override_id: Id | None = None
    user: Id
    begin: Planned = Field(alias="from")
    end: Planned = Field(alias="to", description="At most 366 days after `from`.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.begin:
            raise ValueError("to: an override ends after it begins.")
        if self.end - self.begin > LONGEST_OVERRIDE:
            raise ValueError(f"to: an override is for {LONGEST_OVERRIDE.days} days at most.")
        return self


class Override(Record):
    """An override as it is stored and shown."""

    model_config = ConfigDict(serialize_by_alias=True)

    override_id: str
    user: str
    begin: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    created_at: Moment


class NewFeedKey(Body):
    """`POST /schedules/{id}/feed_keys`."""

    key_id: Id | None = None


class MadeFeedKey(BaseModel):
    """A new key. `url` is where a calendar subscribes; it is shown once, when the key was made."""

    key_id: str
    created_at: Moment
    url: str | None = Field(default=None, exclude_if=lambda url: url is None)


class ShownShift(BaseModel):
    """A time in which the same person is on call."""

    model_config = ConfigDict(serialize_by_alias=True)

    begin: Moment = Field(serialization_alias="from")
    end: Moment = Field(serialization_alias="to")
    user: str | None
    gap: bool = Field(description="Whether nobody is on call; `user` is then null.")
    missing: str | None = Field(
        description="A user whose turn it would be, and who was deleted or deactivated. Nobody's turn moves for it."
    )


class Shifts(BaseModel):
    """All shifts of a time, one after the other, gaps among them."""

    items: list[ShownShift]
    next_cursor: None = None


class OnCall(BaseModel):
    """Who is on call by a schedule."""

    schedule_id: str
    name: str
    team: str | None
    user: str | None = Field(description="Null: nobody.")
    until: Moment | None = Field(description="When somebody else comes, or nobody. Null: not within 366 days.")
    missing: str | None = Field(description="A user whose turn it would be, and who was deleted or deactivated.")
