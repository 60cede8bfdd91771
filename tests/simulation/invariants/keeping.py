"""I6 to I8 and what else is kept: nets stay empty, what was answered stands, tenants are apart, STOP is respected."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby, pairwise

from tests.simulation.invariants.responding import nobody_to_ask
from tests.simulation.invariants.state import stopped, touched
from tests.simulation.invariants.steering import at_its_end
from tests.simulation.trace import Act, Attempt, Image, Trace, Violation, seconds
from tocsin import breakers, notification, times
from tocsin.rows import Row

TO_SILENCE = 3.0  # seconds from STOP to the last attempt
LONGEST_LOOK = 3600.0
LONGEST_RETRY, LONGEST_WAIT = 300.0, 600.0  # seconds; for SMS that are used up
LONGEST_PAUSE = 150.0  # seconds, with the time that its probe has
FIRST_RETRY, MANY_TRIES = 5.0, 3
OF_PAGES = ("paged", "page_failed", "page_skipped")
KEPT_FOR = 400 * 86_400.0


def nets_stay_empty(trace: Trace) -> Iterator[Violation]:
    """I6: without faults no net catches anything, nothing dies, nobody is refused, nothing is sent twice or late."""
    if trace.mode != "nominal":
        return
    world = trace.world
    caught = {name: number for name, number in world.counted.items() if name.startswith(("Sweeper", "Audit"))}
    caught.pop("SweeperRepairs_armed", None)  # what lies beyond the horizon
    dead = [queue.name for queue in world.queues.values() if queue.dead]
    dead += [f"{one}" for one in (world.clock.dead, world.historian.dead) if one]
    refused = [act.what for act in trace.acts if act.answer.status >= 500]
    for found in (caught, dead, world.lost, refused):
        if found:
            yield Violation("I6", "nominal", str(found))


def what_was_opened_is_there(trace: Trace) -> Iterator[Violation]:
    """I7: what was answered 201 or 200 is there, and the last edit stands."""
    edits: dict[tuple[str, str], list[Act]] = defaultdict(list)
    for act in trace.acts:
        if act.what == "open" and act.answer.status in (200, 201):
            pk = f"T#{act.tenant}#TICKET#{act.answer.body['ticket_id']}"
            if pk not in trace.tickets or trace.tickets[pk][0].at > act.ended:
                yield Violation("I7", pk, f"was answered {act.answer.status}, and is not there")
            else:
                yield from _another(act, pk, trace.tickets[pk][0].row)
        if act.what == "edit" and act.answer.status == 200:
            for name in act.body:
                edits[act.ticket, name].append(act)
    for (pk, name), of_name in edits.items():
        # Of those that were under way at the same time any may be the last.
        last = [act.body[name] for act in of_name if act.ended >= of_name[-1].begun]
        if pk in trace.tickets and trace.tickets[pk][-1].row.get(name) not in last:
            yield Violation("I7", pk, f"{name} was answered as {last} and is {trace.tickets[pk][-1].row.get(name)!r}")


def refusals_have_a_reason(trace: Trace) -> Iterator[Violation]:
    """I7: what can be done is not refused."""
    for act in trace.acts:
        if act.what in ("open", "edit", "move") and 400 <= act.answer.status < 500 and act.answer.status != 409:
            yield Violation("I7", act.ticket or act.path, f"{act.what} was refused: {act.answer}")
        if (
            act.answer.status == 409
            and act.ticket
            and trace.at((act.ticket, "TICKET"), act.ended)["status"] != "resolved"
            and not (act.what == "escalate" and at_its_end(trace, act))
            and not (act.what == "ask" and nobody_to_ask(trace, act))
        ):
            yield Violation("I7", act.ticket, f"{act.body} was refused with a conflict")
        if act.what == "open" and act.answer.status == 409:
            yield from _taken(trace, act)


def _taken(trace: Trace, act: Act) -> Iterator[Violation]:
    """Yield a violation if a request was refused for an id that no other request names, and another got its ticket."""
    name = act.body.get("ticket_id")
    named = [one.body for one in trace.acts if one.what == "open" and one.tenant == act.tenant]
    images = trace.tickets.get(f"T#{act.tenant}#TICKET#{name}", ())
    alone = all(body == act.body for body in named if body.get("ticket_id") == name)
    if name is None or (images and images[0].row["title"] != act.body["title"] and alone):
        yield Violation("I7", act.path, f"{act.body} was refused, and nobody else has named its id")


def _another(act: Act, pk: str, first: Row) -> Iterator[Violation]:
    """Yield a violation if a request was answered with a ticket that does not stand for it."""
    if first["team"] != act.body["team"]:
        yield Violation("I7", pk, f"is of {first['team']}, and was answered to {act.body}")
    if "ticket_id" not in act.body and first.get("dedup_key") != act.body.get("dedup_key"):
        yield Violation("I7", pk, f"has the key {first.get('dedup_key')}, and was answered to {act.body}")
    if "ticket_id" in act.body and "dedup_key" not in act.body and first["title"] != act.body["title"]:
        yield Violation("I7", pk, f"was opened as {first['title']!r}, and answered to {act.body}")


def what_is_over_takes_nothing_more(trace: Trace) -> Iterator[Violation]:
    """I7: who sends the dedup key of a ticket that is resolved gets a new one, not the old one's count."""
    for act in trace.acts:
        if act.what != "open" or act.answer.status != 200 or "ticket_id" in act.body:
            continue
        pk = f"T#{act.tenant}#TICKET#{act.answer.body['ticket_id']}"
        if trace.at((pk, "TICKET"), act.begun - trace.skew).get("status") == "resolved":
            yield Violation("I7", pk, f"is resolved, and was answered at {act.ended:.1f} s")


