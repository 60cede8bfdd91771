"""I1, I4: a ticket whose next step is held stays where it is, and no longer than the rule and the schedules say."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import duty, people
from tests.simulation.invariants.rules import matching
from tests.simulation.invariants.state import steady
from tests.simulation.trace import CALLER, Image, Trace, Violation, seconds
from tocsin import duration
from tocsin.rows import Row

STAYS = ("team", "rule_id", "step", "round", "beyond", "handed_to", "run", "status", "assigned_to")
LATE = 5.0  # seconds
MINUTE = 60.0
ROUND = 4  # steps of a rule at most


def what_is_held_stays_where_it_is(trace: Trace) -> Iterator[Violation]:
    """I4: a hold changes nothing of a ticket but its time."""
    for pk, old, new in _holds(trace):
        for name in STAYS:
            if old.row.get(name) != new.row.get(name):
                told = f"{name} {old.row.get(name)!r} became {new.row.get(name)!r}"
                yield Violation("I4", pk, f"was held at {new.at:.1f} s, and {told}")


def nobody_is_waited_for_too_long(trace: Trace) -> Iterator[Violation]:
    """I1: who comes on call is paged then; a step is held no longer than its rule says, nor if it is asked for."""
    for pk, old, new in _holds(trace):
        steps = _held(trace, new)
        if not steps or _otherwise(trace, new):
            continue
        due = seconds(new.row["due_at"])
        # One after the other, and the same in the next round, each from where the one before was passed.
        longest = ROUND * max(duration.parse(step["hold_until_on_call"]).total_seconds() for step in steps)
        since = seconds(new.row["held_since"]) if "held_since" in new.row else new.at
        if due > since + longest + LATE:
            yield Violation(
                "I1", pk, f"is held to {due:.1f} s, and {longest:.0f} s after {since:.1f} s were the longest"
            )
        if _by_hand(trace, pk, old):
            yield Violation("I1", pk, f"is held at {new.at:.1f} s, though somebody has asked for the next step")
        names = {target["schedule"] for step in steps for target in step["notify"] if "schedule" in target}
        for name in names if len(names) == 1 else ():
            at = _comes(trace, new, name, due)
            if at is not None and at < due - LATE - trace.skew:
                yield Violation("I1", pk, f"is held to {due:.1f} s, and somebody is on call from {at:.1f} s on")


def a_step_waits_for_somebody(trace: Trace) -> Iterator[Violation]:
    """I4: a step that is to be held while nobody is on call is not passed before its time, unless somebody asks."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            passed = (
                (new.row.get("passed") or ())
                if new.row["rev"] != old.row["rev"] and not _by_hand(trace, pk, old)
                else ()
            )
            rule = steady(trace, (f"T#{new.row['tenant']}#RULE#{new.row.get('rule_id')}", "RULE"), new.at)
            since = seconds(old.row["held_since"]) if "held_since" in old.row else new.at
            for _, number, *_ in passed:
                for step in rule["steps"][number - 1 : number] if rule else ():
                    hold = (
                        duration.parse(step["hold_until_on_call"]).total_seconds()
                        if step.get("hold_until_on_call")
                        else 0
                    )
                    if hold and since + hold > new.at + LATE and _unmanned(trace, new, step):
                        yield Violation(
                            "I4", pk, f"step {number} was passed at {new.at:.1f} s, and is to wait {hold:.0f} s"
                        )


def _by_hand(trace: Trace, pk: str, before: Image) -> bool:
    """Say whether somebody has asked for the next step, by the API or by an answer; not by a team's maintenance."""
    begun = [act.begun for act in trace.acts if act.ticket == pk]
    begun += [at for at, who in trace.tried.get(pk, ()) if who != CALLER]
    return before.row.get("held") is False and any(at <= before.at for at in begun)


def _unmanned(trace: Trace, move: Image, step: Row) -> bool:
    return all(
        "schedule" in one and duty.nobody(trace, move.row["tenant"], one["schedule"], move.at) for one in step["notify"]
    )


def _holds(trace: Trace) -> Iterator[tuple[str, Image, Image]]:
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if new.row.get("change") == "held" and new.row["rev"] == old.row["rev"] + 1:
                yield pk, old, new


def _otherwise(trace: Trace, hold: Image) -> bool:
    """Say whether a ticket may be held for another reason: a maintenance, or that people sleep."""
    team = steady(trace, (f"T#{hold.row['tenant']}#TEAM#{hold.row['team']}", "TEAM"), hold.at)
    pause = team.get("maintenance") if team else None
    paused = team is None or bool(pause and seconds(pause["until"]) > hold.at - MINUTE)
    return paused or people.quiet(trace, hold.row["tenant"])


def _held(trace: Trace, hold: Image) -> list[Row]:
    """Return the steps that may be held; nothing if that is not certain."""
    known, rule = matching(trace, hold.row, hold.at)
    if not known or rule is None or hold.row.get("handed_to") or hold.row.get("beyond"):
        return []
    return [step for step in rule["steps"] if step.get("hold_until_on_call")]


def _comes(trace: Trace, hold: Image, schedule: str, until: float) -> float | None:
    """Return the first whole minute at which somebody is on call, as it stood when a ticket was held."""
    minute = (int(hold.at + LATE) // 60 + 1) * MINUTE
    while minute < until:
        if duty.will_be(trace, hold.row["tenant"], schedule, hold.at, minute + 1):
            return minute
        minute += MINUTE
    return None
