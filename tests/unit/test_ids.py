import re

from hypothesis import given
from hypothesis import strategies as st

from tocsin import ids

PARTS = st.lists(st.text("ab", max_size=3), min_size=1, max_size=3)


@given(PARTS, PARTS)
def test_no_two_lists_of_parts_have_one_hash(one: list[str], other: list[str]) -> None:
    assert (one == other) == (ids.sha256(*one) == ids.sha256(*other))


def test_a_hash_tells_where_one_part_ends() -> None:
    assert len({ids.sha256("a", "bc"), ids.sha256("ab", "c"), ids.sha256("abc"), ids.sha256("abc", "")}) == 4


def test_a_fingerprint_does_not_depend_on_the_order_of_names() -> None:
    assert ids.fingerprint({"a": 1, "b": [1, {"c": None}]}) == ids.fingerprint({"b": [1, {"c": None}], "a": 1})
    assert ids.fingerprint({"a": "1"}) != ids.fingerprint({"a": 1})
    assert ids.fingerprint([1, 2]) != ids.fingerprint([2, 1])


def test_a_new_id_is_one_that_a_caller_could_have_chosen_and_sorts_by_time() -> None:
    made = ids.new()
    assert len(made) == 26
    assert re.fullmatch(ids.ID_PATTERN, made)
    assert made != ids.new()


def test_secrets_have_their_length_and_letters_that_nobody_has_to_escape() -> None:
    assert re.fullmatch(r"[A-Za-z0-9]{40}", ids.secret())
    assert re.fullmatch(r"[A-Za-z0-9]{22}", ids.link_token())
    assert re.fullmatch(r"[0-9a-f]{32}", ids.integration_key())
    assert len({ids.secret() for _ in range(100)}) == 100


def test_a_code_has_its_digits_and_does_not_begin_with_zero() -> None:
    codes = {ids.digits(5) for _ in range(2_000)}
    assert all(re.fullmatch(r"[1-9][0-9]{4}", code) for code in codes)
    assert len(codes) > 1_900
    assert {code[0] for code in codes} == set("123456789")
