"""Writes the history of a batch of stream records: in one call where one is enough."""

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin import history
from tocsin.rows import Row
from tocsin.store import tickets
from tocsin.stream import images
from tocsin.telemetry import about, logger


def write(records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Write the lines of these records, and return the first record that could not be told, for the stream to retry.

    What came before it is written; what comes after is retried with it, and writing it twice is writing it once.
    """
    lines: dict[tuple[str, str], Row] = {}
    failed: list[dict[str, str]] = []
    for record in records:
        try:
            lines |= {(row["pk"], row["sk"]): row for row in _told(record)}
        except (ValueError, LookupError, TypeError):
            logger.exception("a record cannot be told")
            failed = [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
            break
    if lines:
        tickets.put_all(list(lines.values()))
    return {"batchItemFailures": failed}


def _told(record: Mapping[str, Any]) -> list[Row]:
    old, new = images(record)
    if new is None:
        return []
    about(new["tenant"], new["ticket_id"])
    return history.rows(old, new)
