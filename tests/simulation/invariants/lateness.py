"""I1: every step of an unread ticket is attempted in time, by every method that it asks for, and none is lost."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.simulation.invariants import people, responding
from tests.simulation.invariants.state import LONGEST_WORK, decided_at, pages_of_move, steady, stopped, touched, wants
from tests.simulation.trace import Image, Key, Trace, Violation, code_in, seconds
from tocsin import breakers, notification
from tocsin.rows import Row

STEPS = ("escalated", "repeated", "last_resort", "reminded")
SOON = 5.0  # seconds
LONGEST_WAIT = 600.0  # seconds, for SMS that are used up
RENEWED = 20.0  # seconds before its step is committed, in which a page is made or made anew
STALE = 890.0  # seconds after which nobody is woken any more, while faults go on all the time


def every_due_time_is_kept(trace: Trace) -> Iterator[Violation]:
    """I1: an unread ticket moves on by its due time."""
    for pk, images in trace.tickets.items():
        for number, image in enumerate(images):
            row = image.row
            if "due_at" not in row or (number and images[number - 1].row.get("epoch") == row["epoch"]):
                continue
            served = next((one.at for one in images[number + 1 :] if one.row.get("epoch") != row["epoch"]), trace.end)
            limit = trace.limit((pk, "TICKET"), max(seconds(row["due_at"]), image.at)) + trace.skew
            if served > limit:
                yield Violation("I1", pk, f"epoch {row['epoch']} was due by {limit:.1f} s, moved at {served:.1f} s")


def every_page_is_tried_in_time(trace: Trace) -> Iterator[Violation]:
    """I1: a page that is wanted is handed to its provider, first and after each failure."""
    told = [image.row for images in trace.pages.values() for image in images]
    used_up = {row["tenant"] for row in told if row.get("error") in notification.USED_UP.values()}
    for key, images in trace.pages.items():
        tried = [attempt.at for attempt in trace.paged.get(key, ())]
        for number, image in enumerate(images):
            if image.row.get("status") != "pending":
                continue
            start = max(seconds(image.row["due_at"]), image.at) if "due_at" in image.row else image.at
            limit = trace.limit(key, start) + trace.skew
            if image.row["channel"] == "sms" and image.row["tenant"] in used_up:
                limit += LONGEST_WAIT  # its turn may have been put off with another's
            if limit > trace.end:
                continue
            # What a claim was made for is not what comes when the claim has run out.
            begun = start - 3 - trace.skew
            later = [one for one in images[number + 1 :] if one.at <= limit]
            moved = any(one.row.get("due_at") != image.row.get("due_at") for one in later)
            if (
                moved
                or _never_committed(trace, key, limit)
                or any(begun <= at <= limit and at > image.at for at in tried)
                or _unwanted(trace, key, image.at, limit)
            ):
                continue
            yield Violation("I1", " ".join(key), f"pending since {image.at:.1f} s, not tried by {limit:.1f} s")


def _never_committed(trace: Trace, key: Key, limit: float) -> bool:
    """Say whether the sweeper, and nothing before it, finds a page: its step was decided again, and otherwise.

    Or nobody's asking for it was taken by the limit. Or who put it in another's place died before the message, and that
    other was sent after all: then its person knows.
    """
    if trace.world.sweeper:
        return False
    put = trace.pages[key][0]
    if put.row.get("instead") and _reached(trace, key, limit):
        return True
    if put.row.get("ask"):
        asks = [act for act in trace.acts if (act.what, act.ticket, act.answer.status) == ("ask", key[0], 200)]
        if _decided_again(trace, key):
            return True
        return not any(put.at <= ask.ended <= limit and put.row["user"] in responding.meant(trace, ask) for ask in asks)
    images = trace.tickets.get(key[0], [])
    moved = _committed(trace, key)
    as_moved = trace.at((key[0], "TICKET"), moved)
    if as_moved["change"] not in STEPS or (as_moved["round"], as_moved["step"]) != (put.row["round"], put.row["step"]):
        return True
    # Whoever takes a step again makes its pages count from then on; of another decision they are not.
    as_made = [trace.at(other, moved) for other, _ in trace.pages_of(key[0], put.row["epoch"])]
    again = max((seconds(row["created_at"]) for row in as_made if row), default=0.0)
    if seconds(trace.at(key, moved).get("created_at", put.row["created_at"])) < again - 20:
        return True
    changes = (one.at for (pk, _), rows in trace.users.items() if f"#{put.row['tenant']}#" in pk for one in rows)
    edited = (one.at for one in images if one.row.get("change") == "edited")
    return any(put.at <= at <= moved for at in [*changes, *edited])


def _reached(trace: Trace, key: Key, limit: float) -> bool:
    """Say whether a page's person was sent another of the same move, or ask, by then."""
    user = trace.pages[key][0].row["user"]
    beside = [trace.at(other, limit) for other in trace.pages if other != key and _made_by(other) == _made_by(key)]
    return any(row.get("user") == user and row["status"] == "sent" for row in beside)


