"""What a company may do at most, asked before it is done: a flood of one must neither slow nor starve the others."""

import math
from datetime import datetime

from tocsin import leases, limit
from tocsin.company import Company
from tocsin.errors import TooMany
from tocsin.limit import Limits
from tocsin.settings import settings
from tocsin.telemetry import count, logger


def of(company: Company) -> Limits:
    """Return the limits that count for a company."""
    return limit.counting(company.limits, Limits(tickets_per_second=settings.tickets_per_second))


def admit_ticket(company: Company, now: datetime) -> None:
    """Let a company open a ticket, or raise `TooMany`. One that is there already counts too: finding it costs writes.

    Raises `Overloaded` if it cannot be said.
    """
    most = of(company).tickets_per_second
    wait = leases.take(company.company_id, "tickets", limit.rate(most), now)
    if wait is not None:
        count("TicketsRefused")
        logger.info("a ticket was refused", extra={"tickets_per_second": most})
        detail = f"The company opens more than {most} tickets a second. Send it again."
        raise TooMany(detail, retry_after=math.ceil(wait.total_seconds()))
