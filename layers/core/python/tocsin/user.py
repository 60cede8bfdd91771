"""A user: a person, and the addresses at which that person is paged. One item holds all that paging needs to know.

An address counts once its owner has sent back the code that was sent to it; the life of a code is decided here.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema, field_validator

from tocsin import ids, times, url
from tocsin.access import CompanyRole
from tocsin.canary import company
from tocsin.errors import Conflict, Invalid, NotFound, TooMany
from tocsin.ids import Id
from tocsin.model import Body, Record
from tocsin.times import Moment

METHODS_LIMIT: Final = 20
ACTORS: Final = ("system", "operator")  # of history and audit
CODE_LIFE: Final = timedelta(minutes=10)
CODE_TRIES: Final = 5
CODES_AN_HOUR: Final = 5
_HOUR: Final = timedelta(hours=1)

Channel = Literal["sms", "email", "voice", "webhook"]
_UNKNOWN: Final = "Input should be 'sms', 'email', 'voice' or 'webhook'"


def reachable(channel: str, address: str) -> str:
    """Return the address as it is stored: E.164, an e-mail address, a URL, or the canary's. Raises ValueError."""
    # Who only reads users does not pay for the parsers.
    match channel:
        case "sms" | "voice":
            from tocsin import phone  # noqa: PLC0415

            return phone.e164(address)
        case "email":
            from tocsin import mail  # noqa: PLC0415

            return mail.address(address)
        case "webhook":
            return url.normal(address)
        case _:
            return address


def _channel(name: str) -> str:
    if name not in (*get_args(Channel), company.CHANNEL):
        raise ValueError(_UNKNOWN)
    return name


def check_channel(tenant: str, channel: str) -> None:
    """Raise `Invalid` for the canary's channel, unless it is the canary who asks: for others there is no such thing."""
    if channel == company.CHANNEL and tenant != company.COMPANY:
        raise Invalid.at("body", "channel", msg=_UNKNOWN)


def _email(text: str) -> str:
    return reachable("email", text)


def known_locale(name: str) -> str:
    """Return a locale with hyphens, as BCP 47 has it. Raises ValueError if it is none."""
    found = name.replace("_", "-")
    if len(found) > 35 or not re.fullmatch(_LOCALE[1:-1], found):
        raise ValueError("A locale is like de-DE.")
    return found


def _email_if_any(text: str) -> str:
    return _email(text) if text else ""


def known_time_zone(name: str) -> str:
    """Return the name of a time zone. Raises ValueError if there is none."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("There is no such time zone; Europe/Berlin is one.") from None
    return name


Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Email = Annotated[str, AfterValidator(_email), WithJsonSchema({"type": "string", "format": "email"})]
TimeZone = Annotated[
    str, StringConstraints(max_length=64), AfterValidator(known_time_zone), Field(examples=["Europe/Berlin"])
]
AnyChannel = Annotated[str, AfterValidator(_channel), WithJsonSchema({"type": "string", "enum": [*get_args(Channel)]})]
_LOCALE: Final = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
Locale = Annotated[str, StringConstraints(max_length=35, pattern=_LOCALE), Field(examples=["de-DE"])]


class Code(Record):
    """A code that was sent and waits to come back; only its hash is kept."""

    sha256: str
    expires_at: Moment
    tries_left: int = CODE_TRIES


class ShownMethod(Record):
    """A contact method as the API shows it. `flagged` says why a provider refused the address, null if none did."""

    method_id: str
    channel: str
    address: str
    verified: bool = False
    flagged: str | None = None
    created_at: Moment


class ContactMethod(ShownMethod):
    """A contact method as it is stored in its user's item."""

    code: Code | None = None
    code_times: list[Moment] = Field(default_factory=list)
    fingerprint: str = ""

    def shown(self, *, secrets: bool = True) -> ShownMethod:
        """Return what the API shows of it; without `secrets`, of a webhook no more than its host."""
        address = self.address if secrets or self.channel != "webhook" else url.masked(self.address)
        return ShownMethod.model_validate(self.model_dump() | {"address": address})

    def readdressed(self, address: str) -> Self:
        """Return the method at an address: another one is unverified, and no longer flagged."""
        if address == self.address:
            return self
        return self.model_copy(update={"address": address, "verified": False, "flagged": None, "code": None})


