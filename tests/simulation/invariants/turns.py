"""Members of a team who take turns: one of them is paged at a step, and the next one at the next."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.simulation.invariants.people import members, methods, quiet
from tests.simulation.invariants.state import steady, touched
from tests.simulation.trace import Image, Key, Trace, Violation, code_in, seconds
from tocsin.rows import Row

MOVES = ("escalated", "repeated")
MINUTE, TURN, AT_ONCE = 60.0, 30.0, 5.0
WORK = 15.0  # seconds that a notifier may have had its pages in hand


def members_take_turns(trace: Trace) -> Iterator[Violation]:
    """I4: where members take turns one is paged, and the order is kept, whatever rule a ticket goes by."""
    for pk, images in trace.tickets.items():
        begun: set[tuple[int, int]] = set()
        for old, new in pairwise(images):
            everybody, all_fit = _members(trace, new) if old.row.get("rev") != new.row.get("rev") else ([], False)
            if not everybody:
                continue
            pages = [one[0] for _, one in trace.pages_of(pk, old.row["epoch"])]
            if any(one.at < new.at - 20 for one in pages) or old.row["change"] == "edited":
                continue  # they were put by an attempt that died, or by one that another rule was for
            paged = {one.row["user"] for one in pages}
            rule = steady(trace, (f"T#{new.row['tenant']}#RULE#{new.row['rule_id']}", "RULE"), new.at)
            if len(paged) != 1:
                yield Violation("I4", pk, f"{sorted(paged)} were paged at {new.at:.1f} s, of whom one has the turn")
            elif rule and all_fit:
                begun.add((len(everybody), (everybody.index(*paged) - _turn(rule, new.row)) % len(everybody)))
        if len(begun) > len({number for number, _ in begun}):
            yield Violation("I4", pk, f"its turns began with members {sorted(begun)}, and not always with the same")


def a_person_gets_a_message_in_half_a_minute(trace: Trace) -> Iterator[Violation]:
    """I4: a person has a turn of half a minute at each method, and gets one message in it, which tells of all."""
    sent: dict[tuple[str, str, str], list[tuple[float, set[str]]]] = defaultdict(list)
    for attempt in trace.attempts:
        keys = trace.pages_in(attempt) if attempt.accepted else []
        for key in keys[:1]:
            page = trace.pages[key][0].row
            sent[page["tenant"], page["user"], page["method_id"]].append((attempt.at, {one[0] for one in keys}))
    for (_, user, method), messages in sent.items():
        for (first, old), (second, new) in pairwise(messages):
            if second - first >= TURN - trace.skew - 1 or any(trace.weather.repeats[pk] for pk in (*old, *new, "")):
                continue
            if not any(touched(trace, pk, first - 60, second) for pk in old | new):
                yield Violation("I4", user, f"was told by {method} at {first:.1f} s, and again at {second:.1f} s")


def who_has_a_turn_is_told_of_all_that_waited_for_it(trace: Trace) -> Iterator[Violation]:
    """I4: a message tells of all pages that waited for a turn when its sender took one."""
    of_way: dict[tuple[str, str, str], list[Key]] = defaultdict(list)
    for key in trace.pages:
        of_way[_way(trace, key)].append(key)
    for attempt in trace.attempts:
        told = trace.pages_in(attempt)
        for key in of_way[_way(trace, told[0])] if told else ():
            before, row = trace.at(key, attempt.at - WORK), trace.at(key, attempt.at)
            if key in told or before != row or not _awaits_its_turn(row) or row["address"] != attempt.address:
                continue
            if not any(touched(trace, one[0], attempt.at - 2 * WORK, attempt.at) for one in (key, *told)):
                yield Violation("I4", " ".join(key), f"was left out of the message at {attempt.at:.1f} s")


def _awaits_its_turn(page: Row) -> bool:
    due = page.get("due_at")
    return (
        due is not None and due == page.get("expected_at") and due not in (page["created_at"], page.get("not_before"))
    )


def nobody_waits_for_a_turn_in_which_nothing_is_said(trace: Trace) -> Iterator[Violation]:
    """I1: where nothing goes wrong a page waits for its person's turn to end only if a message was sent in it."""
    told: dict[tuple[str, str, str], list[float]] = defaultdict(list)  # whatever the address was then
    codeless = any(one.channel == "voice" and code_in(one.text) is None for one in trace.attempts)  # whose are they?
    for key, attempts in trace.paged.items():
        told[_way(trace, key)] += [attempt.at for attempt in attempts]
    for key, attempts in trace.paged.items():
        for one in trace.pages[key][1:]:
            ends = seconds(one.row["due_at"]) if _awaits_its_turn(one.row) else one.at
            for_a_turn = one.at + AT_ONCE < ends <= one.at + TURN
            first = attempts[0]
            if not for_a_turn or first.at <= one.at + AT_ONCE or (codeless and first.channel == "voice"):
                continue
            same = [other for other in trace.pages if _way(trace, other) == _way(trace, key)]
            rows = [trace.at(other, one.at) for other in same]
            # Then its sender is what it waits for.
            failed = any(row and row["status"] == "pending" and "error" in row for row in rows)
            if failed or any(touched(trace, other[0], ends - TURN - WORK, first.at) for other in same):
                continue
            if not any(ends - TURN - 1 < at < ends for at in told[_way(trace, key)]):
                yield Violation(
                    "I1", key[0], f"{key[1]} waited until {ends:.1f} s for a turn, and nothing was sent in it"
                )


def _way(trace: Trace, key: Key) -> tuple[str, str, str]:
    """Return whose turns a page waits for."""
    page = trace.pages[key][0].row
    return page["tenant"], page["user"], page["method_id"]


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
    names = [target["team"] for target in step["notify"] if target.get("round_robin")]
    places = {
        f"T#{tenant}#TEAM#{names[0]}",
        *(f"T#{tenant}#USER#{user}" for user in members(trace, tenant, names[0], move.at)),
    }
    changed = (one.at for (pk, _), images in trace.users.items() if pk in places for one in images if one.at > 0)
    if any(move.at - MINUTE < at <= move.at for at in changed) or quiet(trace, tenant):
        return [], False
    found = members(trace, tenant, names[0], move.at)
    fit = [bool(methods(trace, row, name, move.at, step.get("channels"))) for name in found]
    return (found, all(fit)) if any(fit) else ([], False)


def _in_turn(step: Row) -> bool:
    return any(one.get("round_robin") for one in step["notify"])


def _turn(rule: Row, place: Row) -> int:
    """Return how many steps come before a place at which members take turns."""
    begin, round_, before = rule["repeat_from"] - 1, place["round"], place["step"] - 1
    if round_ == 1:
        return _count(rule["steps"][:before])
    whole = _count(rule["steps"]) + (round_ - 2) * _count(rule["steps"][begin:])
    return whole + _count(rule["steps"][begin:before])


def _count(steps: Sequence[Row]) -> int:
    return sum(_in_turn(step) for step in steps)
