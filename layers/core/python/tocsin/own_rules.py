"""Users' own rules in the directory: a part of their user, so that one read says all that paging needs."""

from typing import Any

from tocsin import keys, own_rule, resource
from tocsin.company import Company
from tocsin.errors import Invalid, NotFound
from tocsin.own_rule import OwnRule
from tocsin.rows import Row
from tocsin.user import User

_GONE = "The user has no rule."


def get(tenant: str, user_id: str) -> OwnRule:
    """Return a user's own rule. Raises `NotFound`."""
    found = own_rule.of(User.of(resource.get(keys.user(tenant, user_id))))
    if found is None:
        raise NotFound(_GONE)
    return found


def put(tenant: str, user_id: str, wish: OwnRule) -> bool:
    """Give a user this rule in the place of any other; say whether there was none.

    Raises `NotFound` for the user, `Invalid` for a severity that the company does not have.
    """
    _check(tenant, wish)
    before: list[Any] = []

    def decide(row: Row) -> Row:
        before.append(row.get("rule"))
        return {"rule": wish.model_dump(mode="json")}

    resource.change(keys.user(tenant, user_id), decide)
    return before[-1] is None


def delete(tenant: str, user_id: str) -> None:
    """Take a user's own rule away. Raises `NotFound` if there is none."""
    before: list[Any] = []

    def decide(row: Row) -> Row:
        before.append(row.get("rule"))
        return {"rule": None}

    resource.change(keys.user(tenant, user_id), decide)
    if before[-1] is None:
        raise NotFound(_GONE)


def _check(tenant: str, wish: OwnRule) -> None:
    named: list[tuple[tuple[str | int, ...], str]] = [(("by_severity", name), name) for name in wish.by_severity]
    for number, quiet in enumerate(wish.quiet):
        named += [(("quiet", number, "let_through", at), name) for at, name in enumerate(quiet.let_through)]
    if not named:
        return
    company = Company.of(resource.get(keys.company(tenant)))
    unknown = [place for place, name in named if company.severity(name) is None]
    if unknown:
        raise Invalid([{"loc": ["body", *place], "msg": "There is no such severity."} for place in unknown])
