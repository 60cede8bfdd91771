"""A rule: when a ticket matches, whom to notify in which order, and how long to wait before the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, StringConstraints, model_serializer, model_validator

from tocsin import pattern, wall, window
from tocsin.duration import Duration, between
from tocsin.ids import Id
from tocsin.model import Body, Record
from tocsin.pattern import EventPattern
from tocsin.severity import Channels
from tocsin.ticket import Ticket
from tocsin.times import Moment
from tocsin.user import TimeZone
from tocsin.window import Window

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Wait = Annotated[Duration, between("10s", "7d")]
Hold = Annotated[Duration, between("1m", "7d")]

BUILT_IN = "_built-in"  # no caller's id begins with an underscore


class Target(Body):
    """Whom a step notifies: exactly one of user, team, and schedule (who is on call then)."""

    user: Id | None = None
    team: Id | None = None
    schedule: Id | None = None
    round_robin: bool = Field(
        default=False,
        description="Of a team: one member alone, the next one each time the ticket comes to such a step. With which "
        "of them a ticket begins follows from its id: even over many tickets, and not strictly in turn. Who has no "
        "way to be reached is passed over.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.named) != 1:
            raise ValueError("A target is exactly one of user, team and schedule.")
        if self.round_robin and self.team is None:
            raise ValueError("Only the members of a team take turns by round_robin.")
        return self

    @property
    def named(self) -> dict[str, str]:
        """The noun and the id of what is meant."""
        every = {"user": self.user, "team": self.team, "schedule": self.schedule}
        return {noun: name for noun, name in every.items() if name is not None}

    @model_serializer
    def _shown(self) -> dict[str, str | bool]:
        return {**self.named, **({"round_robin": True} if self.round_robin else {})}


class Step(Body):
    """One rung of a rule."""

    notify: Annotated[list[Target], Field(min_length=1, max_length=50)]
    channels: Channels | None = None
    wait: Wait = Field(default=timedelta(minutes=5), json_schema_extra={"default": "5m"})
    hold_until_on_call: Hold | None = Field(
        default=None,
        description="Where the step reaches nobody because nobody is on call by its schedules, it is not passed: it "
        "comes as soon as somebody is, or is passed after this time. Missing: it is passed at once. Whoever asks for "
        "the next step by hand passes it too.",
    )

    @model_validator(mode="after")
    def _held_for_somebody(self) -> Self:
        if self.hold_until_on_call is not None and all(target.schedule is None for target in self.notify):
            raise ValueError("hold_until_on_call: the step has no schedule by which somebody could come on call.")
        return self


class ActiveWindow(Window):
    """Hours of days, by the clock on the wall of a time zone."""

    time_zone: TimeZone = "UTC"

    def covers(self, now: datetime) -> bool:
        """Say whether the clock shows one of these times."""
        return window.covers(window.parts([self]), wall.shown(now, ZoneInfo(self.time_zone)))


Active = Annotated[
    list[ActiveWindow],
    Field(
        min_length=1,
        max_length=20,
        description="The rule is looked at only while a clock on the wall shows one of these times, asked at each "
        "step; null: always. A window whose end is not after its beginning passes midnight. A ticket that a rule keeps "
        "without paging has no next step, and stays kept when the window ends.",
    ),
]


class RuleBody(Body):
    """`POST /rules` and `PUT /rules/{id}`; there `rule_id` may be left out, or is the path's."""

    rule_id: Id | None = None
    name: Name
    team: Id | None = None
    position: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    when: EventPattern | None = None
    active: Active | None = None
    steps: Annotated[list[Step], Field(max_length=20)] = []
    repeat: Annotated[int, Field(ge=0, le=9)] = 0
    repeat_from: Annotated[int, Field(ge=1, le=20, description="The step at which each further round begins.")] = 1
    page: bool = True

    @model_validator(mode="after")
    def _pages_or_not(self) -> Self:
        if self.page and not self.steps:
            raise ValueError('steps: a rule has 1 to 20 steps, or "page": false and none.')
        if not self.page and (self.steps or self.repeat):
            raise ValueError('steps: a rule with "page": false has no steps and no repeat.')
        if self.repeat_from > max(len(self.steps), 1):
            raise ValueError("repeat_from: the rule has no such step.")
        return self


