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


# --- to the last place


@pytest.mark.parametrize(
    ("text", "count"),
    [("\uffff" * 70, 1), ("\U00010000" * 35, 1), ("\U00010000" * 36, 2)],
)
def test_a_character_takes_two_units_from_where_sixteen_bits_end(text: str, count: int) -> None:
    assert gsm.segments(text) == count


def test_a_text_half_of_whose_letters_are_lost_is_spelled_plainly_and_one_that_loses_more_stays() -> None:
    assert gsm.to_gsm("db \u0416\u0416 1") == "db ?? 1"
    assert gsm.to_gsm("d \u0416\u0416 1") == "d \u0416\u0416 1"


def test_signs_that_only_change_others_are_left_out() -> None:
    assert gsm.to_gsm("a\u02c2b\u0483c") == "abc"


def test_every_kind_of_space_is_one() -> None:
    assert page("a\u00a0\u00a0b\u3000c\u2029d\u2028e").startswith("a b c d e. sev1")


def test_what_is_not_seen_is_left_out_in_every_script() -> None:
    script = "\u0421\u0435\u0440\u0432\u0435\u0440"
    for unseen in ("\u202e", "\ud800", "\ue000", "\u0378"):
        assert page(script + unseen) == page(script)


REST = page("").removeprefix("(no title)")
ROOM = 160 - len(REST)


def test_a_title_that_just_fits_is_not_cut_and_one_that_does_not_fills_the_part() -> None:
    assert page("x" * ROOM) == "x" * ROOM + REST
    assert page("x" * (ROOM + 1)) == "x" * (ROOM - 3) + "..." + REST


def test_no_blank_stands_before_the_dots_of_a_cut() -> None:
    for prefix in range(4):
        text = page("x" * prefix + "abc " * 50)
        assert "..." in text
        assert " ..." not in text


def test_a_title_is_cut_to_twenty_characters_to_save_a_part_and_no_further() -> None:
    longer = LINK + "y" * (ROOM - 20)
    assert page("x" * 30, link=longer) == "x" * 17 + "..." + REST.replace(LINK, longer)
    text = page("x" * 30, link=longer + "y")
    assert text.startswith("x" * 30 + ".")
    assert gsm.segments(text) == 2


def test_a_title_in_another_script_is_cut_to_one_part_where_it_can_be() -> None:
    text = page("\u0416" * 100, code=None, link="https://a.b/c")
    assert text == "\u0416" * 30 + ".... sev1 since 20:28 UTC. https://a.b/c"


@pytest.mark.parametrize(("pair", "single", "length"), [("{", "a", 105), ("\U00010400", "\u0416", 15)])
def test_a_page_of_two_parts_leaves_a_place_empty_before_what_must_not_be_cut_in_two(
    pair: str, single: str, length: int
) -> None:
    for before in range(4):
        for pairs in range(100):
            title = single * before + pair * pairs + single * 9
            text = page(title, code=None, link="https://a.b/" + "x" * length)
            assert gsm.segments(text) <= 2


def test_a_page_of_two_parts_shows_as_much_of_its_title_as_two_parts_hold() -> None:
    link = LINK + "y" * ROOM
    text = page("x" * 1000, link=link)
    assert (gsm.segments(text), len(text)) == (2, 2 * 152)
    script = page("\u0416" * 1000, code=None, link="https://a.b/" + "y" * 30)
    assert (gsm.segments(script), len(script)) == (2, 2 * 66)