def _decided_again(trace: Trace, key: Key) -> bool:
    """Say whether a caller who asked for a responder again, for the first call died, asked for other pages by then."""
    made = key[1].split("#")[1]
    beside = [images[0].row for other, images in trace.asked.items() if other[0] == key[0]]
    same = [seconds(row["created_at"]) for row in beside if row["sk"].split("#")[1] == made]
    return max(same) > seconds(trace.pages[key][-1].row["created_at"]) + 1.0


def _committed(trace: Trace, key: Key) -> float:
    """Return when the ticket moved past a page's step."""
    epoch = trace.pages[key][0].row["epoch"]
    return next((one.at for one in trace.tickets.get(key[0], ()) if one.row.get("epoch") == epoch + 1), trace.end)


def _unwanted(trace: Trace, key: Key, start: float, end: float) -> bool:
    """Say whether there was a time when a page was not wanted any more."""
    page = trace.pages[key][0].row
    moments = [start, *(image.at for image in trace.tickets.get(key[0], ()) if start < image.at <= end)]
    if any(not wants(trace.at((key[0], "TICKET"), moment), page) for moment in moments):
        return True
    return any(
        other[0] == key[0] and images[0].at <= end and _same_way(images[0].row, page)
        for other, images in trace.pages.items()
    ) or stopped(trace, page["address"], start, end)


def _same_way(later: Row, page: Row) -> bool:
    same = (later["user"], later["method_id"]) == (page["user"], page["method_id"])
    return same and not later.get("ask") and not page.get("ask") and later["epoch"] > page["epoch"]


def no_page_is_settled_without_a_try(trace: Trace) -> Iterator[Violation]:
    """I1: what is marked as sent was accepted; what failed or was skipped had its reason."""
    # A number has no more than a hundred codes, and a call has nothing else to be known by.
    codeless = any(one.channel == "voice" and code_in(one.text) is None for one in trace.attempts)
    for key, images in trace.pages.items():
        first, last = images[0], images[-1]
        tries = trace.paged.get(key, [])
        by_code = first.row["channel"] != "voice" or not codeless
        if (
            last.row.get("status") == "sent"
            and by_code
            and not any(one.accepted and one.at <= last.at for one in tries)
        ):
            yield Violation("I1", " ".join(key), "is marked as sent, and was not")
        if last.row.get("status") in ("failed", "skipped") and not tries and by_code:
            limit = trace.limit(key, max(first.at, trace.put_off(key))) + trace.skew
            moved = _committed(trace, key)
            told = any(one.row.get("error") in notification.USED_UP.values() for one in images)
            # Of another decision than the one that was committed it counts from when it was made.
            made = seconds(last.row["created_at"])
            since = seconds(first.row["created_at"]) if told else moved if made > moved - RENEWED else made
            gone_stale = last.at <= limit and last.at - since > STALE and not first.row.get("ask")
            gone = "not_before" in last.row and not _active(trace, last)
            if not gone_stale and not gone and not _unwanted(trace, key, first.at, min(last.at, limit)):
                yield Violation("I1", " ".join(key), f"was {last.row['status']} without a try: {last.row.get('error')}")


def _active(trace: Trace, page: Image) -> bool:
    """Say whether a page's person was there when it was settled."""
    place = (f"T#{page.row['tenant']}#USER#{page.row['user']}", "USER")
    known = [image.row for image in trace.users.get(place, ()) if image.at <= page.at]
    return bool(known and known[-1]) and known[-1].get("active", True)


