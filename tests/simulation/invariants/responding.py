"""Responders: whom somebody asks for is paged beside the escalation, at most once a minute."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import duty
from tests.simulation.invariants.habits import sleeps
from tests.simulation.invariants.state import steady
from tests.simulation.trace import Act, Image, Trace, Violation, seconds

AGAIN = 60.0  # seconds


def who_is_asked_for_is_paged(trace: Trace) -> Iterator[Violation]:
    """I1: an ask that was answered 200 has a page for each who is meant and can be reached, of the last minute."""
    for act in trace.acts:
        if act.what != "ask" or act.answer.status != 200:
            continue
        paged = {
            images[0].row["user"]
            for key, images in trace.asked.items()
            if key[0] == act.ticket and images[0].at <= act.ended and _lives(trace, images, act.begun)
        }
        for user in meant(trace, act):
            if user not in paged and _reachable(trace, act, user):
                yield Violation("I1", act.ticket, f"{user} was asked for at {act.ended:.1f} s, and has no page")


def _lives(trace: Trace, images: list[Image], at: float) -> bool:
    """Say whether a page was made, or still under way, at most a minute before."""
    settled = next((one.at for one in images if one.row.get("status") != "pending"), trace.end)
    return max(seconds(images[0].row["created_at"]), settled) >= at - AGAIN - trace.skew


def meant(trace: Trace, act: Act) -> set[str]:
    """Return whom an ask means; nobody where that is not certain."""
    if "user" in act.body:
        return {act.body["user"]}
    if "schedule" in act.body:
        return set(filter(None, [duty.on_call(trace, act.tenant, act.body["schedule"], act.ended)]))
    place = f"T#{act.tenant}#TEAM#{act.body['team']}"
    members = [key[1] for key in trace.users if key[0] == place and key[1].startswith(("ADMIN#", "MEMBER#"))]
    return {name.split("#")[1] for name in members if steady(trace, (place, name), act.ended)}


def _reachable(trace: Trace, act: Act, user: str) -> bool:
    row = steady(trace, (f"T#{act.tenant}#USER#{user}", "USER"), act.ended)
    return any(one["verified"] for one in (row or {}).get("methods", {}).values())


def nobody_to_ask(trace: Trace, act: Act) -> bool:
    """Say whether an ask may have been refused because it reaches nobody."""
    return not any(_awake(trace, act, user) for user in meant(trace, act))


def _awake(trace: Trace, act: Act, user: str) -> bool:
    row = steady(trace, (f"T#{act.tenant}#USER#{user}", "USER"), act.ended)
    return _reachable(trace, act, user) and not sleeps(row or {})


def nobody_is_asked_twice_in_a_minute(trace: Trace) -> Iterator[Violation]:
    """I4: however often somebody is asked for, a minute lies between two pages by one way."""
    made: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for key, images in trace.asked.items():
        made[key[0], images[0].row["user"], images[0].row["method_id"]].append(seconds(images[0].row["created_at"]))
    for (pk, user, _), times in made.items():
        for first, second in pairwise(sorted(times)):
            if second - first < AGAIN - trace.skew:
                yield Violation("I4", pk, f"{user} was asked for at {first:.1f} s and at {second:.1f} s")
