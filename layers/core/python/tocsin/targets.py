"""Whom rules and the company's last resort name: what they refer to must exist when it is written."""

from collections.abc import Iterable, Sequence

from tocsin import keys
from tocsin.errors import Invalid
from tocsin.keys import Key
from tocsin.rule import Target
from tocsin.store import directory

Loc = tuple[str | int, ...]
Reference = tuple[Loc, str, Key]  # where it stands, the noun, and the row that must be there


def references(tenant: str, targets: Iterable[Target], *at: str | int) -> list[Reference]:
    """Return what targets refer to. `at` is the place of their list in the request."""
    make = {"user": keys.user, "team": keys.team, "schedule": keys.schedule}
    return [
        ((*at, position, noun), noun, make[noun](tenant, name))
        for position, target in enumerate(targets)
        for noun, name in target.named.items()
    ]


def check(wanted: Sequence[Reference]) -> None:
    """Raise `Invalid` with everything that the tenant does not have, each at its place."""
    found = directory.get_many([key for _, _, key in wanted])
    missing = [(loc, noun) for (loc, noun, _), row in zip(wanted, found, strict=True) if row is None]
    if missing:
        raise Invalid([{"loc": list(loc), "msg": f"There is no such {noun}."} for loc, noun in missing])
