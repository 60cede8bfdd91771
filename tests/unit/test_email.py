from email import message_from_string
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import NOW
from tocsin.channels import email
from tocsin.letter import Facts, Letter, Told

LINK = "https://tocsin.example.com/a/abcdefghijklmnopqrstuv"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
MARKUP = TEXT | st.text("<>&\"'/ab!-= ")


def told(**fields: str) -> Told:
    known = {
        "ticket_id": "t1",
        "title": "Checkout 5xx",
        "severity": "sev1",
        "team": "payments",
        "description": "5 % fail.",
    }
    return Told(**(known | fields), since=NOW)


def a_letter(*, link: str = LINK, **fields: str) -> Letter:
    return Letter("ada@example.com", facts=Facts((told(**fields),), link, None))


class Seen(HTMLParser):
    """What a mail reader would make of the HTML: tags with their attributes, and the text between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


PLAIN_TAGS = Seen(email.content(a_letter())[2]).tags


def test_an_email_says_what_how_bad_whose_since_when_and_how_to_answer() -> None:
    subject, plain, html = email.content(a_letter())
    assert subject == "[sev1] Checkout 5xx (payments)"
    assert plain == (
        "Checkout 5xx\n\nSeverity sev1, team payments, since 2026-11-22 20:28 UTC.\n\n"
        f"5 % fail.\n\nAcknowledge: {LINK}\n"
    )
    assert f'<a href="{LINK}">' in html
    assert all(word in Seen(html).text for word in ("Checkout 5xx", "sev1", "payments", "5 % fail."))


def test_an_email_about_several_tickets_names_each_and_is_answered_by_one_link() -> None:
    both = Facts((told(), told(title="Disk <full>", severity="sev3", team="search")), LINK, None)
    subject, plain, html = email.content(Letter("ada@example.com", facts=both))
    assert subject == "[sev1, sev3] 2 tickets: Checkout 5xx; Disk <full> (payments, search)"
    assert plain.startswith("2 tickets, acknowledged together:\n\nCheckout 5xx\n\nSeverity sev1, team payments")
    assert "Disk <full>\n\nSeverity sev3, team search" in plain
    assert plain.endswith(f"Acknowledge: {LINK}\n")
    assert "5 % fail." not in plain, "the descriptions of many would make it too long"
    assert "Disk <full>" in Seen(html).text
    assert html.count(LINK) == 1


def test_a_notice_is_told_in_its_own_words() -> None:
    subject, plain, html = email.content(Letter("ada@example.com", subject="Your code", text="It is\n402716 <b>"))
    assert (subject, plain) == ("Your code", "It is\n402716 <b>")
    assert "It is<br>402716 &lt;b&gt;" in html


@given(title=TEXT, severity=TEXT, team=TEXT)
def test_nothing_a_ticket_says_becomes_a_header(title: str, severity: str, team: str) -> None:
    subject, _, _ = email.content(a_letter(title=title, severity=severity, team=team))
    assert len(subject) <= 200
    assert subject.isprintable()
    assert subject.splitlines() in ([subject], [])
    message = EmailMessage()
    message["Subject"] = subject  # the standard library refuses line ends here
    assert message_from_string(message.as_string()).keys() == message.keys()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\0"])
def test_a_line_end_in_a_title_does_not_begin_another_header(end: str) -> None:
    subject, _, _ = email.content(a_letter(title=f"Down{end}Bcc: eve@example.com"))
    assert subject == "[sev1] Down Bcc: eve@example.com (payments)"
    subject, _, _ = email.content(Letter("a@example.com", subject=f"Code{end}Bcc: eve@example.com", text=""))
    assert subject == "Code Bcc: eve@example.com"


@given(title=MARKUP, severity=MARKUP, team=MARKUP, description=MARKUP.filter(lambda text: "\n" not in text and text))
def test_nothing_a_ticket_says_becomes_markup(title: str, severity: str, team: str, description: str) -> None:
    _, _, html = email.content(a_letter(title=title, severity=severity, team=team, description=description))
    assert Seen(html).tags == PLAIN_TAGS


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</body>", "<!--", "&lt;b&gt;", "]]>"]
)
def test_markup_is_shown_as_it_was_written(text: str) -> None:
    _, _, html = email.content(a_letter(title=text, severity=text, team=text, description=text))
    assert Seen(html).text.count(text) == 4
    assert Seen(html).tags == PLAIN_TAGS


def test_lines_of_a_description_stay_lines() -> None:
    _, plain, html = email.content(a_letter(description="one\ntwo"))
    assert "one\ntwo" in plain
    assert "one<br>two" in html
    _, plain, html = email.content(a_letter(description=""))
    assert "<p></p>" not in html
    assert "\n\n\n" not in plain


def test_a_long_title_is_cut_in_the_subject_alone() -> None:
    subject, plain, _ = email.content(a_letter(title="x" * 1024))
    assert (len(subject), subject[-3:]) == (200, "...")
    assert "x" * 1024 in plain
