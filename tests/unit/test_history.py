from datetime import timedelta
from typing import Any

import pytest

from tests.examples import EPOCH, NOW, a_page, a_ticket
from tocsin import history, page, ticket, times
from tocsin.rows import Row
from tocsin.rows import changed as written
from tocsin.ticket import Changes, Kind, Status, Ticket

LATER = NOW + timedelta(minutes=5)
TRIED = a_page(attempts=2)


def told(before: Ticket, changes: Changes) -> list[Row]:
    old = ticket.row(before)
    return history.rows(old, written(old, changes))


def only(rows: list[Row]) -> Row:
    assert len(rows) == 1
    return rows[0]


def step(kind: Kind, **changes: Any) -> Row:
    move = {"rule_id": "r1", "step": 1, "round": 1, "assigned_to": ["ada", "bob"]} | changes
    marks = ticket.marked(kind, "system", LATER, remark=move.pop("remark", None))
    return only(told(a_ticket(), {**move, **ticket.moved(a_ticket(), LATER, NOW), **marks}))


def test_a_ticket_is_opened_by_its_source() -> None:
    line = only(history.rows(None, ticket.row(a_ticket())))
    assert (line["at"], line["kind"], line["actor"]) == (times.text(NOW), "opened", "api_key:k1")
    assert line["text"] == "Opened for team payments with severity sev1."
    assert line["data"] == {"team": "payments", "severity": "sev1", "source": "api_key:k1"}


def test_what_a_door_could_not_read_is_said_when_the_ticket_is_opened() -> None:
    line = only(history.rows(None, ticket.row(a_ticket(remark="The severity 'x' is unknown; sev2 was taken."))))
    assert line["text"].endswith("The severity 'x' is unknown; sev2 was taken.")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.ESCALATED, "Step 1, round 1 of rule r1: ada, bob."),
        (Kind.REPEATED, "Step 1, round 1 of rule r1: ada, bob."),
        (Kind.LAST_RESORT, "The rule has ended, the last resort is paged: ada, bob."),
        (Kind.REMINDED, "Still unread: ada, bob reminded."),
        (Kind.NOBODY_REACHED, "Nobody could be reached."),
    ],
)
def test_a_move_says_whom_it_pages_and_where_the_rule_stands(kind: Kind, text: str) -> None:
    line = step(kind)
    assert (line["kind"], line["actor"], line["text"]) == (kind.value, "system", text)
    assert line["data"] == {
        "users": ["ada", "bob"],
        "rule_id": "r1",
        "step": 1,
        "round": 1,
        "due_at": times.text(LATER),
    }


def test_why_a_decision_was_unusual_is_said() -> None:
    line = step(Kind.ESCALATED, remark="The rules could not be carried out (x).")
    assert line["text"] == "Step 1, round 1 of rule r1: ada, bob. The rules could not be carried out (x)."
    assert line["data"]["remark"] == "The rules could not be carried out (x)."


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (Status.UNREAD, Status.UNDER_INVESTIGATION, "acknowledged"),
        (Status.UNREAD, Status.RESOLVED, "resolved"),
        (Status.UNDER_INVESTIGATION, Status.PENDING_FIX, "status_changed"),
        (Status.PENDING_FIX, Status.UNREAD, "status_changed"),
    ],
)
def test_a_move_of_status_is_one_line_of_its_own_kind(old: Status, new: Status, kind: str) -> None:
    before = a_ticket(status=old)
    line = only(told(before, ticket.to_status(before, new, "ada", LATER)))
    assert (line["at"], line["kind"], line["actor"]) == (times.text(LATER), kind, "ada")
    assert line["text"] == f"{old.value} to {new.value}."
    assert line["data"] == {"from": old.value, "to": new.value}


def test_an_alert_that_came_again_is_counted() -> None:
    line = only(told(a_ticket(count=3), ticket.counted("integration:i1", LATER)))
    assert (line["kind"], line["text"], line["data"]) == (
        "deduplicated",
        "The same again: 4 times now.",
        {"count": 4},
    )


def test_an_edit_names_the_fields_and_a_long_description_is_one_of_them() -> None:
    edit = {"title": "New", "body": "digest", "description": "Beginning"}
    line = only(told(a_ticket(), {**edit, **ticket.marked(Kind.EDITED, "ada", LATER)}))
    assert (line["kind"], line["data"]) == ("edited", {"fields": ["title", "description"]})
    assert line["text"] == "Changed: title, description."


