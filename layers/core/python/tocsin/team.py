"""A team: a group of users that owns rules, schedules and tickets."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from tocsin.errors import Invalid
from tocsin.ids import Id
from tocsin.model import Body, Record
from tocsin.times import Moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
LONGEST_MAINTENANCE = timedelta(days=30)
HELD_FOR = timedelta(minutes=15)  # until a maintenance is asked for again: it may have been ended early
MemberRole = Literal["admin", "member"]


class Maintenance(Record):
    """A time in which nobody is paged for a team's tickets."""

    until: Moment
    reason: str = ""


class Team(Record):
    """A team as it is stored and shown."""

    team_id: str
    name: str
    maintenance: Maintenance | None = Field(default=None, description="The one that was set last, over or not.")
    created_at: Moment

    def pauses(self, now: datetime) -> datetime | None:
        """Return when the maintenance ends that the team is in, None if it is in none."""
        return self.maintenance.until if self.maintenance and now < self.maintenance.until else None


class NewMaintenance(Body):
    """`PUT /teams/{id}/maintenance`."""

    until: Moment = Field(description="30 days from now at most.")
    reason: Annotated[str, StringConstraints(max_length=1024)] = ""

    def check(self, now: datetime) -> None:
        """Raise `Invalid` for an end that is over or too far ahead."""
        if not now < self.until <= now + LONGEST_MAINTENANCE:
            raise Invalid.at("body", "until", msg="A maintenance ends within the next 30 days.")


class TeamSettings(Body):
    """What of a team can be changed."""

    name: Name


class NewTeam(TeamSettings):
    """`POST /teams`."""

    team_id: Id | None = None


class TeamPatch(Body):
    """`PATCH /teams/{id}`."""

    name: Name | None = None


class Membership(Body):
    """`PUT /teams/{id}/members/{user}`."""

    role: MemberRole = "member"


class Member(BaseModel):
    """A user's place in a team."""

    team_id: str
    user_id: str
    role: MemberRole