def all_failed_means_the_next_step_now(trace: Trace) -> Iterator[Violation]:
    """I1: when every page of a step failed for good the next step comes at once."""
    for pk, images in trace.tickets.items():
        by_epoch: dict[int, list[list[Image]]] = defaultdict(list)
        for key, of_page in trace.pages.items():
            if key[0] == pk and key not in trace.asked:
                by_epoch[of_page[0].row["epoch"]].append(of_page)
        for epoch, pages in by_epoch.items():
            if any(page[-1].row.get("status") != "failed" for page in pages):
                continue
            last = max(pages, key=lambda page: page[-1].at)
            settled = last[-1].at
            move = next((one for one in images if one.row.get("epoch") == epoch + 1), None)
            # What comes after the last step is followed by the next in its time, not at once: that would spin.
            if move is None or move.row["status"] != "unread" or move.row.get("beyond"):
                continue
            after = next((one.at for one in images if one.row.get("epoch", 0) > epoch + 1), trace.end)
            key = (pk, last[0].row["sk"])
            limit = trace.limit(key, max(settled, move.at)) + trace.skew
            if after > limit and seconds(move.row["due_at"]) > limit:
                yield Violation("I1", pk, f"all pages of {epoch} failed at {settled:.1f} s, nothing by {limit:.1f} s")


def no_ticket_falls_silent(trace: Trace) -> Iterator[Violation]:
    """I1: what is unread has a next time, unless its rule pages nobody."""
    for pk, images in trace.tickets.items():
        row = images[-1].row
        if row.get("status") != "unread" or "due_at" in row:
            continue
        moves = [one.row["change"] for one in images if one.row.get("epoch") == row["epoch"]]
        if moves[0] != "kept":
            yield Violation("I1", pk, "is unread and will never be due again")


def everybody_of_a_step_is_paged(trace: Trace) -> Iterator[Violation]:
    """I1: a step makes a page for each of its users by each of the methods that it asks for."""
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            row = new.row
            if row.get("rev") == old.row.get("rev") or row.get("change") not in ("escalated", "repeated"):
                continue
            made = {(page["user"], page["method_id"]) for page in pages_of_move(trace, pk, old.row["epoch"])}
            must = _must(trace, row, new.at)
            missing = must - made
            held = people.quiet(trace, row["tenant"])  # then they come along with the next who is awake
            by_step = [] if held else _put_by(trace, pk, old, new)
            put = {(first.row["user"], first.row["method_id"]) for first in by_step}
            raced = old.row["change"] == "edited" or touched(trace, pk, old.at - 5, new.at)
            named = "T#{}#USER#{}".format
            extra = {one for one in put - must if steady(trace, (named(row["tenant"], one[0]), "USER"), new.at)}
            if must and extra and not raced and not old.row.get("assigned") and _names_users(trace, row, new.at):
                yield Violation("I1", pk, f"step {row['step']} paged {sorted(extra)}, whom it does not name")
            if missing and old.row["change"] != "edited":
                step = f"step {row['step']} of {row.get('rule_id')}"
                yield Violation("I1", pk, f"{step} at {new.at:.1f} s has no page for {sorted(missing)}")


def _names_users(trace: Trace, ticket: Row, at: float) -> bool:
    """Say whether a step names its users one by one: who else it reaches is not told by the rule alone."""
    rule = steady(trace, (f"T#{ticket['tenant']}#RULE#{ticket['rule_id']}", "RULE"), at)
    return bool(rule) and all("user" in one for one in rule["steps"][ticket["step"] - 1]["notify"])


def _put_by(trace: Trace, pk: str, old: Image, new: Image) -> list[Image]:
    """Return the pages that were put for a move: not by an attempt that died, nor later as another way for one."""
    firsts = [one[0] for _, one in trace.pages_of(pk, old.row["epoch"]) if one[0].row["step"] == new.row["step"]]
    begun = decided_at(trace, pk, old.row["epoch"], new.at)
    return [one for one in firsts if new.at - 20 <= one.at <= new.at and seconds(one.row["created_at"]) == begun]


