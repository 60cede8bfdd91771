"""What somebody who asks is told about themselves."""

from datetime import datetime

from tocsin import schedules, teams
from tocsin.access import Principal
from tocsin.me import Me

_PAGE = 100


def told(who: Principal, now: datetime) -> Me:
    """Return who a principal is, the teams, and whether it is on call by a schedule of these or of the company."""
    own = teams.of_user(who.tenant, who.person) if who.person else []
    of = [None, *(team.team_id for team in own)] if who.person else []
    on_call = any(_on_call(who, team, now) for team in of)
    return Me.of({"company_id": who.tenant, "principal": who.actor, "role": who.role, "teams": own, "on_call": on_call})


def _on_call(who: Principal, team: str | None, now: datetime) -> bool:
    after: str | None = None
    while True:
        found, after = schedules.on_call(who.tenant, team, now, limit=_PAGE, after=after)
        if any(one.user == who.actor for one in found):
            return True
        if after is None:
            return False