class _Person(Record):
    user_id: str
    name: str
    email: str = ""  # of who signed in with a token that names none
    role: CompanyRole
    time_zone: str = "UTC"
    locale: str = "en"
    active: bool = Field(default=True, exclude_if=lambda active: active)
    created_at: Moment


class ShownUser(_Person):
    """A user as the API shows it. `active` is shown where it is false: who is not is neither paged nor let in."""

    contact_methods: list[ShownMethod]


class User(_Person):
    """A user as it is stored, with all contact methods by id."""

    methods: dict[str, ContactMethod] = Field(default_factory=dict)
    codes_sent: dict[str, list[Moment]] = Field(default_factory=dict)  # by address that no method has any more
    rule: dict[str, Any] | None = None  # the user's own, as it was written

    def shown(self, *, secrets: bool = True) -> ShownUser:
        """Return what the API shows of the user: methods in the order in which they were made, see there."""
        known = self.model_dump(exclude={"methods", "codes_sent", "rule"})
        return ShownUser(**known, contact_methods=[method.shown(secrets=secrets) for method in self.in_order()])

    def in_order(self) -> list[ContactMethod]:
        """Return the methods, oldest first."""
        return sorted(self.methods.values(), key=lambda method: (method.created_at, method.method_id))

    def method(self, method_id: str) -> ContactMethod:
        """Return a contact method. Raises `NotFound`."""
        if method_id not in self.methods:
            raise NotFound("The user has no such contact method.")
        return self.methods[method_id]

    def at(self, channel: str, address: str) -> ContactMethod | None:
        """Return the method that has this address, None if there is none."""
        found = (method for method in self.methods.values() if (method.channel, method.address) == (channel, address))
        return next(found, None)

    def codes_at(self, address: str) -> list[Moment]:
        """Return when codes were sent to an address, by whichever method it has or had: one number may have two."""
        known = {at for one in self.methods.values() if one.address == address for at in one.code_times}
        return sorted(known | set(self.codes_sent.get(address, [])))

    def usable(self, channels: tuple[str, ...] | None) -> list[ContactMethod]:
        """Return the methods to page by: verified, of these channels (None: any); flagged ones only if all are.

        Of who is not active there are none.
        """
        if not self.active:
            return []
        fit = [one for one in self.methods.values() if one.verified and (channels is None or one.channel in channels)]
        return [one for one in fit if not one.flagged] or fit

    def next_method(self, tried: set[str]) -> ContactMethod | None:
        """Return the verified method to try when others have failed for good; flagged ones come last."""
        left = [one for one in self.methods.values() if self.active and one.verified and one.method_id not in tried]
        return min(left, key=lambda one: one.flagged is not None, default=None)

    def with_method(self, method: ContactMethod) -> dict[str, Any]:
        """Return the change of the row that adds the method, or puts it in the place of what it was.

        Codes count for the address that they were sent to: at another one those count that it has had before.
        """
        before = self.methods.get(method.method_id)
        if before is None or before.address == method.address:
            return {"methods": _rows({**self.methods, method.method_id: method})}
        moved = method.model_copy(update={"code_times": self.codes_at(method.address)})
        return {"methods": _rows({**self.methods, method.method_id: moved}), "codes_sent": self._remembering(before)}

    def without_method(self, method_id: str) -> dict[str, Any]:
        """Return the change of the row that takes the method out. Raises `NotFound`."""
        gone = self.method(method_id)
        left = {name: method for name, method in self.methods.items() if name != gone.method_id}
        return {"methods": _rows(left), "codes_sent": self._remembering(gone)}

    def unflagged(self, address: str) -> dict[str, Any]:
        """Return the change of the row that takes the flags from all methods of an address; none is nothing."""
        flagged = {name: one for name, one in self.methods.items() if one.address == address and one.flagged}
        cleared = {name: one.model_copy(update={"flagged": None}) for name, one in flagged.items()}
        return {"methods": _rows({**self.methods, **cleared})} if cleared else {}

    def _remembering(self, gone: ContactMethod) -> dict[str, list[str]]:
        """Return the codes that were sent to addresses no method has any more: none is forgotten by that."""
        kept = dict(list(self.codes_sent.items())[1 - METHODS_LIMIT :]) | {gone.address: self.codes_at(gone.address)}
        return {address: [times.text(at) for at in sent] for address, sent in kept.items() if sent}


