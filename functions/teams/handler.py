"""HTTPS API: teams and who is in them."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin import api, clock, keys, maintenance, resource, teams
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.team import Maintenance, Member, Membership, NewMaintenance, NewTeam, Team, TeamPatch

app = Api("teams")


@app.post(f"{PREFIX}/teams", summary="Make a team", responses=api.creates(Team))
def create(body: NewTeam) -> Response[Any]:
    team, new = teams.create(app.principal.tenant, body, clock.now())
    return api.created(f"/teams/{team.team_id}", team, new=new)


@app.get(f"{PREFIX}/teams", summary="List teams")
def list_(
    q: Annotated[str | None, Query(description="Part of the id or name, whatever the case.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[Team]:
    tenant = app.principal.tenant
    rows, following = resource.listed(
        tenant, keys.listed(tenant, "TEAMS"), lambda name: keys.team(tenant, name), limit=limit, after=cursor
    )
    found = [Team.of(row) for row in rows if api.mentions(q, row["team_id"], row["name"])]
    return Page(items=found, next_cursor=following)


@app.get(f"{PREFIX}/teams/<team_id>", summary="Read a team")
def get(team_id: str) -> Team:
    return Team.of(resource.get(keys.team(app.principal.tenant, team_id)))


@app.patch(f"{PREFIX}/teams/<team_id>", summary="Change a team")
def patch(team_id: str, body: TeamPatch) -> Team:
    return teams.change(app.principal.tenant, team_id, body)


@app.delete(f"{PREFIX}/teams/<team_id>", summary="Delete a team", responses=api.DELETES)
def delete(team_id: str) -> Response[str]:
    teams.delete(app.principal.tenant, team_id)
    return api.no_content()


@app.put(f"{PREFIX}/teams/<team_id>/members/<user_id>", summary="Put a user into a team", responses=api.creates(Member))
def put_member(team_id: str, user_id: str, body: Membership) -> Response[Any]:
    member, new = teams.put_member(app.principal.tenant, team_id, user_id, body.role)
    return api.created(f"/teams/{team_id}/members/{user_id}", member, new=new)


@app.delete(f"{PREFIX}/teams/<team_id>/members/<user_id>", summary="Take a user out of a team", responses=api.DELETES)
def remove_member(team_id: str, user_id: str) -> Response[str]:
    teams.remove_member(app.principal.tenant, team_id, user_id)
    return api.no_content()


@app.put(f"{PREFIX}/teams/<team_id>/maintenance", summary="Page nobody for a team's tickets until a time")
def begin_maintenance(team_id: str, body: NewMaintenance) -> Maintenance:
    return maintenance.begin(app.principal.tenant, team_id, body, app.principal.actor, clock.now())


@app.delete(
    f"{PREFIX}/teams/<team_id>/maintenance", summary="Page for what is unread from now on", responses=api.DELETES
)
def end_maintenance(team_id: str) -> Response[str]:
    maintenance.end(app.principal.tenant, team_id, app.principal.actor, clock.now())
    return api.no_content()


@app.get(f"{PREFIX}/teams/<team_id>/members", summary="List a team's members, admins first")
def members(team_id: str, limit: Limit = 25, cursor: Cursor = None) -> Page[Member]:
    found, following = teams.members(app.principal.tenant, team_id, limit=limit, after=cursor)
    return Page(items=found, next_cursor=following)


lambda_handler = app.resolve
