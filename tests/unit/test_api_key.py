"""The form of API keys: whoever reads one finds the company and the key that it was made for."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin import api_key, ids
from tocsin.api_key import Named

companies = st.from_regex(ids.COMPANY_PATTERN, fullmatch=True)
key_ids = st.from_regex(ids.ID_PATTERN, fullmatch=True).filter(lambda text: text.isascii())


@given(companies, key_ids)
def test_a_token_names_the_key_it_was_made_for(company: str, key_id: str) -> None:
    assert Named.of(api_key.token(company, key_id)) == Named(company, key_id)


@given(st.text())
def test_any_other_text_is_no_token(text: str) -> None:
    assert Named.of(text) is None
    assert Named.of(f"tsk_acme_{text}") is None or text.isascii()


def test_no_two_tokens_are_alike() -> None:
    assert api_key.token("acme", "k") != api_key.token("acme", "k")
