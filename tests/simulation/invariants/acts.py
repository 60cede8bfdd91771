"""I7: what somebody asked for is what was done: as it was asked for, in the name of who asked, and nothing besides."""

from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants.state import steady
from tests.simulation.trace import Act, Image, Trace, Violation, seconds
from tocsin.rows import Row

LONGEST_CALL = 30.0  # seconds, of a person
LAGS = 60.0  # seconds after which every index knows of a ticket
GOOD_FOR = 7 * 86_400.0  # seconds, of a code
ENDS_A_SNOOZE = ("snooze_ended", "hurried", "reassigned", "resolved")


def nobody_answers_for_others(trace: Trace) -> Iterator[Violation]:
    """I7: a ticket changes when somebody acts on it, or on what one message told with it, once, and in that name."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if not new.row or new.row["rev"] == old.row["rev"] or new.row["changed_by"] == "system":
                continue
            if new.row["change"] == "deduplicated":  # who sends an alert names no ticket
                continue
            who = {name for at, name in trace.tried.get(pk, ()) if new.at - LONGEST_CALL <= at <= new.at}
            if new.row["changed_by"] not in who:
                told = f"{new.row['change']} ({new.row['status']}) at {new.at:.1f} s by {new.row['changed_by']}"
                yield Violation("I7", pk, f"{told}, and {sorted(who) or 'nobody'} acted on it")


def who_acknowledges_is_named(trace: Trace) -> Iterator[Violation]:
    """I7: whoever takes an unread ticket on is named as the one who did."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            taken = new.row.get("change") in ("acknowledged", "status_changed") and new.row["rev"] != old.row["rev"]
            if not taken or old.row["status"] != "unread" or new.row["status"] == "unread":
                continue
            if new.row.get("acknowledged_by") != new.row["changed_by"]:
                told = f"{new.row.get('acknowledged_by')} is named, it was {new.row['changed_by']}"
                yield Violation("I7", pk, f"was taken on at {new.at:.1f} s: {told}")


