"""Updates: who was paged for a ticket, and wants to know, is told when somebody else acknowledges or resolves it.

What the stream brings together goes into one message: updates take their share of the sender, and of a storm that is
acknowledged at once pages would wait behind them. Told at least once: a record of the stream that comes twice is told
twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

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

Write = tuple[Sequence[Row], Row]
"""The history's lines of one write of a ticket, and the ticket after it."""


class _Update(NamedTuple):
    """What is told of a ticket, by whose rule."""

    ticket: Row
    user: str
    told: str


class _Way(NamedTuple):
    """What goes into the same message: what was done, and where to."""

    tenant: str
    channel: str
    address: str
    told: str


def tell(writes: Iterable[Write], now: datetime) -> None:
    """Queue what these writes are to be told as, to whom they concern."""
    found = [update for lines, ticket in writes for update in _updates(lines, ticket)]
    people = [keys.user(one.ticket["tenant"], one.user) for one in found]
    titles: dict[_Way, list[str]] = {}
    for (ticket, _, told), row in zip(found, directory.get_many(people), strict=True):
        for channel, address in _addresses(row, ticket["severity"], now):
            titles.setdefault(_Way(ticket["tenant"], channel, address, told), []).append(ticket["title"][:TITLE])
    for (tenant, channel, address, told), of in titles.items():
        text = f"{told}: {of[0]}" + (f"; and {len(of) - 1} more" if len(of) > 1 else "")
        queues.put(Notice(tenant=tenant, channel=channel, address=address, subject=f"Tocsin: {text}", text=text))


def _updates(lines: Sequence[Row], ticket: Row) -> list[_Update]:
    done = next((_TOLD[line["kind"]] for line in lines if line["kind"] in _TOLD and _is_news(line)), None)
    if done is None:
        return []
    by = "by itself" if ticket["changed_by"] == "system" else f"by {ticket['changed_by']}"
    names = [name for name in ticket.get("followers") or [] if name != ticket["changed_by"]]
    return [_Update(ticket, name, f"{done} {by}") for name in names]


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
