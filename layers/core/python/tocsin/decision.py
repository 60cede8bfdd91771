"""What an overdue ticket does next: a pure function of the ticket, the book and the time.

It walks the rule's steps past those that reach nobody, then comes the company's last resort, then reminders at growing
intervals: an unread ticket never falls silent. Every decision pages somebody or sets the clock at least a minute ahead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice, takewhile

from tocsin import ids, own_rule, rule, times
from tocsin.book import Book
from tocsin.own_rule import Way
from tocsin.page import Draft
from tocsin.rule import Audience, Plan, Rung, Target
from tocsin.team import HELD_FOR
from tocsin.ticket import Changes, Kind, Passed, Ticket, marked, moved
from tocsin.user import User

MAX_PAGES = 200  # a step
LAST_RESORT_WAIT = timedelta(minutes=15)
HANDED_WAIT = timedelta(minutes=5)  # for whom a ticket was reassigned to, before the team's rules
LONGEST_REMINDER = timedelta(hours=24)
OF_TEAMS = frozenset({"team", "round_robin", "admins"})


@dataclass(frozen=True)
class Reached:
    """Whom a rung pages, who of its audience has no way to be reached, and by which schedules nobody is on call."""

    pages: tuple[Draft, ...] = ()
    missed: tuple[str, ...] = ()
    unmanned: tuple[str, ...] = ()

    @property
    def awake(self) -> bool:
        """Whether it pages somebody who is not in quiet hours."""
        return any(not page.held for page in self.pages)

    @property
    def users(self) -> list[str]:
        """Who is paged now, each once."""
        return list(dict.fromkeys(page.user for page in self.pages[:MAX_PAGES] if not page.held))

    @property
    def followers(self) -> set[str]:
        """Who of them wants to know what others do with the ticket."""
        return {page.user for page in self.pages[:MAX_PAGES] if page.follows}

    def along(self, asleep: Sequence[Draft]) -> "Reached":
        """Return it with pages that quiet hours held back on the way, but for methods that it pages itself."""
        pages = {(page.user, page.method_id): page for page in (*reversed(asleep), *self.pages)}
        own = {(page.user, page.method_id) for page in self.pages}
        later = tuple(page for way, page in pages.items() if way not in own)
        return replace(self, pages=(*self.pages, *later))

    @property
    def remark(self) -> str:
        """What is to be said of schedules and quiet hours, in a sentence each; empty if there is nothing."""
        gaps = [f"Nobody is on call by schedule {', '.join(self.unmanned)}."] if self.unmanned else []
        asleep = dict.fromkeys(page.user for page in self.pages if page.held)
        return " ".join([*gaps, *([f"In quiet hours: {', '.join(asleep)}."] if asleep else [])])

    @property
    def remarks(self) -> list[str]:
        """What is to be said beside whom it pages: who is not, and why."""
        number = len(self.pages)
        cut = [f"Only the first {MAX_PAGES} of {number} pages were sent."] if number > MAX_PAGES else []
        missed = [f"Without a way to be reached: {', '.join(self.missed)}."] if self.pages and self.missed else []
        return [*cut, *missed, *filter(None, [self.remark])]


@dataclass(frozen=True)
class Decision:
    """What is to be done, and why. `due_at` None: the clock stops (tickets that are kept and page nobody).

    `times`: what the ticket remembers of its severity from now on, none if the company was not looked at.
    """

    kind: Kind
    rule_id: str | None
    step: int
    round: int
    beyond: int
    due_at: datetime | None
    wait: timedelta = timedelta(0)
    pages: tuple[Draft, ...] = ()
    passed: tuple[Passed, ...] = ()  # steps that reached nobody on the way
    remarks: tuple[str, ...] = ()
    times: Mapping[str, int | None] = field(default_factory=dict)
    held_since: datetime | None = None  # for want of somebody on call

    @property
    def assigned_to(self) -> list[str]:
        """Who is paged, each once."""
        return list(dict.fromkeys(page.user for page in self.pages if not page.held))

    def changes(self, overdue: Ticket, now: datetime) -> Changes:
        """Return the changes by which a ticket takes this move."""
        held = self.kind is Kind.HELD
        return {
            "rule_id": self.rule_id,
            "step": self.step,
            "round": self.round,
            "beyond": self.beyond,
            "assigned_to": overdue.assigned_to if held else self.assigned_to,
            "followers": sorted({*overdue.followers, *(page.user for page in self.pages if page.follows)}) or None,
            "handed_to": overdue.handed_to if held else None,
            "held": held or None,
            "held_since": times.text(self.held_since) if self.held_since else None,
            **self.times,
            **moved(overdue.model_copy(update=self.times), self.due_at, now),
            **marked(self.kind, "system", now, remark=" ".join(self.remarks) or None, passed=self.passed),
        }


def decide(ticket: Ticket, book: Book, now: datetime) -> Decision:
    """Return what an unread ticket whose time has come does. Raises `Unread` for what the book lacks."""
    handed = _handed_over(ticket, book, now)
    if handed.awake:
        decided = _move(Kind.ASSIGNED, None, (0, 0, 0), now, HANDED_WAIT, handed, ())
    else:
        decided = walk(ticket, plan(ticket, book, now), book, now, asleep=handed.pages)
    decided = _held(decided, ticket, book, now)
    known = book.read_company
    return replace(decided, times=known.times_of(ticket.severity)) if known else decided


def _held(decided: Decision, ticket: Ticket, book: Book, now: datetime) -> Decision:
    """Return the decision, or, while the team is in maintenance, to look again when that ends or may have ended."""
    end = book.team.pauses(now) if decided.kind is not Kind.KEPT else None
    if end is None:
        return decided
    return _stay(ticket, min(end, now + HELD_FOR), f"The team is in maintenance until {times.text(end)}.")


def plan(ticket: Ticket, book: Book, now: datetime) -> Plan:
    """Return what escalation walks along now: the team's rules come before the company's, and these before our own."""
    found = rule.choose(book.team_rules, ticket, now) or rule.choose(book.company_rules, ticket, now)
    return found or rule.built_in(ticket.team)


def _handed_over(ticket: Ticket, book: Book, now: datetime) -> Reached:
    """Return the pages to whom a ticket was reassigned: none if it was not, or there is no way to reach that user."""
    if ticket.handed_to is None:
        return Reached()
    return reach(Rung((Audience(kind="user", name=ticket.handed_to),), None, HANDED_WAIT), ticket, book, now)


def fall_back(ticket: Ticket, book: Book, now: datetime, why: str) -> Decision:
    """Return what happens when deciding failed: the built-in rule is taken, and the history says why."""
    decision = _held(walk(ticket, rule.built_in(ticket.team), book, now), ticket, book, now)
    return replace(decision, remarks=(*decision.remarks, why))


def walk(ticket: Ticket, plan: Plan, book: Book, now: datetime, *, asleep: Sequence[Draft] = ()) -> Decision:
    """Return the next move along a plan. Another plan than before begins at its step 1.

    `asleep`: pages that quiet hours hold back, and that go along with whatever comes. More are found on the way.
    """
    if not plan.page:
        return Decision(Kind.KEPT, plan.rule_id, 0, 0, 0, None)
    same = ticket.rule_id == plan.rule_id
    at = (ticket.round, ticket.step) if same else (0, 0)
    beyond = ticket.beyond if same else 0
    passed: list[Passed] = []
    asleep = list(asleep)
    since = ticket.held_since or now  # each step that is held is held from where the one before it was passed
    if not beyond:
        for round_, step in islice(_positions(plan, at), len(plan.rungs)):  # a whole round, no further
            rung = rung_at(plan, round_, step)
            reached = reach(rung, ticket, book, now)
            if reached.awake:
                kind = Kind.REPEATED if step == plan.repeat_from and round_ > 1 else Kind.ESCALATED
                return _move(kind, plan, (step, round_, 0), now, rung.wait, reached.along(asleep), passed)
            until = _holds_until(rung, reached, ticket, book, since)
            if until > now:
                return _hold(rung, reached, ticket, book, now, until)
            since = until
            asleep += reached.pages
            passed.append((round_, step, reached.remark))
    return _past_the_end(ticket, plan, (at[1], at[0], beyond), book, now, passed, asleep)


def _holds_until(rung: Rung, reached: Reached, ticket: Ticket, book: Book, since: datetime) -> datetime:
    """Return until when a rung that comes at `since` is held for somebody to come on call; `since` if it is not."""
    by_hand = ticket.held is False
    if rung.hold is None or by_hand or not book.there(reached.unmanned):
        return since
    return since + rung.hold


def _hold(rung: Rung, reached: Reached, ticket: Ticket, book: Book, now: datetime, until: datetime) -> Decision:
    """Return that the ticket stays where it is until somebody comes on call, and no longer than `until`.

    Schedules change too, so they are asked again before long.
    """
    look = min(until, now + HELD_FOR)
    comes = book.comes_on_call((one.name for one in rung.audience if one.kind == "schedule"), now, look)
    told = f"{reached.remark} The step waits for somebody, until {times.text(until)} at the latest."
    return replace(_stay(ticket, comes or look, told), held_since=ticket.held_since or now)


def _positions(plan: Plan, at: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield (round, step) from the one after `at` to the end of the last round."""
    round_, step = max(at[0], 1), at[1]
    while round_ <= plan.repeat + 1:
        for following in range(step + 1, len(plan.rungs) + 1):
            yield round_, following
        round_, step = round_ + 1, plan.repeat_from - 1


