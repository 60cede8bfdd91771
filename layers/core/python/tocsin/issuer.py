"""A company's identity provider: whose tokens sign its people in, and what role each of them has."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints

from tocsin import ids
from tocsin.access import CompanyRole, Role
from tocsin.id_token import Jwk
from tocsin.model import Body, Record
from tocsin.times import Moment

FRESH: Final = timedelta(minutes=10)  # how old keys are used before the issuer is asked for new ones
STALE: Final = timedelta(days=1)  # how old keys are used while the issuer does not answer
APART: Final = timedelta(minutes=1)  # between two questions to an issuer, however many tokens ask for one
ROLES_LIMIT: Final = 100
_RISING: Final = (Role.VIEWER, Role.RESPONDER, Role.ADMIN)


def _issuer(url: str) -> str:
    # OpenID Connect Discovery 1.0, section 3: no query and no fragment.
    if "?" in url or "#" in url:
        raise ValueError("An issuer is a URL without query and fragment.")
    return url


IssuerUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=512, pattern=r"^https?://[!-~]+$"),
    AfterValidator(_issuer),
    Field(examples=["https://login.example.com"], description="As the tokens have it, to the letter."),
]
Audience = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[ -~]+$")]
ClaimName = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[!-~]+$")]
ClaimValue = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class ShownIssuer(Record):
    """A company's identity provider as the API shows it."""

    issuer: str
    audience: str
    role_claim: str
    roles: dict[str, CompanyRole]


class Issuer(ShownIssuer):
    """An identity provider as it is stored, with its keys as they were fetched last.

    `pairs` are the pairs of issuer and audience that the company holds, or is about to: more than one for the moment
    of a change.
    """

    jwks_uri: str
    keys: list[Jwk]
    fetched_at: Moment
    asked_at: Moment
    pairs: list[str] = Field(default_factory=list)

    def shown(self) -> ShownIssuer:
        """Return what the API shows of it."""
        return ShownIssuer.model_validate(self.model_dump())

    @property
    def pair(self) -> str:
        """The hash by which tokens of this issuer for this audience find the company."""
        return pair(self.issuer, self.audience)

    def fresh(self, now: datetime) -> bool:
        """Say whether the keys need not be asked for again."""
        return now < self.fetched_at + FRESH

    def usable(self, now: datetime) -> bool:
        """Say whether the keys may still be trusted, if no others can be had."""
        return now < self.fetched_at + STALE

    def may_ask(self, now: datetime) -> bool:
        """Say whether the issuer may be asked for its keys again."""
        return now >= self.asked_at + APART

    def role(self, claims: Mapping[str, Any]) -> CompanyRole | None:
        """Return the role that a token's claims give: the highest of those that the company has named, or none."""
        found = {self.roles[value] for value in _values(claims, self.role_claim) if value in self.roles}
        return next((role.value for role in reversed(_RISING) if role.value in found), None)


class NewIssuer(Body):
    """`PUT /company/sso`."""

    issuer: IssuerUrl
    audience: Audience = Field(description="The client id that your provider gave to Tocsin, or the API's identifier.")
    role_claim: ClaimName = Field(
        description="The claim that says what somebody is: a text or a list of them; `realm_access.roles` goes inside.",
        examples=["groups"],
    )
    roles: dict[ClaimValue, CompanyRole] = Field(
        min_length=1,
        max_length=ROLES_LIMIT,
        description="The role that each value of the claim gives: the highest of several. Who has none is refused.",
        examples=[{"tocsin-admins": "admin", "oncall": "responder"}],
    )
    token: str = Field(max_length=8192, description="A valid token of the issuer for the audience; it is not kept.")


def pair(issuer: str, audience: str) -> str:
    """Return the hash of an issuer and an audience, by which a token finds its company."""
    return ids.sha256(issuer, audience)


def _values(claims: Mapping[str, Any], name: str) -> list[str]:
    """Return the texts of a claim; a name with dots that is no claim's own goes inside."""
    found: Any = claims
    for part in [name] if name in claims else name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    found = [found] if isinstance(found, str) else found
    return [value for value in found if isinstance(value, str)] if isinstance(found, list) else []
