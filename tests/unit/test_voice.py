"""What a call says: all of it twice, numbers digit by digit, and how to answer by SMS."""

from tests.examples import NOW
from tocsin.channels import voice
from tocsin.letter import Facts, Letter, Told

LINK = "https://tocsin.example.com/a/abcdefghijklmnopqrstuv"


def page(title: str = "Checkout 5xx", code: str | None = "48213", tickets: int = 1) -> Letter:
    told = Told("t1", title, "sev1", "payments", "Long.", NOW)
    return Letter("+4915112345678", facts=Facts((told,) * tickets, LINK, code))


def test_a_call_says_what_how_bad_whose_since_when_and_how_to_answer_and_all_of_it_twice() -> None:
    said = (
        "Tocsin. sev1. Checkout 5xx. Team payments. Since 20:28 U T C. "
        "To acknowledge, text A C K 4, 8, 2, 1, 3 to the number that calls you."
    )
    assert voice.text(page()) == f"{said} Again: {said}"


def test_without_a_code_nobody_is_asked_to_text_one() -> None:
    assert "text A C K" not in voice.text(page(code=None))


def test_a_link_is_not_read_out() -> None:
    assert "tocsin.example.com" not in voice.text(page())


def test_a_code_is_read_digit_by_digit() -> None:
    said = voice.text(Letter("+4915112345678", "", "Your code for Tocsin is 402716. It is good for 10 minutes."))
    assert said.count("is 4, 0, 2, 7, 1, 6. It is good for 10 minutes.") == 2


def test_whatever_a_ticket_is_called_it_fits_what_aws_reads_out() -> None:
    for title in ("x" * 1024, "9" * 1024, "a\n\tb"):
        for tickets in (1, 200):
            assert 0 < len(voice.text(page(title, tickets=tickets))) <= 3000
    assert "\n" not in voice.text(page("a\n\tb"))
