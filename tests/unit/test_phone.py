import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import phone


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+4915112345678", "+4915112345678"),
        ("+49 151 1234-5678", "+4915112345678"),
        ("+1 (425) 555-0182", "+14255550182"),
        ("+39 06 6982", "+39066982"),
        ("+447700900123", "+447700900123"),
    ],
)
def test_a_number_is_normalised_to_e164(text: str, number: str) -> None:
    assert phone.e164(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "4915112345678",
        "004915112345678",
        "015112345678",
        "+1",
        "+15550182",
        "+999123456789",
        "+0015112345678",
        "+491511234567890123",
        "+1-800-FLOWERS",
        "+4915112345678;ext=5",
        "tel:+4915112345678",
        "+4915112345678\n",
        " +4915112345678",
        "ada@example.com",
        "\uff0b4915112345678",
        "+\u0664\u0669" + "15112345678",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a phone number"):
        phone.e164(text)


@given(st.text(max_size=30) | st.from_regex(r"\A\+[0-9 ()-]{1,20}\Z"))
def test_any_text_is_a_number_or_refused_and_normalising_twice_changes_nothing(text: str) -> None:
    try:
        number = phone.e164(text)
    except ValueError:
        return
    assert phone.e164(number) == number
    assert len(number) <= 16
    assert number[1:].isdecimal()


def test_a_masked_number_shows_three_digits() -> None:
    assert phone.masked("+4915112345678") == "***678"
