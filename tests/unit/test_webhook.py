"""What is posted to a webhook, and which answers mean what."""

from typing import Any

import pytest

from tests.examples import NOW
from tocsin import fetch
from tocsin.channels import webhook
from tocsin.errors import Fault, SendError
from tocsin.fetch import FetchError
from tocsin.letter import Facts, Letter, Told

LINK = "https://tocsin.example.com/a/abcdefghijklmnopqrstuv"
ADDRESS = "https://chat.example.com/hooks/ada"
TOLD = Told("t1", "Checkout 5xx", "sev1", "payments", "5 % fail.", NOW)
PAGE = Letter(ADDRESS, facts=Facts((TOLD,), LINK, None))


def answering(monkeypatch: pytest.MonkeyPatch, answer: int | FetchError) -> list[tuple[str, bytes]]:
    """Let webhooks answer so. Return what is posted."""
    posted: list[tuple[str, bytes]] = []

    def post(url: str, body: bytes) -> int:
        posted.append((url, body))
        if isinstance(answer, FetchError):
            raise answer
        return answer

    monkeypatch.setattr(fetch, "post", post)
    return posted


def test_a_page_says_all_in_one_line_for_people_and_by_name_for_programs() -> None:
    assert webhook.content(PAGE) == {
        "kind": "page",
        "text": f"Checkout 5xx. sev1, team payments, since 20:28 UTC. Acknowledge: {LINK}",
        "title": "Checkout 5xx",
        "severity": "sev1",
        "team": "payments",
        "link": LINK,
        "tickets": [
            {
                "ticket_id": "t1",
                "title": "Checkout 5xx",
                "severity": "sev1",
                "team": "payments",
                "description": "5 % fail.",
                "since": "2026-11-22T20:28:28.123Z",
            }
        ],
    }


def test_of_many_tickets_the_descriptions_are_left_out() -> None:
    content = webhook.content(Letter(ADDRESS, facts=Facts((TOLD, TOLD), LINK, None)))
    assert content["title"] == "2 tickets: Checkout 5xx; Checkout 5xx"
    assert ["description" in one for one in content["tickets"]] == [False, False]


def test_a_notice_is_told_from_a_page() -> None:
    notice = webhook.content(Letter(ADDRESS, "Your code", "Your code is 402716."))
    assert notice == {"kind": "notice", "text": "Your code is 402716.", "title": "Your code"}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_takes_it(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = answering(monkeypatch, status)
    assert webhook.send(PAGE) == f"HTTP {status}"
    assert [url for url, _ in posted] == [ADDRESS]


@pytest.mark.parametrize(
    ("answer", "of", "permanent"),
    [
        (404, Fault.ADDRESS, True),
        (410, Fault.ADDRESS, True),
        (302, Fault.MESSAGE, True),
        (400, Fault.MESSAGE, True),
        (401, Fault.MESSAGE, True),
        (403, Fault.MESSAGE, True),
        (408, Fault.CHANNEL, False),
        (425, Fault.CHANNEL, False),
        (429, Fault.CHANNEL, False),
        (500, Fault.CHANNEL, False),
        (503, Fault.CHANNEL, False),
        (FetchError("There was no answer in time."), Fault.CHANNEL, False),
        (FetchError("The name leads to an address that is not public.", permanent=True), Fault.MESSAGE, True),
    ],
)
def test_any_other_answer_says_what_it_is_about_and_whether_to_try_again(
    answer: Any, of: Fault, permanent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, answer)
    with pytest.raises(SendError) as refused:
        webhook.send(PAGE)
    assert (refused.value.of, refused.value.permanent) == (of, permanent)
    assert str(answer) in refused.value.detail
