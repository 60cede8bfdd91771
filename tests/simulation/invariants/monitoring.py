"""I7, for who watches: an alarm that was taken has its ticket, its end has ended it, and none is told twice."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.companies import ALARMS, INTEGRATIONS
from tests.simulation.trace import Act, Image, Trace, Violation
from tocsin.rows import Row

Named = tuple[str, str, str]  # tenant, dedup key, source
MONITORS = ("alarm", "alert")
TAKEN = (200, 202)
SAME_TIME = 0.1  # seconds: of two acts at one time either may be the first
ORDERED = 5.0  # seconds between two messages whose order is clear; who has no clock is as old as its arrival
PATIENCE = 900.0  # seconds without faults, in which who was refused tells it again
SEVERITIES = {"critical": "sev1"}  # of the map; every other is sev3


def who_watches_is_heard(trace: Trace) -> Iterator[Violation]:
    """I7: an alarm is a ticket that is open, or was opened by the same message; its end is the end of its ticket."""
    for act in trace.acts:
        if act.what not in MONITORS:
            continue
        if act.answer.status not in (*TAKEN, 500, 503):
            yield Violation("I7", act.body["key"], f"was refused: {act.answer}")
        if act.answer.status not in TAKEN:
            continue
        found, overtaken = _of(trace, act), _overtaken(trace, act)
        match act.body["state"]:
            case "open" if not any(_open(images, act) or _told_before(trace, images, act) for _, images in found):
                yield Violation("I7", act.body["key"], f"went off at {act.begun:.1f} s, and has no ticket")
            case "resolve" if not overtaken:
                yield from _still(act, found, {"resolved"})
            case "acknowledge" if act.what == "alert" and not overtaken:
                yield from _still(act, found, {"under_investigation", "pending_fix", "resolved"})
                yield from _ended(trace, act, found)


def _overtaken(trace: Trace, act: Act) -> bool:
    """Say whether an alarm that is newer than an act, or about as old, was told before the act was over."""
    opens = (one for one in trace.acts if one.what in MONITORS and _key(one) == _key(act))
    return any(
        one.body["state"] == "open" and one.body["at"] > act.body["at"] - ORDERED and one.begun <= act.ended
        for one in opens
        if one.begun > act.begun or one.body["at"] > act.body["at"]
    )


def an_end_is_of_what_was_before(trace: Trace) -> Iterator[Violation]:
    """I7: what was told before an alarm went off ends nothing that has gone off since, however late it comes."""
    for act in trace.acts:
        if act.what not in MONITORS or act.body["state"] == "open":
            continue
        for pk, images in _of(trace, act):
            for old, new in pairwise(images):
                ended = old.row["status"] != new.row["status"] and new.row["changed_by"] == f"integration:{act.path}"
                if ended and act.begun <= new.at <= act.ended:
                    yield from _later_alarm(trace, act, pk, new.at)


def _later_alarm(trace: Trace, act: Act, pk: str, at: float) -> Iterator[Violation]:
    same = [one for one in trace.acts if one.what in MONITORS and _key(one) == _key(act)]
    by = [one.body["at"] for one in same if one.body["state"] != "open" and one.begun <= at <= one.ended]
    since = [
        one.body["at"] for one in same if one.body["state"] == "open" and one.ended < at and one.answer.status in TAKEN
    ]
    if since and max(since) > max(by) + ORDERED:
        yield Violation(
            "I7", pk, f"was ended at {at:.1f} s, for what was told at {max(by):.1f} s, before {max(since):.1f} s"
        )


def who_watches_is_heard_at_last(trace: Trace) -> Iterator[Violation]:
    """I7: what was refused for a fault of ours is taken when it is told again, once the faults are over."""
    tries: dict[str, list[Act]] = defaultdict(list)
    for act in trace.acts:
        if act.what in MONITORS:
            tries[f"{_key(act)} {act.body | {'at': None}}"].append(act)  # that is of each try
    for first, *others in tries.values():
        taken = any(one.answer.status in TAKEN for one in (first, *others))
        if not taken and first.ended < trace.end - PATIENCE:
            yield Violation("I7", first.body["key"], f"was not taken at {first.ended:.1f} s, and never again")


def _of(trace: Trace, act: Act) -> list[tuple[str, list[Image]]]:
    """Return the tickets of an alarm's key, opened by its integration."""
    return [(pk, images) for pk, images in trace.tickets.items() if _named(images[0].row) == _key(act)]


def _key(act: Act) -> Named:
    return act.tenant, act.body["key"], f"integration:{act.path}"


def _named(row: Row) -> Named:
    return row["tenant"], row.get("dedup_key", ""), row["source"]


def _open(images: list[Image], act: Act) -> bool:
    over = next((one.at for one in images if one.row["status"] == "resolved"), act.ended)
    return images[0].at <= act.ended and over >= act.begun


