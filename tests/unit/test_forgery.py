"""What an attacker may try: change what is signed, let one key pass for another, make a pattern work without end."""

import base64
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_sns import NOTIFICATION, NOW, PEM, signed
from tocsin import api_key, ids, pattern
from tocsin.api_key import Named
from tocsin.pattern import matching
from tocsin.sources import sns
from tocsin.sources.sns import SignatureError

SIGNED = signed(NOTIFICATION)
COMPANIES = st.from_regex(ids.COMPANY_PATTERN, fullmatch=True)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True)


@given(st.sampled_from(sorted(NOTIFICATION)), st.data())
def test_one_character_of_what_is_signed_cannot_be_changed_added_or_taken(field: str, data: st.DataObject) -> None:
    text = SIGNED[field]
    at = data.draw(st.integers(0, len(text)))
    new = data.draw(st.characters(exclude_categories=["Cs"]) | st.just(""))
    changed = text[:at] + new + text[at + data.draw(st.integers(0, 1)) :]
    if changed == text:
        return
    with pytest.raises(SignatureError):
        sns.verify({**SIGNED, field: changed}, PEM, at=NOW)


@given(st.integers(0, 255), st.integers(1, 255))
def test_one_byte_of_a_signature_cannot_be_changed(at: int, by: int) -> None:
    signature = bytearray(base64.b64decode(SIGNED["Signature"]))
    signature[at] ^= by
    with pytest.raises(SignatureError):
        sns.verify({**SIGNED, "Signature": base64.b64encode(signature).decode()}, PEM, at=NOW)


OTHERS = st.text().filter(lambda name: name not in {*SIGNED, "SubscribeURL", "Token"})


@given(st.dictionaries(OTHERS, st.text() | st.integers()))
def test_what_is_not_signed_does_not_matter(further: dict[str, Any]) -> None:
    sns.verify({**further, **SIGNED}, PEM, at=NOW)


@given(COMPANIES, IDS, COMPANIES, IDS)
def test_a_key_is_no_other_companys_key_whatever_the_ids(company: str, key_id: str, other: str, other_id: str) -> None:
    token = api_key.token(company, key_id)
    assert Named.of(token) == Named(company, key_id)
    secret = token[-40:]
    if (other, other_id) != (company, key_id):
        assert f"tsk_{other}_{other_id}_{secret}" != token
        assert Named.of(f"tsk_{other}_{other_id}_{secret}") == Named(other, other_id)


@given(COMPANIES, IDS, st.integers(1, 41))
def test_a_key_that_is_cut_names_nothing_that_it_did_not_name(company: str, key_id: str, cut: int) -> None:
    found = Named.of(api_key.token(company, key_id)[:-cut])
    assert found is None or found.company == company


def test_links_are_of_22_letters_and_digits_and_never_the_same() -> None:
    tokens = [ids.link_token() for _ in range(1000)]
    assert len(set(tokens)) == len(tokens)
    assert all(len(token) == 22 and token.isalnum() and token.isascii() for token in tokens)


def steps(wildcard: str, text: str) -> int:
    """Return how many lines of the matcher are run to answer."""
    count = 0

    def line(frame: FrameType, kind: str, _: Any) -> Any:
        nonlocal count
        count += kind == "line"
        return line

    def call(frame: FrameType, kind: str, _: Any) -> Any:
        return line if frame.f_code.co_filename == matching.__file__ else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        pattern.matches({"title": [{"wildcard": wildcard}]}, {"title": text})
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("piece", ["a", "ab", "aab", "\\*", "a\\\\"])
@pytest.mark.parametrize("text", ["a" * 1000, "ab" * 500, "*" * 1000, "a" * 999 + "b"])
def test_a_wildcard_is_answered_in_steps_that_grow_with_its_length_alone(piece: str, text: str) -> None:
    once, ten_times = "*".join([piece] * 10) + "*z", "*".join([piece] * 100) + "*z"
    assert steps(ten_times, text) <= 10 * steps(once, text) + 200
    assert steps(ten_times, text * 100) <= 10 * steps(once, text) + 200


def test_mistakes_without_number_are_counted_no_further_than_they_are_told() -> None:
    with pytest.raises(ValueError, match="50 validation errors"):
        pattern.validate({f"field{number}": 1 for number in range(100_000)})