def test_an_edit_together_with_a_move_is_two_lines() -> None:
    move = ticket.to_status(a_ticket(), Status.UNDER_INVESTIGATION, "ada", LATER)
    lines = told(a_ticket(), {"severity": "sev3", **move})
    assert [(line["kind"], line["data"]) for line in lines] == [
        ("acknowledged", {"from": "unread", "to": "under_investigation"}),
        ("edited", {"fields": ["severity"]}),
    ]
    assert len({line["sk"] for line in lines}) == 2


def test_an_edit_together_with_a_move_says_which_fields_it_changed() -> None:
    move = ticket.to_status(a_ticket(), Status.UNDER_INVESTIGATION, "ada", LATER)
    _, edited = told(a_ticket(), {"title": "New", "labels": {"a": "b"}, **move})
    assert edited["text"] == "Changed: title, labels."


def test_an_acknowledgement_that_is_given_again_is_told_as_such() -> None:
    before = a_ticket(status=Status.UNDER_INVESTIGATION, acknowledged_by="ada", ack_timeout=600)
    line = only(told(before, ticket.to_status(before, Status.UNDER_INVESTIGATION, "ada", LATER)))
    assert (line["kind"], line["text"]) == ("acknowledged", "Acknowledged again.")
    assert line["data"] == {"from": "under_investigation", "to": "under_investigation"}


def test_a_snooze_says_until_when_and_how_it_ended() -> None:
    until = LATER + timedelta(hours=1)
    line = only(told(a_ticket(), ticket.snoozed(a_ticket(), until, "ada", LATER)))
    assert (line["kind"], line["text"]) == ("snoozed", f"Snoozed until {times.text(until)}.")
    assert line["data"] == {"until": times.text(until), "status": "unread"}
    before = a_ticket(status=Status.PENDING_FIX, snoozed_until=LATER, due_at=LATER)
    line = only(told(before, ticket.rung(before, LATER)))
    assert (line["kind"], line["actor"]) == ("snooze_ended", "system")
    assert line["text"] == "The snooze has ended: it is unread, and begins anew."
    assert line["data"] == {"from": "pending_fix", "to": "unread"}


def test_an_acknowledgement_that_expired_is_told_with_whose_it_was() -> None:
    before = a_ticket(status=Status.UNDER_INVESTIGATION, acknowledged_by="ada", due_at=LATER)
    line = only(told(before, ticket.rung(before, LATER)))
    assert (line["kind"], line["text"]) == ("ack_expired", "ada's acknowledgement has expired: it is unread again.")
    assert line["data"] == {"from": "under_investigation", "to": "unread"}


@pytest.mark.parametrize(
    ("user", "text"),
    [(None, "Reassigned to team search."), ("bob", "Reassigned to bob, and after that team search.")],
)
def test_a_reassigned_ticket_says_whose_it_was_and_whose_it_is(user: str | None, text: str) -> None:
    line = only(told(a_ticket(), ticket.reassigned(a_ticket(), "search", user, "ada", LATER)))
    assert (line["kind"], line["text"]) == ("reassigned", text)
    assert line["data"] == {"from": "payments", "team": "search", "user": user}


def test_who_was_asked_for_is_told_with_how_they_were_named() -> None:
    line = only(told(a_ticket(), ticket.joined(["bob", "cyd"], {"team": "search"}, "ada", LATER, "One sleeps.")))
    assert (line["kind"], line["text"]) == ("responders_added", "Asked for too: bob, cyd. One sleeps.")
    assert line["data"] == {"users": ["bob", "cyd"], "target": {"team": "search"}, "remark": "One sleeps."}


def test_a_ticket_that_is_held_or_handed_over_says_so() -> None:
    assert step(Kind.HELD)["text"] == "Nobody is paged for now."
    assert step(Kind.ASSIGNED)["text"] == "ada, bob is paged; the team's rules come after."
    assert step(Kind.REMINDED, assigned_to=[])["text"] == "Still unread: nobody reminded."
    assert step(Kind.REMINDED, assigned_to=[])["data"]["users"] == []


def test_a_row_that_says_nothing_of_its_place_is_at_the_beginning() -> None:
    old = ticket.row(a_ticket())
    new = written(old, {"step": None, "round": None, "rule_id": "r1", **ticket.marked(Kind.ESCALATED, "system", LATER)})
    assert only(history.rows(old, new))["text"] == "Step 0, round 0 of rule r1: nobody."


