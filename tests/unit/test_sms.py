import pytest

from tests.examples import NOW
from tocsin import gsm
from tocsin.channels import sms
from tocsin.letter import Facts, Letter

LINK = "https://tocsin.example.com/a/abcdefghijklmnopqrstuv"


def a_letter(title: str) -> Letter:
    facts = Facts(
        title=title, severity="sev1", team="payments", description="Long.", since=NOW, link=LINK, code="48213"
    )
    return Letter("+4915112345678", facts=facts)


def test_a_page_says_what_how_bad_since_when_how_to_answer_and_where_to_look() -> None:
    text = sms.text(a_letter("Checkout 5xx"))
    for part in ("Checkout 5xx", "sev1", "20:28 UTC", "Reply ACK 48213", LINK):
        assert part in text


@pytest.mark.parametrize("title", ["x", "Checkout above 2% in all regions since \u00fc", "y" * 1024, "{[~]}" * 40])
def test_a_page_fits_one_segment(title: str) -> None:
    text = sms.text(a_letter(title))
    assert gsm.segments(text) == 1
    assert "Reply ACK 48213" in text
    assert LINK in text


def test_a_notice_is_written_in_the_letters_that_phones_take() -> None:
    text = sms.text(Letter("+4915112345678", text="Tocsin: your code is 402716 \u2013 do not pass it on"))
    assert gsm.segments(text) == 1
    assert "402716" in text
