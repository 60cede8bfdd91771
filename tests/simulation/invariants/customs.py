"""I1, I3: people are paged by what they set, when they set it; the last resort comes once, after the last step."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import people
from tests.simulation.invariants.state import decided_at, steady, touched
from tests.simulation.trace import Image, Trace, Violation, seconds
from tocsin import duration
from tocsin.rows import Row

MOVES = ("assigned", "escalated", "repeated", "last_resort", "reminded")
EARLY = 3.0  # seconds: a page that comes with others may be so much too soon
RACED, AT_ONCE = 30.0, 5.0
LEARNT = 5.0  # seconds within which all know who has left


def nobody_is_paged_too_soon(trace: Trace) -> Iterator[Violation]:
    """I3: a page that its person wants later than its step is not sent before."""
    for key, attempts in trace.paged.items():
        first = attempts[0].at
        # A step that is taken again may want it sooner than it was decided first.
        known = [one.row["due_at"] for one in trace.pages[key] if one.at <= first and "due_at" in one.row]
        due = seconds(min(known)) if known else 0.0
        if first < due - EARLY - trace.skew:
            yield Violation("I3", " ".join(key), f"was tried at {first:.1f} s, wanted at {due:.1f} s")


def pages_come_when_people_want_them(trace: Trace) -> Iterator[Violation]:
    """I1, I3: a page is due as long after its step as its person says, or when the person's quiet hours end."""
    for pk, old, new in _moves(trace):
        begun, step = decided_at(trace, pk, old.row["epoch"], new.at), _step(trace, new)
        if begun is None or step is None:
            continue
        those = _those(trace, new, step)
        for (_, name), images in trace.pages_of(pk, old.row["epoch"]):
            decided = [one.row for one in images if seconds(one.row["created_at"]) == begun]
            if not decided or (those is not None and decided[0]["user"] not in those):
                continue  # another way for one that failed, of another decision, or held back at a step before
            page = decided[0]
            ways = people.methods(trace, new.row, page["user"], new.at, step.get("channels"))
            after = ways.get(page["method_id"])
            if after is None:
                continue
            due, wanted = seconds(page["due_at"]), begun + after
            asleep = people.sleeps(trace, new.row, page["user"], new.at, wanted)
            if asleep and people.sleeps(trace, new.row, page["user"], new.at, due):
                yield Violation("I3", pk, f"{name} is due at {due:.1f} s, in quiet hours")
            if asleep is False and abs(due - wanted) > 1.0:
                yield Violation("I1", pk, f"{name} is due at {due:.1f} s, wanted at {wanted:.1f} s")


def who_has_left_is_left_alone(trace: Trace) -> Iterator[Violation]:
    """I1: nobody is paged whom the identity provider took away before the page was made, or before it had to come."""
    for key, attempts in trace.paged.items():
        page = trace.pages[key][-1].row
        since = _left(trace, page, attempts[0].at)
        made = seconds(page["created_at"]) if "not_before" not in page else attempts[0].at
        if since is not None and made > since + LEARNT + trace.skew and not touched(trace, key[0], since, made):
            yield Violation("I1", " ".join(key), f"was sent at {attempts[0].at:.1f} s, left at {since:.1f} s")


def _left(trace: Trace, page: Row, at: float) -> float | None:
    """Return since when a page's person is away; None: the person is there."""
    images = trace.users.get((f"T#{page['tenant']}#USER#{page['user']}", "USER"), [])
    since = None
    for image in images:
        if image.at <= at:
            away = not image.row or not image.row.get("active", True)
            since = (image.at if since is None else since) if away else None
    return since


def _step(trace: Trace, move: Image) -> Row | None:
    """Return the step of a move; an empty one names no channels, and None is an uncertain one."""
    row = move.row
    if row["change"] in ("assigned", "last_resort") or (row.get("rule_id") or "").startswith("_"):
        return {}
    if row["change"] == "reminded":
        return None  # by the channels of the step whose people are reminded
    rule = steady(trace, (f"T#{row['tenant']}#RULE#{row['rule_id']}", "RULE"), move.at)
    found: list[Row] = rule["steps"][row["step"] - 1 : row["step"]] if rule else []
    return found[0] if found else None


