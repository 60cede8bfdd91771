"""What is left of a ticket goes when the table has deleted its row."""

from typing import Any

import pytest

from tests.integration.asking import WHOLE, opened, row
from tests.world import Caller, Context, handler
from tocsin import clearing, keys, rows
from tocsin.rows import Row
from tocsin.store import tickets

LONG = "x" * 5_000


@pytest.fixture
def resolved(acme: Caller) -> Row:
    """A ticket with a long text, notes and a dedup key, as its row was when it was resolved."""
    opened(acme, **WHOLE | {"description": LONG, "dedup_key": "disk"})
    for number in range(5):
        assert acme("POST", "/tickets/t1/notes", {"text": "Looking.", "note_id": f"n{number}"}).status == 201
    assert acme("PATCH", "/tickets/t1", {"status": "resolved"}).status == 200
    return row("t1")


def removal(gone: Row) -> dict[str, Any]:
    """Return the stream's record of it that a ticket's row is gone."""
    change = {"Keys": rows.item(keys.ticket("acme", "t1")), "OldImage": rows.item(gone), "SequenceNumber": "1"}
    return {"eventName": "REMOVE", "dynamodb": change}


def tell(*records: dict[str, Any]) -> Any:
    """Give records to the historian."""
    return handler("historian").lambda_handler({"Records": list(records)}, Context())


def delete(gone: Row, *before: dict[str, Any]) -> Any:
    """Delete a ticket's row, and give the record of it to the historian, after others."""
    tickets.delete(keys.ticket("acme", "t1"))
    return tell(*before, removal(gone))


def left() -> list[str]:
    return [one["sk"].partition("#")[0] for one in tickets.query(keys.ticket("acme", "t1")["pk"]).items]


def test_all_of_it_goes_read_in_pages(resolved: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "ROWS", 2)
    assert left() == ["BODY", *["NOTE"] * 5, "TICKET"]
    assert delete(resolved) == {"batchItemFailures": []}
    assert left() == []
    assert tickets.get(keys.dedup("acme", resolved["dedup"])) is None


def test_of_a_ticket_that_was_not_resolved_long_enough_ago_nothing_goes(resolved: Row) -> None:
    delete({name: value for name, value in resolved.items() if name != "expires"})
    assert left() == ["BODY", *["NOTE"] * 5]


def test_a_line_of_the_same_batch_is_not_written_after_it(resolved: Row) -> None:
    key = keys.note("acme", "t1", "n1")
    note = {"Keys": rows.item(key), "NewImage": rows.item(tickets.get(key) or {}), "SequenceNumber": "0"}
    delete(resolved, {"eventName": "INSERT", "dynamodb": note})
    assert left() == []


def test_a_dedup_row_that_names_another_ticket_stays(resolved: Row) -> None:
    key = keys.dedup("acme", resolved["dedup"])
    tickets.update(key, {"ticket_id": "t2"})
    delete(resolved)
    assert tickets.get(key) is not None


def test_a_new_ticket_with_its_id_keeps_what_is_left(resolved: Row) -> None:
    assert tell(removal(resolved)) == {"batchItemFailures": []}
    assert left() == ["BODY", *["NOTE"] * 5, "TICKET"]
