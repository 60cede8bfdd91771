"""By which methods a user is to be paged: what the step says, the user's own rule, or the severity."""

from collections.abc import Iterator, Sequence

from tocsin.rows import Row


def fit(user: Row, named: Sequence[str] | None, severity: str, of_severity: Sequence[str]) -> list[Row]:
    """Return the methods that count for a user at a step. Of the own rule only a part by which the user is reached."""
    verified = [one for one in user.get("methods", {}).values() if one["verified"]]
    for channels in _levels(user, named, severity, of_severity):
        found = [one for one in verified if one["channel"] in channels]
        if found:
            return found
    return []


def sleeps(user: Row) -> bool:
    """Say whether there are hours in which a user is not to be woken."""
    return bool((user.get("rule") or {}).get("quiet"))


def _levels(
    user: Row, named: Sequence[str] | None, severity: str, of_severity: Sequence[str]
) -> Iterator[Sequence[str]]:
    if named:
        yield named
        return
    own = user.get("rule") or {}
    for orders in (own.get("by_severity", {}).get(severity), own.get("default")):
        if orders is not None:
            yield [one["channel"] for one in orders]
    yield of_severity
