"""Gaps: the admins of a team are told when somebody who is gone leaves nobody on call, before they find out by night.

Schedules of the user's teams and of the company itself are looked at: of each as many as one page of a list holds, so
that nothing is read in proportion to the company. A warning is queued before the user is gone, so that who dies in
between warns again.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from pydantic import ValidationError

from tocsin import keys, oncall, queues, reading, schedules, times
from tocsin.company import Company
from tocsin.oncall import Rota, Shift
from tocsin.queues import Notice
from tocsin.rows import Row
from tocsin.schedule import Schedule
from tocsin.store import directory
from tocsin.telemetry import logger
from tocsin.user import User

AHEAD = timedelta(days=28)
MOST_SHIFTS = 2000
MOST_LISTED = 100  # schedules of a team
MOST_TOLD = 20  # people, of each schedule


def warn(tenant: str, user_id: str, now: datetime) -> None:
    """Tell of the first gap of the next four weeks in each schedule, if this user is not there any more."""
    places = _listed(keys.teams_of(tenant, user_id))
    for team in [None, *dict.fromkeys(str(row["team_id"]) for row in places)]:
        for row in _listed(keys.schedules_of(tenant, team)):
            schedule = _readable(row)
            gap = _gap(tenant, schedule, user_id, now) if schedule else None
            if schedule and gap:
                _tell(tenant, schedule, user_id, gap)


def _listed(partition: str) -> list[Row]:
    found = directory.query(partition, index="listed", hash_name="list_pk", range_name="list_sk", limit=MOST_LISTED)
    return found.items


def _readable(row: Row) -> Schedule | None:
    try:
        return Schedule.of(row)
    except ValidationError:
        logger.exception("a schedule cannot be read", extra={"schedule": row["list_sk"]})
        return None


def _gap(tenant: str, schedule: Schedule, user_id: str, now: datetime) -> Shift | None:
    until = now + AHEAD
    rota = Rota(schedule, schedules.overriding(tenant, schedule.schedule_id, now, until))
    turns = [user for layer in schedule.layers for user in layer.users]
    if user_id not in (*turns, *(one.user for one in rota.overrides)):
        return None
    shifts, _ = schedules.settled(
        tenant,
        lambda gone: list(islice(oncall.shifts(rota, now, until, gone={*gone, user_id}), MOST_SHIFTS)),
    )
    # Also where the user stood in for another who is gone, and who is said to be missing.
    gaps = (shift for shift in shifts if shift.user is None and shift.missing is not None)
    return next((gap for gap in gaps if user_id in oncall.candidates(rota, gap.begin)), None)


def _tell(tenant: str, schedule: Schedule, user_id: str, gap: Shift) -> None:
    subject = f"Tocsin: nobody is on call by schedule {schedule.schedule_id}"
    begin, end = (times.text(moment)[:16].replace("T", " ") for moment in (gap.begin, gap.end))
    text = f"{subject} from {begin} to {end} UTC, for {user_id} is not active any more. Later turns may be missing too."
    logger.warning("a gap", extra={"schedule": schedule.schedule_id, "user": user_id, "begin": times.text(gap.begin)})
    for name in islice(_keepers(tenant, schedule), MOST_TOLD):
        row = directory.get(keys.user(tenant, name)) if name != user_id else None
        user = User.of(row) if row else None
        for method in (user.usable(("email",)) or user.usable(None))[:1] if user else ():
            queues.put(
                Notice(tenant=tenant, channel=method.channel, address=method.address, subject=subject, text=text)
            )


def _keepers(tenant: str, schedule: Schedule) -> Iterable[str]:
    """Return who keeps a schedule: the admins of its team (all if it has none), or whom the last resort names."""
    if schedule.team is not None:
        return reading.roster(tenant, schedule.team).for_built_in
    row = directory.get(keys.company(tenant))
    return dict.fromkeys(
        name for target in (Company.of(row).last_resort if row else ()) for name in _named(tenant, target)
    )


def _named(tenant: str, target: Row) -> Iterator[str]:
    if "user" in target:
        yield target["user"]
    elif "team" in target:
        yield from reading.roster(tenant, target["team"]).for_built_in