def rung_at(plan: Plan, round_: int, step: int) -> Rung:
    """Return a plan's rung as it is at this place: after so many others at which members took turns."""
    rung = plan.rungs[step - 1]
    if not rung.in_turn:
        return rung
    before = takewhile(lambda place: place != (round_, step), _positions(plan, (0, 0)))
    return replace(rung, turn=sum(plan.rungs[earlier - 1].in_turn for _, earlier in before))


def goes_on(ticket: Ticket, plan: Plan, book: Book) -> bool:
    """Say whether a step comes next, or the last resort: what comes after that is no step, but a reminder."""
    if ticket.rule_id != plan.rule_id:
        return bool(plan.rungs) or ticket.handed_to is not None
    following = next(_positions(plan, (ticket.round, ticket.step)), None)
    return plan.page and not ticket.beyond and (following is not None or last_resort(book) is not None)


def _past_the_end(
    ticket: Ticket,
    plan: Plan,
    at: tuple[int, int, int],
    book: Book,
    now: datetime,
    passed: Sequence[Passed],
    asleep: list[Draft],
) -> Decision:
    """Return the last resort, where there is one, and then the reminders; if all sleep the ticket waits for one."""
    step, round_, beyond = at
    resort = last_resort(book)
    if beyond == 0 and resort:
        reached = reach(resort, ticket, book, now)
        if reached.awake:
            reached = reached.along(asleep)
            return _move(Kind.LAST_RESORT, plan, (step, round_, 1), now, LAST_RESORT_WAIT, reached, passed)
        asleep += reached.pages
    number = max(beyond, 1)
    interval = min(book.company.reminder * 2 ** min(number - 1, 10), LONGEST_REMINDER)
    rungs = [*_again(plan, resort, number), *rule.built_in(ticket.team).rungs]
    tried: list[Draft] = []
    for rung in rungs:
        reached = reach(rung, ticket, book, now)
        if reached.awake:
            at = (step, round_, number + 1)
            return _move(Kind.REMINDED, plan, at, now, interval, reached.along(asleep), passed)
        tried += reached.pages
    if asleep or tried:
        return _all_asleep(ticket, [*asleep, *tried], now)
    return _move(Kind.NOBODY_REACHED, plan, (step, round_, number + 1), now, interval, Reached(), passed)


