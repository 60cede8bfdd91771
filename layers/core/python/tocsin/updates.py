"""Updates: who was paged for a ticket, and wants to know, is told when somebody else acknowledges or resolves it.

Told at least once: a record of the stream that comes twice is told twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError

from tocsin import keys, own_rule, queues
from tocsin.queues import Notice
from tocsin.rows import Row
from tocsin.store import directory
from tocsin.telemetry import logger
from tocsin.ticket import Kind
from tocsin.user import User

_TOLD: Mapping[str, str] = {Kind.ACKNOWLEDGED.value: "Acknowledged", Kind.RESOLVED.value: "Resolved"}
TITLE = 80  # characters of it


def tell(lines: Sequence[Row], ticket: Row, now: datetime) -> None:
    """Queue what the history's lines of one write of a ticket are to be told as, to whom they concern."""
    done = next((_TOLD[line["kind"]] for line in lines if line["kind"] in _TOLD and _is_news(line)), None)
    names = [name for name in ticket.get("followers") or [] if name != ticket["changed_by"]]
    if done is None or not names:
        return
    by = "by itself" if ticket["changed_by"] == "system" else f"by {ticket['changed_by']}"
    text = f"{done} {by}: {ticket['title'][:TITLE]}"
    for row in directory.get_many([keys.user(ticket["tenant"], name) for name in names]):
        for channel, address in _addresses(row, ticket["severity"], now):
            queues.put(
                Notice(tenant=ticket["tenant"], channel=channel, address=address, subject=f"Tocsin: {text}", text=text)
            )


def _is_news(line: Row) -> bool:
    data: Mapping[str, str] = line["data"]
    return data.get("from") != data.get("to")


def _addresses(row: Row | None, severity: str, now: datetime) -> list[tuple[str, str]]:
    """Return where a user wants updates: nowhere in quiet hours, and an update of hours ago is none."""
    try:
        user = User.of(row) if row else None
    except ValidationError:
        logger.exception("a row cannot be read", extra={"row": row and row["pk"]})
        return []
    own = own_rule.of(user) if user else None
    if user is None or own is None or own.updates is None or own_rule.quiet_until(user, own, severity, now):
        return []
    return [(one.channel, one.address) for one in user.usable(tuple(own.updates))]
