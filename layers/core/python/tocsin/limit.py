"""How much a company may do: so much a second, and of ten seconds at once; of SMS and calls, so many a day."""

from typing import Annotated, Final, Literal

from pydantic import Field

from tocsin.model import Body, Record
from tocsin.rate import Rate

BURST: Final = 10  # seconds' worth; as much as one alarm storm brings at once
LARGEST: Final = 10_000
LARGEST_A_DAY: Final = 1_000_000
DAY: Final = 86_400  # seconds

_MEANT = f"Missing: the installation's. {BURST} times as many may come at once."
_ABOVE = "What was not used of a day may come at once; above it pages wait and go by other channels first."
_SMS = f"Parts of SMS. {_ABOVE}"
_VOICE = f"Calls. {_ABOVE}"
PerDayLimit = Literal["sms_per_day", "voice_per_day"]
PerSecond = Annotated[int, Field(ge=1, le=LARGEST)]
PerDay = Annotated[int, Field(ge=1, le=LARGEST_A_DAY)]


class Limits(Record):
    """What counts for a company."""

    tickets_per_second: int
    requests_per_second: int
    sms_per_day: int = Field(description=_SMS)
    voice_per_day: int = Field(description=_VOICE)


class OwnLimits(Record):
    """What the operator gave a company of its own; None: as every company."""

    tickets_per_second: int | None = None
    requests_per_second: int | None = None
    sms_per_day: int | None = None
    voice_per_day: int | None = None


class LimitSettings(Body):
    """A company's own limits as the operator sets them."""

    tickets_per_second: PerSecond | None = Field(default=None, description=f"Tickets that are opened. {_MEANT}")
    requests_per_second: PerSecond | None = Field(default=None, description=f"Requests with API keys. {_MEANT}")
    sms_per_day: PerDay | None = Field(default=None, description=f"{_SMS} Missing: the installation's.")
    voice_per_day: PerDay | None = Field(default=None, description=f"{_VOICE} Missing: the installation's.")


def counting(own: OwnLimits, everybodys: Limits) -> Limits:
    """Return the limits that count for a company: its own, or else everybody's."""
    return everybodys.model_copy(update=own.fields())


def rate(per_second: int) -> Rate:
    """Return the rate of a limit."""
    return Rate(per_second, per_second * BURST)
