"""How people want to be paged, read from the rows as they were written: by what, after how long, and when not."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from tests.simulation.invariants import duty
from tests.simulation.invariants.state import steady
from tests.simulation.timeline import START
from tests.simulation.trace import Trace
from tocsin import duration
from tocsin.rows import Row

ABOUT = range(-4, 7)  # seconds: clocks differ, and who is about to sleep is asleep


def user(trace: Trace, tenant: str, name: str, at: float) -> Row | None:
    """Return a user, if nothing of it changed in a while."""
    return steady(trace, (f"T#{tenant}#USER#{name}", "USER"), at)


def company(trace: Trace, tenant: str, at: float) -> Row | None:
    """Return a company's settings, if nothing of them changed in a while."""
    return steady(trace, (f"T#{tenant}#COMPANY", "COMPANY"), at)


def members(trace: Trace, tenant: str, team: str, at: float) -> list[str]:
    """Return who is in a team and was so for a while, in order."""
    place = f"T#{tenant}#TEAM#{team}"
    found = [key[1] for key in trace.users if key[0] == place and key[1].startswith(("ADMIN#", "MEMBER#"))]
    return sorted(name.split("#")[1] for name in found if steady(trace, (place, name), at))


def methods(trace: Trace, ticket: Row, name: str, at: float, channels: list[str] | None = None) -> dict[str, float]:
    """Return by which methods a user is paged for a ticket, each so many seconds later; none if that is not certain.

    `channels`: that the step names.
    """
    row, settings = user(trace, ticket["tenant"], name, at), company(trace, ticket["tenant"], at)
    if row is None or settings is None or not row.get("active", True):
        return {}
    for orders in _levels(row.get("rule") or {}, channels, ticket["severity"], settings):
        known = row["methods"].values()
        fit = [one for one in known if one["verified"] and (orders is None or one["channel"] in orders)]
        if fit:
            good = [one for one in fit if not one.get("flagged")] or fit
            return {one["method_id"]: (orders or {}).get(one["channel"], 0.0) for one in good}
    return {}


def _levels(own: Row, channels: list[str] | None, severity: str, settings: Row) -> Iterator[Mapping[str, float] | None]:
    if channels:
        yield dict.fromkeys(channels, 0.0)
        return
    if severity in (own.get("by_severity") or {}):
        yield _orders(own["by_severity"][severity])
    if own.get("default"):
        yield _orders(own["default"])
    told = next((one.get("channels") for one in settings["severities"] if one["name"] == severity), None)
    yield dict.fromkeys(told, 0.0) if told else None


def _orders(orders: list[Row]) -> dict[str, float]:
    return {one["channel"]: duration.parse(one["after"]).total_seconds() for one in orders}


def sleeps(trace: Trace, ticket: Row, name: str, at: float, moment: float) -> bool | None:
    """Say whether a user has quiet hours at a moment, as they were set at `at`; None: about then they begin or end."""
    row = user(trace, ticket["tenant"], name, at)
    windows = [
        one for one in ((row or {}).get("rule") or {}).get("quiet", []) if ticket["severity"] not in one["let_through"]
    ]
    if row is None or not windows:
        return None if row is None else False
    found = {_covered(windows, moment + second) for second in ABOUT}
    return found.pop() if len(found) == 1 else None


def quiet(trace: Trace, tenant: str) -> bool:
    """Say whether anybody of a company ever has quiet hours."""
    return any(
        (image.row.get("rule") or {}).get("quiet")
        for key, images in trace.users.items()
        if key[1] == "USER" and key[0].startswith(f"T#{tenant}#")
        for image in images
    )


def _covered(windows: list[Row], seconds: float) -> bool:
    shown = f"{START + timedelta(seconds=seconds):%H:%M}"
    return any(one["from"] <= shown < one["to"] for one in windows)


def awake(trace: Trace, ticket: Row, name: str, at: float) -> bool:
    """Say whether a user can be reached at once or later, and certainly does not sleep then."""
    ways = methods(trace, ticket, name, at)
    return any(sleeps(trace, ticket, name, at, at + after) is False for after in ways.values())


def named(trace: Trace, tenant: str, step: Row, at: float) -> list[str]:
    """Return whom a step names, as far as that is certain: users, and who is on call."""
    found = (
        target.get("user") or duty.on_call(trace, tenant, target["schedule"], at)
        for target in step["notify"]
        if "team" not in target
    )
    return [name for name in found if name]
