"""What tests of tickets ask the API for, and what they read of its answers."""

from typing import Any

from tests.world import Answer, Caller
from tocsin import keys
from tocsin.store import tickets

OPEN = {"team": "payments", "title": "Checkout 5xx above 2%"}
WHOLE = {
    **OPEN,
    "severity": "sev1",
    "description": "Three in a row.",
    "labels": {"service": "checkout"},
    "links": [{"href": "https://example.com/d/1", "text": "dashboard"}],
    "ticket_id": "t1",
}


def opened(caller: Caller, **fields: Any) -> dict[str, Any]:
    answer = caller("POST", "/tickets", OPEN | fields)
    assert answer.status == 201
    return dict(answer.body)


def patch(caller: Caller, change: dict[str, Any]) -> dict[str, Any]:
    answer = caller("PATCH", "/tickets/t1", change)
    assert answer.status == 200
    return dict(answer.body)


def row(ticket_id: str) -> dict[str, Any]:
    found = tickets.get(keys.ticket("acme", ticket_id))
    assert found
    return found


def listed(caller: Caller, **query: Any) -> list[str]:
    """Return the ids of a whole list, page by page."""
    found: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = caller("GET", "/tickets", query=query | cursor).body
        found += [item["ticket_id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            return found
        cursor = {"cursor": answer["next_cursor"]}


def locs(answer: Answer) -> list[list[Any]]:
    assert answer.status == 422
    return [error["loc"] for error in answer.body["errors"]]
