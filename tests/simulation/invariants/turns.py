"""Members of a team who take turns: one of them is paged at a step, and the next one at the next."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import get_args

from tests.simulation.invariants import habits
from tests.simulation.invariants.state import steady
from tests.simulation.trace import Image, Trace, Violation
from tocsin.rows import Row
from tocsin.user import Channel

MOVES = ("escalated", "repeated")
MINUTE = 60.0


def members_take_turns(trace: Trace) -> Iterator[Violation]:
    """I4: where members take turns one is paged, and the order is kept, whatever rule a ticket goes by."""
    for pk, images in trace.tickets.items():
        begun: set[int] = set()
        for old, new in pairwise(images):
            members, all_fit = _members(trace, new) if old.row.get("rev") != new.row.get("rev") else ([], False)
            if not members:
                continue
            pages = [one[0] for _, one in trace.pages_of(pk, old.row["epoch"])]
            if any(one.at < new.at - 20 for one in pages):
                continue  # they were put by an attempt that died
            paged = {one.row["user"] for one in pages}
            rule = steady(trace, (f"T#{new.row['tenant']}#RULE#{new.row['rule_id']}", "RULE"), new.at)
            if len(paged) != 1:
                yield Violation("I4", pk, f"{sorted(paged)} were paged at {new.at:.1f} s, of whom one has the turn")
            elif rule and all_fit:
                begun.add((members.index(*paged) - _turn(rule, new.row)) % len(members))
        if len(begun) > 1:
            yield Violation("I4", pk, f"its turns began with members {sorted(begun)}, and not always with the same")


def _members(trace: Trace, move: Image) -> tuple[list[str], bool]:
    """Return those who take turns at a move's step, in order, and whether all can be reached; nobody if none can.

    Steps in which members take turns are for them alone.
    """
    row = move.row
    if not row or row["change"] not in MOVES or row["rule_id"].startswith("_"):
        return [], False
    tenant = row["tenant"]
    rule = steady(trace, (f"T#{tenant}#RULE#{row['rule_id']}", "RULE"), move.at)
    step = rule["steps"][row["step"] - 1] if rule and row["step"] <= len(rule["steps"]) else None
    if rule is None or step is None or not _in_turn(step) or (row["round"] > 1 and row["step"] < rule["repeat_from"]):
        return [], False
    found, fit = [], []
    for (pk, sk), images in trace.users.items():
        if sk == "USER" and pk.startswith(f"T#{tenant}#"):
            user = steady(trace, (pk, sk), move.at)
            if any(move.at - MINUTE < one.at for one in images if one.at > 0) or user is None:
                return [], False
            if habits.sleeps(user):
                return [], False  # who sleeps is passed over, at some hours
            found.append(user["user_id"])
            fit.append(_fit(user, step))
    return (sorted(found), all(fit)) if any(fit) else ([], False)


def _in_turn(step: Row) -> bool:
    return any(one.get("round_robin") for one in step["notify"])


def _fit(user: Row, step: Row) -> bool:
    return bool(habits.fit(user, step.get("channels"), "", get_args(Channel)))


def _turn(rule: Row, place: Row) -> int:
    """Return how many steps come before a place at which members take turns."""
    begin, round_, before = rule["repeat_from"] - 1, place["round"], place["step"] - 1
    if round_ == 1:
        return _count(rule["steps"][:before])
    whole = _count(rule["steps"]) + (round_ - 2) * _count(rule["steps"][begin:])
    return whole + _count(rule["steps"][begin:before])


def _count(steps: Sequence[Row]) -> int:
    return sum(_in_turn(step) for step in steps)
