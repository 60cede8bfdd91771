"""Every hour: the schedules held against the table, both ways. What is missing is armed, what is void is deleted.

The sweeper finds a lost schedule when its time is over; here it is found before. Bounded work an hour, however much
there is: everything as long as there is little, else a slice, and another one each hour.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypedDict

from pydantic import ValidationError

from tocsin import aws, clock, due, keys, timers, times
from tocsin.due import Due
from tocsin.keys import Key
from tocsin.rows import Row
from tocsin.settings import settings
from tocsin.store import tickets
from tocsin.telemetry import about, count, logger

TICKETS, SCHEDULES = 2000, 2000  # looked at in an hour, at most
TIME = timedelta(seconds=100)  # for each way; the function's time-out is later than both
YOUNG = timedelta(minutes=5)  # what was written since is still on its way through the stream
NEAR = due.QUEUE_WITHIN + timedelta(minutes=1)  # a schedule that is due sooner may have fired, and be gone
ALIKE = 500  # schedules whose names begin alike, at most
PAGE = 100  # schedules a call (Scheduler API reference, ListSchedules)
GOLDEN = 0.6180339887498949  # slices that begin at its multiples leave no large gap, however many there are
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # of base32, with which every schedule's name begins


class Report(TypedDict):
    """What was looked at, and what was done. `whole`: nothing was left to another hour."""

    tickets: int
    schedules: int
    armed: int
    deleted: int
    failed: int
    whole: bool


def run(now: datetime) -> Report:
    """Hold the table against the schedules, then the schedules against the table."""
    place = int(now.timestamp() // 3600) * GOLDEN % 1
    report = Report(tickets=0, schedules=0, armed=0, deleted=0, failed=0, whole=True)
    _arm_missing(report, place, now)
    _delete_void(report, place, now)
    logger.info("audited", extra={**report})
    return report


# --- from the table to the schedules


def _arm_missing(report: Report, place: float, now: datetime) -> None:
    begun = clock.now()
    waiting = _waiting(place, now)
    for batch in iter(lambda: list(islice(waiting, PAGE)), []):
        if report["tickets"] >= TICKETS or clock.now() - begun > TIME:
            report["whole"] = False
            return
        report["tickets"] += len(batch)
        for row in tickets.get_many(batch):
            if row is not None:
                _look_after(row, report)


def _waiting(place: float, now: datetime) -> Iterator[Key]:
    """Yield the tickets that should have a schedule, from a place in the day ahead on, and around."""
    first, last = now + NEAR, now + due.HORIZON
    middle = first + (last - first) * place
    shards = keys.due_shards()
    begin = int(place * len(shards))
    for low, high in ((middle, last), (first, middle)):
        for shard in shards[begin:] + shards[:begin]:
            yield from _between(shard, due.look_at(low), due.look_at(high))


def _between(shard: str, low: datetime, high: datetime) -> Iterator[Key]:
    after = None
    while True:
        page = tickets.query(
            shard,
            index="due",
            hash_name="due_shard",
            range_name="look_at",
            between=(times.text(low), times.text(high)),
            limit=PAGE,
            after=after,
        )
        yield from (Key(pk=row["pk"], sk=row["sk"]) for row in page.items if row["sk"] == "TICKET")
        after = page.after
        if after is None:
            return


def _look_after(row: Row, report: Report) -> None:
    """Arm a ticket's timer if its schedule should be there and is not."""
    about(row["tenant"], row["ticket_id"])
    try:
        timer = _awaited(row)
        if timer is None or _there(timer) or _awaited(_again(row)) != timer:
            return
        timers.arm(timer, clock.now())
    except Exception:
        # One row that cannot be audited must not keep the others from it.
        logger.exception("a ticket could not be audited")
        _failed(report)
        return
    _repaired(report, "armed", due.schedule_name(timer.tenant, timer.ticket, timer.epoch))


def _awaited(row: Row | None) -> Due | None:
    """Return the timer of a ticket that has had a schedule for a while, None if it need not have one."""
    now = clock.now()
    timer = timers.timer(row)
    if row is None or timer is None or now - times.parse(row["updated_at"]) < YOUNG:
        return None
    return timer if NEAR < timer.due_at - now <= due.HORIZON - YOUNG else None


