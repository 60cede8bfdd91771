"""Who is asking, as the asker is told."""

from pydantic import Field

from tocsin.access import CompanyRole
from tocsin.model import Record
from tocsin.team import MemberRole


class OwnTeam(Record):
    """A team that somebody is in, and as what."""

    team_id: str
    role: MemberRole


class Me(Record):
    """A request's principal. Teams are a user's; an API key is in none."""

    company_id: str
    principal: str = Field(description="A user's id, or `api_key:<id>`.", examples=["ada", "api_key:ci"])
    role: CompanyRole
    teams: list[OwnTeam]
    on_call: bool = Field(description="Now, by a schedule of one of these teams, or of the company's own.")
