"""What an overdue ticket does next: a pure function of the ticket, the book and the time.

It walks the rule's steps past those that reach nobody, then comes the company's last resort, then reminders at growing
intervals: an unread ticket never falls silent. Every decision pages somebody or sets the clock at least a minute ahead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from tocsin import rule, times
from tocsin.book import Book
from tocsin.page import Draft
from tocsin.rule import Audience, Plan, Rung, Target
from tocsin.ticket import Changes, Kind, Passed, Ticket, marked, moved

MAX_PAGES = 200  # a step
LAST_RESORT_WAIT = timedelta(minutes=15)
HELD_FOR = timedelta(minutes=15)  # until a maintenance is asked for again: it may have been ended early
HANDED_WAIT = timedelta(minutes=5)  # for whom a ticket was reassigned to, before the team's rules
LONGEST_REMINDER = timedelta(hours=24)


@dataclass(frozen=True)
class Reached:
    """Whom a rung pages, who of its audience has no way to be reached, and by which schedules nobody is on call."""

    pages: tuple[Draft, ...] = ()
    missed: tuple[str, ...] = ()
    unmanned: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """What is to be said of the schedules, in a sentence; empty if there is nothing."""
        names = ", ".join(self.unmanned)
        return f"Nobody is on call by schedule {names}." if names else ""


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

    @property
    def assigned_to(self) -> list[str]:
        """Who is paged, each once."""
        return list(dict.fromkeys(page.user for page in self.pages))

    def changes(self, overdue: Ticket, now: datetime) -> Changes:
        """Return the changes by which a ticket takes this move."""
        held = self.kind is Kind.HELD
        return {
            "rule_id": self.rule_id,
            "step": self.step,
            "round": self.round,
            "beyond": self.beyond,
            "assigned_to": self.assigned_to,
            "handed_to": overdue.handed_to if held else None,
            "held": held or None,
            **self.times,
            **moved(overdue.model_copy(update=self.times), self.due_at, now),
            **marked(self.kind, "system", now, remark=" ".join(self.remarks) or None, passed=self.passed),
        }


def decide(ticket: Ticket, book: Book, now: datetime) -> Decision:
    """Return what an unread ticket whose time has come does. Raises `Unread` for what the book lacks."""
    decided = _handed_over(ticket, book, now) or walk(ticket, plan(ticket, book, now), book, now)
    decided = _held(decided, ticket, book, now)
    known = book.read_company
    return replace(decided, times=known.times_of(ticket.severity)) if known else decided


def _held(decided: Decision, ticket: Ticket, book: Book, now: datetime) -> Decision:
    """Return the decision, or, while the team is in maintenance, to look again when that ends or may have ended."""
    end = book.team.pauses(now) if decided.kind is not Kind.KEPT else None
    if end is None:
        return decided
    told = f"The team is in maintenance until {times.text(end)}."
    place = (ticket.rule_id, ticket.step, ticket.round, ticket.beyond)
    return Decision(Kind.HELD, *place, min(end, now + HELD_FOR), remarks=(told,))


def plan(ticket: Ticket, book: Book, now: datetime) -> Plan:
    """Return what escalation walks along now: the team's rules come before the company's, and these before our own."""
    found = rule.choose(book.team_rules, ticket, now) or rule.choose(book.company_rules, ticket, now)
    return found or rule.built_in(ticket.team)


def _handed_over(ticket: Ticket, book: Book, now: datetime) -> Decision | None:
    """Return the page to whom a ticket was reassigned; None if it was not, or there is no way to reach that user."""
    if ticket.handed_to is None:
        return None
    reached = reach(Rung((Audience(kind="user", name=ticket.handed_to),), None, HANDED_WAIT), ticket, book, now)
    if not reached.pages:
        return None
    return _move(Kind.ASSIGNED, None, (0, 0, 0), now, HANDED_WAIT, reached, ())


def fall_back(ticket: Ticket, book: Book, now: datetime, why: str) -> Decision:
    """Return what happens when deciding failed: the built-in rule is taken, and the history says why."""
    decision = _held(walk(ticket, rule.built_in(ticket.team), book, now), ticket, book, now)
    return replace(decision, remarks=(*decision.remarks, why))


def walk(ticket: Ticket, plan: Plan, book: Book, now: datetime) -> Decision:
    """Return the next move along a plan. Another plan than before begins at its step 1."""
    if not plan.page:
        return Decision(Kind.KEPT, plan.rule_id, 0, 0, 0, None)
    same = ticket.rule_id == plan.rule_id
    at = (ticket.round, ticket.step) if same else (0, 0)
    beyond = ticket.beyond if same else 0
    passed: list[Passed] = []
    if not beyond:
        for round_, step in islice(_positions(plan, at), len(plan.rungs)):  # a whole round, no further
            rung = plan.rungs[step - 1]
            reached = reach(rung, ticket, book, now)
            if reached.pages:
                kind = Kind.REPEATED if step == 1 and round_ > 1 else Kind.ESCALATED
                return _move(kind, plan, (step, round_, 0), now, rung.wait, reached, passed)
            passed.append((round_, step, reached.remark))
    return _past_the_end(ticket, plan, (at[1], at[0], beyond), book, now, passed)


def _positions(plan: Plan, at: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield (round, step) from the one after `at` to the end of the last round."""
    round_, step = max(at[0], 1), at[1]
    while round_ <= plan.repeat + 1:
        for following in range(step + 1, len(plan.rungs) + 1):
            yield round_, following
        round_, step = round_ + 1, 0


