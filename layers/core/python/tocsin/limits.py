"""What a company may do at most, asked before it is done: a flood of one must neither slow nor starve the others."""

import math
from datetime import datetime, timedelta

from cachetools import TTLCache

from tocsin import allowance, clock, keys, leases, limit
from tocsin.access import Principal
from tocsin.company import Company
from tocsin.errors import Overloaded, TooMany
from tocsin.limit import Limits, OwnLimits, PerDayLimit
from tocsin.settings import settings
from tocsin.store import directory
from tocsin.telemetry import count, logger

_KEEP_SECONDS = 600.0
_kept: TTLCache[str, OwnLimits] = TTLCache(1000, _KEEP_SECONDS, timer=lambda: clock.now().timestamp())


def of(company: Company) -> Limits:
    """Return the limits that count for a company."""
    everybodys = Limits(
        tickets_per_second=settings.tickets_per_second,
        requests_per_second=settings.requests_per_second,
        sms_per_day=settings.sms_per_day,
        voice_per_day=settings.voice_per_day,
    )
    return limit.counting(company.limits, everybodys)


def admit_ticket(company: Company, now: datetime) -> None:
    """Let a company open a ticket, or raise `TooMany`. One that is there already counts too: finding it costs writes.

    Raises `Overloaded` if it cannot be said.
    """
    most = company.limits.tickets_per_second or settings.tickets_per_second
    wait = leases.take(company.company_id, "tickets", limit.rate(most), now)
    if wait is not None:
        count("TicketsRefused")
        raise _refusal(f"The company opens more than {most} tickets a second.", wait)


def admit_request(who: Principal, now: datetime) -> None:
    """Let a principal ask for something, or raise `TooMany`. The operator has no limit.

    Where it cannot be said the request is let through: most of them need nothing of the table that would say it.
    """
    if who.requests_per_second is None:
        return
    try:
        wait = leases.take(who.tenant, "requests", limit.rate(who.requests_per_second), now)
    except Overloaded:
        logger.warning("a request was let through without asking whether it may be")
        return
    if wait is not None:
        count("RequestsRefused")
        raise _refusal(f"The company sends more than {who.requests_per_second} requests a second.", wait)


def days_wait(tenant: str, name: PerDayLimit | None, parts: int, now: datetime) -> timedelta | None:
    """Take so many parts of a company's limit of a day. Return None, or how long until there are; None: no limit."""
    if name is None:
        return None
    most: int = getattr(_limits(tenant), name) or getattr(settings, name)
    wait = allowance.take(keys.allowance(tenant, name), now, rate=most / limit.DAY, burst=most, cost=parts)
    if wait is not None:
        count("DayUsedUp")
        logger.warning("what the company may send in a day is used up", extra={name: most})
    return wait


def _limits(tenant: str) -> OwnLimits:
    if tenant not in _kept:
        row = directory.get(keys.company(tenant))
        _kept[tenant] = Company.of(row).limits if row else OwnLimits()
    return _kept[tenant]


def forget() -> None:
    """Forget what companies may do: for tests, whose clock does not run by itself."""
    _kept.clear()


def _refusal(why: str, wait: timedelta) -> TooMany:
    logger.info("over the limit", extra={"reason": why})
    return TooMany(f"{why} Send it again.", retry_after=math.ceil(wait.total_seconds()))