def _there(timer: Due) -> bool:
    return _schedule(due.schedule_name(timer.tenant, timer.ticket, timer.epoch)) is not None


def _again(row: Row) -> Row | None:
    """Read a row once more: its schedule may be gone because the ticket moved on since it was read."""
    return tickets.get(Key(pk=row["pk"], sk=row["sk"]))


# --- from the schedules to the table


def _delete_void(report: Report, place: float, now: datetime) -> None:
    begun = clock.now()
    for name, made_at in _schedules(place):
        if report["schedules"] >= SCHEDULES or clock.now() - begun > TIME:
            report["whole"] = False
            return
        report["schedules"] += 1
        if now - made_at > YOUNG:
            _look_at(name, report)


def _schedules(place: float) -> Iterator[tuple[str, datetime]]:
    """Yield names of schedules and when they were made: all of one beginning after the other, from a place on.

    The beginnings are made as long as is needed for few to have the same one: so a slice can begin anywhere.
    """
    depth = 0
    while len(list(islice(_with(_beginning(place, depth)), ALIKE + 1))) > ALIKE:
        depth += 1
    number: int = len(LETTERS) ** depth
    first = int(place * number)
    for at in range(number):
        yield from _with(_spelled((first + at) % number, depth))


def _beginning(place: float, depth: int) -> str:
    return _spelled(int(place * len(LETTERS) ** depth), depth)


def _spelled(number: int, depth: int) -> str:
    digits = [number // len(LETTERS) ** power % len(LETTERS) for power in reversed(range(depth))]
    return "".join(LETTERS[digit] for digit in digits)


def _with(beginning: str) -> Iterator[tuple[str, datetime]]:
    token = None
    while True:
        page = _list(beginning, token)
        yield from ((one["Name"], one["CreationDate"].astimezone(UTC)) for one in page["Schedules"])
        token = page.get("NextToken")
        if token is None:
            return


def _list(beginning: str, token: str | None = None) -> dict[str, Any]:
    more = {"NamePrefix": beginning} if beginning else {}
    more |= {"NextToken": token} if token else {}
    found: dict[str, Any] = aws.client("scheduler").list_schedules(
        GroupName=settings.schedule_group, MaxResults=PAGE, **more
    )
    return found


def _schedule(name: str) -> dict[str, Any] | None:
    scheduler = aws.client("scheduler")
    try:
        found: dict[str, Any] = scheduler.get_schedule(GroupName=settings.schedule_group, Name=name)
    except scheduler.exceptions.ResourceNotFoundException:
        return None
    return found


def _look_at(name: str, report: Report) -> None:
    """Delete a schedule if it is of an epoch that is over, or of no ticket."""
    try:
        found = _schedule(name)
        timer = Due.model_validate_json(found["Target"]["Input"]) if found else None
        if timer is None or not _void(timer):
            return
        timers.cancel(timer)
    except ValidationError:
        # Not one of ours, or of a version to come: whoever made it knows what it is for.
        logger.warning("a schedule is no timer", extra={"schedule": name})
        count("AuditForeign")
        return
    except Exception:
        logger.exception("a schedule could not be audited", extra={"schedule": name})
        _failed(report)
        return
    _repaired(report, "deleted", name)


def _void(timer: Due) -> bool:
    """Say whether a timer can do nothing any more, and has had time to be cancelled.

    The row is read after its schedule was seen, and epochs only grow: one that is not the row's will never be.
    """
    about(timer.tenant, timer.ticket)
    row = tickets.get(keys.ticket(timer.tenant, timer.ticket))
    if row is None:
        return True
    if clock.now() - times.parse(row["updated_at"]) < YOUNG:
        return False
    return row["epoch"] != timer.epoch or "due_at" not in row


# --- what is said of it


def _repaired(report: Report, kind: str, schedule: str) -> None:
    report[kind] += 1  # type: ignore[literal-required]  # a key of the report
    count("AuditRepairs", kind=kind)
    logger.warning("repaired", extra={"kind": kind, "schedule": schedule})


def _failed(report: Report) -> None:
    report["failed"] += 1
    count("AuditRepairs", kind="failed")
