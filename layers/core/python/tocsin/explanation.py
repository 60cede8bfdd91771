"""What would become of a ticket if nobody answered: the production decision, with a plan instead of effects.

An imagined ticket is taken from one due time to the next by what the escalator would decide and write then. It ends
with the first reminder, for what comes after that is more of the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import BaseModel, Field

from tocsin import decision, rows, rule, ticket
from tocsin.book import Book, Unread
from tocsin.decision import Decision
from tocsin.model import Body
from tocsin.page import Draft
from tocsin.rule import BUILT_IN, Plan, Rule, Rung
from tocsin.schedule import Planned
from tocsin.ticket import Kind, Ticket
from tocsin.ticket_api import NewTicket, shortened
from tocsin.times import Moment
from tocsin.user import User

MOST_PAGES = 1000
MOST_MOVES = 5000


class Question(Body):
    """`POST /rules/explain`: what would happen if this ticket were opened."""

    ticket: NewTicket
    at: Planned | None = Field(default=None, description="When it would be opened; missing: now.")


class PlannedPage(BaseModel):
    """A page that would be sent. Of the address only the end of a number, or the first letter and the domain."""

    at: Moment
    step: int
    round: int
    user: str
    channel: str
    address: str
    because: str


class LookedAt(BaseModel):
    """A rule that was looked at for the first step, and whether it is the one."""

    rule_id: str
    name: str
    team: str | None
    position: int
    chosen: bool
    because: str


class Warned(BaseModel):
    """Somebody or something that could not be reached at a step; step 0: no step of the rule."""

    at: Moment
    step: int
    text: str


class Explanation(BaseModel):
    """The rule and why it is the one, and every page until the first reminder, in order, if nobody answered."""

    at: Moment
    rule_id: str | None = Field(
        description="Null: no rule matches, or the one cannot be carried out: the built-in one is taken."
    )
    because: str
    rules: list[LookedAt] = Field(description="The rules in the order in which they are looked at, up to the one.")
    plan: list[PlannedPage]
    warnings: list[Warned]
    end: str = Field(description="What comes after the plan.")
    complete: bool = Field(description=f"False: there is more, after {MOST_PAGES} pages or five seconds.")


@dataclass
class Telling:
    """An explanation under way. `imagined` is a ticket as it would be opened, due at once."""

    imagined: Ticket
    book: Book
    plan: list[tuple[tuple[str, str], PlannedPage]] = field(default_factory=list)  # by user and method
    warnings: dict[tuple[int, str], Warned] = field(default_factory=dict)
    end: str = ""
    _moves: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether there is more to tell."""
        return not self.end and len(self.plan) < MOST_PAGES and self._moves < MOST_MOVES

    def go_on(self) -> None:
        """Take the ticket to its next due time. Raises `Unread`, and may be called again then."""
        one, now = self.imagined, self.imagined.due_at
        if now is None:
            self.end = "Nobody is paged any more."
            return
        changes = ticket.rung(one, now)
        if changes:
            self.plan = [(way, page) for way, page in self.plan if page.at < now]
            self.end = f"The ticket is resolved by itself. {changes['remark']}"
            return
        decided, plan = self._decided(one, now)
        end = self.book.team.pauses(now) if decided.kind is Kind.HELD else None
        if end is not None:
            decided = replace(decided, due_at=end)  # nobody ends it early here: a month of looks would find nothing
        doubts = [(step, doubt) for step, rung in _asked(decided, plan, one, self.book) for doubt in self._doubts(rung)]
        doubts += [(0, remark) for remark in decided.remarks if decided.kind is Kind.HELD]
        for step, text in doubts:
            self.warnings.setdefault((step, text), Warned(at=now, step=step, text=text))
        self._add(decided, now)
        self.imagined = Ticket.of(rows.changed(ticket.row(one), decided.changes(one, now)))
        self.end = "" if self._changes(decided.kind) else _END.get(decided.kind, "")
        self._moves += 1

    def _add(self, decided: Decision, now: datetime) -> None:
        """Add a move's pages. One that waits gives way to a later one that goes the same way no later, as when sent."""
        made = {(draft.user, draft.method_id): _planned(decided, draft, now) for draft in decided.pages}
        left = [(way, page) for way, page in self.plan if way not in made or page.at < made[way].at]
        self.plan = [*left, *made.items()]

    def _changes(self, kind: Kind) -> bool:
        """Say whether the next move may take a waiting page's place, or is the end of a ticket that is not kept."""
        due = self.imagined.due_at
        if due is None:
            return False
        ends = kind is not Kind.KEPT and bool(ticket.rung(self.imagined, due))
        return ends or any(page.at >= due for _, page in self.plan)

    def _decided(self, one: Ticket, now: datetime) -> tuple[Decision, Plan]:
        try:
            return decision.decide(one, self.book, now), decision.plan(one, self.book, now)
        except Unread:
            raise
        except Exception as error:  # noqa: BLE001 - as the escalator does: the built-in rule is taken
            return decision.fall_back(one, self.book, now, str(error)), rule.built_in(one.team)

    def _doubts(self, rung: Rung) -> Iterator[str]:
        """Yield whom of a rung nothing reaches at the ticket's due time, and which of their methods are of no use."""
        one, now = self.imagined, self.imagined.due_at or self.imagined.created_at
        reached = decision.reach(rung, one, self.book, now)
        for name in reached.unmanned:
            gone = self.book.read_schedules[name] is None
            yield f"There is no schedule {name}." if gone else f"Nobody is on call by schedule {name}."
        for target in rung.audience:
            roster = self.book.read_rosters.get(target.name) if target.kind in decision.OF_TEAMS else None
            if roster and not (roster.for_built_in if target.kind == "admins" else roster.for_target):
                why = "has more than 100 members and no admins" if roster.large else "has no members"
                yield f"The team {target.name} {why}: nobody of it is paged."
        for name in reached.missed:
            channels = self.book.company.channels_of(one.severity) if rung.channels is None else rung.channels
            yield _unreachable(name, self.book.read_users[name], channels)
        for name in dict.fromkeys(page.user for page in reached.pages if page.held):
            yield f"{name} is in quiet hours, and is paged when they end."
        for name in dict.fromkeys(page.user for page in reached.pages):
            user = self.book.read_users[name]
            yield from _useless(user) if user else ()
        if len(reached.pages) > decision.MAX_PAGES:
            yield f"Only the first {decision.MAX_PAGES} of {len(reached.pages)} pages are sent."

    def told(self, at: datetime) -> Explanation:
        """Return what was told so far, of a ticket that is opened at a time."""
        looked_at, rule_id, because = considered(self.book, self.imagined, at)
        return Explanation(
            at=at,
            rule_id=rule_id,
            because=because,
            rules=looked_at,
            plan=sorted((page for _, page in self.plan), key=lambda page: page.at)[:MOST_PAGES],
            warnings=list(self.warnings.values()),
            end=self.end or "It goes on like this.",
            complete=bool(self.end) and len(self.plan) <= MOST_PAGES,
        )


