import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import gsm

LINK = "https://tocsin.example.com/a/abcdefghijklmnopqrstuv"


def page(
    title: str = "Checkout 5xx above 2%", severity: str = "sev1", code: str | None = "48213", link: str = LINK
) -> str:
    return gsm.page_text(title=title, severity=severity, since="20:28 UTC", code=code, link=link)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 153, 3),
        ("a" * 152 + "€" * 76, 2),
        ("a" * 152 + "€" * 77, 3),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("\U0001f525" * 35, 1),
        ("\U0001f525" * 36, 2),
        ("\U0001f525" * 67, 3),
        ("a" * 70 + "ж", 2),
        ("`" * 71, 2),
    ],
)
def test_the_parts_of_a_message_are_counted(text: str, count: int) -> None:
    assert gsm.segments(text) == count


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Caf\u00e9 \u2013 \u201c\u00fcber\u201d\u2026", 'Caf\u00e9 - "\u00fcber"...'),
        ("\u00e7a va, \u0141\u00f3d\u017a?", "ca va, Lodz?"),
        ("it\u2019s `x`", "it's 'x'"),
        ("\U0001f525 fire \u2764\ufe0f", " fire "),
        ("90 \u00b0C \u2265 80, 5 \u00b5s, m\u00b2, \u00bd", "90 degC >= 80, 5 us, m2, 1/2"),
        ("db \u0416 down", "db ? down"),
        ("e\u0301", "\u00e9"),
        ("\u20ac[5]", "\u20ac[5]"),
    ],
)
def test_what_the_alphabet_lacks_is_spelled_plainly(text: str, plain: str) -> None:
    assert gsm.to_gsm(text) == plain


@pytest.mark.parametrize("text", ["\u0421\u0435\u0440\u0432\u0435\u0440 db1", "\u670d\u52a1\u5668 5xx"])
def test_another_script_stays_as_it_is(text: str) -> None:
    assert gsm.to_gsm(text) == text


@given(st.text(st.characters(max_codepoint=0x24F), max_size=50))
def test_latin_text_comes_out_in_the_alphabet_or_untouched(text: str) -> None:
    plain = gsm.to_gsm(text)
    assert gsm.segments(plain) <= gsm.segments("a" * len(plain) * 4)


def test_a_page_says_what_how_bad_since_when_how_to_answer_and_where() -> None:
    assert page() == f"Checkout 5xx above 2%. sev1 since 20:28 UTC. Reply ACK 48213 {LINK}"


def test_a_page_without_a_code_asks_for_no_reply() -> None:
    assert page(code=None) == f"Checkout 5xx above 2%. sev1 since 20:28 UTC. {LINK}"


@pytest.mark.parametrize("title", ["x" * 1024, "{" * 500, "\u00e9" * 200, "a b " * 100])
def test_a_long_title_is_cut_to_one_part(title: str) -> None:
    text = page(title)
    assert gsm.segments(text) == 1
    assert text.endswith(f"... sev1 since 20:28 UTC. Reply ACK 48213 {LINK}".removeprefix("..."))
    assert "..." in text


def test_a_title_in_another_script_is_readable_and_takes_few_parts() -> None:
    text = page(
        "\u0421\u0435\u0440\u0432\u0435\u0440 \u043d\u0435 \u043e\u0442\u0432\u0435\u0447\u0430\u0435\u0442" * 50
    )
    assert text.startswith("\u0421\u0435\u0440\u0432\u0435\u0440")
    assert gsm.segments(text) == 2
    assert text.endswith(f"Reply ACK 48213 {LINK}")


def test_line_breaks_controls_and_reading_direction_are_folded() -> None:
    assert page("a\r\nb\tc\x00d\u202ee\u2028f  g").startswith("a b c de f g. sev1")


def test_a_title_of_pictures_is_said_to_be_none() -> None:
    assert page("\U0001f525\U0001f525").startswith("(no title). sev1")


def test_a_link_too_long_for_one_part_takes_more() -> None:
    link = "https://tocsin.example.com/" + "x" * 300
    text = page(link=link)
    assert text.startswith("Checkout 5xx above 2%. sev1")
    assert text.endswith(link)
    assert gsm.segments(text) == 3


@given(st.text(max_size=300), st.text(max_size=40), st.sampled_from([None, "48213"]), st.integers(0, 400))
def test_any_page_keeps_its_code_and_link_on_one_line(title: str, severity: str, code: str | None, length: int) -> None:
    link = LINK + "x" * length
    text = page(title, severity, code, link)
    assert text.endswith(f"Reply ACK {code} {link}" if code else f"since 20:28 UTC. {link}")
    assert "\n" not in text
    assert "\r" not in text


@given(st.text(st.characters(codec="ascii"), max_size=300))
def test_an_ascii_page_takes_one_part(title: str) -> None:
    assert gsm.segments(page(title)) == 1