def _all_asleep(ticket: Ticket, asleep: Sequence[Draft], now: datetime) -> Decision:
    """Return that the ticket stays where it is until the first wakes; who is on call, say, may change before then."""
    wakes = min(page.not_before for page in asleep if page.not_before is not None)
    told = f"Everybody who would be paged is in quiet hours, the first until {times.text(wakes)}."
    return _stay(ticket, min(wakes, now + HELD_FOR), told)


def _stay(ticket: Ticket, due_at: datetime, told: str) -> Decision:
    place = (ticket.rule_id, ticket.step, ticket.round, ticket.beyond)
    return Decision(Kind.HELD, *place, due_at, remarks=(told,), held_since=ticket.held_since)


def _again(plan: Plan, resort: Rung | None, number: int) -> Iterator[Rung]:
    """Yield whom a reminder is for, the first that reaches somebody; members who take turns go on doing so."""
    if resort:
        yield replace(resort, turn=number)
    turns = sum(plan.rungs[step - 1].in_turn for _, step in _positions(plan, (0, 0)))
    yield from (replace(rung, turn=turns + number - 1) for rung in reversed(plan.rungs))


def last_resort(book: Book) -> Rung | None:
    """Return whom the company's settings name for what no step of a rule has reached, None if nobody is named."""
    audience = tuple(rule.audience(Target.model_validate(target)) for target in book.company.last_resort)
    return Rung(audience, None, LAST_RESORT_WAIT) if audience else None


