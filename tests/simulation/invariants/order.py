"""I2 to I5: nothing too late, nothing too early, nothing twice; schedules end with their epoch."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.faults import EVERYTHING
from tests.simulation.invariants.rules import reminder
from tests.simulation.invariants.state import pages_of_move, steady, touched, wants
from tests.simulation.trace import Image, Trace, Violation, seconds
from tocsin import duration
from tocsin.rows import Row

TO_SILENCE = 3.0  # seconds from an acknowledgement to the last attempt
EARLY = 1.0
SETTLED = ("sent", "failed", "skipped")
GOES_ON = ("escalated", "repeated", "last_resort", "reminded", "edited", "deduplicated", "acknowledged", "resolved")
BESIDE = ("deduplicated", "responders_added")  # what changes nothing of the escalation
BEYOND_RULES = (
    *("hurried", "kept", "acknowledged", "status_changed", "resolved", "edited", "deduplicated", "opened"),
    *("snoozed", "snooze_ended", "ack_expired", "reassigned", "held"),
)


def silence_after_an_answer(trace: Trace) -> Iterator[Violation]:
    """I2: nobody is paged for a ticket later than three seconds after it was acknowledged."""
    for key, attempts in trace.paged.items():
        page = trace.pages[key][0].row if key in trace.pages else None
        for attempt in attempts:
            start = attempt.at - TO_SILENCE
            moments = [start, *(one.at for one in trace.tickets.get(key[0], ()) if start < one.at <= attempt.at)]
            if page and not any(wants(trace.at((key[0], "TICKET"), moment), page) for moment in moments):
                yield Violation("I2", " ".join(key), f"was sent at {attempt.at:.1f} s, when nobody wanted it any more")


def nothing_comes_early(trace: Trace) -> Iterator[Violation]:
    """I3: no page of a step before its due time, and each step has the time that its rule gives it."""
    early = EARLY + trace.skew + 0.001
    for key, attempts in trace.paged.items():
        if key in trace.asked:
            continue
        page = trace.pages[key][0].row
        due = trace.due.get((key[0], page["epoch"]))
        if due is None:
            yield Violation("I3", " ".join(key), "belongs to a move that never was due")
        elif attempts[0].at < due - early:
            yield Violation("I3", " ".join(key), f"was tried at {attempts[0].at:.1f} s, due at {due:.1f} s")
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if "epoch" not in new.row or new.row["epoch"] == old.row["epoch"] or new.row["change"] in BEYOND_RULES:
                continue
            pages = pages_of_move(trace, pk, old.row["epoch"])
            begun = min((seconds(page["created_at"]) for page in pages), default=0.0)
            wait = _time_to_answer(trace, new)
            # Two that take the same step may each begin, and end, with calls that take their time.
            slack = 30.0 if touched(trace, pk, old.at, new.at) else 0.0
            due = new.row.get("due_at")
            # One that is resolved by itself before then has no next step.
            resolved = due and new.row.get("resolve_at", due + "~") <= due
            if pages and due and not resolved and seconds(due) < begun + wait - early - slack:
                yield Violation("I3", pk, f"step {new.row['step']} has less time than its {wait} s")


def _time_to_answer(trace: Trace, move: Image) -> float:
    """Return how long a step waits by its rule, or a reminder at least; 0 if the rule was changed of late."""
    if move.row["change"] == "reminded":
        return reminder(trace, move) or 300.0
    if move.row["change"] == "last_resort":
        return 900.0
    if move.row["change"] == "assigned":
        return 300.0
    rule = steady(trace, (f"T#{move.row['tenant']}#RULE#{move.row.get('rule_id')}", "RULE"), move.at)
    steps = (rule or {}).get("steps", [])
    found = steps[move.row["step"] - 1 : move.row["step"]]
    return duration.parse(found[0]["wait"]).total_seconds() if found else 0.0


def each_epoch_moves_once(trace: Trace) -> Iterator[Violation]:
    """I4: every write of a ticket counts, every move has an epoch of its own, and steps do not go back."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            a, b = old.row, new.row
            if not b:
                yield Violation("I4", pk, "was deleted")
                continue
            if b["rev"] - a["rev"] not in (0, 1) or b["epoch"] - a["epoch"] not in (0, 1):
                yield Violation("I4", pk, f"rev {a['rev']} -> {b['rev']}, epoch {a['epoch']} -> {b['epoch']}")
            if b["rev"] == a["rev"] and _told(a) != _told(b):
                yield Violation("I4", pk, f"changed without a rev of its own: {_different(a, b)}")
            if b.get("due_at") != a.get("due_at") and b["epoch"] == a["epoch"]:
                yield Violation("I4", pk, "its clock moved within an epoch")
            if _place(b) < _place(a) and b["run"] == a["run"] and b.get("rule_id") == a.get("rule_id"):
                yield Violation("I4", pk, f"went back from {_place(a)} to {_place(b)}")
            yield from _in_order(trace, pk, a, b)
            yield from _begun_anew(pk, a, b)
            if a["status"] == "resolved" and b["status"] != "resolved":
                yield Violation("I4", pk, "was resolved, and is not any more")