def snoozes_last(trace: Trace) -> Iterator[Violation]:
    """I7: a snooze ends at its time or by somebody who wants the ticket now, and is not forgotten on the way."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            a, b = old.row, new.row
            if not b or "snoozed_until" not in a or a.get("snoozed_until") == b.get("snoozed_until"):
                continue
            taken_on = a["status"] == "unread" and b["change"] in ("acknowledged", "status_changed")
            begun_anew = b["status"] == "unread" and b["change"] == "status_changed"
            if b["change"] not in (*ENDS_A_SNOOZE, "snoozed") and not taken_on and not begun_anew:
                yield Violation("I7", pk, f"was snoozed until {a['snoozed_until']}, and is not after {b['change']}")


def a_step_that_is_named_comes_next(trace: Trace) -> Iterator[Violation]:
    """I7: what is escalated is not snoozed any more; if a step was named, that one comes next."""
    for act in trace.acts:
        if act.what not in ("escalate", "escalate by sms") or act.answer.status != 200:
            continue
        images = trace.tickets[act.ticket]
        for old, new in pairwise(images):
            if (
                not act.begun <= old.at <= act.ended
                or old.row["change"] != "hurried"
                or new.row["rev"] == old.row["rev"]
            ):
                continue
            if "snoozed_until" in old.row:
                yield Violation("I7", act.ticket, f"was escalated at {old.at:.1f} s, and is snoozed")
            yield from _named(trace, act, old.row, new)


def _named(trace: Trace, act: Act, hurried: Row, move: Image) -> Iterator[Violation]:
    step, row = act.body.get("step"), move.row
    if step is None or hurried["changed_by"] == "system" or row["changed_by"] != "system":
        return
    if row["change"] == "assigned":
        yield Violation("I7", act.ticket, f"step {step} was named, and {row['assigned_to']} is paged for it was given")
    if row["change"] not in ("escalated", "repeated") or row["rule_id"] != hurried.get("rule_id"):
        return
    rule = steady(trace, (f"T#{row['tenant']}#RULE#{row['rule_id']}", "RULE"), move.at)
    first = [place[1] for place in row.get("passed") or ()] or [row["step"]]
    others = any(one.what == "escalate" and one.ticket == act.ticket and one is not act for one in trace.acts)
    if rule and not others and first[0] != step:
        yield Violation("I7", act.ticket, f"step {step} was named, and step {first[0]} came at {move.at:.1f} s")


def what_is_given_away_is_theirs(trace: Trace) -> Iterator[Violation]:
    """I7: a ticket that is reassigned is of that team, or is first for that user."""
    for act in trace.acts:
        if act.what != "reassign" or act.answer.status != 200:
            continue
        images = [one for one in trace.tickets[act.ticket] if act.begun <= one.at <= act.ended]
        given = [one.row for one in images if one.row["change"] == "reassigned"]
        before = trace.at((act.ticket, "TICKET"), act.begun).get("team")
        wanted = act.body.get("team", before), act.body.get("user")
        if given and not any((row["team"], row.get("handed_to")) == wanted for row in given):
            yield Violation("I7", act.ticket, f"was reassigned at {act.ended:.1f} s to {act.body}, and is not theirs")


def who_gets_a_ticket_is_asked_once(trace: Trace) -> Iterator[Violation]:
    """I4: after the user to whom a ticket was given come the rules of its team."""
    for pk, images in trace.tickets.items():
        asked: set[int] = set()
        for old, new in pairwise(images):
            if new.row.get("change") == "assigned" and new.row["rev"] != old.row["rev"]:
                if new.row["run"] in asked:
                    yield Violation(
                        "I4", pk, f"{new.row['assigned_to']} is paged again at {new.at:.1f} s for it was given"
                    )
                asked.add(new.row["run"])


def moves_page_somebody(trace: Trace) -> Iterator[Violation]:
    """I1: a step that reaches nobody passes at once: where a ticket waits, somebody was paged."""
    for pk, images in trace.tickets.items():
        made = {one[0].row["epoch"] for key, one in trace.pages.items() if key[0] == pk and key not in trace.asked}
        for old, new in pairwise(images):
            moved = new.row.get("change") in ("assigned", "escalated", "repeated", "last_resort", "reminded")
            if moved and new.row["rev"] != old.row["rev"] and old.row["epoch"] not in made:
                yield Violation("I1", pk, f"{new.row['change']} at {new.at:.1f} s pages nobody, and is waited for")


def stop_and_start_count(trace: Trace) -> Iterator[Violation]:
    """S: who says STOP has said it, and who says START is paged again."""
    for act in trace.acts:
        if act.what not in ("STOP", "START"):
            continue
        images = trace.rows.get((f"PHONE#{act.path}", "PHONE"), [])
        said = {bool(one.row.get("stopped")) for one in images if act.begun <= one.at <= act.ended}
        if (act.what == "STOP") not in said:
            yield Violation("S", act.path, f"said {act.what} at {act.ended:.1f} s, and nobody heard it")


def who_says_start_is_used_again(trace: Trace) -> Iterator[Violation]:
    """S: what flags a number is over when START comes from it, for all who were paged there of late."""
    for act in [act for act in trace.acts if act.what == "START"]:
        paged = {
            (code["tenant"], code["user"])
            for (pk, sk), code in trace.told.items()
            if pk == f"PHONE#{act.path}" and sk.startswith("CODE#")
            if act.ended < seconds(code["expires_at"]) < act.begun + GOOD_FOR
        }
        for tenant, user in paged:
            images = trace.users.get((f"T#{tenant}#USER#{user}", "USER"), [])
            before = [one for one in images if one.at < act.begun][-1:]
            there = [*before, *(one for one in images if act.begun <= one.at <= act.ended)]
            if there and all(one.row and _flagged(one.row, act.path) for one in there):
                yield Violation("S", act.path, f"said START at {act.ended:.1f} s, and is flagged for {user} as before")


def _flagged(user: Row, number: str) -> bool:
    return any(one["address"] == number and one.get("flagged") for one in user["methods"].values())


def the_end_of_a_maintenance_wakes(trace: Trace) -> Iterator[Violation]:
    """I1: who ends a maintenance before its time, or makes it shorter, makes due what it held."""
    for act in trace.acts:
        if act.what not in ("end of maintenance", "maintenance") or act.answer.status not in (200, 204):
            continue
        team = act.path.split("/")[2]
        if not _shorter(trace, act, team):
            continue
        for pk, images in trace.tickets.items():
            if images[0].row["tenant"] != act.tenant or images[0].at > act.begun - LAGS:
                continue
            row = trace.at((pk, "TICKET"), act.begun - trace.skew)
            after = trace.at((pk, "TICKET"), act.ended)
            held = row.get("change") == "held" and row.get("held") and row["status"] == "unread"
            if held and row["team"] == team and after["epoch"] == row["epoch"]:
                yield Violation("I1", pk, f"is held though {team}'s maintenance was ended at {act.ended:.1f} s")


def _shorter(trace: Trace, act: Act, team: str) -> bool:
    """Say whether an act has certainly ended a maintenance before the time that it had all along."""
    images = trace.users.get((f"T#{act.tenant}#TEAM#{team}", "TEAM"), ())
    before = [one.row.get("maintenance") for one in images if one.at < act.begun]
    during = [one for one in images if act.begun <= one.at <= act.ended]
    if not before or not before[-1] or len(during) != 1:
        return False
    after = during[0].row.get("maintenance")
    return after is None or bool(after["until"] < before[-1]["until"])
