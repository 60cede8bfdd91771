"""Tokens that nobody may get in with. Each attack is one test, beside a good token that shows it would have worked."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import OKPKey, RSAKey, import_key

from tests.integration.signing_in import ACME_SSO, OTHER, configured, refused, signed_in
from tests.provider import Provider, parts, provider, signed, strangers_key, unsigned, with_secret
from tests.world import Caller
from tocsin import id_token, issuers, keys, sign_in
from tocsin.settings import settings
from tocsin.store import directory

ADMIN = {"groups": ["admins"]}


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider that is the attacker's own."""
    with provider(tmp_path_factory.mktemp("stranger") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def strangers() -> RSAKey:
    return strangers_key()


@pytest.fixture(autouse=True)
def local(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_URLS", "yes")
    settings.__dict__.clear()


@pytest.fixture
def good(acme: Caller, idp: Provider) -> str:
    """A token that is let in."""
    configured(acme, idp)
    token = idp.token("alice", **ADMIN)
    assert signed_in(token)["role"] == "admin"
    return token


@pytest.fixture
def header(good: str) -> dict[str, Any]:
    return parts(good)[0]


@pytest.fixture
def claims(good: str) -> dict[str, Any]:
    return parts(good)[1]


@pytest.fixture
def owned(acme: Caller, idp: Provider, strangers: RSAKey) -> RSAKey:
    """The company's provider has one more key, whose private part is ours: then everything but the claims is right."""
    configured(acme, idp)
    public = {**strangers.as_dict(private=False), "kid": "ours"}
    directory.update(keys.issuer("acme"), {"keys": [*idp.keys(), public]})
    return strangers


def own(key: RSAKey, claims: dict[str, Any], **changes: Any) -> str:
    """Return a token with a right signature and these claims; None takes one away."""
    changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return signed(key, {"alg": "RS256", "kid": "ours"}, changed)


def test_a_token_whose_claims_were_changed(good: str, header: dict[str, Any], claims: dict[str, Any]) -> None:
    forged = unsigned(header, {**claims, "sub": "boss"}) + good.split(".")[2]
    assert "signed" in refused(forged)


def test_a_token_that_somebody_else_signed(header: dict[str, Any], claims: dict[str, Any], strangers: RSAKey) -> None:
    refused(signed(strangers, header, claims))


def test_a_token_that_brings_its_own_key(header: dict[str, Any], claims: dict[str, Any], strangers: RSAKey) -> None:
    refused(signed(strangers, {**header, "jwk": strangers.as_dict(private=False)}, claims))


def test_a_token_that_says_where_its_key_is(
    header: dict[str, Any], claims: dict[str, Any], strangers: RSAKey, stranger: Provider
) -> None:
    refused(signed(strangers, {**header, "jku": f"{stranger.issuer}/jwks"}, claims))


def test_a_token_that_says_it_needs_no_signature(header: dict[str, Any], claims: dict[str, Any]) -> None:
    for algorithm in ("none", "None", "NONE", "", None):
        assert "algorithm" in refused(unsigned({**header, "alg": algorithm}, claims))


def test_a_token_without_its_signature(header: dict[str, Any], claims: dict[str, Any]) -> None:
    refused(unsigned(header, claims))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_token_whose_secret_is_the_public_key(
    header: dict[str, Any], claims: dict[str, Any], idp: Provider, algorithm: str
) -> None:
    """Key confusion: everybody knows the public key, in whatever form a verifier may take for a secret."""
    (jwk,) = idp.keys()
    key = import_key(jwk)
    pem = key.as_pem(private=False)
    modulus = base64.urlsafe_b64decode(jwk["n"] + "==")
    for secret in (pem, pem.strip(), modulus, jwk["n"].encode(), b""):
        assert "algorithm" in refused(with_secret({**header, "alg": algorithm}, claims, secret))


def test_a_key_of_the_issuer_is_no_secret_whatever_its_document_says(
    acme: Caller, good: str, claims: dict[str, Any]
) -> None:
    """A symmetric key in a JWKS document is not kept, whoever put it there."""
    secret = base64.urlsafe_b64encode(b"known to all" * 4).decode()
    shared = {"kty": "oct", "k": secret, "kid": "shared", "alg": "HS256"}
    with pytest.raises(ValueError, match="no key"):
        id_token.usable_keys({"keys": [shared]})
    directory.update(keys.issuer("acme"), {"keys": [shared]})
    refused(with_secret({"alg": "HS256", "kid": "shared"}, claims, b"known to all" * 4))


def test_a_token_by_a_key_that_is_not_known(header: dict[str, Any], claims: dict[str, Any], strangers: RSAKey) -> None:
    refused(signed(strangers, {**header, "kid": "made-up"}, claims))


def test_a_key_that_is_named_is_the_only_one_that_counts(
    owned: RSAKey, claims_of_alice: dict[str, Any], idp: Provider
) -> None:
    (real,) = idp.keys()
    signed_in(own(owned, claims_of_alice))
    refused(signed(owned, {"alg": "RS256", "kid": real["kid"]}, claims_of_alice))


def test_a_key_for_encryption_signs_nothing() -> None:
    key = strangers_key().as_dict(private=False)
    assert id_token.usable_keys({"keys": [{**key, "use": "sig"}]})
    with pytest.raises(ValueError, match="no key"):
        id_token.usable_keys({"keys": [{**key, "use": "enc"}]})


def test_an_algorithm_that_is_not_the_keys_own(owned: RSAKey, claims_of_alice: dict[str, Any]) -> None:
    public = {**owned.as_dict(private=False), "kid": "ours", "alg": "RS256"}
    directory.update(keys.issuer("acme"), {"keys": [public]})
    signed_in(own(owned, claims_of_alice))
    refused(signed(owned, {"alg": "PS256", "kid": "ours"}, claims_of_alice))


def test_a_token_that_has_expired(good: str, now: Any) -> None:
    now(minutes=60, seconds=50)
    signed_in(good)
    now(seconds=20)
    assert "expired" in refused(good)


def test_a_token_that_never_expires(owned: RSAKey, claims_of_alice: dict[str, Any]) -> None:
    for exp in (None, "never", True, [2**40]):
        refused(own(owned, claims_of_alice, exp=exp))


def test_a_token_that_is_not_valid_yet(owned: RSAKey, claims_of_alice: dict[str, Any], now: Any) -> None:
    early = own(owned, claims_of_alice, nbf=claims_of_alice["iat"] + 600)
    assert "not yet valid" in refused(early)
    now(minutes=9, seconds=5)
    signed_in(early)


def test_a_token_from_the_future(owned: RSAKey, claims_of_alice: dict[str, Any]) -> None:
    signed_in(own(owned, claims_of_alice, iat=claims_of_alice["iat"] + 50))
    assert "future" in refused(own(owned, claims_of_alice, iat=claims_of_alice["iat"] + 120))


def test_a_token_for_another_audience(good: str, idp: Provider) -> None:
    """The same issuer gave it, for another app: perhaps one that the attacker runs."""
    assert "audience" in refused(idp.token("alice", audience="another-app", **ADMIN))


def test_a_token_of_another_issuer(good: str, stranger: Provider) -> None:
    assert "issuer" in refused(stranger.token("alice", **ADMIN))


def test_a_token_of_another_issuer_that_says_it_is_this_one(
    header: dict[str, Any], claims: dict[str, Any], strangers: RSAKey
) -> None:
    for kid in (None, "made-up"):
        refused(signed(strangers, {**header, "kid": kid} if kid else header, claims))


@pytest.mark.parametrize("change", ["/", "#", "?", " ", "\u200b", "%2F", ":443", ".", "\n"])
def test_an_issuer_that_only_looks_like_this_one(owned: RSAKey, claims_of_alice: dict[str, Any], change: str) -> None:
    refused(own(owned, claims_of_alice, iss=claims_of_alice["iss"] + change))


def test_a_token_with_no_issuer_audience_or_subject(owned: RSAKey, claims_of_alice: dict[str, Any]) -> None:
    for name in ("iss", "aud", "sub"):
        for value in (None, "", [], {}, 7, [["tocsin"]]):
            refused(own(owned, claims_of_alice, **{name: value}))


def test_a_token_of_a_type_that_signs_nobody_in(owned: RSAKey, claims_of_alice: dict[str, Any]) -> None:
    """A logout token has the same issuer, audience and signature (OpenID Connect Back-Channel Logout 1.0)."""
    token = signed(owned, {"alg": "RS256", "kid": "ours", "typ": "logout+jwt"}, claims_of_alice)
    refused(token)
    signed_in(signed(owned, {"alg": "RS256", "kid": "ours", "typ": "at+jwt"}, claims_of_alice))


def test_a_token_with_a_rule_that_is_not_known(owned: RSAKey, claims_of_alice: dict[str, Any]) -> None:
    token = signed_raw(owned, {"alg": "RS256", "kid": "ours", "crit": ["b64"], "b64": False}, claims_of_alice)
    refused(token)


@pytest.mark.parametrize(
    "token", ["..", "a.b.c", "e30.e30.", "e30..e30", "a.b.c.d.e", "." * 4000, "eyJ9.W10.", "=.=.="]
)
def test_what_is_no_token(good: str, token: str) -> None:
    refused(token)


def test_a_token_deeper_than_can_be_read(good: str) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5_000).decode().rstrip("=")
    refused(f"{deep}.{deep}.x")


def test_a_second_company_that_claims_the_pair_of_the_first(acme: Caller, idp: Provider, good: str) -> None:
    onboard_other()
    stolen = {**ACME_SSO, "issuer": idp.issuer, "token": good, "roles": {"admins": "viewer"}}
    assert OTHER("PUT", "/company/sso", stolen).status == 409
    assert signed_in(good) == {**signed_in(good), "tenant": "acme", "role": "admin"}


def test_a_second_company_that_claims_a_pair_without_a_token_for_it(acme: Caller, idp: Provider) -> None:
    onboard_other()
    mine = idp.token("eve", audience="eves-app", **ADMIN)
    squatted = {**ACME_SSO, "issuer": idp.issuer, "token": mine}
    assert OTHER("PUT", "/company/sso", squatted).status == 422
    configured(acme, idp)


def test_two_companies_with_one_issuer_and_their_own_audiences(acme: Caller, idp: Provider, good: str) -> None:
    """A token for one is none for the other, and the same subject is another person in each."""
    onboard_other()
    configured(OTHER, idp, audience="eves-app")
    there = signed_in(idp.token("alice", audience="eves-app", **ADMIN))
    here = signed_in(good)
    assert (here["tenant"], there["tenant"]) == ("acme", "other")
    assert here["actor"] != there["actor"]
    assert Caller(tenant="acme", actor="x")("GET", f"/users/{there['actor']}").status == 404


def test_a_token_that_is_meant_for_two_companies(
    acme: Caller, idp: Provider, owned: RSAKey, claims_of_alice: dict[str, Any]
) -> None:
    onboard_other()
    configured(OTHER, idp, audience="eves-app")
    assert "several" in refused(own(owned, claims_of_alice, aud=["tocsin", "eves-app"]))
    assert signed_in(own(owned, claims_of_alice, aud=["tocsin", "somebody-else's"]))["tenant"] == "acme"


def test_a_row_that_leads_to_a_company_is_not_trusted_alone(acme: Caller, good: str, idp: Provider) -> None:
    onboard_other()
    pair = issuers.get("acme").pair
    directory.put({**keys.issuer_pair(pair), "tenant": "other"})
    sign_in.forget()
    assert "issuer" in refused(good)


def test_a_token_of_an_issuer_that_signs_with_ed25519(acme: Caller, idp: Provider, claims: dict[str, Any]) -> None:
    """No attack: a modern provider. The stranger's key of the same kind is none of its."""
    key = OKPKey.generate_key("Ed25519")
    public = {**key.as_dict(private=False), "kid": "ed"}
    directory.update(keys.issuer("acme"), {"keys": [public]})
    for algorithm in ("EdDSA", "Ed25519"):
        signed_in(signed_raw(key, {"alg": algorithm, "kid": "ed"}, claims))
    refused(signed_raw(OKPKey.generate_key("Ed25519"), {"alg": "Ed25519", "kid": "ed"}, claims))


def test_made_up_keys_ask_the_issuer_once_a_minute_however_many_come(
    acme: Caller, good: str, header: dict[str, Any], claims: dict[str, Any], strangers: RSAKey, idp: Provider, now: Any
) -> None:
    now(minutes=2)
    before = asked_for_keys(idp)
    for number in range(20):
        refused(signed(strangers, {**header, "kid": f"made-up-{number}"}, claims))
        now(seconds=2)
    assert asked_for_keys(idp) - before == 1


@pytest.fixture
def claims_of_alice(idp: Provider) -> dict[str, Any]:
    return parts(idp.token("alice", **ADMIN))[1]


def asked_for_keys(idp: Provider) -> int:
    return idp.log.read_text().count("GET /jwks")


def onboard_other() -> None:
    onboarded = {"company_id": "other", "name": "Other", "admin": {"user_id": "eve", "email": "eve@example.com"}}
    assert Caller(tenant="", role="operator")("POST", "/companies", onboarded).status == 201


def signed_raw(key: Any, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign whatever the header says, as a library would not."""
    text = unsigned(header, claims).removesuffix(".")
    private = key.private_key
    if isinstance(private, Ed25519PrivateKey):
        signature = private.sign(text.encode())
    else:
        signature = private.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
