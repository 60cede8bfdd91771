"""Known mistakes, put into the product one at a time: each must be found within the seeds of a pull request.

A mistake is what a hand would write: some words of a function's source in the place of others, for as long as the
search lasts. The product knows nothing of it.
"""

# ruff: noqa: E501 - a mistake is one line, like the source it is put into
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.simulation import hostile_bugs, mistakes, passing
from tests.simulation.edit import Bug, Edit, bug
from tests.simulation.search import LOAD, Job, Result, first_failure, workers
from tests.simulation.steering_bugs import STEERING

ALL = (
    bug("overrides are not looked at", "oncall.candidates", "one.begin <= moment < one.end", "False"),
    bug(
        "who was on call when the ticket was opened",
        "decision._reach",
        'if one.kind == "schedule"), now)',
        'if one.kind == "schedule"), ticket.created_at)',
    ),
    bug("no epoch check", "escalation._run", 'row["epoch"] != timer.epoch or ', ""),
    bug("no epoch in the commit", "escalation._write", '[*EXISTS, ("epoch", "=", overdue.epoch)]', "EXISTS"),
    bug("no early check", "escalation._run", "if timer.due_at - now > due.EARLY:", "if False:"),
    bug(
        "commit before the pages are asked for",
        "escalation._run",
        "queues.put_pages(_put_pages(overdue, decided, now), now)\n    return _commit(overdue, decided, now)",
        "done = _commit(overdue, decided, now)\n    queues.put_pages(_put_pages(overdue, decided, now), now)\n    return done",
    ),
    bug(
        "the commit as a whole-row put",
        "escalation._write",
        "tickets.update(overdue.key, changes,",
        'tickets.put({**ticket.row(overdue), **{k: getattr(overdue, v.of) + 1 if hasattr(v, "of") else v for k, v in changes.items()}},',
    ),
    bug(
        "a step that is taken again asks for pages that are too late",
        "escalation._put",
        "_renew(new)",
        "pass",
        Edit("page.unwanted", "ticket.epoch > page.epoch and ", ""),
    ),
    bug(
        "what waits when its step is taken again stays as old as it is",
        "escalation._put",
        "if Page.of(failure.found or {}).settled:",
        "if Page.of(failure.found or {}).settled or Page.of(failure.found or {}).waits(new.created_at):",
    ),
    bug("a put over settled pages", "escalation._put", "when=NEW", "when=()"),
    bug(
        "an error of the escalator is swallowed",
        "escalation.run",
        "outcome = _run(timer, now)",
        "try:\n        outcome = _run(timer, now)\n    except Exception:\n        return Outcome.DROPPED",
    ),
    bug(
        "the next time counted from the old one",
        "escalation._decide",
        "decide(whole, book, now)",
        "decide(whole, book, whole.due_at)",
    ),
    bug(
        "a step number carried into another rule",
        "decision.walk",
        "same = ticket.rule_id == plan.rule_id",
        "same = True",
    ),
    bug(
        "after the last step nothing", "decision._move", "now + wait, wait", "None if beyond > 1 else now + wait, wait"
    ),
    bug(
        "two settings of a step's users, one is paged",
        "decision._names",
        "return names",
        "return dict(list(names.items())[:1])",
    ),
    bug("a flagged method is skipped though it is the only one", "user.User.usable", " or fit", ""),
    bug("no state check before sending", "page.unwanted", "if ticket.status is not Status.UNREAD:", "if False:"),
    bug("a page of an escalation that began anew is sent", "page.unwanted", "if page.epoch < ticket.run:", "if False:"),
    bug(
        "marked before it is sent",
        "notification._send",
        "    try:\n        provider_id",
        '    for one in desk.pages:\n        settle(one, page.sent(one, "", code, clock.now()), Outcome.SENT)\n    try:\n        provider_id',
    ),
    bug("no second look before a late send", "notification._send", "clock.now() - desk.read_at <= READ_AGAIN", "True"),
    bug(
        "a turn that nobody has to wait for",
        "turns.take",
        'when=[("until", "missing or <", times.text(now))]',
        "when=()",
    ),
    bug("a turn that lasts a day", "turns.LENGTH", "", "timedelta(days=1)"),
    bug(
        "of many pages that waited one is marked",
        "notification._send",
        "for one in desk.pages:\n        about",
        "for one in desk.pages[:1]:\n        about",
    ),
    bug("who waits for a turn asks for none", "turns.wait", "_ask(way, until, now)", "pass"),
    bug("a page that waits is on no list", "turns.wait", "tickets.put(_row(one, now))", "pass"),
    bug("what waited is not read", "notification._send_page", "if taken.waited:", "if False:"),
    bug(
        "a turn in which nothing was sent is kept",
        "notification._hand_over",
        "turns.give_back(turn, clock.now(), more=more)",
        "pass",
    ),
    bug(
        "pages that waited are sent whatever became of them",
        "notification._read",
        "why = page.unwanted(one, of, _later(of, one), now)",
        "why = page.unwanted(one, of, _later(of, one), now) if len(pages) == 1 else None",
    ),
    bug("a message of many has an answer for one", "answer._row", "for one in pages]", "for one in pages[:1]]"),
    bug(
        "a code acknowledges the first of many",
        "replies._with_code",
        "named[0].ticket_ids,",
        "named[0].ticket_ids[:1],",
    ),
    bug(
        "a retry that does not move its row",
        "turns.put_off",
        "tickets.update(one.key, changes, when=page.PENDING)",
        "pass",
    ),
    bug("a retry without a message", "turns.put_off", "_ask(turn.way, until, now)", "pass"),
    bug("a breaker that drops", "notification._pause", "if outcome is Outcome.PUT_OFF:", "if False:"),
    bug("a breaker that never closes", "breakers.closed_to", "probe = now + PROBE", "return now + PROBE"),
    bug("STOP is not asked for", "notification._try", "if desk.stopped:", "if False:"),
    bug("any refusal flags the address", "failure.give_up", "if error.of is Fault.ADDRESS:", "if True:"),
    bug(
        "a carrier's 403 is an address's",
        "channels.sms._read",
        "of=Fault.CHANNEL, permanent=False",
        "of=Fault.ADDRESS, permanent=True",
    ),
    bug("the next method is not tried", "failure.give_up", "not try_another_way(failing, of)", "True"),
    bug("all failed, and the next step is not hurried", "failure.hurry_if_none_is_left", "_hurry(failing, of)", "pass"),
    bug(
        "all failed before the commit",
        "failure.give_up",
        "if not failing.ask and of.epoch == failing.epoch:",
        "if False:",
    ),
    bug(
        "a schedule's Conflict is an error",
        "timers._schedule",
        "ConflictException:\n        return True",
        "ConflictException:\n        raise",
    ),
    bug("cancel never sent", "timers.follow", "cancel(before)", "pass"),
    bug(
        "the timer is armed beside the stream",
        "timers.follow",
        "if after is not None:",
        "if after is not None and before is None:",
        Edit(
            "escalation._write",
            "return Outcome.MOVED",
            "from tocsin import timers\n    row = tickets.get(overdue.key)\n    timers.arm(timers.timer(row), now) if 'due_at' in row else None\n    return Outcome.MOVED",
        ),
    ),
    bug(
        "a timer beyond the horizon is forgotten",
        "due.first_look",
        "due_at - HORIZON if due_at - now > HORIZON else ",
        "",
    ),
    bug("schedule names run into each other", "due._identity", "\\0", ""),
    bug("schedule names run into each other at a dash", "due._identity", "\\0", "-"),
    bug(
        "a schedule fires when it is due, a minute late",
        "due.FIRE_EARLY",
        "",
        "timedelta(0)",
        Edit("due.SPREAD_SECONDS", "", "0"),
    ),
    bug("sweeper off", "sweep.run", "    looked_at = 0", "    return 0"),
    bug(
        "sweeper blind to pages",
        "sweep.act",
        "if page.settled:",
        "if True:",
    ),
    bug(
        "sweeper sees the current step's pages alone",
        "sweep.act",
        "if page.settled:",
        "if page.settled or tickets.get(keys.ticket(page.tenant, page.ticket_id))['epoch'] > page.epoch + 1:",
    ),
    bug(
        "a rebuild passes over pages that wait for their next try",
        "sweep.act",
        "if page.settled:",
        "if page.settled or page.waits(now):",
    ),
    bug(
        "a rebuild begins for ever at the same place",
        "rebuild.run",
        ' and (place := batch[-1]["look_at"]) > (begin or "")',
        ' and (place := batch[-1]["look_at"])',
    ),
    bug("a rebuild goes on behind what it has not seen", "rebuild.run", "next=place)", 'next=place + "~")'),
    bug("a rebuild that reads only one page of a shard", "rebuild._shard", "after = page.after", "after = None"),
    bug(
        "a rebuild looks at what is overdue alone",
        "rebuild._shard",
        'between=(begin, "~")',
        "between=(begin, clock.now().isoformat())",
    ),
    bug(
        "a rebuild sees tickets alone",
        "rebuild._act",
        "    try:\n        kind =",
        '    if row["sk"] != "TICKET":\n        return\n    try:\n        kind =',
    ),
    bug(
        "a rebuild arms what is to come, and forgets what is overdue",
        "rebuild._act",
        "    try:\n        kind =",
        '    if row["look_at"] < clock.now().isoformat():\n        return\n    try:\n        kind =',
    ),
    bug("sweeper without back-off", "sweep._next_look", "2 ** min(looks - 1, 10)", "1"),
    bug("sweeper looks a quarter of an hour late", "due.LOOK_AFTER", "", "timedelta(minutes=15)"),
    bug("refused messages of a batch are ignored", "queues._send_batch", '.get("Failed")', '.get("Nothing")'),
    bug("unprocessed keys are ignored", "store.Table._read_batch", 'answer.get("UnprocessedKeys") or {}', "{}"),
    bug(
        "unprocessed items are ignored",
        "store.Table._write_all",
        '.get("UnprocessedItems") or {}',
        '.get("Nothing") or {}',
    ),
    bug("rules are kept without their tenant", "reading._rules", '(tenant, "rules", team)', '("rules", team)'),
    bug("a user is read as another tenant's", "keys.user", "_tenant(tenant,", '_tenant("acme",'),
    bug("a dedup row without a ticket is not healed", "opening._heal", "_put_row(healed, request)", "pass"),
    bug("a dedup key's row is put over another", "opening._once", "when=NEW", "when=()"),
    bug(
        "a dedup key is not moved from what is resolved",
        "opening._follow",
        ', ("status", "<>", Status.RESOLVED.value)',
        "",
    ),
    bug(
        "an acknowledgement fenced by epoch",
        "tickets.change",
        '("status", "=", row["status"]), *guard])\n            )\n        except ConditionFailed:\n            continue',
        '("epoch", "=", row["epoch"]), *guard])\n            )\n        except ConditionFailed:\n            return before',
    ),
    bug("what is resolved can be changed", "tickets.patched", "if one.resolved:", "if False:"),
    bug(
        "an acknowledgement leaves the clock",
        "ticket._seen",
        "changes |= moved(ticket, until or _expiry(ticket, status, now), now)",
        "pass",
    ),
    bug("a return to unread keeps its run", "ticket.restarted", '"run": Next("epoch"), ', ""),
    *STEERING,
    bug(
        "history under names that are not derived",
        "history.rows",
        "line.at, line.name",
        "line.at, line.name + str(id(line))",
    ),
    *mistakes.ALL,
    *hostile_bugs.ALL,
)


