"""Values that tests of the pure core begin with: a ticket, a page, users, rules, and the book of a decision."""

from datetime import UTC, datetime
from typing import Any

from tocsin import rows, ticket
from tocsin.book import Book, Roster
from tocsin.company import Company
from tocsin.page import Page
from tocsin.rule import Rule
from tocsin.team import Team
from tocsin.ticket import Changes, Ticket
from tocsin.user import ContactMethod, User

NOW = datetime(2026, 11, 22, 20, 28, 28, 123_000, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def a_ticket(**fields: Any) -> Ticket:
    """Return a ticket as it was opened at `NOW`, but for `fields`."""
    opened = {
        "tenant": "acme",
        "ticket_id": "t1",
        "team": "payments",
        "title": "Checkout 5xx",
        "severity": "sev1",
        "source": "api_key:k1",
        "due_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
        "epoch": EPOCH,
        "run": EPOCH,
        "changed_by": "api_key:k1",
    }
    return Ticket.model_validate(opened | fields)


def a_page(**fields: Any) -> Page:
    """Return a pending page of the ticket's first step."""
    made = {
        "tenant": "acme",
        "ticket_id": "t1",
        "epoch": EPOCH,
        "step": 1,
        "round": 1,
        "user": "ada",
        "method_id": "phone",
        "channel": "sms",
        "address": "+4915112345678",
        "wait": 300,
        "created_at": NOW,
        "due_at": NOW,
    }
    return Page.model_validate(made | fields)


def a_method(channel: str = "email", **fields: Any) -> ContactMethod:
    """Return a verified contact method whose id is its channel."""
    known = {"method_id": channel, "channel": channel, "address": f"{channel} address", "verified": True}
    return ContactMethod.model_validate(known | {"created_at": NOW} | fields)


def a_user(name: str, *methods: ContactMethod) -> User:
    """Return a user with these contact methods; without any, with a verified e-mail address."""
    return User(
        user_id=name,
        name=name,
        email=f"{name}@example.com",
        role="responder",
        created_at=NOW,
        methods={one.method_id: one for one in methods or (a_method(),)},
    )


def a_rule(*steps: dict[str, Any], **fields: Any) -> Rule:
    """Return a rule of the team with these steps."""
    made = {"rule_id": "r1", "name": "R", "team": "payments", "created_at": NOW, "updated_at": NOW}
    return Rule.model_validate(made | {"steps": list(steps)} | fields)


def a_step(*users: str, wait: str = "5m", **fields: Any) -> dict[str, Any]:
    """Return a step that notifies users."""
    return {"notify": [{"user": name} for name in users], "wait": wait} | fields


def a_book(*rules: Rule, users: tuple[User, ...] = (), missing: tuple[str, ...] = (), **known: Any) -> Book:
    """Return a book in which everything is read: the team's rules, these users and no other, no company rules."""
    paused = known.pop("maintenance", None)
    rosters: dict[str, Roster] = known.pop("rosters", {"payments": Roster()})
    company = Company.model_validate({"company_id": "acme", "name": "Acme", "created_at": NOW} | known)
    return Book(
        team_id="payments",
        team_rules=rules,
        read_team=Team.model_validate({"team_id": "payments", "name": "P", "created_at": NOW, "maintenance": paused}),
        read_company=company,
        read_company_rules=(),
        read_users={**{one.user_id: one for one in users}, **dict.fromkeys(missing)},
        read_rosters=rosters,
    )


def changed(one: Ticket, changes: Changes) -> Ticket:
    """Return the ticket after a write of changes."""
    return Ticket.of(rows.changed(ticket.row(one), changes))
