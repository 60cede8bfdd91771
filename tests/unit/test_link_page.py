from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import NOW, a_ticket
from tocsin import link_page
from tocsin.links import Seen
from tocsin.ticket import Status

TEXT = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: text.replace("\n", " "))
MARKUP = TEXT | st.text("<>&\"'/ab!-= ")


class Tags(HTMLParser):
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


def shown(user: str = "bob", **fields: Any) -> str:
    return link_page._shown(Seen([a_ticket(**fields)], user))


def test_an_unread_ticket_has_a_button() -> None:
    html = shown(description="5 % fail.")
    assert '<form method="post"><button>Acknowledge</button></form>' in html
    for part in ("Checkout 5xx", "sev1", "payments", "2026-11-22 20:28 UTC", "5 % fail."):
        assert part in html


def test_several_tickets_are_told_without_their_descriptions() -> None:
    html = link_page._shown(Seen([a_ticket(description="d" * 2_000)] * 200, "bob"))
    assert html.count("Checkout 5xx") == 200
    assert "ddd" not in html


def test_several_tickets_have_one_button_while_one_is_unread() -> None:
    done = a_ticket(title="Disk full", status=Status.PENDING_FIX)
    html = link_page._shown(Seen([a_ticket(), done], "bob"))
    assert html.count("<form") == 1
    assert "Acknowledge all" in html
    assert "Checkout 5xx" in html
    assert "Disk full" in html
    assert "<form" not in link_page._shown(Seen([done, done], "bob"))


@pytest.mark.parametrize(
    ("status", "by", "said"),
    [
        (Status.UNDER_INVESTIGATION, "ada", "Acknowledged by ada, 2026-11-22 20:30 UTC."),
        (Status.UNDER_INVESTIGATION, "bob", "Acknowledged by you, 2026-11-22 20:30 UTC."),
        (Status.PENDING_FIX, "ada", "Waiting for a fix by ada, 2026-11-22 20:30 UTC."),
        (Status.RESOLVED, "ada", "Resolved by ada, 2026-11-22 20:30 UTC."),
    ],
)
def test_of_an_acknowledged_ticket_the_page_says_by_whom_and_when(status: Status, by: str, said: str) -> None:
    html = shown(status=status, acknowledged_by=by, acknowledged_at=NOW + timedelta(minutes=2))
    assert said in html
    assert "<button>" not in html


def test_a_ticket_resolved_without_an_acknowledgement_says_so_alone() -> None:
    assert "<strong>Resolved.</strong>" in shown(status=Status.RESOLVED)


PLAIN_TAGS = Tags(shown(description="x")).tags


@given(title=MARKUP, severity=MARKUP, team=MARKUP, description=MARKUP.filter(bool))
def test_nothing_a_ticket_says_becomes_markup(title: str, severity: str, team: str, description: str) -> None:
    html = shown(title=title, severity=severity, team=team, description=description)
    assert Tags(html).tags == PLAIN_TAGS


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</h1>", "<!--"])
def test_markup_is_shown_as_it_was_written(text: str) -> None:
    html = shown(title=text, severity=text, team=text, description=text)
    html += shown(acknowledged_by=text, status=Status.PENDING_FIX)
    assert Tags(html).text.count(text) == 5


def request(method: str, path: str) -> dict[str, Any]:
    return {"rawPath": path, "requestContext": {"http": {"method": method}}}


@pytest.mark.parametrize(
    "path",
    ["/a/", "/a/short", "/a/" + "x" * 23, "/a/" + "\u0661" * 22, "/a/abcdefghijklmnopqrstu-", "/b/" + "x" * 22, "/"],
)
def test_what_cannot_be_a_link_is_unknown_without_being_looked_up(path: str) -> None:
    answer = link_page.answer(request("GET", path), NOW)
    assert answer["statusCode"] == 404
    assert "There is no such link." in answer["body"]


def test_a_method_that_a_link_does_not_take_is_refused() -> None:
    answer = link_page.answer(request("DELETE", "/a/" + "x" * 22), NOW)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD, POST")


def test_a_page_is_kept_nowhere_framed_nowhere_and_loads_nothing() -> None:
    headers = link_page.answer(request("GET", "/a/x"), NOW)["headers"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
