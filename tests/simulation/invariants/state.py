"""What a run's rows say of a ticket, a page or a phone at some time."""

from tests.simulation.trace import Image, Key, Trace, seconds
from tocsin.rows import Row

LONGEST_WORK = 30.0  # seconds that a function may take


def wants(ticket: Row, page: Row) -> bool:
    """Say whether a page is wanted while its ticket is so; a responder's is until that is resolved."""
    if page.get("ask"):
        return bool(ticket) and ticket["status"] != "resolved"
    silent = ticket.get("status") != "unread" or "snoozed_until" in ticket
    return not silent and ticket["run"] <= page["epoch"]


def stopped(trace: Trace, number: str, start: float, end: float) -> bool:
    """Say whether a number had said STOP at some time in between."""
    images = trace.rows.get((f"PHONE#{number}", "PHONE"), [])
    following = [*images[1:], Image(float("inf"), {})]
    return any(
        image.row.get("stopped") and image.at <= end and after.at >= start
        for image, after in zip(images, following, strict=False)
    )


def steady(trace: Trace, key: Key, end: float) -> Row | None:
    """Return a row of the directory that did not change in the minute before; None if it did, or is not there."""
    images = [image for image in trace.users.get(key, ()) if image.at <= end]
    if not images or (images[-1].at > end - 60 and images[-1].at > 0) or not images[-1].row:
        return None
    return images[-1].row


def touched(trace: Trace, pk: str, start: float, end: float) -> bool:
    """Say whether a fault touched a ticket meanwhile."""
    return any(s <= end and e >= start for s, e in trace.faults(pk))


def pages_of_move(trace: Trace, pk: str, epoch: int) -> list[Row]:
    """Return the pages of one move as they were made."""
    return [images[0].row for _, images in trace.pages_of(pk, epoch)]


def decided_at(trace: Trace, pk: str, epoch: int, moment: float) -> float | None:
    """Return when a move was decided on as it stood at a moment: last, if its step was taken again; None: no pages."""
    rows = [trace.at(key, moment) for key, _ in trace.pages_of(pk, epoch)]
    return max((seconds(row["created_at"]) for row in rows if row and not row.get("instead")), default=None)