NO_RULE = "No rule matches: the team's admins are paged, or all members if it has none."
_END = {
    Kind.KEPT: "The rule pages nobody: the ticket is kept.",
    Kind.REMINDED: "Reminders go on, at growing intervals up to a day.",
    Kind.NOBODY_REACHED: "Nobody can be reached. It is tried again at growing intervals, up to a day.",
}


def considered(book: Book, one: Ticket, at: datetime) -> tuple[list[LookedAt], str | None, str]:
    """Return the rules up to the one that decides, with the reasons, its id, and why; None for the built-in one."""
    found: list[LookedAt] = []
    for rules in (book.team_rules, book.read_company_rules or ()):
        for each in rule.in_order(rules):
            misfit, broken = _misfit(each, one, at)
            found.append(_looked_at(each, misfit))
            if misfit is None or broken:
                return found, None if broken else each.rule_id, found[-1].because
    return found, None, NO_RULE


def _misfit(each: Rule, one: Ticket, at: datetime) -> tuple[str | None, bool]:
    """Return why a rule is not the one, None if it is, and whether it is broken: then none after it is looked at."""
    try:
        return each.misfit(one, at), False
    except Exception as error:  # noqa: BLE001 - as where a decision fails
        return f"It cannot be carried out ({error}): the built-in rule is taken.", True


def _looked_at(each: Rule, misfit: str | None) -> LookedAt:
    shown = {name: getattr(each, name) for name in ("rule_id", "name", "team", "position")}
    first = "It is the first that matches, of the team's rules and then the company's."
    return LookedAt(**shown, chosen=misfit is None, because=misfit or first)


def _planned(decided: Decision, draft: Draft, now: datetime) -> PlannedPage:
    return PlannedPage(
        at=draft.not_before or now,
        step=decided.step,
        round=decided.round,
        user=draft.user,
        channel=draft.channel,
        address=shortened(draft.channel, draft.address),
        because=f"{_move(decided)}: {draft.because}.",
    )


def _move(decided: Decision) -> str:
    if decided.kind in {Kind.LAST_RESORT, Kind.REMINDED}:
        return "The last resort" if decided.kind is Kind.LAST_RESORT else "A reminder"
    of = "the built-in rule" if decided.rule_id == BUILT_IN else f"rule {decided.rule_id}"
    return f"Step {decided.step}, round {decided.round} of {of}"


def _asked(decided: Decision, plan: Plan, one: Ticket, book: Book) -> Iterator[tuple[int, Rung]]:
    """Yield the rungs that were asked for a move, with their steps; 0 is the last resort."""
    for round_, step, _ in decided.passed:
        yield step, decision.rung_at(plan, round_, step)
    if decided.kind in {Kind.ESCALATED, Kind.REPEATED}:
        yield decided.step, decision.rung_at(plan, decided.round, decided.step)
    last_resort = decision.last_resort(book) if decided.beyond and not one.beyond else None
    if last_resort:
        yield 0, last_resort


def _unreachable(name: str, user: User | None, channels: tuple[str, ...] | None) -> str:
    if user is None:
        return f"There is no user {name}."
    if not user.active:
        return f"{name} is deactivated, and is not paged."
    by = f" by {' or '.join(channels)}" if channels and user.usable(None) else ""
    return f"{name} has no verified contact method{by}."


def _useless(user: User) -> Iterator[str]:
    for method in user.in_order():
        about = f"{user.user_id}'s {method.channel} {shortened(method.channel, method.address)}"
        if not method.verified:
            yield f"{about} is not verified, and is not used."
        elif method.flagged:
            yield f"{about} is flagged, and used only where there is no other: {method.flagged}"