def goes_on(ticket: Ticket, plan: Plan, book: Book) -> bool:
    """Say whether a step comes next, or the last resort: what comes after that is no step, but a reminder."""
    if ticket.rule_id != plan.rule_id:
        return bool(plan.rungs) or ticket.handed_to is not None
    following = next(_positions(plan, (ticket.round, ticket.step)), None)
    return plan.page and not ticket.beyond and (following is not None or last_resort(book) is not None)


def _past_the_end(
    ticket: Ticket, plan: Plan, at: tuple[int, int, int], book: Book, now: datetime, passed: Sequence[Passed]
) -> Decision:
    """Return the last resort, where there is one, and then the reminders."""
    step, round_, beyond = at
    resort = last_resort(book)
    if beyond == 0 and resort:
        reached = reach(resort, ticket, book, now)
        if reached.pages:
            return _move(Kind.LAST_RESORT, plan, (step, round_, 1), now, LAST_RESORT_WAIT, reached, passed)
    number = max(beyond, 1)
    interval = min(book.company.reminder * 2 ** min(number - 1, 10), LONGEST_REMINDER)
    rungs = [*([resort] if resort else []), *reversed(plan.rungs), *rule.built_in(ticket.team).rungs]
    reached = next((found for rung in rungs if (found := reach(rung, ticket, book, now)).pages), Reached())
    kind = Kind.REMINDED if reached.pages else Kind.NOBODY_REACHED
    return _move(kind, plan, (step, round_, number + 1), now, interval, reached, passed)


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
    pages, number = reached.pages[:MAX_PAGES], len(reached.pages)
    remarks = [f"Only the first {MAX_PAGES} of {number} pages were sent."] if number > MAX_PAGES else []
    if pages and reached.missed:
        remarks.append(f"Without a way to be reached: {', '.join(reached.missed)}.")
    if reached.remark:
        remarks.append(reached.remark)
    rule_id = plan.rule_id if plan else None
    return Decision(
        kind, rule_id, step, round_, beyond, now + wait, wait, pages, passed=tuple(passed), remarks=tuple(remarks)
    )


def reach(rung: Rung, ticket: Ticket, book: Book, now: datetime) -> Reached:
    """Return the pages of a rung, nobody's twice: none if it reaches nobody."""
    reached = _reach(rung.audience, rung.channels, ticket, book, now)
    if reached.pages or all(one.kind != "admins" for one in rung.audience):
        return reached
    # Admins whom nothing reaches are as good as none: then all members are paged.
    members = tuple(Audience(kind="team", name=one.name) for one in rung.audience)
    return _reach(members, rung.channels, ticket, book, now)


def _reach(
    audience: tuple[Audience, ...], channels: tuple[str, ...] | None, ticket: Ticket, book: Book, now: datetime
) -> Reached:
    on_call = book.on_call(dict.fromkeys(one.name for one in audience if one.kind == "schedule"), now)
    names = _names(audience, book, on_call)
    users = book.users(names)
    by = "by the step's channels"
    if channels is None and users:
        channels = book.company.channels_of(ticket.severity)
        by = "by every verified method" if channels is None else f"by the channels of severity {ticket.severity}"
    pages = tuple(
        Draft(
            user=user.user_id,
            method_id=method.method_id,
            channel=method.channel,
            address=method.address,
            because=f"{user.user_id} {names[user.user_id]}, {by}",
        )
        for user in users
        for method in user.usable(channels)
    )
    paged = {page.user for page in pages}
    missed = tuple(name for name in names if name not in paged)
    return Reached(pages, missed, tuple(schedule for schedule, user in on_call.items() if user is None))


def _names(audience: tuple[Audience, ...], book: Book, on_call: Mapping[str, str | None]) -> dict[str, str]:
    """Return who is meant, each once, and because of what."""
    rosters = book.rosters(dict.fromkeys(one.name for one in audience if one.kind in {"team", "admins"}))
    names: dict[str, str] = {}
    for one in audience:
        match one.kind:
            case "user":
                found, why = [one.name], "is named"
            case "schedule":
                found, why = list(filter(None, [on_call[one.name]])), f"is on call by schedule {one.name}"
            case "team":
                roster = rosters[one.name]
                found, why = list(roster.for_target), f"is {'an admin' if roster.large else 'a member'} of {one.name}"
            case "admins":
                roster = rosters[one.name]
                found, why = (
                    list(roster.for_built_in),
                    f"is {'an admin' if roster.admins else 'a member'} of {one.name}",
                )
        for name in found:
            names.setdefault(name, why)
    return names
