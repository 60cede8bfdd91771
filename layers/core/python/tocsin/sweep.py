"""The net under everything: asks the table what should have happened, and does what did not.

Constant work a minute: every shard, a bounded number of rows. What was looked at is looked at again later and later,
so that a poison row hides nothing.
"""

from datetime import datetime, timedelta

from tocsin import clock, due, keys, queues, timers, times
from tocsin.errors import ConditionFailed
from tocsin.keys import Key
from tocsin.page import Page
from tocsin.rows import Row
from tocsin.store import tickets
from tocsin.telemetry import about, count, logger

ROWS_A_SHARD = 100
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
STUCK_AFTER = 5  # looks
TIME = timedelta(seconds=45)  # of the minute until the next run; the function's time-out is later


def run(now: datetime) -> int:
    """Repair what is overdue. Return how many rows were looked at.

    Each run begins at another shard and ends before its time is up, so that none is passed over again and again.
    """
    shards = keys.due_shards()
    first = int(now.timestamp() // 60) % len(shards)
    looked_at = 0
    for shard in shards[first:] + shards[:first]:
        if clock.now() - now > TIME:
            count("SweeperCutShort")
            break
        try:
            looked_at += _sweep(shard, now)
        except Exception:
            # Whatever ails one shard must not keep the others from being swept.
            logger.exception("a shard could not be swept", extra={"shard": shard})
            count("SweeperShardsFailed")
    return looked_at


def _sweep(shard: str, now: datetime) -> int:
    page = tickets.query(
        shard,
        index="due",
        hash_name="due_shard",
        range_name="look_at",
        between=("0", times.text(now)),
        limit=ROWS_A_SHARD,
    )
    rows = tickets.get_many([Key(pk=row["pk"], sk=row["sk"]) for row in page.items])
    for row in rows:
        # The index lags: the row may have moved on, and then there is nothing to do.
        if row is not None and row.get("look_at", "~") <= times.text(now):
            _repair(row, clock.now())
    return len(rows)


def _repair(row: Row, now: datetime) -> None:
    """Do what should have happened, then move the look on: a crash in between only does it again."""
    try:
        kind = act(row, now)
    except Exception:
        # One row that cannot be repaired must not keep the others waiting; it is looked at again.
        logger.exception("a row could not be repaired", extra={"row": row["sk"]})
        kind = "failed"
    _tell(kind, row)
    looks = (row.get("looks") or 0) + 1
    if looks == STUCK_AFTER:
        count("SweeperStuck")
        logger.error("a row is stuck", extra={"row": row["sk"]})
    following = _next_look(row, looks, now, armed=kind == "armed")
    try:
        tickets.update(
            Key(pk=row["pk"], sk=row["sk"]),
            {"look_at": times.text(following), "looks": looks},
            when=[("look_at", "=", row["look_at"])],
        )
    except ConditionFailed:
        logger.debug("a row moved on while it was looked at")


def _tell(kind: str | None, row: Row) -> None:
    """Count what was caught: a net that works silently hides the hole above it."""
    if kind is None:
        count("SweeperLooks")
        return
    count("SweeperRepairs", kind=kind)
    logger.warning("repaired", extra={"kind": kind, "row": row["sk"]})


def _next_look(row: Row, looks: int, now: datetime, *, armed: bool) -> datetime:
    if armed:
        return due.look_at(times.parse(row["due_at"]))
    wait: timedelta = FIRST_WAIT * 2 ** min(looks - 1, 10)
    return now + min(wait, LONGEST_WAIT)


def act(row: Row, now: datetime) -> str | None:
    """Repair a row of the due index: a ticket's timer, a page that is not settled. Return the kind of repair."""
    about(row["tenant"], row["ticket_id"])
    if row["sk"] == "TICKET":
        timer = timers.timer(row)
        if timer is None:
            return None
        if not timers.arm(timer, now):
            return None
        return "armed" if timer.due_at > now else "overdue"
    page = Page.of(row)
    if page.settled:
        return None
    # One that waits for its next try has a message that does too; in a rebuild that is lost as everything is.
    queues.put(queues.page_message(page), delay=due.delay_seconds(page.due_at or now, now))
    return "page"
