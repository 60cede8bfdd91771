"""Severities: a company's own names for how bad things are, most urgent first, each with its defaults."""

from collections import Counter
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from tocsin.duration import Duration, between
from tocsin.model import Body, Record
from tocsin.user import Channel

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Severity(Record):
    """A severity as it is stored and shown. `channels` null: every verified method at once; a time null: never."""

    name: str
    default: bool = False
    channels: list[str] | None = None
    ack_timeout: Duration | None = None
    auto_resolve: Duration | None = None

    @property
    def times(self) -> dict[str, int | None]:
        """The attributes by which a ticket remembers the times of its severity, in seconds."""
        times = {"ack_timeout": self.ack_timeout, "auto_resolve": self.auto_resolve}
        return {name: round(time.total_seconds()) if time else None for name, time in times.items()}


FIRST = [Severity(name=name, default=name == "sev2") for name in ("sev1", "sev2", "sev3", "sev4")]
"""What a new company begins with."""


def one_each(channels: list[Channel]) -> list[Channel]:
    """Return the channels. Raises ValueError for none, or for one that is named twice."""
    if not channels or len(set(channels)) < len(channels):
        raise ValueError("Name each channel once, at least one; null stands for every verified method.")
    return channels


Channels = Annotated[list[Channel], AfterValidator(one_each)]
AckTimeout = Annotated[Duration, between("1m", "7d")]
AutoResolve = Annotated[Duration, between("1m", "90d")]


class NewSeverity(Body):
    """A severity in a request."""

    name: Name
    default: bool
    channels: Channels | None = None
    ack_timeout: AckTimeout | None = Field(
        default=None,
        description="An acknowledgement expires after 1m to 7d, unless it is given again: the ticket is unread then, "
        "and escalates from step 1. Null: never. What is pending a fix does not expire.",
    )
    auto_resolve: AutoResolve | None = Field(
        default=None,
        description="A ticket is resolved by itself 1m to 90d after it was opened, whatever its status. Null: never.",
    )


class Severities(Body):
    """`PUT /severities`: the whole list, most urgent first."""

    items: list[NewSeverity] = Field(min_length=1, max_length=20)

    @field_validator("items")
    @classmethod
    def _a_list(cls, items: list[NewSeverity]) -> list[NewSeverity]:
        twice = [name for name, count in Counter(item.name for item in items).items() if count > 1]
        if twice:
            raise ValueError(f"There are two severities {twice[0]}.")
        if sum(item.default for item in items) != 1:
            raise ValueError("Exactly one severity is the default.")
        return items

    def stored(self) -> list[dict[str, Any]]:
        """Return the list as a company's row holds it."""
        return [Severity.model_validate(item.model_dump()).fields() for item in self.items]


class ShownSeverities(Record):
    """A company's severities, most urgent first."""

    items: list[Severity]
