"""I4: the rule that matches is taken, and walked to its end with the times that it gives; nobody is hurried in vain."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import people
from tests.simulation.invariants.state import LONGEST_WORK, steady, touched
from tests.simulation.trace import Image, Trace, Violation, seconds
from tocsin import duration
from tocsin.rows import Row
from tocsin.rule import BUILT_IN

MOVES = ("escalated", "repeated", "last_resort", "reminded")
LONGEST_REMINDER = 24 * 3600.0
FIRST_REMINDER = 1800.0
BUILT_IN_WAIT = 300.0


def the_rule_that_matches_is_taken(trace: Trace) -> Iterator[Violation]:
    """I4: a ticket moves along the first of its team's rules that matches it, else of the company's, by position."""
    for pk, new in _moves(trace):
        known, rule = matching(trace, new.row, new.at)
        wanted = rule["rule_id"] if rule else BUILT_IN
        edited = any(new.at - 60 < one.at <= new.at and one.row["change"] == "edited" for one in trace.tickets[pk])
        if known and new.row["rule_id"] != wanted and not edited:
            yield Violation("I4", pk, f"moved at {new.at:.1f} s by rule {new.row['rule_id']}, not {wanted}")


def matching(trace: Trace, ticket: Row, at: float) -> tuple[bool, Row | None]:
    """Return whether it is certain which rule a ticket goes by, and that rule; None is the built-in one."""
    rules = _rules(trace, ticket["tenant"], ticket["team"], at)
    if rules is None:
        return False, None
    severity = ticket["severity"]
    return True, next((one for one in rules if severity in (one.get("when") or {}).get("severity", _ANY)), None)


class _Anything:
    def __contains__(self, name: object) -> bool:
        return True


_ANY = _Anything()


def _moves(trace: Trace) -> Iterator[tuple[str, Image]]:
    """Return each move of each ticket that paged somebody."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if new.row and new.row["rev"] != old.row["rev"] and new.row["change"] in MOVES:
                yield pk, new


def _rules(trace: Trace, tenant: str, team: str, at: float) -> list[Row] | None:
    """Return a team's rules by position, then the company's; None if one was changed in the minute before."""
    found = []
    for key, images in trace.users.items():
        if key[1] == "RULE" and key[0].startswith(f"T#{tenant}#"):
            until = [one for one in images if one.at <= at]
            if until and until[-1].at > at - 60 and until[-1].at > 0:
                return None
            found += [one.row for one in until[-1:] if one.row and one.row.get("team") in (team, None)]
    return sorted(found, key=lambda row: (row.get("team") is None, row["position"], row["rule_id"]))


def rules_are_walked_to_their_end(trace: Trace) -> Iterator[Violation]:
    """I4: what comes after a rule's end comes after its last step, as often as it is to be repeated."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if not new.row or new.row["change"] not in MOVES or not new.row.get("beyond") or old.row.get("beyond"):
                continue
            rule = steady(trace, (f"T#{new.row['tenant']}#RULE#{new.row['rule_id']}", "RULE"), new.at)
            if rule is None or old.row.get("rule_id") != rule["rule_id"]:
                continue
            walked = [[old.row["round"], old.row["step"]], *(place[:2] for place in new.row.get("passed", []))]
            end = [rule["repeat"] + 1, len(rule["steps"])]
            whole = len(new.row.get("passed", [])) >= len(rule["steps"])  # a round that reaches nobody is the last
            if (
                end not in walked
                and not whole
                and old.row["step"] <= len(rule["steps"])
                and old.row["round"] <= rule["repeat"] + 1
            ):
                yield Violation("I4", pk, f"was beyond {new.row['rule_id']} after {walked}, its end is {end}")


def nobody_waits_longer_than_the_rule_says(trace: Trace) -> Iterator[Violation]:
    """I1: the next time is set no later than the step's wait, or a reminder's interval, from now."""
    for pk, new in _moves(trace):
        longest = _longest(trace, new)
        if longest is not None and "due_at" in new.row:
            wait = seconds(new.row["due_at"]) - new.at
            if wait > longest + trace.skew + 0.01:
                yield Violation(
                    "I1", pk, f"{new.row['change']} at {new.at:.1f} s gives {wait:.0f} s, not {longest:.0f} s"
                )


def _longest(trace: Trace, move: Image) -> float | None:
    if move.row["change"] == "last_resort":
        return 900.0
    if move.row["change"] == "reminded":
        return reminder(trace, move)
    if move.row["rule_id"] == BUILT_IN:
        return BUILT_IN_WAIT
    rule = steady(trace, (f"T#{move.row['tenant']}#RULE#{move.row['rule_id']}", "RULE"), move.at)
    found = (rule or {}).get("steps", [])[move.row["step"] - 1 : move.row["step"]]
    return duration.parse(found[0]["wait"]).total_seconds() if found else None


def reminder(trace: Trace, move: Image) -> float | None:
    """Return how long it is from a reminder to the next; None if the company has just changed that."""
    settings = people.company(trace, move.row["tenant"], move.at)
    if settings is None:
        return None
    first = duration.parse(settings["reminder"]).total_seconds() if "reminder" in settings else FIRST_REMINDER
    return min(first * 2 ** min(max(move.row["beyond"] - 2, 0), 10), LONGEST_REMINDER)


def nobody_is_hurried_who_was_reached(trace: Trace) -> Iterator[Violation]:
    """I4: the system hurries the next step only when the pages of the one before have failed, and nobody took it on."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if not new.row or new.row["change"] != "hurried" or new.row["changed_by"] != "system":
                continue
            if new.row["rev"] == old.row["rev"]:  # the sweeper has looked at it since
                continue
            if new.row["status"] != "unread":
                yield Violation("I4", pk, f"was hurried at {new.at:.1f} s, and is {new.row['status']}")
            for (_, name), pages in trace.pages_of(pk, old.row["epoch"] - 1):
                row = next((one.row for one in reversed(pages) if one.at <= new.at), {})
                status = row.get("status")
                pending = status == "pending" and not _in_hand(pages, new.at) and _in_time(row)
                if status == "sent" or (pending and not touched(trace, pk, old.at, new.at)):
                    yield Violation("I4", pk, f"was hurried at {new.at:.1f} s, while {name} was {status}")


def _in_time(page: Row) -> bool:
    """Say whether a page was to come before the next step: its person may want it later."""
    return seconds(page["due_at"]) <= seconds(page["created_at"]) + page["wait"]


def _in_hand(pages: list[Image], at: float) -> bool:
    """Say whether a page was about to be marked as failed: who hurries does that afterwards."""
    return any(at < one.at <= at + LONGEST_WORK and one.row.get("status") == "failed" for one in pages)