def _move(
    kind: Kind,
    plan: Plan | None,
    at: tuple[int, int, int],
    now: datetime,
    wait: timedelta,
    reached: Reached,
    passed: Sequence[Passed],
) -> Decision:
    step, round_, beyond = at
    rule_id = plan.rule_id if plan else None
    pages, remarks = reached.pages[:MAX_PAGES], tuple(reached.remarks)
    return Decision(kind, rule_id, step, round_, beyond, now + wait, wait, pages, passed=tuple(passed), remarks=remarks)


def reach(rung: Rung, ticket: Ticket, book: Book, now: datetime) -> Reached:
    """Return the pages of a rung, nobody's twice: none if it reaches nobody."""
    reached = _reach(rung, ticket, book, now)
    if reached.awake or all(one.kind != "admins" for one in rung.audience):
        return reached
    # Admins whom nothing reaches are as good as none: then all members are paged.
    members = tuple(Audience(kind="team", name=one.name) for one in rung.audience)
    return _reach(replace(rung, audience=members), ticket, book, now)


def _reach(rung: Rung, ticket: Ticket, book: Book, now: datetime) -> Reached:
    on_call = book.on_call(dict.fromkeys(one.name for one in rung.audience if one.kind == "schedule"), now)
    names = _names(rung, ticket, book, on_call, now)
    users = book.users(names)
    pages = tuple(
        Draft(
            user=user.user_id,
            method_id=way.method.method_id,
            channel=way.method.channel,
            address=way.method.address,
            because=f"{user.user_id} {names[user.user_id]}, {way.because}",
            not_before=way.not_before,
            held=way.held,
            follows=way.follows,
        )
        for user in users
        for way in _ways(user, rung, ticket, book, now)
    )
    paged = {page.user for page in pages}
    missed = tuple(name for name in names if name not in paged)
    return Reached(pages, missed, tuple(schedule for schedule, user in on_call.items() if user is None))


def _ways(user: User, rung: Rung, ticket: Ticket, book: Book, now: datetime) -> list[Way]:
    """Return by what a user is paged at a rung, and when."""
    of_severity = book.company.channels_of(ticket.severity) if rung.channels is None else None
    return own_rule.ways(user, rung.channels, ticket.severity, of_severity, now)


def _names(rung: Rung, ticket: Ticket, book: Book, on_call: Mapping[str, str | None], now: datetime) -> dict[str, str]:
    """Return who is meant, each once, and because of what."""
    rosters = book.rosters(dict.fromkeys(one.name for one in rung.audience if one.kind in OF_TEAMS))
    names: dict[str, str] = {}
    for one in rung.audience:
        match one.kind:
            case "user":
                found, why = [one.name], "is named"
            case "schedule":
                found, why = list(filter(None, [on_call[one.name]])), f"is on call by schedule {one.name}"
            case "team":
                roster = rosters[one.name]
                found, why = list(roster.for_target), f"is {'an admin' if roster.large else 'a member'} of {one.name}"
            case "round_robin":
                found = _next_in_turn(rosters[one.name].for_target, rung, ticket, book, now)
                why = f"is the next of {one.name} in turn, for a ticket of this id"
            case "admins":
                roster = rosters[one.name]
                found, why = (
                    list(roster.for_built_in),
                    f"is {'an admin' if roster.admins else 'a member'} of {one.name}",
                )
        for name in found:
            names.setdefault(name, why)
    return names


def _next_in_turn(members: Sequence[str], rung: Rung, ticket: Ticket, book: Book, now: datetime) -> list[str]:
    """Return the first who can be paged, counted from whose turn it is; if all sleep the first of them, else all.

    Nothing is stored of turns: with whom a ticket begins follows from its id, so that no two tickets share a write.
    """
    ordered = sorted(members)
    begin = int(ids.sha256(ticket.tenant, ticket.ticket_id)[:8], 16) + rung.turn
    place = begin % max(len(ordered), 1)
    queue, asleep = ordered[place:] + ordered[:place], []
    for some in (queue[:1], queue[1:]):  # mostly it is the first, and one user more is read
        for user in book.users(some):
            ways = _ways(user, rung, ticket, book, now)
            if any(not way.held for way in ways):
                return [user.user_id]
            asleep += [user.user_id] if ways else []
    return asleep[:1] or queue
