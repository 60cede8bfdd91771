from datetime import datetime, timedelta

import pytest

from tests.examples import NOW
from tocsin import gsm
from tocsin.channels import sms
from tocsin.letter import Facts, Letter, Told

LINK = "https://tocsin.example.com/a/abcdefghijklmnopqrstuv"


def a_letter(title: str) -> Letter:
    return Letter("+4915112345678", facts=Facts((told(title),), LINK, "48213"))


def told(title: str, severity: str = "sev1", since: datetime = NOW) -> Told:
    return Told("t1", title, severity, "payments", "Long.", since)


def test_a_page_says_what_how_bad_since_when_how_to_answer_and_where_to_look() -> None:
    text = sms.text(a_letter("Checkout 5xx"))
    for part in ("Checkout 5xx", "sev1", "20:28 UTC", "Reply ACK 48213", LINK):
        assert part in text


def test_a_page_about_several_tickets_says_how_many_and_what_fits_and_has_one_code_for_all() -> None:
    many = (told("Checkout 5xx"), told("Disk full", "sev3", NOW - timedelta(hours=1)), *[told("And more " * 9)] * 5)
    text = sms.text(Letter("+4915112345678", facts=Facts(many, LINK, "48213")))
    assert text.startswith("7 tickets: Checkout 5xx; Disk full")
    assert "sev1, sev3 since 19:28 UTC" in text
    assert text.count("ACK") == 1
    assert sms.parts(Letter("+4915112345678", facts=Facts(many, LINK, "48213"))) == 1


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