def _begun_anew(pk: str, a: Row, b: Row) -> Iterator[Violation]:
    """Yield a violation if the escalation began anew though nothing asks for it, or did not with a return to unread."""
    returned = b["status"] == "unread" and a["status"] != "unread"
    if (b["run"] == a["run"]) if returned else (b["run"] != a["run"] and b["change"] in GOES_ON):
        yield Violation("I4", pk, f"{b['change']} as {b['status']} after {a['status']}: run {a['run']} -> {b['run']}")
    if b["change"] in BESIDE and b["rev"] != a["rev"]:
        of_clock = ("epoch", "run", "status", "due_at", "step", "round", "beyond", "rule_id", "snoozed_until")
        if any(a.get(name) != b.get(name) for name in of_clock):
            yield Violation("I4", pk, f"its escalation was changed by {b['change']}")


def _in_order(trace: Trace, pk: str, a: Row, b: Row) -> Iterator[Violation]:
    """Yield a violation if a step was left out, or another rule was not begun at its first step."""
    if b["change"] not in ("escalated", "repeated") or b["rev"] == a["rev"]:
        return
    begun = b["run"] != a["run"] or b.get("rule_id") != a.get("rule_id")
    before = (0, 0) if begun else (a["round"], a["step"])
    rule = trace.users.get((f"T#{b['tenant']}#RULE#{b.get('rule_id')}", "RULE"), ())
    begins = {image.row.get("repeat_from", 1) for image in rule} or {1}
    for place in [*(tuple(one[:2]) for one in b.get("passed") or ()), (b["round"], b["step"])]:
        nexts = {(max(before[0], 1), before[1] + 1), *((before[0] + 1, step) for step in begins)}
        if place not in nexts:
            yield Violation("I4", pk, f"went from {before} to {place} of rule {b.get('rule_id')}")
        before = (place[0], place[1])


def _told(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("look_at", "looks", "due_shard")}


def _different(a: Row, b: Row) -> list[str]:
    return [name for name in a.keys() | b.keys() if a.get(name) != b.get(name)]


def _place(row: Row) -> tuple[int, int, int]:
    return row.get("beyond", 0), row.get("round", 0), row.get("step", 0)


def what_is_settled_stays_settled(trace: Trace) -> Iterator[Violation]:
    """I4: a page ends once, and is sent once unless a fault hid that it was."""
    for key, images in trace.pages.items():
        for old, new in pairwise(images):
            if old.row["status"] in SETTLED and new.row.get("status") != old.row["status"]:
                yield Violation("I4", " ".join(key), f"was {old.row['status']}, became {new.row.get('status')}")
        accepted = sum(attempt.accepted for attempt in trace.paged.get(key, ()))
        if accepted > 1 + trace.weather.repeats[key[0]] + trace.weather.repeats[EVERYTHING]:
            yield Violation("I4", " ".join(key), f"was sent {accepted} times")


def schedules_end_with_their_epoch(trace: Trace) -> Iterator[Violation]:
    """I5, and what else is seen while the world runs. Where the stream is down nothing cancels."""
    yield from (one for one in trace.seen if one.invariant != "I5" or trace.mode != "net_only")
