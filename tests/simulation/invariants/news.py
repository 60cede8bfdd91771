"""What people are told besides pages: answers to their SMS, updates, notes. Best effort where there are faults, so this
is said of runs without any."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import people
from tests.simulation.invariants.state import stopped
from tests.simulation.trace import Trace, Violation
from tocsin import notification
from tocsin.rows import Row

SOON = 60.0  # seconds: with others it waits for the sender
ANSWERS, AN_HOUR = 5, 3600.0  # that a number gets
TELLS = {"acknowledged": "Acknowledged", "resolved": "Resolved"}


def who_says_something_is_answered(trace: Trace) -> Iterator[Violation]:
    """Whoever answers a page by SMS is told what came of it, up to five times an hour, and never after STOP."""
    if trace.mode != "nominal" or _used_up(trace):
        return
    answers = [one for one in trace.attempts if one.channel == "sms" and one.text.startswith("Tocsin: ")]
    for at, number, _ in trace.said:
        before = [one for one in answers if one.address == number and at - AN_HOUR <= one.at < at]
        after = [one for one in answers if one.address == number and at <= one.at <= at + SOON]
        if not after and len(before) < ANSWERS - 1 and not stopped(trace, number, at, at + SOON):
            yield Violation("A", number, f"said something at {at:.1f} s, and was not answered")
        if len(before) > ANSWERS:
            yield Violation("A", number, f"was answered {len(before)} times in the hour before {at:.1f} s")


def who_wants_to_know_is_told(trace: Trace) -> Iterator[Violation]:
    """Who was paged for a ticket and wants updates hears of what others have done with it."""
    if trace.mode != "nominal" or _used_up(trace):
        return
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            told = TELLS.get(new.row.get("change", ""))
            if told is None or new.row["status"] == old.row["status"] or new.row["rev"] == old.row["rev"]:
                continue
            paged = {one[0].row["user"] for key, one in trace.pages.items() if key[0] == pk and one[0].at < new.at - 1}
            for user in sorted(paged - {new.row["changed_by"]}):
                for channel, address in _ways(trace, new.row, user, new.at):
                    wanted = f"{told} by {new.row['changed_by']}".replace("by system", "by itself")
                    heard = (one for one in trace.attempts if (one.channel, one.address) == (channel, address))
                    if not any(new.at <= one.at <= new.at + SOON and wanted in one.text for one in heard):
                        yield Violation("A", pk, f"{user} was not told by {channel}: {wanted} at {new.at:.1f} s")


def _used_up(trace: Trace) -> bool:
    """Say whether a company has sent all SMS of its day, after which answers and updates are let go."""
    rows = (image.row for images in trace.pages.values() for image in images)
    return any(row.get("error") in notification.USED_UP.values() for row in rows)


def _ways(trace: Trace, ticket: Row, user: str, at: float) -> Iterator[tuple[str, str]]:
    row = people.user(trace, ticket["tenant"], user, at)
    wanted = ((row or {}).get("rule") or {}).get("updates") or []
    if row is None or people.sleeps(trace, ticket, user, at, at) is not False:
        return
    known = [one for one in row["methods"].values() if one["verified"] and one["channel"] in wanted]
    for one in [one for one in known if not one.get("flagged")] or known:
        if not stopped(trace, one["address"], at, at + SOON):
            yield one["channel"], one["address"]


def notes_are_kept(trace: Trace) -> Iterator[Violation]:
    """I7: a note that was taken is there, and the history tells of it once."""
    for act in trace.acts:
        if act.what != "note" or act.answer.status not in (200, 201):
            continue
        kept = trace.world.row(trace.world.tickets.get(act.ticket, f"NOTE#{act.body['note_id']}") or {})
        if kept.get("text") != act.body["text"]:
            yield Violation("I7", act.ticket, f"the note {act.body} is kept as {kept}")
        sort = f"#{act.body['note_id']}#noted"
        told = sum(pk == act.ticket and sk.endswith(sort) for pk, sk in trace.world.tickets.items)
        if trace.mode == "nominal" and told != 1:
            yield Violation("H", act.ticket, f"the note {act.body['note_id']} is told {told} times")


def what_is_over_stays_over(trace: Trace) -> Iterator[Violation]:
    """I7: nobody is asked for, and nothing is snoozed, escalated or given away, for a ticket that is resolved."""
    for act in trace.acts:
        if act.what not in ("ask", "snooze", "escalate", "reassign") or act.answer.status >= 400:
            continue
        before = act.begun - trace.skew - 0.1  # of two acts at one time either may be the first
        if trace.at((act.ticket, "TICKET"), before).get("status") == "resolved":
            yield Violation("I7", act.ticket, f"was over, and {act.what} was answered {act.answer.status}")