def what_is_over_is_kept_for_400_days(trace: Trace) -> Iterator[Violation]:
    """I7: a ticket may go 400 days after it was resolved, and never before that."""
    for pk, images in trace.tickets.items():
        row = images[-1].row
        kept = row["expires"] - times.parse(row["resolved_at"]).timestamp() if "expires" in row else None
        if (kept is None) is (row["status"] == "resolved") or (kept is not None and kept < KEPT_FOR):
            yield Violation("I7", pk, f"is {row['status']}, and kept for {kept} s")


def answers_count(trace: Trace) -> Iterator[Violation]:
    """I7: what a person was told is done was done."""
    for act in trace.acts:
        wanted = act.body.get("status") if act.what == "move" else "under_investigation" if act.what == "answer" else ""
        wanted = {"escalate by sms": "unread", "resolve by sms": "resolved"}.get(act.what, wanted)
        if not wanted or act.answer.status != 200:
            continue
        images = trace.tickets.get(act.ticket, [])
        during = [trace.at((act.ticket, "TICKET"), act.begun - 5).get("status")]
        during += [one.row.get("status") for one in images if act.begun - 5 <= one.at <= act.ended]
        good = {"answer": {"under_investigation", "pending_fix", "resolved"}}.get(act.what, {wanted, "resolved"})
        if not good & set(during) and not (act.what == "escalate by sms" and at_its_end(trace, act)):
            yield Violation("I7", act.ticket, f"{act.what} {wanted} at {act.ended:.1f} s was taken, and is not there")


def a_dedup_key_has_one_ticket(trace: Trace) -> Iterator[Violation]:
    """I7: while a ticket is not resolved its dedup key answers it: there is never a second one."""
    spans: dict[tuple[str, str, str], list[tuple[float, float, str]]] = defaultdict(list)
    for pk, images in trace.tickets.items():
        row = images[0].row
        if row.get("dedup_key"):
            over = next((one.at for one in images if one.row.get("status") == "resolved"), trace.end)
            of = row["source"] if row["source"].startswith("integration:") else row["team"]
            spans[row["tenant"], of, row["dedup_key"]].append((images[0].at, over, pk))
    for (tenant, _, key), found in spans.items():
        for (_, over, first), (begun, _, second) in pairwise(sorted(found)):
            if begun < over:
                yield Violation("I7", first, f"{second} was opened beside it with the key {key} of {tenant}")


def tenants_are_apart(trace: Trace) -> Iterator[Violation]:
    """I8: who is paged, where, and about what is all of one tenant."""
    for key, attempts in trace.paged.items():
        tenant = key[0].split("#")[1]
        title = re.search(r"Z\d{3}", str(trace.tickets[key[0]][0].row["title"]))
        for attempt in attempts:
            if attempt.address not in _addresses(trace, tenant):
                yield Violation("I8", key[0], f"was sent to {attempt.address}")
            # Of many tickets a short message names as many as it has room for.
            if title and title[0] not in attempt.text and " tickets: " not in attempt.text:
                yield Violation("I8", key[0], f"was told as {attempt.text!r}")
    for attempt in trace.attempts:
        told, answered = trace.pages_in(attempt), trace.answered_by(attempt)
        if attempt.channel == "sms" and answered is not None and set(answered) != set(told):
            yield Violation("I8", attempt.address, f"the code of {attempt.text!r} answers for {answered}")
    for pk, images in trace.tickets.items():
        if images[0].row["tenant"] != pk.split("#")[1]:
            yield Violation("I8", pk, f"is of {images[0].row['tenant']}")


