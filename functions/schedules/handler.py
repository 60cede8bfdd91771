"""HTTPS API: schedules, their overrides and shifts, and the keys of their calendar feeds."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from tocsin import api, clock, feeds, keys, overrides, resource, schedules
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.ids import Id
from tocsin.oncall import Shift
from tocsin.schedule import (
    MadeFeedKey,
    NewFeedKey,
    NewOverride,
    Override,
    Planned,
    Schedule,
    ScheduleBody,
    Shifts,
    ShownSchedule,
    ShownShift,
)

app = Api("schedules")

SCHEDULE = f"{PREFIX}/schedules/<schedule_id>"
LONGEST = timedelta(days=366)
USUAL = timedelta(days=30)

From = Annotated[Planned | None, Query(alias="from", description="Missing: now.")]
To = Annotated[Planned | None, Query(alias="to", description="Missing: 30 days after `from`; 366 at most.")]


@app.post(f"{PREFIX}/schedules", summary="Make a schedule", responses=api.creates(ShownSchedule))
def create(body: ScheduleBody) -> Response[Any]:
    schedule, new = schedules.create(app.principal.tenant, body, clock.now())
    return api.created(f"/schedules/{schedule.schedule_id}", schedule.shown(), new=new)


@app.get(f"{PREFIX}/schedules", summary="List the schedules of a team, or the company's own")
def list_(
    team: Annotated[Id | None, Query(description="Missing: the company's own schedules.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[ShownSchedule]:
    tenant = app.principal.tenant
    rows, following = resource.listed(
        tenant, keys.schedules_of(tenant, team), lambda name: keys.schedule(tenant, name), limit=limit, after=cursor
    )
    return Page(items=[Schedule.of(row).shown() for row in rows], next_cursor=following)


@app.post(
    f"{PREFIX}/schedules/preview",
    summary="See the shifts that a schedule would have, without saving it",
    description="Takes what `POST /schedules` takes. With the id of a schedule that there is, its overrides count.",
)
def preview(body: ScheduleBody, begin: From = None, end: To = None) -> Shifts:
    since, until = _time(begin, end)
    return _shown(schedules.preview(app.principal.tenant, body, since, until, clock.now()))


@app.get(SCHEDULE, summary="Read a schedule")
def get(schedule_id: str) -> ShownSchedule:
    return schedules.get(app.principal.tenant, schedule_id).shown()


@app.put(SCHEDULE, summary="Put another schedule in its place; overrides and feed keys stay")
def put(schedule_id: str, body: ScheduleBody) -> ShownSchedule:
    return schedules.replace(app.principal.tenant, schedule_id, body, clock.now()).shown()


@app.delete(SCHEDULE, summary="Delete a schedule, with its overrides and feeds", responses=api.DELETES)
def delete(schedule_id: str) -> Response[str]:
    schedules.delete(app.principal.tenant, schedule_id)
    return api.no_content()


@app.get(f"{SCHEDULE}/shifts", summary="List who is on call when, whatever decides it; gaps are marked")
def shifts(schedule_id: str, begin: From = None, end: To = None) -> Shifts:
    since, until = _time(begin, end)
    return _shown(schedules.shifts(app.principal.tenant, schedule_id, since, until))


@app.post(
    f"{SCHEDULE}/overrides", summary="Put one user in everybody's place for a time", responses=api.creates(Override)
)
def add_override(schedule_id: str, body: NewOverride) -> Response[Any]:
    made, new = overrides.create(app.principal.tenant, schedule_id, body, clock.now())
    return api.created(f"/schedules/{schedule_id}/overrides/{made.override_id}", made, new=new)


@app.get(f"{SCHEDULE}/overrides", summary="List overrides, in the order in which they end")
def list_overrides(
    schedule_id: str,
    begin: Annotated[Planned | None, Query(alias="from", description="Only those that end later.")] = None,
    end: Annotated[Planned | None, Query(alias="to", description="Only those that begin earlier.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[Override]:
    found, following = overrides.page(app.principal.tenant, schedule_id, begin, end, limit=limit, after=cursor)
    return Page(items=found, next_cursor=following)


@app.delete(f"{SCHEDULE}/overrides/<override_id>", summary="Delete an override", responses=api.DELETES)
def remove_override(schedule_id: str, override_id: str) -> Response[str]:
    overrides.remove(app.principal.tenant, schedule_id, override_id)
    return api.no_content()


@app.post(
    f"{SCHEDULE}/feed_keys",
    summary="Make a key to the schedule's calendar feed",
    description="`url` is an iCalendar feed that needs no login: seven days back and ninety ahead. It is shown once.",
    responses=api.creates(MadeFeedKey),
)
def add_feed_key(schedule_id: str, body: Annotated[NewFeedKey | None, Body()] = None) -> Response[Any]:
    made, new = feeds.add_key(app.principal.tenant, schedule_id, body or NewFeedKey(), clock.now())
    return api.created(f"/schedules/{schedule_id}/feed_keys/{made.key_id}", made, new=new)


@app.delete(f"{SCHEDULE}/feed_keys/<key_id>", summary="Take a feed's key away", responses=api.DELETES)
def remove_feed_key(schedule_id: str, key_id: str) -> Response[str]:
    feeds.remove_key(app.principal.tenant, schedule_id, key_id)
    return api.no_content()


def _time(begin: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    since = begin or clock.now()
    until = end or since + USUAL
    api.require(since < until <= since + LONGEST, "query", "to", msg="`to` is up to 366 days after `from`.")
    return since, until


def _shown(found: list[Shift]) -> Shifts:
    return Shifts(
        items=[
            ShownShift(begin=one.begin, end=one.end, user=one.user, gap=one.user is None, missing=one.missing)
            for one in found
        ]
    )


lambda_handler = app.resolve
