"""Other systems' alerts become tickets, or close them. Doors read leniently: what was sent is kept, nothing is refused
that can be understood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin import ids, keys, opening, page, sessions, tickets, times
from tocsin.company import Company
from tocsin.errors import Conflict, Forbidden, NotFound
from tocsin.integration import Integration
from tocsin.opening import Request
from tocsin.settings import settings
from tocsin.sources.cloudwatch import AlarmChange
from tocsin.sources.generic import Action, GenericAlert
from tocsin.store import directory
from tocsin.telemetry import about, logger
from tocsin.ticket import Link, Ticket


@dataclass(frozen=True)
class Door:
    """An integration, and the company whose tickets it opens."""

    tenant: str
    integration: Integration
    company: Company

    @property
    def actor(self) -> str:
        """How history names it."""
        return f"integration:{self.integration.integration_id}"


def by_key(kind: str, key: str) -> Door:
    """Return the door that a secret key opens. Raises `NotFound` for an unknown key, `Forbidden` if suspended."""
    row = directory.get(keys.door(ids.sha256(key)))
    if row is None:
        raise NotFound("There is no such door.")
    door = by_name(row["tenant"], row["integration_id"])
    if door is None or door.integration.type != kind or not door.integration.has_key(row["key_id"]):
        raise NotFound("There is no such door.")
    return door


def by_name(tenant: str, integration_id: str) -> Door | None:
    """Return an integration's door, None if there is none. Raises `Forbidden` if the company is suspended."""
    about(tenant)
    with sessions.acting_for(tenant):
        integration, company = directory.get_many([keys.integration(tenant, integration_id), keys.company(tenant)])
    if integration is None or company is None:
        return None
    door = Door(tenant, Integration.of(integration), Company.of(company))
    if door.company.suspended:
        raise Forbidden("The company is suspended.")
    return door


def generic(door: Door, alert: GenericAlert, now: datetime) -> str | None:
    """Do what a generic alert asks for. Return the ticket's id, None if no open ticket has its key."""
    if alert.action is Action.OPEN:
        return _open(door, alert, now, alarmed_at=now).ticket_id
    found = opening.find(door.tenant, _scope(door), alert.dedup_key or "")
    if found is None:
        return None
    act = tickets.acknowledge if alert.action is Action.ACKNOWLEDGE else tickets.resolve
    act(door.tenant, found.ticket_id, door.actor, now, told_at=now + page.SKEW)
    logger.info("alert", extra={"door": door.actor, "action": alert.action})
    return found.ticket_id


def alarm(door: Door, change: AlarmChange, now: datetime, *, delivery: str | None) -> None:
    """Open a ticket for a CloudWatch alarm, resolve it, or note that there are no data. One ticket for each alarm.

    `delivery` names the message: delivered again, it makes no other ticket, also when the first one is over. Messages
    may overtake each other: an alarm that has ended before it went off for the last time goes on.
    """
    at = min(change.at or now, now)  # one that is to come would outlive its end
    if change.opens:
        _open(door, _as_alert(change), now, alarmed_at=at, delivery=delivery)
        return
    found = opening.find(door.tenant, _scope(door), change.arn)
    if found is None:
        return
    if change.state == "OK":
        tickets.resolve(door.tenant, found.ticket_id, door.actor, now, told_at=at)
    else:
        # Named by the moment of the change: delivered twice, it is one line.
        name = f"insufficient-data-{ids.sha256(times.text(change.at) if change.at else change.reason)[:16]}"
        text = f"{change.name}: insufficient data. {change.reason}".strip()
        tickets.add_note(door.tenant, found.ticket_id, name, text, door.actor, now)
    logger.info("alert", extra={"door": door.actor, "action": change.state})


def _as_alert(change: AlarmChange) -> GenericAlert:
    description = "\n\n".join(part for part in (change.description, change.reason) if part)
    links = [{"href": change.link, "text": "CloudWatch alarm"}] if change.link else []
    return GenericAlert(
        action=Action.OPEN,
        title=change.title,
        description=description,
        severity=None,
        labels=change.labels,
        links=links,
        dedup_key=change.arn,
    )


def _open(
    door: Door, alert: GenericAlert, now: datetime, *, alarmed_at: datetime, delivery: str | None = None
) -> Ticket:
    severity, remark = _severity(door, alert.severity)
    request = Request(
        tenant=door.tenant,
        team=door.integration.team,
        title=alert.title,
        severity=severity,
        source=door.actor,
        scope=_scope(door),
        description=alert.description or None,
        labels=alert.labels,
        links=[Link.model_validate(link) for link in alert.links],
        dedup_key=alert.dedup_key,
        remark=remark,
        times=door.company.times_of(severity),
        alarmed_at=alarmed_at,
        ticket_id=ids.sha256(_scope(door), delivery)[:26] if delivery else None,
        delivery=delivery,
    )
    opened, new = opening.run(request, now)
    logger.info("alert", extra={"door": door.actor, "action": "open" if new else "count"})
    return opened


def _severity(door: Door, foreign: str | None) -> tuple[str, str | None]:
    """Return the company's severity for a foreign one, and what the history says if it is unknown."""
    mapped: Mapping[str, Any] = door.integration.severity_map
    name = mapped.get(foreign or "") or (foreign if foreign and door.company.severity(foreign) else mapped.get("*"))
    if name and door.company.severity(name):
        return str(name), None
    default = door.company.default_severity
    return default, f"The severity {foreign!r} is unknown; {default} was taken." if foreign else None


def _scope(door: Door) -> str:
    return f"integration/{door.integration.integration_id}"


def own(read: Callable[[], AlarmChange], now: datetime, *, delivery: str | None) -> None:
    """Take an alarm of the installation's own account to the integration that the setting names.

    What is no alarm is logged and dropped: nobody waits for an answer, and delivering it again cannot help. No limit
    holds an alarm back: an account has only so many, and who sends them does not come again soon.
    """
    try:
        change = read()
    except ValueError:
        logger.exception("this is no alarm")
        return
    named = settings.alarm_integration
    try:
        door = by_name(*named) if named else None
        if door is not None:
            with sessions.acting_for(door.tenant):
                alarm(door, change, now, delivery=delivery)
            return
    except (Forbidden, Conflict):
        logger.exception("an alarm was not taken", extra={"alarm": change.name})
        return
    logger.warning("an alarm came, and no integration is set for it", extra={"alarm": change.name})
