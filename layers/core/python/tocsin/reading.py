"""Fills a decision's book from the directory: as it is now, a few seconds old at most.

What a hot team's tickets all read (rules, rosters, schedules) is kept for some seconds in the process; users and the
company are read each time. All rows that one answer of the decision asks for are read in one batch.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from cachetools import TTLCache
from pydantic import ValidationError

from tocsin import clock, keys, schedules
from tocsin.book import Book, Roster, Unread
from tocsin.company import Company
from tocsin.model import Record
from tocsin.oncall import Rota
from tocsin.rows import Row
from tocsin.rule import Rule
from tocsin.store import directory
from tocsin.team import Team
from tocsin.telemetry import logger
from tocsin.user import User

UNKNOWN = Company(company_id="", name="", created_at=datetime.min.replace(tzinfo=UTC))  # every setting its default
NOBODYS = Team(team_id="", name="", created_at=datetime.min.replace(tzinfo=UTC))
KEEP_SECONDS = 3.0
LARGE_TEAM = 100  # members; of a larger team only the admins are paged


Value = TypeVar("Value")
Noun = TypeVar("Noun", bound=Record)
_kept: TTLCache[Hashable, Any] = TTLCache(1000, KEEP_SECONDS, timer=lambda: clock.now().timestamp())


def forget() -> None:
    """Forget what is kept: for tests, whose clock does not run by itself."""
    _kept.clear()


def begin(tenant: str, team: str) -> Book:
    """Return a book with the team's rules."""
    return Book(_rules(tenant, team), team)


def go_on(tenant: str, book: Book, unread: Unread, *, since: datetime | None = None) -> None:
    """Read into the book what a decision asked for. `since`: of schedules also what was over by now, but not then."""
    if unread.company_rules:
        book.read_company_rules = _rules(tenant, None)
    for team in unread.rosters:
        book.read_rosters[team] = _keeping((tenant, "roster", team), partial(roster, tenant, team))
    for name in unread.schedules:
        rota = partial(_rota, tenant, name, since)
        book.read_schedules[name] = rota() if since else _keeping((tenant, "schedule", name), rota)
    if unread.users or unread.company or unread.team:
        _read_rows(tenant, book, unread)


def answered(tenant: str, book: Book, ask: Callable[[], Value], *, since: datetime | None = None) -> Value:
    """Return the answer to a question, reading into the book what it needs to be answered."""
    while True:
        try:
            return ask()
        except Unread as unread:
            go_on(tenant, book, unread, since=since)


def _read_rows(tenant: str, book: Book, unread: Unread) -> None:
    names = sorted(unread.users)
    wanted = [keys.user(tenant, name) for name in names]
    wanted += [keys.company(tenant)] if unread.company else []
    wanted += [keys.team(tenant, book.team_id)] if unread.team else []
    found: list[Row | None] = directory.get_many(wanted)
    if unread.team:
        book.read_team = _readable(Team, found.pop()) or NOBODYS
    if unread.company:
        book.read_company = _readable(Company, found.pop()) or UNKNOWN
    book.read_users |= {name: _readable(User, row) for name, row in zip(names, found, strict=True)}


def _rules(tenant: str, team: str | None) -> list[Rule]:
    def read() -> list[Rule]:
        rows = directory.query_all(
            keys.rules_of(tenant, team), index="listed", hash_name="list_pk", range_name="list_sk"
        )
        return [rule for row in rows if (rule := _readable(Rule, row)) is not None]

    return _keeping((tenant, "rules", team), read)


def roster(tenant: str, team: str) -> Roster:
    """Return who is in a team: of a large one only the first hundred, its admins among them."""
    pk = keys.team(tenant, team)["pk"]
    # Admins sort before members, so the first page of a large team has them.
    page = directory.query(pk, between=(keys.ADMINS, "MEMBER$"), limit=LARGE_TEAM + 1)
    names = tuple(dict.fromkeys(row["user_id"] for row in page.items))
    admins = tuple(row["user_id"] for row in page.items if row["role"] == "admin")
    return Roster(admins=admins, everybody=names, large=len(names) > LARGE_TEAM)


def _rota(tenant: str, schedule_id: str, since: datetime | None) -> Rota | None:
    try:
        return schedules.current(tenant, schedule_id, since or clock.now())
    except ValidationError:
        logger.exception("a schedule cannot be read", extra={"schedule": schedule_id})
        return None


def _readable(noun: type[Noun], row: Row | None) -> Noun | None:
    """Return what a row holds. One that cannot be read counts as missing: it must not keep others from being paged."""
    try:
        return noun.of(row) if row is not None else None
    except ValidationError:
        logger.exception("a row cannot be read", extra={"row": row and row["pk"]})
        return None


def _keeping(name: Hashable, read: Callable[[], Value]) -> Value:
    found: Value | None = _kept.get(name)
    if found is None:
        found = _kept[name] = read()
    return found
