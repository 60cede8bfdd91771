"""Companies' identity providers in the directory: which company has which, and the keys of each.

Which company a token belongs to is said by one row for each pair of issuer and audience (`keys.issuer_pair`), put if
absent. That it leads to the right company is never trusted alone: the company's own row must name the same pair.
"""

import json
from datetime import datetime

from tocsin import fetch, id_token, keys, resource, times
from tocsin.errors import ConditionFailed, Conflict, Invalid, NotFound
from tocsin.fetch import FetchError
from tocsin.id_token import BadToken, Jwk
from tocsin.issuer import Issuer, NewIssuer, pair
from tocsin.rows import Row
from tocsin.store import NEW, directory


def get(tenant: str) -> Issuer:
    """Return a company's identity provider. Raises `NotFound`."""
    found = read(directory.get(keys.issuer(tenant)))
    if found is None:
        raise NotFound("The company has no identity provider.")
    return found


def read(row: Row | None) -> Issuer | None:
    """Return what a row says; one that only holds pairs, of a change that was cut short, says nothing."""
    return Issuer.of(row) if row is not None and "issuer" in row else None


def put(tenant: str, request: NewIssuer, now: datetime) -> Issuer:
    """Make an identity provider the company's, in place of the one it had.

    The token is the proof that the pair is the company's to have. What is about to be held is noted before it is, and
    let go of last, so that a retry clears up what was cut short.

    Raises:
        Invalid: the issuer cannot be reached, or the token proves nothing.
        Conflict: another company has the pair, or the company's provider was changed at the same time.
    """
    jwks_uri, found = _proven(request, now)
    wanted = pair(request.issuer, request.audience)
    _note(tenant, wanted)
    _hold(tenant, wanted)
    settings = Issuer(
        **request.model_dump(exclude={"token"}), jwks_uri=jwks_uri, keys=found, fetched_at=now, asked_at=now
    )

    def decide(row: Row) -> Row:
        if wanted not in row.get("pairs", []):
            raise Conflict("The identity provider was changed at the same time. Try again.")
        return {**settings.fields(), "pairs": row["pairs"]}

    row = resource.change(keys.issuer(tenant), decide)
    _let_go(tenant, [one for one in row["pairs"] if one != wanted])
    return settings


def delete(tenant: str) -> None:
    """Take a company's identity provider away: nobody signs in from here on. Raises `NotFound`."""
    key = keys.issuer(tenant)
    row = resource.get(key)
    _let_go(tenant, row.get("pairs", []))
    directory.delete(key)
    if read(row) is None:
        raise NotFound("The company has no identity provider.")


def _proven(request: NewIssuer, now: datetime) -> tuple[str, list[Jwk]]:
    """Return where the issuer's keys are, and the keys. Raises `Invalid` unless the token was made with one of them."""
    try:
        jwks_uri = discovered(request.issuer)
        found = fetched(jwks_uri)
    except FetchError as error:
        raise Invalid.at("body", "issuer", msg=f"Its keys cannot be read. {error.detail}") from error
    try:
        id_token.Unverified.of(request.token)
        id_token.verified(request.token, found, issuer=request.issuer, audience=request.audience, now=now)
    except BadToken as error:
        raise Invalid.at("body", "token", msg=error.reason) from error
    return jwks_uri, found


def discovered(issuer: str) -> str:
    """Return where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 4). Raises `FetchError`."""
    document = _json(issuer.removesuffix("/") + "/.well-known/openid-configuration")
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise FetchError("Its discovery document names another issuer.", permanent=True)
    if not isinstance(document.get("jwks_uri"), str):
        raise FetchError("Its discovery document does not say where its keys are.", permanent=True)
    return str(document["jwks_uri"])


def fetched(jwks_uri: str) -> list[Jwk]:
    """Return an issuer's keys. Raises `FetchError`."""
    try:
        return id_token.usable_keys(_json(jwks_uri))
    except ValueError as error:
        raise FetchError(f"What it shows as its keys is of no use: {error}.") from error


def _json(url: str) -> object:
    try:
        return json.loads(fetch.get(url))
    except (ValueError, RecursionError):
        raise FetchError("What it answers is not JSON.") from None


def refreshed(tenant: str, issuer: Issuer, now: datetime) -> Issuer:
    """Return the provider with its keys asked for again; as it was if it was asked a minute ago, or does not answer.

    Of many who want to ask at once one does: the row says who, so that nobody's issuer is flooded on behalf of
    whoever sends tokens with made-up keys.
    """
    if not issuer.may_ask(now):
        return issuer
    mine = [("issuer", "=", issuer.issuer), ("audience", "=", issuer.audience)]
    try:
        asking = ("asked_at", "=", times.text(issuer.asked_at))
        directory.update(keys.issuer(tenant), {"asked_at": times.text(now)}, when=[*mine, asking])
        changed = {"keys": _asked(issuer), "fetched_at": times.text(now)}
        return Issuer.of(directory.update(keys.issuer(tenant), changed, when=mine))
    except (ConditionFailed, FetchError):
        return issuer


def _asked(issuer: Issuer) -> list[Jwk]:
    try:
        return fetched(issuer.jwks_uri)
    except FetchError as error:
        if not error.permanent:
            raise
        # They are not where they were.
        return fetched(discovered(issuer.issuer))


def _note(tenant: str, wanted: str) -> None:
    """Write down that the pair is about to be held."""
    try:
        directory.put({**keys.issuer(tenant), "pairs": [wanted]}, when=NEW)
    except ConditionFailed:
        resource.change(
            keys.issuer(tenant), lambda row: {"pairs": list(dict.fromkeys([*row.get("pairs", []), wanted]))}
        )


def _hold(tenant: str, wanted: str) -> None:
    """Make the pair lead to the company. Raises `Conflict` if it leads to another."""
    try:
        directory.put({**keys.issuer_pair(wanted), "tenant": tenant}, when=NEW)
    except ConditionFailed as failure:
        if failure.found is not None and failure.found["tenant"] == tenant:
            return
        _forget(tenant, [wanted])
        raise Conflict("Another company has this issuer with this audience.") from failure


def _let_go(tenant: str, pairs: list[str]) -> None:
    """Give pairs back: each only if it is the company's."""
    for one in pairs:
        try:
            directory.delete(keys.issuer_pair(one), when=[("tenant", "=", tenant)])
        except ConditionFailed:
            continue  # it never was, or is no more
    if pairs:
        _forget(tenant, pairs)


def _forget(tenant: str, pairs: list[str]) -> None:
    resource.change(
        keys.issuer(tenant), lambda row: {"pairs": [one for one in row.get("pairs", []) if one not in pairs]}
    )
