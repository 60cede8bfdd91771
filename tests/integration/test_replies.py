"""SMS replies: which page is meant, what is done, and what is answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.asking import opened
from tests.world import Caller, Context, handler
from tocsin import answer, aws, clock, keys
from tocsin.page import Page
from tocsin.settings import settings
from tocsin.store import tickets

ADA, STRANGER = "+4915112345678", "+4915199999999"


def reply(text: str, number: str = ADA) -> None:
    """Give an SMS to the function, as two-way SMS delivers it."""
    sms = {"originationNumber": number, "destinationNumber": "+12125550101", "messageBody": text}
    records = [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(sms | {"messageKeyword": "X"})}}]
    handler("replies").lambda_handler({"Records": records}, Context())


def answers() -> list[str]:
    """Return the answers that were queued, taken out of the queue."""
    sqs, url = aws.client("sqs"), settings.channel_queue_url("sms")
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            notice = json.loads(message["Body"])
            assert (notice["kind"], notice["channel"], notice["address"]) == ("notice", "sms", ADA)
            found.append(str(notice["text"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def only() -> str:
    (text,) = answers()
    return text


Pages = Callable[..., str]


@pytest.fixture
def paged(acme: Caller) -> Pages:
    """Open a ticket that pages ada, and return the code of its page."""

    def page(ticket_id: str = "t1", **fields: Any) -> str:
        opened(acme, ticket_id=ticket_id, **({"title": f"Title of {ticket_id}"} | fields))
        return page_again(ticket_id)

    return page


def put_code(ticket_id: str, user: str = "ada", number: str = ADA) -> str | None:
    known = {"tenant": "acme", "ticket_id": ticket_id, "epoch": 1, "step": 1, "round": 1, "created_at": clock.now()}
    one = Page.of(known | {"user": user, "method_id": "phone", "channel": "sms", "address": number})
    return answer.put_code([one], clock.now())


def page_again(ticket_id: str, user: str = "ada", number: str = ADA) -> str:
    code = put_code(ticket_id, user, number)
    assert code
    return code


def status(acme: Caller, ticket_id: str = "t1") -> tuple[str, str | None]:
    found = acme("GET", f"/tickets/{ticket_id}").body
    return found["status"], found["acknowledged_by"]


UNREAD, ACKNOWLEDGED, RESOLVED = ("unread", None), ("under_investigation", "ada"), ("resolved", None)


@pytest.mark.parametrize("text", ["ACK {}", "ack {}", "A {}", "4 {}", "Claim {}", "{} ack", "ACK #{}", "{}", " #{}! "])
def test_a_code_names_the_page_that_is_acknowledged(acme: Caller, paged: Pages, text: str) -> None:
    other, code = paged("t2"), paged("t1")
    reply(text.format(code))
    assert status(acme) == ACKNOWLEDGED
    assert status(acme, "t2") == UNREAD
    assert only() == "Tocsin: acknowledged: Title of t1"
    assert other != code


@pytest.mark.parametrize("text", ["RESOLVE {}", "r {}", "CLOSE {}", "C {}", "6 {}", "{} resolve"])
def test_a_page_can_be_resolved(acme: Caller, paged: Pages, text: str) -> None:
    reply(text.format(paged()))
    assert status(acme) == RESOLVED
    assert only() == "Tocsin: resolved: Title of t1"


@pytest.mark.parametrize("text", ["ESCALATE {}", "e {}", "{} escalate"])
def test_the_next_step_can_be_asked_for(acme: Caller, paged: Pages, text: str) -> None:
    code = paged()
    before = tickets.get(keys.ticket("acme", "t1")) or {}
    reply(text.format(code))
    after = tickets.get(keys.ticket("acme", "t1")) or {}
    assert (after["epoch"], after["changed_by"], after["status"]) == (before["epoch"] + 1, "ada", "unread")
    assert only() == "Tocsin: the next step comes now: Title of t1"


def test_an_acknowledged_page_can_be_escalated_and_is_unread_again(acme: Caller, paged: Pages) -> None:
    code = paged()
    reply(f"ACK {code}")
    reply(f"E {code}")
    assert status(acme) == UNREAD


def test_after_the_last_step_there_is_nothing_to_escalate_to(acme: Caller, paged: Pages) -> None:
    rule = {"rule_id": "r1", "name": "R", "team": "payments", "page": False}
    assert acme("POST", "/rules", rule).status == 201
    code = paged()
    before = tickets.get(keys.ticket("acme", "t1"))
    reply(f"E {code}")
    assert tickets.get(keys.ticket("acme", "t1")) == before
    assert only() == "Tocsin: nothing comes after the last step: Title of t1"


def test_what_is_resolved_is_not_escalated(acme: Caller, paged: Pages) -> None:
    code = paged()
    reply(f"R {code}")
    answers()
    reply(f"E {code}")
    assert status(acme) == RESOLVED
    assert only() == "Tocsin: resolved: Title of t1"


@pytest.mark.parametrize("word", ["ACK", "RESOLVE", "C", "ESCALATE"])
def test_without_a_code_the_only_open_page_is_meant(acme: Caller, paged: Pages, word: str) -> None:
    paged("t2")
    acme("PATCH", "/tickets/t2", {"status": "resolved"})
    paged("t1")
    before = acme("GET", "/tickets/t1").body
    reply(word)
    assert acme("GET", "/tickets/t1").body != before
    assert "Title of t1" in only()


def test_several_pages_of_one_ticket_are_one(acme: Caller, paged: Pages) -> None:
    paged()
    page_again("t1")
    reply("ACK")
    assert status(acme) == ACKNOWLEDGED


def test_with_several_open_pages_nothing_changes_and_they_are_listed(acme: Caller, paged: Pages, now: Any) -> None:
    codes = []
    for number in range(7):
        codes.append(paged(f"t{number}"))
        now(seconds=1)
    reply("ACK")
    assert {status(acme, f"t{number}") for number in range(7)} == {UNREAD}
    listed = "; ".join(f"{code} Title of t{number}" for number, code in reversed(list(enumerate(codes))[2:]))
    assert only() == f"Tocsin: 7 open pages, which one? {listed} and 2 more"


def test_pages_that_are_acknowledged_are_no_choice_for_ack_but_for_resolve(acme: Caller, paged: Pages) -> None:
    first = paged("t1")
    reply(f"ACK {first}")
    paged("t2")
    reply("ACK")
    assert status(acme, "t2") == ACKNOWLEDGED
    reply("RESOLVE")
    assert status(acme, "t1") == status(acme, "t2") == ACKNOWLEDGED
    assert "2 open pages" in answers()[-1]


@pytest.mark.parametrize(("text", "expected"), [("ACK ALL", ACKNOWLEDGED), ("AA", ACKNOWLEDGED), ("CC", RESOLVED)])
def test_all_open_pages_of_a_number_can_be_meant(
    acme: Caller, paged: Pages, text: str, expected: tuple[str, str | None]
) -> None:
    for number in range(3):
        paged(f"t{number}")
    reply(text)
    assert {status(acme, f"t{number}") for number in range(3)} == {expected}
    assert only() == "Tocsin: done for 3 pages."


def test_without_an_open_page_that_is_said(acme: Caller, paged: Pages) -> None:
    reply(f"C {paged()}")
    reply("ACK")
    reply("AA")
    assert answers()[1:] == ["Tocsin: you have no open page."] * 2


def test_who_is_late_is_told_who_was_faster(acme: Caller, paged: Pages) -> None:
    code = paged()
    acme("PATCH", "/tickets/t1", {"status": "under_investigation", "by": "bob"})
    reply(f"ACK {code}")
    assert status(acme) == ("under_investigation", "bob")
    assert only().startswith("Tocsin: bob was faster at ")


def test_a_code_works_until_the_ticket_is_resolved_and_says_so_then(acme: Caller, paged: Pages) -> None:
    code = paged()
    acme("PATCH", "/tickets/t1", {"status": "resolved"})
    reply(f"ACK {code}")
    assert only() == "Tocsin: resolved: Title of t1"
    assert status(acme) == RESOLVED


def test_a_code_ends_after_seven_days(acme: Caller, paged: Pages, now: Any) -> None:
    code = paged()
    now(days=7)
    reply(f"ACK {code}")
    assert status(acme) == UNREAD
    assert only() == f"Tocsin: no page has the code {code}. Nothing was changed."


def test_a_code_is_good_for_its_number_alone(acme: Caller, paged: Pages) -> None:
    code = paged()
    reply(f"ACK {code}", "+4915112345679")
    assert status(acme) == UNREAD
    assert answers() == []


@pytest.mark.parametrize("text", ["ACK 00000", "00000", "ack 123", "C 1234567890", "48213 48214"])
def test_other_digits_are_a_wrong_code(acme: Caller, paged: Pages, text: str) -> None:
    paged()
    reply(text)
    assert status(acme) == UNREAD
    assert "no page has the code" in only()


@pytest.mark.parametrize("text", ["Who is this?", "on my way", "", "\U0001f44d", "can somebody ack this?"])
def test_a_text_without_these_words_changes_nothing_and_gets_help(acme: Caller, paged: Pages, text: str) -> None:
    paged()
    reply(text)
    assert status(acme) == UNREAD
    assert only().startswith("Tocsin: reply ACK")


def test_help_is_given(acme: Caller, paged: Pages) -> None:
    paged()
    reply("HELP")
    assert only().startswith("Tocsin: reply ACK")


def test_five_wrong_codes_in_ten_minutes_mute_a_number(acme: Caller, paged: Pages, now: Any) -> None:
    code = paged()
    for _ in range(5):
        reply("ACK 00000")
        now(minutes=1)
    for text in (f"ACK {code}", "ACK", "AA", f"C {code}"):
        reply(text)
    assert status(acme) == UNREAD
    now(minutes=5, seconds=1)  # the first was ten minutes ago
    reply(f"ACK {code}")
    assert status(acme) == ACKNOWLEDGED


def test_four_wrong_codes_do_not_mute(acme: Caller, paged: Pages) -> None:
    code = paged()
    for _ in range(4):
        reply("ACK 00000")
    reply(f"ACK {code}")
    assert status(acme) == ACKNOWLEDGED


def test_a_number_gets_five_answers_an_hour_and_is_heard_all_the_same(acme: Caller, paged: Pages, now: Any) -> None:
    code = paged()
    for _ in range(7):
        reply("HELP")
    assert len(answers()) == 5
    reply(f"ACK {code}")
    assert status(acme) == ACKNOWLEDGED
    assert answers() == []
    now(hours=1, seconds=1)
    reply("HELP")
    assert len(answers()) == 1


@pytest.mark.parametrize("text", ["ACK", "ACK 48213", "AA", "HELP", "START", "STOP", "hello"])
def test_strangers_get_no_answer(acme: Caller, paged: Pages, text: str) -> None:
    paged()
    reply(text, STRANGER)
    assert status(acme) == UNREAD
    assert answers() == []


def test_stop_ends_answers_until_start_and_commands_count_all_the_same(acme: Caller, paged: Pages) -> None:
    code = paged()
    reply("STOP")
    reply("HELP")
    assert answers() == []
    assert (tickets.get(keys.phone(ADA)) or {})["stopped"] is True
    reply(f"ACK {code}")
    assert status(acme) == ACKNOWLEDGED
    assert answers() == []
    reply("START")
    assert "stopped" not in (tickets.get(keys.phone(ADA)) or {})
    assert only().startswith("Tocsin: you get pages again.")


def test_a_code_in_use_is_not_given_again_until_it_has_expired(acme: Caller, now: Any) -> None:
    opened(acme, ticket_id="t1")
    for _ in range(2):
        given = [page_again("t1") for _ in range(60)]
        assert len(set(given)) == 60
        now(days=7, milliseconds=1)


def test_a_company_has_a_hundred_codes_at_a_number_and_pages_go_without_one_then(acme: Caller) -> None:
    opened(acme, ticket_id="t1")
    given = [code for _ in range(120) if (code := put_code("t1"))]
    assert 80 <= len(given) <= 100
    assert len(set(given)) == len(given)
    assert page_again("t1", "bob", "+4915112345679")


@pytest.mark.parametrize(
    "message",
    ["no json", "[]", "{}", '{"originationNumber": "5", "messageBody": "ACK"}', '{"originationNumber": null}'],
)
def test_what_is_no_sms_is_dropped(acme: Caller, paged: Pages, message: str) -> None:
    paged()
    handler("replies").lambda_handler({"Records": [{"Sns": {"Message": message}}]}, Context())
    assert status(acme) == UNREAD
    assert answers() == []


def test_a_number_may_be_written_with_spaces(acme: Caller, paged: Pages) -> None:
    code = paged()
    reply(f"ACK {code}", "+49 151 12345678")
    assert status(acme) == ACKNOWLEDGED
