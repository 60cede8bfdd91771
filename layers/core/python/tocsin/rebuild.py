"""When queues and schedules are lost, or another Region takes over: the sweeper's question, asked of everything.

In due order, so that what is most overdue is done first. Doing it twice does no harm, nor does doing it while all is
well: schedules that are there are Conflicts, and messages that come twice are dropped.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TypedDict

from tocsin import clock, keys, sweep
from tocsin.keys import Key
from tocsin.rows import Row
from tocsin.store import tickets
from tocsin.telemetry import count, logger

BATCH = 100
TIME = timedelta(seconds=40)  # of one call; the function's time-out is later


class Progress(TypedDict):
    """How far a call came: `next` is where the following one begins, None when all is done.

    `failed`: rows that could not be rebuilt. The sweeper comes to them in its time, the same call once more at once.
    """

    looked_at: int
    failed: int
    next: str | None


def run(now: datetime, begin: str | None) -> Progress:
    """Arm or queue whatever has something left to do, from the place `begin` of the due index on."""
    ordered = merge(*(_shard(shard, begin or "0") for shard in keys.due_shards()), key=lambda row: str(row["look_at"]))
    looked_at = failed = 0
    while batch := list(islice(ordered, BATCH)):
        for row in tickets.get_many([Key(pk=row["pk"], sk=row["sk"]) for row in batch]):
            if row is not None and "look_at" in row:
                failed += not _act(row)
        looked_at += len(batch)
        # Rows may share their place: who stopped among them would begin there again, for ever.
        if clock.now() - now > TIME and (place := batch[-1]["look_at"]) > (begin or ""):
            return Progress(looked_at=looked_at, failed=failed, next=place)
    return Progress(looked_at=looked_at, failed=failed, next=None)


def _act(row: Row) -> bool:
    """Do what a row asks for. Return whether that could be done."""
    try:
        kind = sweep.act(row, clock.now())
    except Exception:
        # One row that cannot be repaired must not keep the others waiting; the sweeper comes back to it.
        logger.exception("a row could not be rebuilt", extra={"row": row["sk"]})
        kind = "failed"
    if kind:
        count("SweeperRebuilds", kind=kind)
    return kind != "failed"


def _shard(shard: str, begin: str) -> Iterator[Row]:
    """Yield a shard's keys by their place in the index, reading on as they are asked for."""
    after = None
    while True:
        page = tickets.query(
            shard, index="due", hash_name="due_shard", range_name="look_at", between=(begin, "~"), after=after
        )
        yield from page.items
        after = page.after
        if after is None:
            return