class Rule(Record):
    """A rule as it is stored and shown."""

    rule_id: str
    name: str
    team: str | None = None
    position: int = 0
    when: dict[str, Any] | None = None
    active: list[ActiveWindow] | None = None
    steps: list[Step] = []
    repeat: int = 0
    repeat_from: int = 1
    page: bool = True
    created_at: Moment
    updated_at: Moment

    def matches(self, ticket: Ticket, now: datetime) -> bool:
        """Say whether the rule is one for this ticket, at this time."""
        return self._active(now) and (self.when is None or pattern.matches(self.when, ticket.subject()))

    def misfit(self, ticket: Ticket, now: datetime) -> str | None:
        """Return why the rule is none for this ticket, at this time; None if it is one."""
        if self.matches(ticket, now):
            return None
        if not self._active(now):
            return "It is not active at that time."
        return f"Its pattern does not match: {', '.join(pattern.failing(self.when or {}, ticket.subject()))}."

    def _active(self, now: datetime) -> bool:
        return self.active is None or any(one.covers(now) for one in self.active)


class Audience(BaseModel, frozen=True):
    """Whom a rung reaches: a user, who is on call, of a team all, one in turn, or its admins (all if it has none)."""

    kind: Literal["user", "team", "round_robin", "admins", "schedule"]
    name: str


@dataclass(frozen=True)
class Rung:
    """A step as escalation takes it: targets, channels (None: what user and severity say), and the wait after it.

    `hold`: how long it waits for somebody to come on call, if nobody is and it reaches nobody else; None: not at all.
    `turn`: how often a ticket has come to a rung of this kind before; members who take turns move on by it.
    """

    audience: tuple[Audience, ...]
    channels: tuple[str, ...] | None
    wait: timedelta
    hold: timedelta | None = None
    turn: int = 0

    @property
    def in_turn(self) -> bool:
        """Whether it moves members on who take turns."""
        return any(one.kind == "round_robin" for one in self.audience)


@dataclass(frozen=True)
class Plan:
    """What escalation walks along: the matching rule's rungs, or the built-in one's."""

    rule_id: str
    rungs: tuple[Rung, ...]
    repeat: int
    page: bool = True
    repeat_from: int = 1  # the step at which each further round begins


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Return rules in the order in which they are looked at."""
    return sorted(rules, key=lambda one: (one.position, one.rule_id))


def choose(rules: Sequence[Rule], ticket: Ticket, now: datetime) -> Plan | None:
    """Return the plan of the first rule that matches now, by position; None if no rule does."""
    for rule in in_order(rules):
        if rule.matches(ticket, now):
            return plan(rule)
    return None


def plan(rule: Rule) -> Plan:
    """Return a rule as escalation takes it."""
    rungs = tuple(
        Rung(tuple(map(audience, step.notify)), _tuple(step.channels), step.wait, step.hold_until_on_call)
        for step in rule.steps
    )
    return Plan(rule.rule_id, rungs, rule.repeat, rule.page, rule.repeat_from)


def built_in(team: str) -> Plan:
    """Return the plan where no rule matches: the team's admins, or all members if it has none, three times."""
    rung = Rung((Audience(kind="admins", name=team),), None, timedelta(minutes=5))
    return Plan(BUILT_IN, (rung,), repeat=2)


def audience(target: Target) -> Audience:
    """Return whom a target means."""
    if target.user is not None:
        return Audience(kind="user", name=target.user)
    if target.schedule is not None:
        return Audience(kind="schedule", name=target.schedule)
    return Audience(kind="round_robin" if target.round_robin else "team", name=str(target.team))


def _tuple(channels: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(channels) if channels is not None else None
