"""HTTPS API: who changed what of the company's settings, people and rules."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin import clock, journal
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.entry import Entry
from tocsin.journal import Wanted
from tocsin.times import Moment

app = Api("audit")


@app.get(
    f"{PREFIX}/audit",
    summary="List who changed what, newest first",
    description="All changes but those of tickets, which have a history of their own. Nothing here is ever changed.",
)
def list_(
    actor: Annotated[str | None, Query(description="What this one changed: a user's id, `api_key:<id>`.")] = None,
    noun: Annotated[str | None, Query(description="What was changed by calls of this noun: `users`, `rules`.")] = None,
    since: Annotated[Moment | None, Query(description="At or after this time.")] = None,
    until: Annotated[Moment | None, Query(description="Before this time.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[Entry]:
    wanted = Wanted(actor, noun, since, until)
    found, following = journal.listed(app.principal.tenant, wanted, limit=limit, after=cursor, now=clock.now())
    return Page(items=found, next_cursor=following)


lambda_handler = app.resolve