LATER = 20  # seeds of the other modes for one of load


@dataclass(frozen=True)
class Found:
    """By what a mistake was found: by the how-manieth run of so many that come by it."""

    bug: str
    result: Result | None
    runs: int
    of: int

    def __str__(self) -> str:
        if self.result is None:
            return f"{self.bug:<74}NOT FOUND in {self.of} runs"
        by = f"{self.result.mode:<10}{self.result.violations[0].invariant:<4}seed {self.result.seed}"
        return f"{self.bug:<74}{by:<24}run {self.runs} of {self.of}"


def jobs(counts: Mapping[str, int]) -> Iterator[Job]:
    """Return the seeds of these modes in turns; a seed of load takes as long as a hundred others, and comes later."""
    for seed in range(max(counts.values())):
        yield from ((mode, seed) for mode, number in counts.items() if seed < number and mode != LOAD)
        if LOAD in counts and seed % LATER == 0 and seed // LATER < counts[LOAD]:
            yield LOAD, seed // LATER


def find(one: Bug, jobs: Sequence[Job]) -> Found:
    """Search with a mistake in the product, in runs that come by its place."""
    result, runs = first_failure(jobs, one.made)
    return Found(one.name, result, runs, len(jobs))


def search(processes: int, counts: Mapping[str, int], out: Path | None = None, bugs: Sequence[Bug] = ALL) -> int:
    """Search for each mistake, say by what it was found, here and in a file, and return 1 if one was not."""
    shown: list[Found] = []
    runs = passing.runs(bugs, list(jobs(counts)), processes=processes)
    with workers(processes) as pool:
        for found in pool.imap_unordered(_find, [(one, runs[one.name]) for one in bugs]):
            print(found, flush=True)  # noqa: T201 - a program for the terminal
            shown.append(found)
            if out:  # each time: it takes long, and may be cut off
                out.write_text(page(shown))
    return 1 if any(found.result is None for found in shown) else 0


def _find(given: tuple[Bug, Sequence[Job]]) -> Found:
    return find(*given)


def page(shown: Sequence[Found]) -> str:
    """Return a page that says by what each mistake was found."""
    told = (
        "Mistakes that were put into the product, one at a time, and by what the simulation found each of them: mode,"
    )
    of = (
        "invariant, seed, and how many runs it took, of how many seeds of a pull request that come by its place. "
        f"{sum(one.result is not None for one in shown)} of"
    )
    lines = "\n".join(sorted(map(str, shown), key=str.lower))
    return f"# Known mistakes\n\n{told} {of} {len(shown)} were found.\n\n```\n{lines}\n```\n"
