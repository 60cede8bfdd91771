"""A resolved ticket is there for 400 days. Then nothing of it is left, whatever dies while it is cleared away."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.simulation.cloud.gate import CrashOnce, Meanwhile
from tests.simulation.story import Story, step
from tocsin import clearing

DAY = 86_400.0
TEXT = "x" * 5_000
OPEN = {"ticket_id": "t1", "dedup_key": "disk", "description": TEXT}


def play(story: Story) -> None:
    """Open a ticket with everything that a ticket can have, and resolve it."""
    story.rule(step("ada", wait="5m"))
    story.open(**OPEN)
    story.run(5)
    story.expect(201, "POST", "/tickets/t1/notes", {"text": "Looking.", "note_id": "n1"})
    story.patch("t1", status="resolved")
    story.run(60)


def grow_old(story: Story, days: float) -> None:
    """Let days pass in which nothing happens, and the table delete what has expired."""
    story.timeline.seconds += days * DAY
    story.expire()
    story.run(60)


def left(story: Story) -> list[str]:
    """Return the sort keys of what there is of tickets, and of their dedup keys."""
    return sorted(sk for pk, sk in story.tickets.items if "#TICKET#" in pk or "#DEDUP#" in pk)


def crashes() -> Iterator[tuple[int, str]]:
    """Yield each call that clearing makes, before it and after it."""
    with Story() as story:
        play(story)
        before = len(story.gate.of("historian"))
        grow_old(story, 401)
        calls = len(story.gate.of("historian")) - before
    assert calls
    yield from ((number, when) for number in range(calls) for when in ("before", "after"))


def test_a_ticket_is_there_for_400_days_and_then_nothing_of_it_is(story: Story) -> None:
    play(story)
    was = left(story)
    assert {sk.partition("#")[0] for sk in was} == {"TICKET", "PAGE", "EVENT", "NOTE", "BODY", "DEDUP"}
    grow_old(story, 399.9)
    assert left(story) == was
    assert story.ticket("t1")["description"] == TEXT
    grow_old(story, 0.2)
    assert left(story) == []
    for path in ("/tickets/t1", "/tickets/t1/history", "/tickets/t1/pages"):
        assert story.api("GET", path).status == 404
    assert story.expect(200, "GET", "/tickets")["items"] == []
    assert story.counted["TicketsCleared"] == 1
    assert story.lost == story.historian.dead == []


def test_a_ticket_that_is_not_resolved_is_never_cleared_away(story: Story) -> None:
    story.rule(step("ada", wait="5m"))
    ticket = story.open()
    story.acknowledge(ticket)
    grow_old(story, 1000)
    assert story.ticket(ticket)["status"] == "under_investigation"


def test_what_has_expired_can_be_read_until_the_table_deletes_it(story: Story) -> None:
    play(story)
    story.timeline.seconds += 402 * DAY
    assert story.ticket("t1")["description"] == TEXT
    assert "resolved" in story.told("t1")


def test_an_id_that_was_cleared_away_is_a_new_ticket(story: Story) -> None:
    play(story)
    grow_old(story, 401)
    paged = len(story.sent)
    assert story.api("POST", "/tickets", {"team": "payments", "title": "Again", **OPEN}).status == 201
    story.run(5)
    assert story.told("t1") == ["opened", "escalated", "paged"]
    assert story.who()[paged:] == ["ada"]


def test_clearing_that_is_killed_at_any_call_leaves_nothing() -> None:
    for number, when in crashes():
        with Story() as story:
            play(story)
            crash = CrashOnce(("historian",), number, when)
            story.gate.faults.append(crash)
            grow_old(story, 401)
            assert crash.done
            assert left(story) == [], (number, when)
            assert story.historian.dead == []


def test_what_a_batch_leaves_undone_is_deleted_too(story: Story) -> None:
    play(story)
    story.dynamodb.leaves = lambda number: number - 1
    grow_old(story, 401)
    assert left(story) == []


@pytest.mark.parametrize("operation", ["query", "get_item", "delete_item", "batch_write_item"])
def test_a_new_ticket_with_the_id_keeps_all_it_has_whenever_it_comes(story: Story, operation: str) -> None:
    play(story)

    def come_again() -> None:
        story.open(**OPEN)
        story.expect(200, "PATCH", "/tickets/t1", {"title": "New"})
        answer = story.api("POST", "/tickets/t1/notes", {"text": "Looking.", "note_id": "n1"})
        assert answer.status in (200, 201)

    story.gate.faults.append(Meanwhile("historian", operation, come_again))
    grow_old(story, 401)
    assert story.ticket("t1")["description"] == TEXT
    assert story.ticket("t1")["title"] == "New"
    assert "opened" in story.told("t1")
    counted = story.expect(200, "POST", "/tickets", {"team": "payments", "title": "Full", "dedup_key": "disk"})
    assert (counted["ticket_id"], counted["count"]) == ("t1", 2)


def test_what_is_too_much_for_an_invocation_goes_on_and_may_come_back_as_a_dead_letter(story: Story) -> None:
    play(story)
    for number in range(30):
        story.expect(201, "POST", "/tickets/t1/notes", {"text": "Late.", "note_id": f"late{number}"})
    story.run(60)
    many = len(left(story))
    story.put(clearing, "ROWS", 5)
    story.put(clearing, "TIME", timedelta(0))
    grow_old(story, 401)
    assert len(left(story)) <= many - 30
    (given_up,) = story.historian.dead
    while left(story):
        before = len(left(story))
        story.invoke("historian", {"Records": [given_up]})
        assert len(left(story)) < before
    assert story.invoke("historian", {"Records": [given_up]}) == {"batchItemFailures": []}
