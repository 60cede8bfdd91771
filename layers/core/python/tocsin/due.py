"""The body of every timer, and by which way a timer is on time."""

import base64
import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from tocsin.times import Moment

# EventBridge Scheduler is precise to a minute: it fires early, and an SQS delay finishes the wait.
QUEUE_WITHIN = timedelta(minutes=3)
FIRE_EARLY = timedelta(seconds=75)
SPREAD_SECONDS = 60
SOONEST_SCHEDULE = timedelta(seconds=60)
HORIZON = timedelta(days=1)
MAX_DELAY = timedelta(seconds=900)  # SQS DelaySeconds, API reference
EARLY = timedelta(seconds=1)
LOOK_AFTER = timedelta(seconds=15)


class Due(BaseModel):
    """A ticket's time has come. Frozen: old ones are in flight over a deployment."""

    v: Literal[1] = 1
    tenant: str
    ticket: str
    epoch: int
    due_at: Moment


class Way(StrEnum):
    """How a timer is carried to its time."""

    QUEUE = "queue"
    SCHEDULE = "schedule"
    SWEEPER = "sweeper"


def way(due_at: datetime, now: datetime) -> Way:
    """Return how a timer that is set now is to be carried: soon by the queue, within a day by a schedule."""
    ahead = due_at - now
    if ahead <= QUEUE_WITHIN:
        return Way.QUEUE
    return Way.SCHEDULE if ahead <= HORIZON else Way.SWEEPER


def delay_seconds(due_at: datetime, now: datetime) -> int:
    """Return the SQS delay that ends nearest to the due time, in whole seconds, 0 to 900."""
    ahead = min(max(due_at - now, timedelta(0)), MAX_DELAY)
    return round(ahead / timedelta(seconds=1))


def fire_at(due: Due, now: datetime) -> datetime:
    """Return when the schedule of a timer fires: early enough for Scheduler's minute, spread to flatten bursts."""
    digest = hashlib.sha256(_identity(due.tenant, due.ticket)).digest()
    spread = timedelta(seconds=int.from_bytes(digest[:2]) % (SPREAD_SECONDS + 1))
    return max(now + SOONEST_SCHEDULE, due.due_at - FIRE_EARLY - spread)


def schedule_name(tenant: str, ticket: str, epoch: int) -> str:
    """Return the name of a timer's schedule, 64 characters at most; no two tenants' names run into each other."""
    digest = hashlib.sha256(_identity(tenant, ticket)).digest()
    return f"{base64.b32encode(digest).decode().rstrip('=')}-{epoch}"


def look_at(due_at: datetime) -> datetime:
    """Return when the sweeper looks whether a due time was kept: soon after it."""
    return due_at + LOOK_AFTER


def first_look(due_at: datetime, now: datetime) -> datetime:
    """Return the first look for a due time set now: a day before it if it lies beyond the horizon."""
    return due_at - HORIZON if due_at - now > HORIZON else look_at(due_at)


def _identity(tenant: str, ticket: str) -> bytes:
    return f"{tenant}\0{ticket}".encode()
