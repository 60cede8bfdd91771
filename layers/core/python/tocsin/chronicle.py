"""Writes the history of a batch of stream records, in one call where one is enough, and counts what it tells.

Counted here, tickets and pages cost nobody any time who is on the way of a page, and are counted by what the table
says, whoever wrote it. A record that comes twice is counted twice.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tocsin import clearing, clock, history, updates
from tocsin.errors import Overloaded
from tocsin.page import Page, PageStatus
from tocsin.rows import Row
from tocsin.store import tickets
from tocsin.stream import images
from tocsin.telemetry import about, count, logger, took
from tocsin.ticket import Kind

_COUNTED = {Kind.OPENED: "TicketsOpened", Kind.DEDUPLICATED: "Deduplicated", Kind.ACKNOWLEDGED: "Acknowledged"}
_OF_PAGES = {Kind.PAGED, Kind.PAGE_FAILED, Kind.PAGE_SKIPPED}


def write(records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Write the lines of these records, and return the first record that could not be told, for the stream to retry.

    What came before it is written; what comes after is retried with it, and writing it twice is writing it once.
    """
    lines: dict[tuple[str, str], Row] = {}
    done: list[tuple[list[Row], Row]] = []
    settled: list[Page] = []
    failed: list[dict[str, str]] = []
    until = clock.now() + clearing.TIME
    for record in records:
        try:
            told, new = _told(record, until)
            if not new:  # what was to be told of it would be written after it was cleared away
                lines = {key: line for key, line in lines.items() if key[0] != record["dynamodb"]["Keys"]["pk"]["S"]}
                continue
            done.append((told, new))
            settled += [Page.of(new) for row in told if row["kind"] in _OF_PAGES]
            lines |= {(row["pk"], row["sk"]): row for row in told}
        except (ValueError, LookupError, TypeError, Overloaded):
            logger.exception("a record cannot be told, or not be cleared away in time")
            failed = [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
            break
    if lines:
        tickets.put_all(list(lines.values()))
    updates.tell([write for write in done if write[1]["sk"] == "TICKET"], clock.now())
    _count(list(lines.values()), settled)
    return {"batchItemFailures": failed}


def _told(record: Mapping[str, Any], until: datetime) -> tuple[list[Row], Row]:
    """Return a record's lines and the row as it is after the write; no lines of one that was deleted.

    What is left of a ticket that is over is cleared away. Raises `Overloaded` if it is too much for the time.
    """
    old, new = images(record)
    if new is None:
        if old is not None and clearing.over(old) and not clearing.run(old, until):
            raise Overloaded
        return [], {}
    about(new["tenant"], new["ticket_id"])
    told = history.rows(old, new)
    if told:
        logger.info("told", extra={"lines": [row["kind"] for row in told]})
    return told, new


def _count(lines: Sequence[Row], settled: Sequence[Page]) -> None:
    kinds = Counter(row["kind"] for row in lines)
    for kind, name in _COUNTED.items():
        if kinds[kind]:
            count(name, kinds[kind])
    for (outcome, channel), number in Counter((one.status.value, one.channel) for one in settled).items():
        count("Pages", number, outcome=outcome, channel=channel)
    for one in settled:
        if one.status is PageStatus.SENT and one.sent_at is not None:
            took("PageLateness", one.sent_at - (one.expected_at or one.created_at))