def _must(trace: Trace, ticket: Row, end: float) -> set[tuple[str, str]]:
    """Return whom a step must page, if nothing of the directory changed in a while; else nobody."""
    rule = steady(trace, (f"T#{ticket['tenant']}#RULE#{ticket['rule_id']}", "RULE"), end)
    steps = rule.get("steps", []) if rule else []
    if rule is None or not 0 < ticket["step"] <= len(steps):
        return set()
    step = steps[ticket["step"] - 1]
    # Whose turn it is: see turns.py.
    names = people.named(trace, ticket["tenant"], step, end)
    return {(name, way) for name in names for way in people.methods(trace, ticket, name, end, step.get("channels"))}


def pages_are_as_old_as_their_step(trace: Trace) -> Iterator[Violation]:
    """I1: what a step wants has its time from then on, be it of an attempt that died; another way has it from its own.

    A page that is too old is sent to nobody.
    """
    for pk, images in trace.tickets.items():
        for old, new in pairwise(images):
            if new.row.get("rev") == old.row.get("rev") or new.row["change"] not in ("escalated", "repeated"):
                continue
            must = _must(trace, new.row, new.at)
            for key, _ in trace.pages_of(pk, old.row["epoch"]):
                page = trace.at(key, new.at)
                made = seconds(page["created_at"]) if (page.get("user"), page.get("method_id")) in must else new.at
                if page.get("status") == "pending" and made < new.at - LONGEST_WORK - trace.skew:
                    yield Violation("I1", " ".join(key), f"is of {made:.1f} s, its step of {new.at:.1f} s")
    for key, of_page in trace.pages.items():
        first = of_page[0]
        if first.row.get("instead") and seconds(first.row["created_at"]) < first.at - LONGEST_WORK - trace.skew:
            yield Violation("I1", " ".join(key), f"is put at {first.at:.1f} s, as if made {first.row['created_at']}")


def another_way_is_tried(trace: Trace) -> Iterator[Violation]:
    """I1: when an address fails for good the user's next method is tried: before the page is marked, whoever dies."""
    for key, images in trace.pages.items():
        page, last = images[0].row, images[-1]
        if last.row.get("status") != "failed":
            continue
        user = steady(trace, (f"T#{page['tenant']}#USER#{page['user']}", "USER"), last.at)
        beside = [trace.at(other, last.at) for other in trace.pages if _made_by(other) == _made_by(key)]
        theirs = [row for row in beside if row.get("user") == page["user"]]
        if any(row.get("instead") and row["status"] == "pending" for row in theirs):
            continue  # that one is their way by now, and asks for the next itself
        tried = {row["method_id"] for row in theirs}
        left = {one["method_id"] for one in (user or {}).get("methods", {}).values() if one["verified"]} - tried
        begun = last.at - LONGEST_WORK
        tickets = [
            trace.at((key[0], "TICKET"), begun),
            *(one.row for one in trace.tickets[key[0]] if begun < one.at <= last.at),
        ]
        if left and all(wants(ticket, page) for ticket in tickets if ticket):
            yield Violation("I1", " ".join(key), f"failed, and {sorted(left)} was not tried")


def another_way_is_tried_meanwhile(trace: Trace) -> Iterator[Violation]:
    """I1: while a page waits for its sender, or for another day's SMS, the user's next method is tried."""
    for_long = (breakers.PAUSED, *notification.USED_UP.values())
    for key, images in trace.pages.items():
        page = images[0].row
        waits = next((one for one in images if one.row.get("error") in for_long), None)
        user = steady(trace, (f"T#{page['tenant']}#USER#{page['user']}", "USER"), waits.at) if waits else None
        if waits is None or user is None or touched(trace, key[0], images[0].at, waits.at + SOON):
            continue
        beside = [one[0].row for other, one in trace.pages.items() if _made_by(other) == _made_by(key)]
        tried = {one["method_id"] for one in beside if one["user"] == page["user"]}
        left = {one["method_id"] for one in user["methods"].values() if one["verified"]} - tried
        ticket = trace.at((key[0], "TICKET"), waits.at)
        if left and wants(ticket, page) and waits.at + SOON < trace.end:
            yield Violation("I1", " ".join(key), f"waits at {waits.at:.1f} s, and {sorted(left)} was not tried")


def _made_by(key: Key) -> tuple[str, str]:
    """Return what all pages share that were made by one move, or one ask."""
    return key[0], key[1].split("#")[1]
