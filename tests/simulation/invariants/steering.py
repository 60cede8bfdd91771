"""What people make of an escalation, and the times that compete for a ticket's clock."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import people
from tests.simulation.invariants.state import pages_of_move, steady
from tests.simulation.trace import Act, Image, Trace, Violation, seconds
from tocsin.rows import Row

EARLY = 1.0
RACED = 10.0  # seconds between the read and the write of a change
SET_BEFORE = 30.0  # seconds that a step may take to be carried out
GIVEN = ("acknowledged", "status_changed")


def what_was_asked_for_is_there(trace: Trace) -> Iterator[Violation]:
    """I7: a snooze, an escalation, a reassignment that was answered 200 was written."""
    wrote = {"snooze": "snoozed", "escalate": "hurried", "reassign": "reassigned", "ask": "responders_added"}
    for act in trace.acts:
        if act.what not in wrote or act.answer.status != 200:
            continue
        during = [one.row for one in trace.tickets[act.ticket] if act.begun <= one.at <= act.ended]
        if not any(row["change"] == wrote[act.what] and row["rev"] > 1 for row in during):
            yield Violation("I7", act.ticket, f"{act.what} at {act.ended:.1f} s was taken, and is not there")


def at_its_end(trace: Trace, act: Act) -> bool:
    """Say whether nothing may have come after a ticket's last step, at some time while somebody acted on it."""
    during = [one.at for one in trace.rows[act.ticket, "TICKET"] if act.begun < one.at <= act.ended]
    return any(_at_its_end(trace, trace.at((act.ticket, "TICKET"), at), at) for at in [act.begun, *during])


def _at_its_end(trace: Trace, row: Row, at: float) -> bool:
    """Say whether it was so; whoever has no last resort has only reminders then."""
    if row.get("beyond") or not row.get("round"):
        return True
    rule = steady(trace, (f"T#{row['tenant']}#RULE#{row.get('rule_id')}", "RULE"), at)
    return rule is None or (row["round"], row["step"]) >= (rule["repeat"] + 1, len(rule["steps"]))


def the_earliest_time_is_the_due_time(trace: Trace) -> Iterator[Violation]:
    """I1: a snooze, an acknowledgement that expires and an automatic resolve have a due time no later than they end."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            row = new.row
            if not row or row["status"] == "resolved" or row["epoch"] == old.row["epoch"]:
                continue
            if old.row["change"] == "edited" and new.at - old.at < RACED:
                continue  # a new severity counts from the next move on, and this one may not have seen it
            due = seconds(row["due_at"]) if "due_at" in row else float("inf")
            over = max(_opened(row) + (row.get("auto_resolve") or 0), seconds(row["updated_at"]))
            ends = [over] if row.get("auto_resolve") else []
            ends += [seconds(row["snoozed_until"])] if "snoozed_until" in row else []
            if _acknowledged(row) and "snoozed_until" not in row:
                ends.append(seconds(row["updated_at"]) + row["ack_timeout"])
            if ends and due > min(ends) + 0.001:
                yield Violation("I1", pk, f"at {new.at:.1f} s is due at {due:.1f} s, and {min(ends):.1f} s is a time")


def _acknowledged(row: Row) -> bool:
    return row["status"] == "under_investigation" and bool(row.get("ack_timeout"))


def _opened(row: Row) -> float:
    return seconds(row["created_at"])


def nothing_ends_before_its_time(trace: Trace) -> Iterator[Violation]:
    """I3: what ends by itself was over: a snooze, an acknowledgement, the time after which a ticket is resolved."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            a, b = old.row, new.row
            if not b or b["rev"] == a["rev"] or b["changed_by"] != "system":
                continue
            if b["change"] == "snooze_ended":
                end = seconds(a["snoozed_until"])
            elif b["change"] == "ack_expired":
                if a["status"] != "under_investigation":
                    yield Violation("I3", pk, f"was {a['status']}, which does not expire, and did at {new.at:.1f} s")
                    continue
                given = [one.row for one in images if one.row["rev"] <= a["rev"] and one.row["change"] in GIVEN][-1]
                end = seconds(given["updated_at"]) + given.get("ack_timeout", float("inf"))
            elif b["change"] == "resolved":
                given = next(one.row for one in images if one.row["epoch"] == a["epoch"])
                end = _opened(given) + given.get("auto_resolve", float("inf"))
            else:
                continue
            if new.at < end - EARLY - trace.skew - 0.001:
                yield Violation("I3", pk, f"{b['change']} at {new.at:.1f} s, not over before {end:.1f} s")


def nobody_is_paged_in_a_maintenance(trace: Trace) -> Iterator[Violation]:
    """I2: no step is taken while its ticket's team is in maintenance; one from before it still finds another way."""
    for key, images in trace.pages.items():
        if key in trace.asked:
            continue  # somebody knows better
        made = min((one[0] for _, one in trace.pages_of(key[0], images[0].row["epoch"])), key=lambda first: first.at)
        ticket = trace.at((key[0], "TICKET"), made.at)
        team = (f"T#{ticket['tenant']}#TEAM#{ticket['team']}", "TEAM")
        set_ = [image for image in trace.users.get(team, ()) if image.at <= made.at - SET_BEFORE]
        since = [image for image in trace.users.get(team, ()) if made.at - SET_BEFORE < image.at <= made.at]
        pause = set_[-1].row.get("maintenance") if set_ else None
        if pause and not since and seconds(pause["until"]) > made.at + trace.skew + EARLY:
            yield Violation("I2", " ".join(key), f"was made at {made.at:.1f} s, in a maintenance")


def who_gets_a_ticket_is_paged(trace: Trace) -> Iterator[Violation]:
    """I1: a user to whom a ticket is reassigned is paged in its next move, unless there is no way to."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            user = old.row.get("handed_to")
            if user is None or new.row["rev"] == old.row["rev"] or new.row["changed_by"] != "system":
                continue
            if new.row["change"] not in (
                "assigned",
                "escalated",
                "repeated",
                "last_resort",
                "reminded",
                "kept",
                "nobody_reached",
            ):
                continue
            ways = people.methods(trace, new.row, user, new.at)
            paged = {page["user"] for page in pages_of_move(trace, pk, old.row["epoch"])}
            if ways and user not in paged and not _edited(images, new.at):
                yield Violation("I1", pk, f"was given to {user}, who is not paged at {new.at:.1f} s")


def _edited(images: list[Image], at: float) -> bool:
    return any(at - SET_BEFORE < one.at <= at and one.row["change"] == "edited" for one in images)