def _addresses(trace: Trace, tenant: str) -> set[str]:
    prefix = f"T#{tenant}#USER#"
    rows = [image.row for key, images in trace.users.items() if key[0].startswith(prefix) for image in images]
    return {method["address"] for row in rows for method in row.get("methods", {}).values() if method["verified"]}


def everything_is_told_once(trace: Trace) -> Iterator[Violation]:
    """The history has one line for each write that changed a ticket, and for the end of each page."""
    lines: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for pk, sk in trace.world.tickets.items:
        if sk.startswith("EVENT#"):
            _, _, name, kind = sk.split("#", 3)
            lines[pk][name, kind] += 1
    lost = {record["dynamodb"]["Keys"]["pk"]["S"] for record in trace.world.historian.dead}
    for pk, images in trace.tickets.items():
        twice = [line for line, number in lines[pk].items() if number > 1]
        if twice:
            yield Violation("H", pk, f"{twice} is told twice")
        told = {name for name, _ in lines[pk]}
        missing = [one.row["rev"] for one in images if f"{one.row.get('rev', 0):08d}" not in told]
        late = trace.limit((pk, "TICKET"), images[-1].at) > trace.end
        if missing and pk not in lost and not late and trace.mode != "net_only":
            yield Violation("H", pk, f"rev {missing[0]} is told nowhere")
        of_pages = sum(kind.rpartition("#")[2] in OF_PAGES for _, kind in lines[pk])
        settled = [one[-1] for key, one in trace.pages.items() if key[0] == pk and one[-1].row["status"] != "pending"]
        late = any(trace.limit((pk, "TICKET"), one.at) > trace.end for one in settled)
        if of_pages < len(settled) and pk not in lost and not late and trace.mode != "net_only":
            yield Violation("H", pk, f"{len(settled)} pages have ended, and the end of {of_pages} is told")


def who_said_stop_is_left_alone(trace: Trace) -> Iterator[Violation]:
    """No page goes to a number that has said STOP."""
    for attempts in trace.paged.values():
        for attempt in attempts:
            images = trace.rows.get((f"PHONE#{attempt.address}", "PHONE"), [])
            before = [one for one in images if one.at <= attempt.at]
            if before and before[-1].row.get("stopped") and attempt.at > _since(before) + TO_SILENCE:
                yield Violation("S", attempt.address, f"had said STOP, and was paged at {attempt.at:.1f} s")


def _since(images: list[Image]) -> float:
    start = images[-1].at
    for image in reversed(images):
        if not image.row.get("stopped"):
            break
        start = image.at
    return start


def only_bad_addresses_are_flagged(trace: Trace) -> Iterator[Violation]:
    """A method is flagged for what a provider says of its address, and for nothing else."""
    bad = {(channel, address) for channel, refusals in trace.world.refusals.items() for address in refusals.codes}
    for key, images in trace.users.items():
        if key[1] != "USER":
            continue
        for image in images:
            for method in image.row.get("methods", {}).values():
                if method.get("flagged") and (method["channel"], method["address"]) not in bad:
                    yield Violation("F", key[0], f"{method['address']} was flagged: {method['flagged']}")
                    break


def only_who_cannot_be_reached_fails(trace: Trace) -> Iterator[Violation]:
    """A page fails for good when its address refuses it, or has said STOP; trouble of the channel passes."""
    bad = {(channel, address) for channel, refusals in trace.world.refusals.items() for address in refusals.codes}
    for key, images in trace.pages.items():
        page, last = images[0].row, images[-1]
        stop = stopped(trace, page["address"], images[0].at, last.at)
        if last.row.get("status") == "failed" and (page["channel"], page["address"]) not in bad and not stop:
            yield Violation("F", " ".join(key), f"failed for good: {last.row.get('error')}")


