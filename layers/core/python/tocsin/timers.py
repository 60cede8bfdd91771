"""Timers: armed and cancelled by the stream, carried by EventBridge Scheduler or the due queue.

Arming twice is a Conflict and cancelling twice a NotFound at Scheduler; both are success.
"""

from datetime import datetime

from tocsin import aws, due, queues, times
from tocsin.due import Due, Way
from tocsin.rows import Row
from tocsin.settings import settings
from tocsin.telemetry import about, count, logger

_SOON = due.MAX_DELAY  # within it a refused CreateSchedule is done by the queue, else by the sweeper


def follow(old: Row | None, new: Row | None, now: datetime) -> None:
    """Keep a ticket's clock wound, from its row before and after a write: cancel what is void, arm what is set."""
    before, after = timer(old), timer(new)
    if before == after:
        return
    if after is not None:
        about(after.tenant, after.ticket)
        arm(after, now)
        logger.info("armed", extra={"epoch": after.epoch, "due_at": times.text(after.due_at)})
    # One that was due, or nearly, has fired and is gone by itself.
    if before is not None and before.due_at - now > due.EARLY:
        about(before.tenant, before.ticket)
        cancel(before)
        logger.info("cancelled", extra={"epoch": before.epoch})


def timer(row: Row | None) -> Due | None:
    """Return the timer that a ticket's row asks for."""
    if row is None or "due_at" not in row:
        return None
    return Due(tenant=row["tenant"], ticket=row["ticket_id"], epoch=row["epoch"], due_at=times.parse(row["due_at"]))


def arm(timer: Due, now: datetime) -> bool:
    """Set a timer. Return whether it is set: if not (far ahead, Scheduler throttled), the sweeper comes back to it."""
    match due.way(timer.due_at, now):
        case Way.QUEUE:
            queues.put_due(timer, now)
            return True
        case Way.SCHEDULE:
            return _schedule(timer, now)
    return False


def _schedule(timer: Due, now: datetime) -> bool:
    scheduler = aws.client("scheduler")
    try:
        scheduler.create_schedule(
            Name=due.schedule_name(timer.tenant, timer.ticket, timer.epoch),
            GroupName=settings.schedule_group,
            ScheduleExpression=f"at({due.fire_at(timer, now):%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": settings.due_queue_arn,
                "RoleArn": settings.schedule_role_arn,
                "Input": timer.model_dump_json(),
                "DeadLetterConfig": {"Arn": settings.schedule_dead_letter_arn},
            },
        )
    except scheduler.exceptions.ConflictException:
        return True
    except aws.failures():
        return _instead(timer, now)
    return True


def _instead(timer: Due, now: datetime) -> bool:
    """Scheduler does not take it, and retrying in place would hold the stream: the queue takes what is soon enough."""
    logger.warning("a schedule was not made", exc_info=True)
    count("ScheduleFailed")
    if timer.due_at - now > _SOON:
        return False
    queues.put_due(timer, now)
    return True


def cancel(timer: Due) -> None:
    """Delete a timer's schedule, if it has one. One that is lost costs one drop in the escalator."""
    scheduler = aws.client("scheduler")
    try:
        scheduler.delete_schedule(
            Name=due.schedule_name(timer.tenant, timer.ticket, timer.epoch), GroupName=settings.schedule_group
        )
    except scheduler.exceptions.ResourceNotFoundException:
        return
    except aws.failures():
        logger.warning("a schedule was not deleted", exc_info=True)
        count("CancelFailed")
