"""Tokens of identity providers: what is read of one before it is trusted, and what makes it be trusted."""

import base64
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from tests.examples import NOW
from tests.provider import unsigned, with_secret
from tocsin import id_token
from tocsin.id_token import BadToken, UnknownKey, Unverified

SECOND = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": "https://login.example.com",
    "aud": "tocsin",
    "sub": "alice",
    "exp": SECOND + 600,
    "iat": SECOND,
}
OURS, OTHER = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")


def public(key: Any, **fields: Any) -> dict[str, str]:
    """Return a key as an issuer shows it; None takes a field away."""
    shown = {**key.as_dict(private=False), "kid": "ours", **fields}
    return {name: value for name, value in shown.items() if value is not None}


def token(key: Any = OURS, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return a token that is signed by a key; None takes a claim, or a field of the header, away."""
    head = {"alg": "ES256", "kid": "ours", **(header or {})}
    body = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None}, body, key, algorithms=[head["alg"]]
    )


def verified(text: str, *keys: dict[str, str], after: timedelta = timedelta(0), **meant: str) -> dict[str, Any]:
    asked = {"issuer": "https://login.example.com", "audience": "tocsin"} | meant
    return id_token.verified(text, keys or (public(OURS),), **asked, now=NOW + after)


def refusal(text: str, *keys: dict[str, str], **how: Any) -> str:
    with pytest.raises(BadToken) as refused:
        verified(text, *keys, **how)
    assert str(refused.value) == refused.value.reason
    return refused.value.reason


# --- what a token says of itself


def test_a_token_says_whose_it_is_and_for_whom_before_anybody_trusts_it() -> None:
    assert Unverified.of(unsigned({}, CLAIMS)) == Unverified("https://login.example.com", ("tocsin",), "alice")
    several = Unverified.of(unsigned({}, {**CLAIMS, "aud": ["b", "a", "b"]}))
    assert several.audiences == ("b", "a")


def test_a_token_is_written_in_letters_that_need_no_escape_in_a_url() -> None:
    claims = {**CLAIMS, "sub": "~~~???>>>~?~?"}
    text = unsigned({}, claims)
    assert {"-", "_"} <= set(text)
    assert Unverified.of(text).subject == "~~~???>>>~?~?"


@pytest.mark.parametrize("aud", [None, "", [], {}, 7, [["tocsin"]], ["tocsin", 7], ["a"] * 11, "a\nb", "a" * 513])
def test_a_token_for_nobody_is_refused(aud: Any) -> None:
    with pytest.raises(BadToken, match=r"^The token names no audience\.$"):
        Unverified.of(unsigned({}, {**CLAIMS, "aud": aud}))


@pytest.mark.parametrize("name", ["iss", "sub"])
@pytest.mark.parametrize("value", [None, "", [], 7, "a\u200b", "a" * 513])
def test_a_token_of_nobody_is_refused(name: str, value: Any) -> None:
    with pytest.raises(BadToken, match=r"^The token names no issuer or no subject\.$"):
        Unverified.of(unsigned({}, {**CLAIMS, name: value}))


def test_names_in_a_token_are_of_512_characters_at_most() -> None:
    longest = Unverified.of(unsigned({}, {**CLAIMS, "aud": ["a" * 512] + ["b"] * 9, "iss": "i" * 512, "sub": "s"}))
    assert (len(longest.issuer), longest.subject) == (512, "s")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "e30.W10.x",
        "e30.!!!.x",
        "e30.e30",
        "=.=.=",
        "e30.e3!!!!0.x",
        "e30.MQ.x",
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadToken, match=r"^This is not a signed token\.$"):
        Unverified.of(text)


def test_a_token_deeper_or_longer_than_can_be_read_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5_000).decode().rstrip("=")
    with pytest.raises(BadToken, match="not a signed token"):
        Unverified.of(f"e30.{deep}.x")
    text = unsigned({}, CLAIMS)
    longest = text + "x" * (8_192 - len(text))
    assert Unverified.of(longest).subject == "alice"
    with pytest.raises(BadToken, match="not a signed token"):
        Unverified.of(longest + "x")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for one in (text, f"e30.{text}.x", unsigned({}, {"iss": text, "aud": text, "sub": text})):
        with suppress(BadToken):
            assert Unverified.of(one).issuer


def test_a_credential_with_two_dots_looks_like_a_token() -> None:
    assert [id_token.looks_like_one(text) for text in ("tsk_acme_k.1_x", "a.b.c", "a..", "a.b.c.d")] == [
        False,
        True,
        True,
        True,
    ]


# --- keys


def test_of_a_key_only_what_verifies_a_signature_is_kept() -> None:
    shown = public(OURS, use="sig", alg="ES256", x5c=["MII"], d="private", key_ops=["verify"])
    (kept,) = id_token.usable_keys({"keys": [shown]})
    assert kept == {name: shown[name] for name in ("kty", "kid", "use", "alg", "crv", "x", "y")}
    rsa_key = {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": 5}
    assert id_token.usable_keys({"keys": [rsa_key]}) == [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "use": "enc"},
        {"kty": "RSA", "alg": "RSA-OAEP"},
        {"kty": "RSA", "alg": "HS256"},
        {"n": "AQAB"},
        "RSA",
        None,
    ],
)
def test_a_key_that_signs_nothing_is_passed_over(key: Any) -> None:
    good = public(OURS)
    assert id_token.usable_keys({"keys": [key, good]}) == [good]
    with pytest.raises(ValueError, match=r"^there is no key that could verify a signature$"):
        id_token.usable_keys({"keys": [key]})


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": {}}, "keys"])
def test_a_document_without_keys_is_none(document: Any) -> None:
    with pytest.raises(ValueError, match=r"^there are no keys$"):
        id_token.usable_keys(document)


def test_no_more_than_forty_keys_are_kept() -> None:
    keys = [{"kty": kty, "kid": str(number)} for number in range(30) for kty in ("RSA", "EC", "OKP")]
    assert id_token.usable_keys({"keys": keys}) == keys[:40]


# --- signatures


def test_a_token_by_a_key_of_its_issuer_is_trusted() -> None:
    assert verified(token()) == CLAIMS
    assert verified(token(), public(OTHER, kid="other"), public(OURS)) == CLAIMS
    assert verified(token(), public(OTHER), public(OURS)) == CLAIMS, "two keys of one name"


def test_a_token_by_another_key_is_refused() -> None:
    told = "The token is not signed by a key of its issuer."
    assert refusal(token(OTHER)) == told
    assert refusal(token(OTHER), public(OTHER, kid="other"), public(OURS)) == told, "the key that is named counts alone"


def test_a_token_by_a_key_that_is_not_known_may_be_by_a_new_one() -> None:
    for text in (token(header={"kid": "new"}), token(OTHER, header={"kid": None})):
        with pytest.raises(UnknownKey, match=r"^The token is not signed by a key of its issuer\.$"):
            verified(text)
    with pytest.raises(BadToken) as wrong:
        verified(token(OTHER))
    assert not isinstance(wrong.value, UnknownKey), "its issuer need not be asked again"


def test_a_token_that_does_not_name_its_key_is_tried_with_each() -> None:
    assert verified(token(header={"kid": None}), public(OTHER, kid="a"), public(OURS, kid="b")) == CLAIMS
    assert verified(token(header={"kid": None}), public(OURS, kid=None)) == CLAIMS


def test_a_key_is_good_for_its_own_algorithm_alone() -> None:
    assert verified(token(), public(OURS, alg="ES256")) == CLAIMS
    with pytest.raises(UnknownKey):
        verified(token(), public(OURS, alg="ES384"))


@pytest.mark.parametrize("algorithm", ["none", "None", "", None, "HS256", "HS512", "ES256K"])
def test_an_algorithm_that_proves_nothing_is_not_allowed(algorithm: str | None) -> None:
    told = "The token's algorithm is not allowed."
    assert refusal(unsigned({"alg": algorithm, "kid": "ours"}, CLAIMS)) == told
    secret = json.dumps(public(OURS)).encode()
    assert refusal(with_secret({"alg": algorithm, "kid": "ours"}, CLAIMS, secret)) == told


def test_each_family_of_algorithms_takes_keys_of_its_own_type() -> None:
    rsa_key: RSAKey = import_key(rsa.generate_private_key(65_537, 2_048), "RSA")
    ed_key = OKPKey.generate_key("Ed25519")
    with pytest.warns(SecurityWarning):  # providers use the old name all the same, and nobody is to be warned of it
        old_name = token(ed_key, {"alg": "EdDSA"})
    shown = [public(one) for one in (rsa_key, ed_key, OURS)]
    for text, key in (
        (token(rsa_key, {"alg": "RS256"}), rsa_key),
        (token(rsa_key, {"alg": "PS384"}), rsa_key),
        (token(ed_key, {"alg": "Ed25519"}), ed_key),
        (old_name, ed_key),
        (token(), OURS),
    ):
        assert verified(text, *shown) == CLAIMS
        with pytest.raises(UnknownKey):
            verified(text, *(one for one in shown if one["kty"] != key.key_type))


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt", "application/JWT"])
def test_a_token_of_a_type_that_signs_in_is_trusted(kind: str) -> None:
    assert verified(token(header={"typ": kind})) == CLAIMS


@pytest.mark.parametrize("kind", ["logout+jwt", "application/logout+jwt", "", 5, "JWE"])
def test_a_token_of_another_type_signs_nobody_in(kind: Any) -> None:
    text = raw({"alg": "ES256", "kid": "ours", "typ": kind})
    assert refusal(text) == "The token is of a type that signs nobody in."


def raw(header: dict[str, Any]) -> str:
    """Sign whatever the header says, as a library would not."""
    text = unsigned(header, CLAIMS).removesuffix(".")
    r, s = decode_dss_signature(OURS.private_key.sign(text.encode(), ECDSA(SHA256())))
    signature = r.to_bytes(32) + s.to_bytes(32)
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_a_header_that_is_not_known_does_no_harm_and_a_rule_that_is_not_known_does() -> None:
    assert verified(raw({"alg": "ES256", "kid": "ours", "nonce": "x", "x5t": "y" * 600})) == CLAIMS
    assert "not signed" in refusal(raw({"alg": "ES256", "kid": "ours", "crit": ["b64"], "b64": False}))


def test_claims_that_were_changed_are_refused() -> None:
    header, _, signature = token().split(".")
    forged = unsigned({}, {**CLAIMS, "sub": "boss"}).split(".")[1]
    assert "not signed" in refusal(f"{header}.{forged}.{signature}")


def test_a_key_that_cannot_be_read_signs_nothing() -> None:
    assert "not signed" in refusal(token(), {"kty": "EC", "crv": "P-256", "x": "?", "y": "?", "kid": "ours"})


# --- what the claims must say


def test_a_token_is_good_until_a_minute_after_it_expires() -> None:
    text = token(exp=SECOND + 5, iat=None)
    assert verified(text, after=timedelta(seconds=64))["sub"] == "alice"
    assert "expired" in refusal(text, after=timedelta(seconds=66))


def test_a_token_from_a_clock_that_is_a_minute_ahead_is_good() -> None:
    assert verified(token(nbf=SECOND + 59, iat=SECOND + 59))["sub"] == "alice"
    assert "not yet valid" in refusal(token(nbf=SECOND + 120))
    assert "future" in refusal(token(iat=SECOND + 120))


def test_a_token_of_another_issuer_or_for_another_audience_is_refused() -> None:
    assert refusal(token(), issuer="https://login.example.com/").startswith("The token is not valid here and now: ")
    assert "'iss'" in refusal(token(), issuer="https://other.example.com")
    assert "'aud'" in refusal(token(), audience="another-app")
    assert verified(token(aud=["x", "tocsin"]))["aud"] == ["x", "tocsin"]


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "exp"])
def test_a_token_says_by_whom_for_whom_of_whom_and_until_when(name: str) -> None:
    assert f"'{name}'" in refusal(token(**{name: None}))
