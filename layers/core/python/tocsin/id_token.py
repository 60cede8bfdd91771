"""Tokens of identity providers: signed JWTs, read before they are trusted, and verified.

What is read of a token before its signature was verified (`Unverified`) only says where to look. RFC 7519 (JWT),
RFC 8725 (best current practices), OpenID Connect Core section 3.1.3.7 (what to verify of an ID token).
"""

import base64
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from tocsin.errors import TocsinError

# Signatures with a private key alone: `none` proves nothing, and with HS256 a public key would be the secret.
ALGORITHMS: Final = (
    *(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)),
    *("EdDSA", "Ed25519"),
)
KEY_TYPES: Final = ("RSA", "EC", "OKP")
KEYS_LIMIT: Final = 40
_KEPT: Final = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")  # no certificates, no private parts
SKEW: Final = 60  # seconds by which the issuer's clock may differ from ours
LENGTH: Final = 8_192  # characters; the gateway takes headers of 10,240 bytes in all
_AUDIENCES: Final = 10
_TYPES: Final = ("jwt", "at+jwt")

Jwk = dict[str, str]


class BadToken(TocsinError):
    """A token proves nothing; `reason` says why not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(BadToken):
    """The token names a key that the issuer is not known to have: its keys may have changed."""


@dataclass(frozen=True)
class Unverified:
    """What a token says of itself. Anybody can have written it."""

    issuer: str
    audiences: tuple[str, ...]
    subject: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a token. Raises `BadToken` if it is no signed JWT with issuer, audience and subject."""
        claims = _part(text, 1)
        audiences = claims.get("aud")
        named = [audiences] if isinstance(audiences, str) else audiences
        if not isinstance(named, list) or not 0 < len(named) <= _AUDIENCES or not all(map(_said, named)):
            raise BadToken("The token names no audience.")
        if not _said(claims.get("iss")) or not _said(claims.get("sub")):
            raise BadToken("The token names no issuer or no subject.")
        return cls(claims["iss"], tuple(dict.fromkeys(named)), claims["sub"])


def looks_like_one(text: str) -> bool:
    """Say whether a credential has the form of a JWT: API keys have no two dots."""
    return text.count(".") >= 2


def usable_keys(document: object) -> list[Jwk]:
    """Return the keys of a JWKS document (RFC 7517) that can verify a signature, without what is not needed for it.

    Raises:
        ValueError: this is no such document, or it has no key of use.
    """
    found = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(found, list):
        raise ValueError("there are no keys")  # noqa: TRY004 - what was fetched is wrong, not what was called
    keys = [_kept(key) for key in found if isinstance(key, Mapping) and _of_use(key)][:KEYS_LIMIT]
    if not keys:
        raise ValueError("there is no key that could verify a signature")
    return keys


def verified(
    text: str, keys: Sequence[Mapping[str, str]], *, issuer: str, audience: str, now: datetime
) -> dict[str, Any]:
    """Return the claims of a token that was made with one of the keys, by this issuer, for this audience, for now.

    Raises:
        UnknownKey: the token was made with none of these keys, and may have been with a new one.
        BadToken: the token proves nothing.
    """
    header = _part(text, 0)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise BadToken("The token's algorithm is not allowed.")
    if str(header.get("typ", "jwt")).lower().removeprefix("application/") not in _TYPES:
        raise BadToken("The token is of a type that signs nobody in.")
    candidates = _candidates(header, keys)
    claims = next((found for key in candidates if (found := _signed(text, key)) is not None), None)
    if claims is None:
        # A token that does not say by which key it was made may be made by a new one.
        unknown = not candidates or header.get("kid") is None
        raise (UnknownKey if unknown else BadToken)("The token is not signed by a key of its issuer.")
    _check(claims, issuer=issuer, audience=audience, now=now)
    return claims


def _candidates(header: Mapping[str, Any], keys: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return the keys that a token's header can mean: of the right type for its algorithm, and of its key id."""
    kid, algorithm = header.get("kid"), header["alg"]
    fit = [key for key in keys if key.get("alg") in (None, algorithm) and _speaks(key, algorithm)]
    return fit if kid is None else [key for key in fit if key.get("kid") == kid]


def _signed(text: str, key: Mapping[str, str]) -> dict[str, Any] | None:
    """Return a token's claims if the key made its signature, else None."""
    # A tenth of a second to load, which requests with API keys do not pay.
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.errors import JoseError, SecurityWarning  # noqa: PLC0415
    from joserfc.jwk import import_key  # noqa: PLC0415
    from joserfc.jws import JWSRegistry  # noqa: PLC0415

    registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    registry.max_header_length = LENGTH
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # `EdDSA` has a new name, and providers use the old one
            return dict(jwt.decode(text, import_key(dict(key)), registry=registry).claims)
    except (JoseError, ValueError):
        return None


def _check(claims: dict[str, Any], *, issuer: str, audience: str, now: datetime) -> None:
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above
    from joserfc.jwt import JWTClaimsRegistry  # noqa: PLC0415

    rules = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=SKEW,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        rules.validate(claims)
    except JoseError as error:
        raise BadToken(f"The token is not valid here and now: {error.description}.") from error


def _part(text: str, number: int) -> dict[str, Any]:
    """Return the header (0) or the claims (1) of a token."""
    parts = text.split(".")
    if len(parts) != 3 or len(text) > LENGTH:
        raise BadToken("This is not a signed token.")
    try:
        found = json.loads(base64.b64decode(parts[number] + "=" * (-len(parts[number]) % 4), b"-_", validate=True))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadToken("This is not a signed token.")
    return found


def _said(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 512 and value.isprintable()


def _of_use(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig" and key.get("alg", "RS256") in ALGORITHMS


def _kept(key: Mapping[str, Any]) -> Jwk:
    return {name: key[name] for name in _KEPT if isinstance(key.get(name), str)}


def _speaks(key: Mapping[str, str], algorithm: str) -> bool:
    """Say whether a key is of the type that an algorithm takes."""
    return key.get("kty") == {"R": "RSA", "P": "RSA"}.get(algorithm[0], "OKP" if algorithm.startswith("Ed") else "EC")
