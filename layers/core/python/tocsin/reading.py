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
from tocsin.telemetry import logger
from tocsin.user import User

UNKNOWN = Company(company_id="", name="", created_at=datetime.min.replace(tzinfo=UTC))  # every setting its default
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
    return Book(team_rules=_rules(tenant, team))


def go_on(tenant: str, book: Book, unread: Unread) -> None:
    """Read into the book what a decision asked for."""
    if unread.company_rules:
        book.read_company_rules = _rules(tenant, None)
    for team in unread.rosters:
        book.read_rosters[team] = _keeping((tenant, "roster", team), partial(_roster, tenant, team))
    for name in unread.schedules:
        book.read_schedules[name] = _keeping((tenant, "schedule", name), partial(_rota, tenant, name))
    if unread.users or unread.company:
        _read_rows(tenant, book, sorted(unread.users), company=unread.company)


def answered(tenant: str, book: Book, ask: Callable[[], Value]) -> Value:
    """Return the answer to a question, reading into the book what it needs to be answered."""
    while True:
        try:
            return ask()
        except Unread as unread:
            go_on(tenant, book, unread)


def _read_rows(tenant: str, book: Book, users: list[str], *, company: bool) -> None:
    found: list[Row | None] = directory.get_many(
        [*([keys.company(tenant)] if company else []), *(keys.user(tenant, name) for name in users)]
    )
    if company:
        book.read_company = _readable(Company, found.pop(0)) or UNKNOWN
    book.read_users |= {name: _readable(User, row) for name, row in zip(users, found, strict=True)}


def _rules(tenant: str, team: str | None) -> list[Rule]:
    def read() -> list[Rule]:
        rows = directory.query_all(
            keys.rules_of(tenant, team), index="listed", hash_name="list_pk", range_name="list_sk"
        )
        return [rule for row in rows if (rule := _readable(Rule, row)) is not None]

    return _keeping((tenant, "rules", team), read)


def _roster(tenant: str, team: str) -> Roster:
    pk = keys.team(tenant, team)["pk"]
    # Admins sort before members, so the first page of a large team has them.
    page = directory.query(pk, between=(keys.ADMINS, "MEMBER$"), limit=LARGE_TEAM + 1)
    names = tuple(dict.fromkeys(row["user_id"] for row in page.items))
    admins = tuple(row["user_id"] for row in page.items if row["role"] == "admin")
    return Roster(admins=admins, everybody=names, large=len(names) > LARGE_TEAM)


def _rota(tenant: str, schedule_id: str) -> Rota | None:
    try:
        return schedules.current(tenant, schedule_id, clock.now())
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
