"""A company: one customer of the installation, with the settings that every ticket of it is judged by."""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from tocsin.access import CompanyRole
from tocsin.duration import Duration
from tocsin.ids import CompanyId
from tocsin.limit import LimitSettings, OwnLimits
from tocsin.model import Body, Record
from tocsin.severity import FIRST, Severity
from tocsin.times import Moment
from tocsin.user import Email, UserId

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
FIRST_REMINDER: Final = timedelta(minutes=30)


class ShownCompany(Record):
    """A company as the operator sees it."""

    company_id: str
    name: str
    created_at: Moment
    suspended: bool = False
    limits: OwnLimits = OwnLimits()


class Company(ShownCompany):
    """A company as it is stored: one read gives the settings and the severities, most urgent first."""

    severities: list[Severity] = FIRST
    last_resort: list[dict[str, Any]] = Field(default_factory=list)
    reminder: Duration = FIRST_REMINDER

    @property
    def default_severity(self) -> str:
        """The severity of a ticket that names none."""
        return next((one.name for one in self.severities if one.default), self.severities[0].name)

    def severity(self, name: str) -> Severity | None:
        """Return the severity of this name, None if the company has none."""
        return next((one for one in self.severities if one.name == name), None)

    def channels_of(self, severity: str) -> tuple[str, ...] | None:
        """Return the channels that a severity is told by; None: every verified method."""
        found = self.severity(severity)
        return tuple(found.channels) if found and found.channels is not None else None

    def times_of(self, severity: str) -> dict[str, int | None]:
        """Return what a ticket remembers of its severity: when acknowledgements expire, when it is resolved."""
        return (self.severity(severity) or Severity(name=severity)).times

    def shown(self) -> ShownCompany:
        """Return what the operator sees."""
        return ShownCompany.model_validate(self.model_dump())


class FirstAdmin(Body):
    """The person who begins: a user of the new company with the role admin."""

    user_id: UserId
    email: Email


class NewCompany(Body):
    """`POST /companies`."""

    company_id: CompanyId
    name: Name
    admin: FirstAdmin


class CompanySettings(Body):
    """What the operator can change of a company."""

    name: Name
    suspended: bool = False
    limits: LimitSettings = Field(default_factory=LimitSettings)


class CompanyPatch(Body):
    """`PATCH /companies/{id}`: a suspended company's keys and doors are refused; nothing of it is lost."""

    name: Name | None = None
    suspended: bool | None = None
    limits: LimitSettings | None = None


class FirstKey(Record):
    """The API key a company begins with. `secret` is shown once, when the key was made."""

    key_id: str
    role: CompanyRole
    secret: str | None = Field(default=None, exclude_if=lambda secret: secret is None)


class MadeCompany(ShownCompany):
    """A new company and its first API key."""

    api_key: FirstKey
