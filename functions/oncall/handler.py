"""HTTPS API: who is on call."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin import clock, schedules
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.ids import Id
from tocsin.schedule import OnCall, Planned

app = Api("oncall")


@app.get(f"{PREFIX}/oncall", summary="Say who is on call by each schedule of a team, and until when")
def list_(
    team: Annotated[Id | None, Query(description="Missing: by the company's own schedules.")] = None,
    at: Annotated[Planned | None, Query(description="Missing: now.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[OnCall]:
    found, following = schedules.on_call(app.principal.tenant, team, at or clock.now(), limit=limit, after=cursor)
    return Page(items=found, next_cursor=following)


lambda_handler = app.resolve
