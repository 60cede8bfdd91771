"""The link in a message: a page that shows the ticket and a button."""

from typing import Any

import pytest

from tests.integration.asking import row
from tests.world import Answer, Caller, call, request
from tocsin import answer, clock, ids
from tocsin.page import Page
from tocsin.store import tickets


def visit(method: str, token: str) -> Answer:
    found = call("links", request(method, f"/a/{token}"))
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.headers["referrer-policy"] == "no-referrer"
    assert found.body.startswith("<!doctype html>")
    return found


@pytest.fixture
def token(ticket: Caller) -> str:
    """The link of ada's page of the ticket t1."""
    known = {"tenant": "acme", "ticket_id": "t1", "epoch": 1, "step": 1, "round": 1, "created_at": clock.now()}
    page = Page.of(known | {"user": "ada", "method_id": "phone", "channel": "sms", "address": "+4915112345678"})
    return answer.put_link([page], clock.now())


def test_a_link_shows_the_ticket_and_changes_nothing(ticket: Caller, token: str) -> None:
    before = row("t1")
    shown = visit("GET", token)
    assert shown.status == 200
    for part in ("Checkout 5xx above 2%", "sev1", "payments", "Three in a row.", "<button>Acknowledge</button>"):
        assert part in shown.body
    assert visit("HEAD", token).status == 200
    assert row("t1") == before


def test_a_press_on_the_button_acknowledges(ticket: Caller, token: str) -> None:
    done = visit("POST", token)
    assert done.status == 200
    assert "Acknowledged by you" in done.body
    changed = ticket("GET", "/tickets/t1").body
    assert (changed["status"], changed["acknowledged_by"], changed["due_at"]) == ("under_investigation", "ada", None)
    again = visit("POST", token)
    assert (again.status, "Acknowledged by you" in again.body) == (200, True)
    assert ticket("GET", "/tickets/t1").body == changed


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_is_late_sees_who_was_faster_and_when(ticket: Caller, token: str, method: str) -> None:
    changed = ticket("PATCH", "/tickets/t1", {"status": "under_investigation", "by": "bob"}).body
    shown = visit(method, token)
    at = changed["acknowledged_at"][:16].replace("T", " ")
    assert shown.status == 200
    assert f"Acknowledged by bob, {at} UTC" in shown.body
    assert "<button>" not in shown.body


def test_a_link_works_in_any_later_step_and_again_when_the_ticket_is_unread_again(ticket: Caller, token: str) -> None:
    ticket("PATCH", "/tickets/t1", {"status": "pending_fix", "by": "bob"})
    ticket("PATCH", "/tickets/t1", {"status": "unread"})
    assert "<button>" in visit("GET", token).body
    visit("POST", token)
    assert ticket("GET", "/tickets/t1").body["acknowledged_by"] == "ada"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_ends_with_its_ticket(ticket: Caller, token: str, method: str) -> None:
    ticket("PATCH", "/tickets/t1", {"status": "resolved"})
    assert visit(method, token).status == 410


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_ends_after_seven_days(ticket: Caller, token: str, now: Any, method: str) -> None:
    now(days=6, hours=23, minutes=59)
    assert visit("GET", token).status == 200
    now(minutes=1, seconds=1)
    assert visit(method, token).status == 410
    assert ticket("GET", "/tickets/t1").body["status"] == "unread"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_link_is_not_found(ticket: Caller, token: str, method: str) -> None:
    for unknown in ("x" * 22, token.swapcase(), token[:-1], token + "x", "", "%00" * 7 + "x", "../t1"):
        assert visit(method, unknown).status == 404, unknown


def test_a_link_whose_ticket_is_gone_says_so(ticket: Caller, token: str) -> None:
    tickets.delete({"pk": row("t1")["pk"], "sk": "TICKET"})
    for method in ("GET", "POST"):
        assert visit(method, token).status == 410


def test_a_links_token_itself_is_not_stored(ticket: Caller, token: str) -> None:
    stored = tickets.get({"pk": f"LINK#{ids.sha256(token)}", "sk": "LINK"})
    assert stored
    assert token not in str(stored)


def test_a_link_takes_no_other_method(ticket: Caller, token: str) -> None:
    assert visit("PUT", token).status == 405
    assert visit("DELETE", token).headers["allow"] == "GET, HEAD, POST"
