"""What happened to a ticket, as the API tells it: notes, history, pages."""

from typing import Any

import pytest

from tests.integration.asking import OPEN, locs, patch, row
from tests.world import Caller, Context, handler
from tocsin import clock, page, rows
from tocsin.page import Page
from tocsin.store import tickets


def test_a_note_is_put_once(ticket: Caller) -> None:
    made = ticket("POST", "/tickets/t1/notes", {"text": "Looking.", "by": "ada", "note_id": "n1"})
    assert (made.status, made.headers["location"]) == (201, "/api/v1/tickets/t1/notes/n1")
    at = made.body["created_at"]
    assert made.body == {
        "note_id": "n1",
        "ticket_id": "t1",
        "text": "Looking.",
        "actor": "ada",
        "created_at": at,
    }
    again = ticket("POST", "/tickets/t1/notes", {"text": "Looking.", "by": "ada", "note_id": "n1"})
    assert (again.status, again.body) == (200, made.body)
    assert ticket("POST", "/tickets/t1/notes", {"text": "Other.", "note_id": "n1"}).status == 409
    assert ticket("POST", "/tickets/t1/notes", {"text": "Mine."}).body["actor"] == "api_key:k1"


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body", "text"]),
        ({"text": ""}, ["body", "text"]),
        ({"text": "x" * 10_001}, ["body", "text"]),
        ({"text": "x", "by": "nosuch"}, ["body", "by"]),
        ({"text": "x", "note_id": "a b"}, ["body", "note_id"]),
    ],
)
def test_a_wrong_note_is_named(ticket: Caller, body: dict[str, Any], loc: list[str]) -> None:
    assert locs(ticket("POST", "/tickets/t1/notes", body)) == [loc]


def tell(old: dict[str, Any] | None, new: dict[str, Any]) -> None:
    """Give a write to the historian, as the table's stream does."""
    images = {"NewImage": rows.item(new), **({"OldImage": rows.item(old)} if old else {})}
    handler("historian").lambda_handler({"Records": [{"dynamodb": images | {"SequenceNumber": "1"}}]}, Context())


def test_the_history_is_told_oldest_first_and_in_pages(ticket: Caller, now: Any) -> None:
    images = [row("t1")]
    tell(None, images[0])
    for change in ({"title": "A"}, {"severity": "sev3"}, {"status": "under_investigation"}, {"status": "resolved"}):
        now(seconds=1)
        patch(ticket, change)
        images.append(row("t1"))
        tell(images[-2], images[-1])
    tell(images[-2], images[-1])  # a stream tells some things twice
    first = ticket("GET", "/tickets/t1/history", query={"limit": 3}).body
    second = ticket("GET", "/tickets/t1/history", query={"limit": 3, "cursor": first["next_cursor"]}).body
    assert second["next_cursor"] is None
    lines = first["items"] + second["items"]
    assert [line["kind"] for line in lines] == ["opened", "edited", "edited", "acknowledged", "resolved"]
    assert all(set(line) == {"at", "kind", "actor", "text", "data"} for line in lines)
    assert lines[3]["data"] == {"from": "unread", "to": "under_investigation"}


def test_pages_show_the_end_of_an_address_alone(ticket: Caller) -> None:
    epoch = row("t1")["epoch"]
    known = {"tenant": "acme", "ticket_id": "t1", "epoch": epoch, "step": 1, "round": 1, "created_at": clock.now()}
    sms = Page.of(known | {"user": "ada", "method_id": "phone", "channel": "sms", "address": "+4915112345678"})
    mail = Page.of(known | {"user": "bob", "method_id": "mail", "channel": "email", "address": "bob@example.com"})
    for one in (sms, mail):
        tickets.put(page.row(one))
    tickets.update(sms.key, page.sent(sms, "id-1", "48213", clock.now()))
    answer = ticket("GET", "/tickets/t1/pages", query={"limit": 1}).body
    (shown,) = answer["items"]
    assert (shown["status"], shown["attempts"], shown["error"]) == ("sent", 0, None)
    assert (shown["user"], shown["method_id"], shown["channel"]) == ("ada", "phone", "sms")
    assert shown["sent_at"] is not None
    assert shown["address"].endswith("678")
    assert "4915112345" not in str(answer)
    assert "48213" not in str(answer)
    (shown,) = ticket("GET", "/tickets/t1/pages", query={"cursor": answer["next_cursor"]}).body["items"]
    assert (shown["address"], shown["status"], shown["sent_at"]) == ("b***@example.com", "pending", None)


def test_a_viewer_reads_and_a_responder_changes(ticket: Caller) -> None:
    viewer, responder = Caller(role="viewer"), Caller(role="responder")
    assert viewer("GET", "/tickets/t1/history").status == 200
    for method, path, body in [("POST", "", OPEN), ("PATCH", "/t1", {}), ("POST", "/t1/notes", {"text": "x"})]:
        assert viewer(method, f"/tickets{path}", body).status == 403
        assert responder(method, f"/tickets{path}", body).status in (200, 201)
