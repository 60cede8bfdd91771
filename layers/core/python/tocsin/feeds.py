"""Calendar feeds of schedules: their keys in the directory, and what is answered to who has one."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from tocsin import ids, keys, oncall, problem, resource, schedules, sessions
from tocsin.company import Company
from tocsin.errors import Conflict, MethodNotAllowed, NotFound, Problem
from tocsin.oncall import Rota
from tocsin.rows import Row
from tocsin.schedule import KEYS_LIMIT, FeedKey, MadeFeedKey, NewFeedKey, Schedule
from tocsin.settings import settings
from tocsin.store import directory
from tocsin.telemetry import about, logger

BACK, AHEAD = timedelta(days=7), timedelta(days=90)

Answer = dict[str, Any]


def add_key(tenant: str, schedule_id: str, request: NewFeedKey, now: datetime) -> tuple[MadeFeedKey, bool]:
    """Make a key to a schedule's feed. Raises `NotFound`, and `Conflict` after ten.

    The same `key_id` again is the key there is, without the URL.
    """
    schedule = schedules.get(tenant, schedule_id)
    if request.key_id in schedule.keys:
        return MadeFeedKey.model_validate(schedule.keys[request.key_id].model_dump()), False
    secret = ids.secret()
    made = FeedKey(key_id=request.key_id or ids.new(), created_at=now, sha256=ids.sha256(secret))
    door = keys.feed(made.sha256)
    directory.put({**door, "tenant": tenant, "schedule_id": schedule_id, "key_id": made.key_id})

    def decide(row: Row) -> Row:
        there = Schedule.of(row).keys
        if made.key_id in there:
            raise Conflict("A key with this id was made at the same time.")
        if len(there) >= KEYS_LIMIT:
            raise Conflict(f"A schedule has at most {KEYS_LIMIT} feed keys.")
        return _with_keys({**there, made.key_id: made})

    try:
        resource.change(keys.schedule(tenant, schedule_id), decide)
    except (Conflict, NotFound):
        directory.delete(door)
        raise
    url = f"{settings.public_url}/feed/{secret}.ics"
    return MadeFeedKey(key_id=made.key_id, created_at=made.created_at, url=url), True


def remove_key(tenant: str, schedule_id: str, key_id: str) -> None:
    """Take a key away. Raises `NotFound`."""

    def decide(row: Row) -> Row:
        there = Schedule.of(row).keys
        if key_id not in there:
            raise NotFound("The schedule has no such feed key.")
        directory.delete(keys.feed(there[key_id].sha256))
        return _with_keys({name: key for name, key in there.items() if name != key_id})

    resource.change(keys.schedule(tenant, schedule_id), decide)


def _with_keys(there: Mapping[str, FeedKey]) -> Row:
    return {"keys": {name: key.fields() for name, key in there.items()}}


def answer(request: Mapping[str, Any], now: datetime) -> Answer:
    """Answer a request for `/feed/{key}.ics` (HTTP API, payload format 2.0). What is refused is a problem document."""
    try:
        return _answer(request, now)
    except Problem as refusal:
        return problem.answer(refusal)
    except Exception:
        logger.exception("a feed failed")
        return problem.answer(Problem("Something failed here. Ask again."))


def _answer(request: Mapping[str, Any], now: datetime) -> Answer:
    if request["requestContext"]["http"]["method"] not in ("GET", "HEAD"):
        raise MethodNotAllowed(["GET", "HEAD"])
    calendar = _calendar(_key(request["rawPath"]), now)
    tag = f'"{ids.sha256(calendar)[:32]}"'
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="on-call.ics"',
        "Cache-Control": "private, max-age=300",
        "ETag": tag,
    }
    asked = {name.lower(): text for name, text in (request.get("headers") or {}).items()}.get("if-none-match", "")
    if tag in [one.strip().removeprefix("W/") for one in asked.split(",")]:
        return {"statusCode": int(HTTPStatus.NOT_MODIFIED), "headers": headers, "body": ""}
    return {"statusCode": int(HTTPStatus.OK), "headers": headers, "body": calendar}


def _key(path: str) -> str:
    match path.strip("/").split("/"):
        case ["feed", name] if name.endswith(".ics"):
            return name.removesuffix(".ics")
    raise NotFound("There is no such feed.")


def _calendar(secret: str, now: datetime) -> str:
    door = directory.get(keys.feed(ids.sha256(secret)))
    if door is None:
        raise NotFound("There is no such feed.")
    about(door["tenant"])
    with sessions.acting_for(door["tenant"]):
        return _of(door, now)


def _of(door: Row, now: datetime) -> str:
    from tocsin import feed  # noqa: PLC0415 - who makes keys does not pay for the library of calendars

    tenant = door["tenant"]
    company, row = directory.get_many([keys.company(tenant), keys.schedule(tenant, door["schedule_id"])])
    # A door may outlive its key, or the schedule, for a moment.
    if company is None or row is None or door["key_id"] not in (schedule := Schedule.of(row)).keys:
        raise NotFound("There is no such feed.")
    if Company.of(company).suspended:
        raise NotFound("There is no such feed.")
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)  # so that a day's answers are alike
    begin, end = midnight - BACK, midnight + AHEAD
    # From where the turn or override begins that goes on then: an event is always told whole.
    since = oncall.turns_begin(schedule, begin)
    overrides = schedules.overriding(tenant, schedule.schedule_id, since, end)
    earliest = min((one.begin for one in overrides if one.end > begin), default=since)
    if earliest < since:
        since, overrides = earliest, schedules.overriding(tenant, schedule.schedule_id, earliest, end)
    rota = Rota(schedule, overrides)
    shifts, people = schedules.settled(
        tenant,
        lambda gone: [one for one in oncall.shifts(rota, since, end, gone=gone) if one.end > begin],
    )
    return feed.text(tenant, schedule, shifts, {name: person["name"] for name, person in people.items()}).decode()
