"""A team: a group of users that owns rules, schedules and tickets."""

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from tocsin.ids import Id
from tocsin.model import Body, Record
from tocsin.times import Moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
MemberRole = Literal["admin", "member"]


class Team(Record):
    """A team as it is stored and shown."""

    team_id: str
    name: str
    created_at: Moment


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
