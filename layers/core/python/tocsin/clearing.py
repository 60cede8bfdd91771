"""Clears away what is left of a ticket when the table has deleted its row, 400 days after it was resolved.

What is left is deleted in any order, and again from the beginning if that was cut short: the stream comes back. A new
ticket with the same id keeps what it has, and takes over what is left of the old one: that goes when it goes itself.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from tocsin import clock, keys, times
from tocsin.errors import ConditionFailed
from tocsin.keys import Key
from tocsin.rows import Row
from tocsin.store import Condition, tickets
from tocsin.telemetry import about, count, logger

TIME: Final = timedelta(seconds=12)  # of one invocation; the function's time-out is later
ROWS: Final = 100  # that are read at once


def over(gone: Row) -> bool:
    """Say whether a row that was deleted was a ticket, and resolved long enough."""
    return bool(gone["sk"] == "TICKET") and "expires" in gone


def run(gone: Row, until: datetime) -> bool:
    """Delete what is left of a ticket, from its row as it was. Say whether all is done: at `until` the rest is not."""
    about(gone["tenant"], gone["ticket_id"])
    if clock.now() > until:
        return False
    if _there_again(gone):
        return True
    _forget_dedup(gone)
    after: Row | None = None
    while True:
        page = tickets.query(gone["pk"], limit=ROWS, after=after)
        # Asked after they were read: they are the old ticket's, for a new one comes before its own rows.
        if _there_again(gone):
            return True
        _delete(page.items, gone)
        after = page.after
        if after is None:
            logger.info("cleared away")
            count("TicketsCleared")
            return True
        if clock.now() >= until:
            return False


def _there_again(gone: Row) -> bool:
    return tickets.get(Key(pk=gone["pk"], sk=gone["sk"])) is not None


def _forget_dedup(gone: Row) -> None:
    if "dedup" in gone:
        old: list[Condition] = [("ticket_id", "=", gone["ticket_id"]), ("put_at", "<", _end(gone))]
        _delete_if(keys.dedup(gone["tenant"], gone["dedup"]), old)


def _delete(rows: Sequence[Row], gone: Row) -> None:
    """Delete rows. Some have names that the rows of a new ticket may have: they are deleted as they were read."""
    plain: list[Key] = []
    for row in rows:
        key = Key(pk=row["pk"], sk=row["sk"])
        if row["sk"].startswith(keys.BODIES):
            # It is put before its ticket: one that a new ticket is about to have was put after the old one's end.
            _delete_if(key, [("put_at", "<", _end(gone))])
        elif row["sk"].startswith(keys.NOTES):
            _delete_if(key, [("created_at", "=", row["created_at"])])
        else:
            plain.append(key)
    tickets.delete_all(plain)


def _end(gone: Row) -> str:
    """Return the time before which all that was put before a ticket belongs to the old one."""
    return times.text(datetime.fromtimestamp(gone["expires"], UTC))


def _delete_if(key: Key, when: Sequence[Condition]) -> None:
    try:
        tickets.delete(key, when=when)
    except ConditionFailed:
        logger.info("already gone, or another's")
