"""Responders: whom somebody asks for is paged beside the escalation, at most once a minute."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import duty, people
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
    return set(people.members(trace, act.tenant, act.body["team"], act.ended))


def _reachable(trace: Trace, act: Act, user: str) -> bool:
    """Say whether a user could be reached all the while, however severe the ticket was."""
    moments = [trace.at((act.ticket, "TICKET"), at) for at in (act.begun, act.ended)]
    return all(people.methods(trace, ticket, user, act.ended) for ticket in moments if ticket)


def nobody_to_ask(trace: Trace, act: Act) -> bool:
    """Say whether an ask may have been refused because it reaches nobody, or nobody who is awake."""
    ticket = trace.at((act.ticket, "TICKET"), act.ended)
    return not any(people.awake(trace, ticket, user, act.ended) for user in meant(trace, act))


def nobody_is_asked_twice_in_a_minute(trace: Trace) -> Iterator[Violation]:
    """I4: however often somebody is asked for, a minute lies between two pages by one way."""
    made: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for key, images in trace.asked.items():
        made[key[0], images[0].row["user"], images[0].row["method_id"]].append(seconds(images[0].row["created_at"]))
    for (pk, user, _), times in made.items():
        for first, second in pairwise(sorted(times)):
            if second - first < AGAIN - trace.skew and not _at_one_time(trace, pk, second):
                yield Violation("I4", pk, f"{user} was asked for at {first:.1f} s and at {second:.1f} s")


def _at_one_time(trace: Trace, pk: str, at: float) -> bool:
    """Say whether two asks were under way, each of which may not have seen what the other made."""
    asks = [act for act in trace.acts if act.what == "ask" and act.ticket == pk]
    return sum(act.begun - trace.skew - 1 <= at <= act.ended + trace.skew for act in asks) > 1
