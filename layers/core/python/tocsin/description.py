"""Descriptions of tickets: a short one stands in the ticket's row, a long one in a row of its own, named by its digest.

The long text is put before the ticket that refers to it, so no ticket ever refers to one that is not there.
"""

from collections.abc import Sequence
from datetime import datetime

from tocsin import ids, keys, times
from tocsin.store import tickets
from tocsin.ticket import Changes, Ticket

INLINE = 2_000  # bytes that are kept in the ticket's own row
BEGINNING = 500  # characters of a longer one that are kept there


def fields(text: str | None) -> Changes:
    """Return the fields for a description: it, or its beginning with digest and size of the whole that is elsewhere."""
    size = len(text.encode()) if text is not None else 0
    if text is None or size <= INLINE:
        return {"description": text, "body": None, "body_size": None}
    return {"description": text[:BEGINNING], "body": ids.sha256(text), "body_size": size}


def put(tenant: str, ticket_id: str, digest: str, text: str, now: datetime) -> None:
    """Put a long text. When, tells it from the same text of an earlier ticket with this id."""
    row = {**keys.body(tenant, ticket_id, digest), "digest": digest, "text": text, "put_at": times.text(now)}
    tickets.put(row)


def whole(one: Ticket) -> Ticket:
    """Return a ticket with its whole description."""
    return whole_ones([one])[0]


def whole_ones(found: Sequence[Ticket]) -> list[Ticket]:
    """Return tickets with their whole descriptions, the long ones read in one batch."""
    wanted = [keys.body(one.tenant, one.ticket_id, one.body) for one in found if one.body is not None]
    texts = {(row["pk"], row["digest"]): row["text"] for row in tickets.get_many(wanted) if row is not None}
    return [
        one.model_copy(update={"description": texts.get((one.key["pk"], one.body), one.description)}) for one in found
    ]