def nobody_is_put_off_for_long(trace: Trace) -> Iterator[Violation]:
    """A page is tried again within minutes, whatever happened to it."""
    told = [image.row for images in trace.pages.values() for image in images]
    used_up = {row["tenant"] for row in told if row.get("error") in notification.USED_UP.values()}
    for key, images in trace.pages.items():
        for image in images:
            at_most = LONGEST_WAIT if image.row["tenant"] in used_up else LONGEST_RETRY
            asleep = image.row.get("due_at") == image.row.get("not_before")  # its person wants it so
            if not asleep and _due(image.row) > image.at + at_most + trace.skew:
                yield Violation("I1", " ".join(key), f"is put off to {image.row['due_at']} at {image.at:.0f} s")


def nobody_is_held_back_by_anothers_limit(trace: Trace) -> Iterator[Violation]:
    """I9: a page waits for what its company may send in a day only if that is little, by the company's own limit."""
    for key, images in trace.pages.items():
        tenant = images[0].row["tenant"]
        if any(image.row.get("limits") for image in trace.users.get((f"T#{tenant}#COMPANY", "COMPANY"), ())):
            continue
        for image in images:
            if image.row.get("error") in notification.USED_UP.values():
                yield Violation("I9", " ".join(key), f"was held back at {image.at:.1f} s: {image.row['error']}")


def who_is_paused_is_tried_again(trace: Trace) -> Iterator[Violation]:
    """I1: a sender that is left alone is tried with one message after some minutes at most, if there is one for it."""
    for key, images in trace.pages.items():
        page = images[0].row
        for paused, some in groupby(images, lambda one: one.row.get("error") == breakers.PAUSED):
            when = [one.at for one in some]
            begin, end = when[0], when[-1]
            if not paused or end - begin < LONGEST_PAUSE or touched(trace, key[0], begin - 1, end):
                continue
            meanwhile = (one for one in trace.attempts if begin <= one.at <= end and one.channel == page["channel"])
            if not any(_may_be_of(trace, one, page["tenant"]) for one in meanwhile):
                yield Violation(
                    "I1", " ".join(key), f"was paused from {begin:.0f} s to {end:.0f} s, and nothing was tried"
                )


def _may_be_of(trace: Trace, attempt: Attempt, tenant: str) -> bool:
    """Say whether a message may be a tenant's: of a notice nobody knows whose it is."""
    told = {trace.pages[key][0].row["tenant"] for key in trace.pages_in(attempt)}
    return not told or tenant in told


def _due(row: Row) -> float:
    return seconds(row["due_at"]) if "due_at" in row else 0.0


def _slow(trace: Trace, pk: str, start: float, end: float) -> bool:
    """Say whether a fault took time meanwhile, that is counted from its begin."""
    return any(b - a > 0.1 and a <= end and b >= start for a, b in trace.faults(pk))


def tries_come_less_often(trace: Trace) -> Iterator[Violation]:
    """N: the waits between the tries of one page grow, from seconds to minutes."""
    for key, images in trace.pages.items():
        for old, new in pairwise(images):
            tries = new.row.get("attempts", 0)
            alone = new.row.get("status") == "pending" and tries == old.row.get("attempts", 0) + 1
            if not alone or tries < MANY_TRIES or _slow(trace, key[0], new.at - 10, new.at):
                continue
            together = sum(abs(one.at - new.at) < 1 for images in trace.pages.values() for one in images)
            least = min(FIRST_RETRY * 2 ** (tries - 1), LONGEST_RETRY) / 2 - trace.skew - 1
            if together == 1 and seconds(new.row["due_at"]) < new.at + least:
                yield Violation("N", " ".join(key), f"try {tries} at {new.at:.0f} s: again at {new.row['due_at']}")


def nets_come_back_less_often(trace: Trace) -> Iterator[Violation]:
    """The sweeper looks at what is overdue, and at what does not change later and later."""
    for key, images in trace.rows.items():
        for old, new in pairwise(images):
            looks = new.row.get("looks") or 0
            if looks == (old.row.get("looks") or 0) + 1 and new.row.get("rev") == old.row.get("rev"):
                # What moved on meanwhile has a later look, and must keep it: the net is under the new time.
                if "look_at" not in old.row or seconds(old.row["look_at"]) > new.at + trace.skew:
                    told = f"look {looks} at {new.at:.0f} s: it was to be {old.row.get('look_at')}"
                    yield Violation("N", " ".join(key), told)
                least = min(60 * 2 ** (looks - 1), LONGEST_LOOK) - 60  # a sweep may take its time
                if "look_at" not in new.row or seconds(new.row["look_at"]) < new.at + least:
                    yield Violation("N", " ".join(key), f"look {looks} at {new.at:.0f} s: {new.row.get('look_at')}")