def _rows(methods: Mapping[str, ContactMethod]) -> dict[str, Any]:
    return {name: method.fields() for name, method in methods.items()}


class UserSettings(Body):
    """What of a user can be changed."""

    name: Name | None = Field(default=None, description="Defaults to the id.")
    email: Email = Field(description="A name for the person; nothing is sent there.")
    role: CompanyRole
    time_zone: TimeZone = "UTC"
    locale: Locale = "en"


class PatchedUser(UserSettings):
    """What comes of a patch: who had no e-mail may go on without one."""

    email: Annotated[str, AfterValidator(_email_if_any)]


def _nobody_else(user_id: str) -> str:
    if user_id in ACTORS:
        raise ValueError(f"{user_id} is not a user: it is who does things by itself, or has the operator's key.")
    return user_id


UserId = Annotated[Id, AfterValidator(_nobody_else)]


class NewUser(UserSettings):
    """`POST /users`."""

    user_id: UserId | None = None


class UserPatch(Body):
    """`PATCH /users/{id}`: null puts a field back to its default."""

    name: Name | None = None
    email: Annotated[str, StringConstraints(min_length=1)] | None = None
    role: CompanyRole | None = None
    time_zone: str | None = None
    locale: str | None = None


class MethodSettings(Body):
    """What makes a contact method."""

    channel: AnyChannel
    address: str = Field(
        max_length=url.LONGEST,
        description="A phone number in international form, an e-mail address, or of a webhook the https URL that pages "
        "are posted to as JSON (`kind`, `text`, `title`, `severity`, `team`, `link`, `tickets`). Of a URL admins and "
        "the person alone are shown more than the host.",
        examples=["+4915112345678", "ada@example.com", "https://chat.example.com/hooks/ada"],
    )
    verified: bool = Field(default=False, description="An admin may vouch for an address, without a code.")

    @field_validator("address")
    @classmethod
    def _reachable(cls, address: str, info: ValidationInfo) -> str:
        channel = info.data.get("channel")
        return reachable(channel, address) if channel else address


class NewMethod(MethodSettings):
    """`POST /users/{id}/contact_methods`."""

    method_id: Id | None = None


class MethodPatch(Body):
    """`PATCH /users/{id}/contact_methods/{method}`: another address is unverified until its own code comes back."""

    address: str | None = None
    verified: bool | None = None


class Confirmation(Body):
    """`PUT /users/{id}/contact_methods/{method}/code`."""

    code: str = Field(max_length=64, examples=["402716"])


def code_sent(method: ContactMethod, digits: str, now: datetime) -> ContactMethod:
    """Return the method with a new code, which voids the old one. Raises `TooMany` after five within an hour."""
    recent = [at for at in method.code_times if at > now - _HOUR]
    if len(recent) >= CODES_AN_HOUR:
        wait = int((recent[0] + _HOUR - now).total_seconds()) + 1
        raise TooMany(f"An address gets at most {CODES_AN_HOUR} codes an hour.", retry_after=wait)
    code = Code(sha256=_hash(method, digits), expires_at=now + CODE_LIFE)
    return method.model_copy(update={"code": code, "code_times": [*recent, now]})


def code_tried(method: ContactMethod, digits: str, now: datetime) -> ContactMethod:
    """Return the method after somebody gave a code: verified if it was right, with one try less if it was not.

    The code is gone from a method for which it was right. Raises `Conflict` if no code is live.
    """
    code = method.code
    if code is None or now >= code.expires_at or code.tries_left <= 0:
        raise Conflict("No code is waiting for an answer: ask for a new one.")
    if _hash(method, digits.strip()) == code.sha256:
        return method.model_copy(update={"verified": True, "flagged": None, "code": None})
    return method.model_copy(update={"code": code.model_copy(update={"tries_left": code.tries_left - 1})})


def _hash(method: ContactMethod, digits: str) -> str:
    # With the address, so that a code is good for nothing but where it was sent.
    return ids.sha256(method.channel, method.address, digits)
