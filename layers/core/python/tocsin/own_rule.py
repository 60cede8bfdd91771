"""A user's own rule: by which methods, in which order and when the user is paged, and when not to be woken."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tocsin import wall, window
from tocsin.duration import Duration, between
from tocsin.model import Body
from tocsin.severity import Channels, one_each
from tocsin.user import Channel, ContactMethod, User
from tocsin.window import Window

LEAST_OPEN: Final = 60  # minutes of a week that quiet hours must leave
ABOUT_NOW: Final = timedelta(seconds=2)  # a timer may be a second early, and clocks differ

SeverityName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Order(Body):
    """One of the methods: all verified addresses of a channel, so long after the step began."""

    channel: Channel
    after: Annotated[Duration, between("0s", "15m")] = Field(default=timedelta(0), json_schema_extra={"default": "0s"})


class QuietWindow(Window):
    """Hours of days in which the user is not to be woken, by the clock on the wall of the user's own time zone."""

    let_through: Annotated[list[SeverityName], Field(max_length=20)] = Field(
        default=[], description="Severities that are told all the same."
    )


def _each_once(orders: list[Order]) -> list[Order]:
    one_each([order.channel for order in orders])
    return orders


Orders = Annotated[list[Order], AfterValidator(_each_once)]


class OwnRule(Body):
    """`PUT /users/{id}/rule`: how this user is to be paged, where a step does not name the channels itself."""

    default: Orders | None = Field(
        default=None,
        description="Each channel once. Null, or where the user has no verified method of these channels: the "
        "severity's channels, or every verified method at once.",
    )
    by_severity: Annotated[dict[SeverityName, Orders], Field(max_length=20)] = Field(
        default={}, description="Instead of `default`, for tickets of a severity."
    )
    quiet: Annotated[list[QuietWindow], Field(max_length=20)] = Field(
        default=[],
        description="A page that comes within these hours is held back until they end, and is sent then if the ticket "
        "is still unread. A step whose people are all held back passes at once; where nobody at all is awake, the "
        "last resort neither, the ticket waits for the first who is, and goes on from there.",
    )
    updates: Channels | None = Field(
        default=None,
        description="By which channels the user is told when somebody else acknowledges or resolves a ticket that the "
        "user was paged for; not in quiet hours. Null: not told.",
    )

    @model_validator(mode="after")
    def _leaves_some_of_the_week(self) -> "OwnRule":
        covered = sum(end - begin for begin, end in window.parts(self.quiet))
        if covered > 7 * 24 * 60 - LEAST_OPEN:
            raise ValueError("quiet: quiet hours leave at least an hour of the week.")
        return self


@dataclass(frozen=True)
class Way:
    """A method by which a user is to be paged: from when on (None: now), and whether quiet hours hold it back."""

    method: ContactMethod
    not_before: datetime | None
    held: bool
    because: str
    follows: bool


def of(user: User) -> OwnRule | None:
    """Return a user's own rule, None if there is none, also for one that cannot be read: pages come all the same."""
    try:
        return OwnRule.model_validate(user.rule) if user.rule is not None else None
    except ValueError:
        return None


def ways(
    user: User, named: tuple[str, ...] | None, severity: str, of_severity: tuple[str, ...] | None, now: datetime
) -> list[Way]:
    """Return by what a user is paged at a step: its channels (`named`), else the own rule, else the severity's.

    Of the own rule a part counts by which the user has a verified method.
    """
    own = of(user)
    for orders, because in _levels(own, named, severity, of_severity):
        fit = user.usable(None if orders is None else tuple(orders))
        if fit:
            at = {one.method_id: (orders or {}).get(one.channel, timedelta(0)) for one in fit}
            return [_way(user, own, one, severity, now, at[one.method_id], because) for one in fit]
    return []


def _levels(
    own: OwnRule | None, named: tuple[str, ...] | None, severity: str, of_severity: tuple[str, ...] | None
) -> Iterator[tuple[dict[str, timedelta] | None, str]]:
    """Yield channels with their delays, None for every method, one after the other until one is of use."""
    if named is not None:
        yield dict.fromkeys(named, timedelta(0)), "by the step's channels"
        return
    if own and severity in own.by_severity:
        yield _delays(own.by_severity[severity]), f"by the own rule for severity {severity}"
    if own and own.default is not None:
        yield _delays(own.default), "by the own rule"
    if of_severity is not None:
        yield dict.fromkeys(of_severity, timedelta(0)), f"by the channels of severity {severity}"
    else:
        yield None, "by every verified method"


def _delays(orders: list[Order]) -> dict[str, timedelta]:
    return {order.channel: order.after for order in orders}


def _way(
    user: User,
    own: OwnRule | None,
    method: ContactMethod,
    severity: str,
    now: datetime,
    after: timedelta,
    because: str,
) -> Way:
    follows = own is not None and own.updates is not None
    end = quiet_until(user, own, severity, now + after)
    if end is not None:
        return Way(method, end, held=True, because=f"{because}, when quiet hours have ended", follows=follows)
    return Way(method, now + after if after else None, held=False, because=because, follows=follows)


def quiet_until(user: User, own: OwnRule | None, severity: str, at: datetime) -> datetime | None:
    """Return when the quiet hours end that a user has at a time for a severity, None if there are none then."""
    week = window.parts([one for one in own.quiet if severity not in one.let_through]) if own else ()
    zone = ZoneInfo(user.time_zone)
    begin = at + ABOUT_NOW
    if not window.covers(week, wall.shown(begin, zone)):
        return None
    end = begin
    for span in wall.spans(begin, begin + timedelta(days=15), zone):
        for opens, closes in window.within(week, span):
            if opens > end:
                return end
            end = max(end, closes)
        if end < span.end:
            return end
    return end