def _told_before(trace: Trace, images: list[Image], act: Act) -> bool:
    """Say whether a ticket was opened for the same message, or for another in the stead of one that had died."""
    same = [one for one in trace.acts if one.what == "alarm" and one.body["delivery"] == act.body.get("delivery")]
    made = images[0].at
    if images[0].row.get("healed"):
        return any(one.begun <= made for one in same)
    return any(one.begun <= made <= one.ended for one in same)


def _still(act: Act, found: list[tuple[str, list[Image]]], wanted: set[str]) -> Iterator[Violation]:
    """Yield those that were there before, and at no time of the act as they were wanted."""
    for pk, images in found:
        before = [one.row["status"] for one in images if one.at < act.begun - SAME_TIME]
        during = {one.row["status"] for one in images if act.begun - SAME_TIME <= one.at <= act.ended}
        if before and not wanted & {before[-1], *during}:
            yield Violation("I7", pk, f"is {before[-1]}, and its monitor said {act.body['state']} at {act.ended:.1f} s")


def _ended(trace: Trace, act: Act, found: list[tuple[str, list[Image]]]) -> Iterator[Violation]:
    """Yield those that an act resolved that was to acknowledge."""
    others = [one for one in trace.acts if one.what in MONITORS and _key(one) == _key(act)]
    if any(one.body["state"] == "resolve" and one.begun <= act.ended and one.ended >= act.begun for one in others):
        return
    for pk, images in found:
        for old, new in pairwise(images):
            ended = old.row["status"] != "resolved" == new.row["status"]
            if ended and act.begun <= new.at <= act.ended and new.row["changed_by"] == f"integration:{act.path}":
                yield Violation("I7", pk, f"was to be acknowledged at {act.ended:.1f} s, and is over")


def one_message_is_one_ticket(trace: Trace) -> Iterator[Violation]:
    """I7: a message that comes again opens no second ticket, and each one is counted."""
    opened: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pk, images in trace.tickets.items():
        row = images[0].row
        if row["source"] == f"integration:{ALARMS}" and not row.get("healed"):  # that one's id is another message's
            opened[row["tenant"], row["fingerprint"]].append(pk)
    for first, *others in opened.values():
        if others:
            yield Violation("I7", first, f"{others} were opened by the same message")
    by_key: dict[Named, set[str]] = defaultdict(set)
    died = {act.body["delivery"] for act in trace.acts if act.what == "alarm" and act.answer.status not in TAKEN}
    for number, act in enumerate(trace.acts):
        told = act.body.get("delivery", f"{number}") if act.what in MONITORS else None
        # For one that died another may have opened the ticket, and that one is counted alone.
        if told and told not in died and act.body["state"] == "open" and act.answer.status in TAKEN:
            by_key[_key(act)].add(told)
    for key, told in by_key.items():
        of = [images[-1].row for images in trace.tickets.values() if _named(images[0].row) == key]
        counted = sum(row["count"] for row in of)
        # Who was stood in for while it was under way, and was over by then, is told of it and not counted.
        if counted + sum(bool(row.get("healed")) for row in of) < len(told):
            yield Violation("I7", " ".join(key), f"went off {len(told)} times, of which {counted} are counted")


def alarms_are_their_teams(trace: Trace) -> Iterator[Violation]:
    """I7: what an integration opens is of its team, as severe as it says, and of the name that was sent."""
    for pk, images in trace.tickets.items():
        row = images[0].row
        integration = row["source"].removeprefix("integration:")
        if integration == row["source"]:
            continue
        told = [one.body for one in trace.acts if one.what in MONITORS and _key(one) == _named(row)]
        told = [body for body in told if body["state"] == "open"]
        severities = (
            {"sev1"} if integration == ALARMS else {SEVERITIES.get(one.get("severity"), "sev3") for one in told}
        )
        if row["team"] != INTEGRATIONS[integration]["team"]:
            yield Violation("I7", pk, f"is of {row['team']}")
        if row["severity"] not in severities:
            yield Violation("I7", pk, f"is {row['severity']}, and was told as {severities}")
        if row["title"] not in {one["title"] for one in told}:
            yield Violation("I7", pk, f"is called {row['title']}")


def missing_data_are_noted(trace: Trace) -> Iterator[Violation]:
    """I7: of an alarm that has no data any more there is a note, if its ticket was open all the while."""
    for act in trace.acts:
        if act.what != "alarm" or act.body["state"] != "acknowledge" or act.answer.status not in TAKEN:
            continue
        for pk, images in _of(trace, act):
            open_ = images[0].at < act.begun - SAME_TIME and not any(
                one.row["status"] == "resolved" and one.at <= act.ended for one in images
            )
            noted = any(sk.startswith("NOTE#") for key, sk in trace.world.tickets.items if key == pk)
            if open_ and not noted:
                yield Violation("I7", pk, f"nothing is noted of what was told at {act.ended:.1f} s")
