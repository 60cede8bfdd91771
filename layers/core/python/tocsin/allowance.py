"""What a tenant may still do of something that is limited: one row for each thing, whoever asks for it.

Nothing is read: the row is written on condition that it allows it, and a write that fails tells why. One call where
little was taken of late, two where more was, however many ask at once: the second counts on in the table itself.
"""

from datetime import datetime, timedelta

from tocsin import rate as rates
from tocsin.errors import ConditionFailed
from tocsin.keys import Key
from tocsin.rate import Rate
from tocsin.rows import Next, Row
from tocsin.store import EXISTS, tickets

KEPT = timedelta(days=1)  # after all was paid for; the table forgets such a row, and one that is missing is full


def take(key: Key, now: datetime, *, rate: float, burst: float, cost: int = 1) -> timedelta | None:
    """Take so many tokens at once, of `rate` a second and `burst` at most. Return None, or how long until there are.

    Who took and did not get the answer has taken all the same. Raises `Overloaded` if the table does not answer.
    """
    limit, moment = Rate(rate, burst), rates.micros(now)
    try:
        tickets.update(key, _row(limit.taken(None, moment, cost)), when=[("tat", "missing or <", moment)])
    except ConditionFailed as failure:
        return _take_more(key, limit, moment, cost, failure.found)
    return None


def _take_more(key: Key, limit: Rate, now: int, cost: int, found: Row | None) -> timedelta | None:
    """Take of a bucket that is not full: `tat` moves on in the table, and whoever else moves it does no harm."""
    wait = _wait(limit, now, cost, found)
    if wait is not None:
        return wait
    latest = limit.latest(now, cost)
    changes = {**_row(latest + limit.time(cost)), "tat": Next("tat", by=limit.time(cost))}
    try:
        tickets.update(key, changes, when=[*EXISTS, ("tat", "<=", latest)])
    except ConditionFailed as failure:
        return _wait(limit, now, cost, failure.found) or timedelta(microseconds=limit.time())
    return None


def _wait(limit: Rate, now: int, cost: int, found: Row | None) -> timedelta | None:
    return limit.wait(found["tat"] if found else None, now, cost)


def _row(tat: int) -> dict[str, int]:
    # The table's time to live, in seconds.
    return {"tat": tat, "expires": tat // 1_000_000 + int(KEPT.total_seconds())}