def _those(trace: Trace, move: Image, step: Row) -> list[str] | None:
    """Return whose pages are certainly of a step, and not held back at one before; None: all of the move's are."""
    if not people.quiet(trace, move.row["tenant"]):
        return None
    return people.named(trace, move.row["tenant"], step, move.at) if step else []


def who_can_be_reached_is_not_passed(trace: Trace) -> Iterator[Violation]:
    """I1: a step is passed if nobody of it can be reached, or all of them sleep; then they are paged when they wake."""
    for pk, old, new in _moves(trace, "nobody_reached"):
        if "passed" not in new.row:
            continue
        rule = steady(trace, (f"T#{new.row['tenant']}#RULE#{new.row.get('rule_id')}", "RULE"), new.at)
        begun = decided_at(trace, pk, old.row["epoch"], new.at)
        at = new.at if begun is None else begun
        paged = {images[0].row["user"] for _, images in trace.pages_of(pk, old.row["epoch"])}
        for _, number, *_ in new.row.get("passed") or ():
            for step in rule["steps"][number - 1 : number] if rule else ():
                for name in people.named(trace, new.row["tenant"], step, new.at):
                    ways = people.methods(trace, new.row, name, new.at, step.get("channels"))
                    asleep = {people.sleeps(trace, new.row, name, new.at, at + after) for after in ways.values()}
                    if False in asleep:
                        yield Violation("I1", pk, f"step {number} was passed at {new.at:.1f} s, and {name} is there")
                    elif asleep == {True} and name not in paged:
                        yield Violation("I1", pk, f"step {number} was passed at {new.at:.1f} s, {name} is not told")


def the_last_resort_comes_once(trace: Trace) -> Iterator[Violation]:
    """I1: after the last step whoever the company names is paged, before all reminders; then nobody of them again."""
    for pk, old, new in _moves(trace, "nobody_reached"):
        a, b = old.row, new.row
        begins = not a.get("beyond") or a.get("rule_id") != b.get("rule_id")
        if b["change"] == "last_resort" and not begins:
            yield Violation("I1", pk, f"the last resort was paged again at {new.at:.1f} s")
        settings = people.company(trace, b["tenant"], new.at)
        if not b.get("beyond") or not begins or b["change"] == "last_resort" or settings is None:
            continue
        names = [name for one in settings.get("last_resort") or () for name in _meant(trace, b, one, new.at)]
        if any(people.awake(trace, b, name, new.at) for name in names):
            yield Violation("I1", pk, f"{names} are the last resort, and were passed at {new.at:.1f} s")


def _meant(trace: Trace, ticket: Row, target: Row, at: float) -> list[str]:
    if "team" in target:
        return people.members(trace, ticket["tenant"], target["team"], at)
    return people.named(trace, ticket["tenant"], {"notify": [target]}, at)


def a_severity_counts_from_the_next_step(trace: Trace) -> Iterator[Violation]:
    """I1: a ticket that takes a step has the times of its severity, as its company has them."""
    for pk, _, new in _moves(trace):
        settings = people.company(trace, new.row["tenant"], new.at)
        for known in settings["severities"] if settings else ():
            for time in ("ack_timeout", "auto_resolve") if known["name"] == new.row["severity"] else ():
                wanted = duration.parse(known[time]).total_seconds() if known.get(time) else None
                if new.row.get(time) != wanted:
                    yield Violation("I1", pk, f"has {time} {new.row.get(time)} at {new.at:.1f} s, not {wanted}")


def _moves(trace: Trace, *more: str) -> Iterator[tuple[str, Image, Image]]:
    """Yield moves that were made at once, of tickets that nobody edited meanwhile, each with the image before it."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if not new.row or new.row["rev"] == old.row["rev"] or new.row["change"] not in (*MOVES, *more):
                continue
            begun = decided_at(trace, pk, old.row["epoch"], new.at)
            edited = any(new.at - RACED < one.at <= new.at and one.row["change"] == "edited" for one in images)
            if not edited and (begun is None or begun > new.at - AT_ONCE):
                yield pk, old, new