def test_a_write_that_only_tends_the_index_is_not_told() -> None:
    assert told(a_ticket(), {"look_at": times.text(LATER), "looks": 1}) == []


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        (page.sent(TRIED, "id-1", "48213", LATER), "paged", "sms to ada."),
        (page.failed(TRIED, "No such number.", LATER), "page_failed", "sms to ada failed: No such number."),
        (page.skipped(TRIED, "It came too late.", LATER), "page_skipped", "sms to ada skipped: It came too late."),
    ],
)
def test_a_page_is_told_when_it_is_settled(changes: Changes, kind: str, text: str) -> None:
    pending = page.row(TRIED)
    line = only(history.rows(pending, written(pending, changes)))
    assert (line["at"], line["kind"], line["actor"], line["text"]) == (times.text(LATER), kind, "system", text)
    facts = {"user": "ada", "method_id": "phone", "channel": "sms", "step": 1, "round": 1, "attempts": 2}
    assert line["data"] == facts


def test_a_line_of_a_page_or_a_note_is_named_for_it_and_a_page_that_was_not_tried_says_so() -> None:
    pending = {name: value for name, value in page.row(a_page()).items() if name != "attempts"}
    line = only(history.rows(pending, {**pending, "status": "skipped", "settled_at": times.text(LATER)}))
    assert line["sk"] == f"EVENT#{times.text(LATER)}#{EPOCH}#ada#phone#page_skipped"
    assert line["data"]["attempts"] == 0


def test_two_notes_of_one_moment_are_two_lines() -> None:
    note = {"pk": "T#acme#TICKET#t1", "tenant": "acme", "ticket_id": "t1", "text": "x", "actor": "ada"}
    lines = [
        only(history.rows(None, {**note, "sk": f"NOTE#{name}", "note_id": name, "created_at": times.text(LATER)}))
        for name in ("n1", "n2")
    ]
    assert lines[0]["sk"] != lines[1]["sk"]


def test_an_address_is_not_told() -> None:
    pending = page.row(a_page())
    line = only(history.rows(pending, written(pending, page.sent(a_page(), "id-1", "48213", LATER))))
    assert "4915112345678" not in str(line)
    assert "48213" not in str(line)


def test_a_page_that_is_made_or_put_off_is_not_told() -> None:
    pending = page.row(a_page())
    assert history.rows(None, pending) == []
    assert history.rows(pending, written(pending, page.put_off(a_page().tried(), LATER, NOW, "busy"))) == []


def test_a_settled_page_is_told_once() -> None:
    sent = written(page.row(a_page()), page.sent(a_page(), "id-1", None, LATER))
    assert history.rows(sent, sent | {"provider_id": "id-2"}) == []


def test_a_note_is_told_with_its_text_and_its_writer() -> None:
    note = {"pk": "T#acme#TICKET#t1", "sk": "NOTE#n1", "tenant": "acme", "ticket_id": "t1", "note_id": "n1"}
    note |= {"text": "Looking.", "actor": "ada", "created_at": times.text(LATER)}
    line = only(history.rows(None, note))
    assert (line["at"], line["kind"], line["actor"], line["text"]) == (times.text(LATER), "noted", "ada", "Looking.")
    assert line["data"] == {"note_id": "n1"}
    assert history.rows(note, note) == []


def test_rows_of_other_kinds_are_not_told() -> None:
    for sk in ("BODY#digest", "EVENT#x", "DEDUP"):
        assert history.rows(None, {"pk": "T#acme#TICKET#t1", "sk": sk, "tenant": "acme", "ticket_id": "t1"}) == []


def test_telling_the_same_write_twice_makes_the_same_rows() -> None:
    changes = ticket.to_status(a_ticket(), Status.RESOLVED, "ada", LATER)
    assert told(a_ticket(), changes) == told(a_ticket(), changes)


def test_lines_stand_under_their_ticket_in_the_order_of_time_and_writes() -> None:
    opened = only(history.rows(None, ticket.row(a_ticket())))
    counted = only(told(a_ticket(rev=8), ticket.counted("x", NOW)))
    later = only(told(a_ticket(rev=9), ticket.counted("x", NOW)))
    assert opened["pk"] == "T#acme#TICKET#t1"
    assert opened["sk"] < counted["sk"] < later["sk"]
    assert only(told(a_ticket(), ticket.counted("x", LATER)))["sk"] > later["sk"]


def test_two_pages_settled_at_one_moment_are_two_lines() -> None:
    names = set()
    for one in (a_page(user="a", method_id="b.c"), a_page(user="a.b", method_id="c"), a_page(epoch=EPOCH + 1)):
        pending = page.row(one)
        names.add(only(history.rows(pending, written(pending, page.sent(one, "id", None, LATER))))["sk"])
    assert len(names) == 3
