"""A company as its own people see and set it."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from tocsin.company import FIRST_REMINDER, Name
from tocsin.duration import Duration, between
from tocsin.limit import Limits
from tocsin.model import Body, Record
from tocsin.rule import Target
from tocsin.times import Moment

Reminder = Annotated[Duration, between("5m", "1d")]
LAST_RESORT = "Whom a ticket pages that is still unread after its rule's last step, whatever the rule."
REMINDER = "When an unread ticket is reminded of after the last step; each time twice as long again, up to a day."


class OwnCompany(Record):
    """A company's own settings, and the limits that count for it: only the operator changes those."""

    company_id: str
    name: str
    last_resort: list[dict[str, Any]] = Field(default_factory=list, description=LAST_RESORT)
    reminder: Duration = Field(default=FIRST_REMINDER, description=REMINDER)
    created_at: Moment
    limits: Limits


class OwnSettings(Body):
    """What a company's admin can change of it."""

    name: Name
    last_resort: Annotated[list[Target], Field(max_length=50)] = Field(default_factory=list)
    reminder: Reminder = timedelta(minutes=30)


class OwnPatch(Body):
    """`PATCH /company`: null puts a field back to its default."""

    name: Name | None = None
    last_resort: list[Target] | None = Field(default=None, description=LAST_RESORT)
    reminder: str | None = Field(default=None, description=REMINDER + " 5m to 1d, 30m unless it is set.")
