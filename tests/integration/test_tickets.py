"""Tickets over the API, on tables."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.conftest import remembered
from tests.world import Answer, Caller, Context, handler
from tocsin import clock, keys, page, rows
from tocsin.page import Page
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


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that a test moves: `now(minutes=5)`."""
    moment = [clock.now()]

    def move(**how: float) -> None:
        moment[0] += timedelta(**how)

    monkeypatch.setattr(clock, "now", lambda: moment[0])
    return move


def opened(caller: Caller, **fields: Any) -> dict[str, Any]:
    answer = caller("POST", "/tickets", OPEN | fields)
    assert answer.status == 201
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


# --- Opening


def test_an_opened_ticket_is_shown_as_the_contract_says(acme: Caller) -> None:
    made = acme("POST", "/tickets", WHOLE)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/tickets/t1")
    at = made.body["created_at"]
    assert made.body == {
        **WHOLE,
        "status": "unread",
        "dedup_key": None,
        "count": 1,
        "source": "api_key:k1",
        "rule_id": None,
        "step": 0,
        "round": 0,
        "due_at": at,
        "assigned_to": [],
        "acknowledged_by": None,
        "acknowledged_at": None,
        "resolved_at": None,
        "snoozed_until": None,
        "created_at": at,
        "updated_at": at,
    }
    assert acme("GET", "/tickets/t1").body == made.body


def test_a_ticket_needs_a_team_and_a_title_and_has_the_companys_default_severity(acme: Caller) -> None:
    made = opened(acme)
    assert (made["severity"], made["description"], made["labels"], made["links"]) == ("sev2", None, {}, [])
    assert len(made["ticket_id"]) == 26
    assert locs(acme("POST", "/tickets", {})) == [["body", "team"], ["body", "title"]]


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"team": "nosuch"}, ["body", "team"]),
        ({"team": "a/b"}, ["body", "team"]),
        ({"severity": "nosuch"}, ["body", "severity"]),
        ({"severity": ""}, ["body", "severity"]),
        ({"title": ""}, ["body", "title"]),
        ({"title": "x" * 1025}, ["body", "title"]),
        ({"title": 5}, ["body", "title"]),
        ({"title": None}, ["body", "title"]),
        ({"description": "x" * 100_001}, ["body", "description"]),
        ({"labels": {"a": 1}}, ["body", "labels", "a"]),
        ({"labels": {"a": "x" * 1025}}, ["body", "labels", "a"]),
        ({"labels": {str(number): "" for number in range(51)}}, ["body", "labels"]),
        ({"labels": []}, ["body", "labels"]),
        ({"links": [{"href": "javascript:alert(1)"}]}, ["body", "links", 0, "href"]),
        ({"links": [{"text": "x"}]}, ["body", "links", 0, "href"]),
        ({"links": [{"href": "https://a.example", "colour": "red"}]}, ["body", "links", 0, "colour"]),
        ({"dedup_key": ""}, ["body", "dedup_key"]),
        ({"ticket_id": "-x"}, ["body", "ticket_id"]),
        ({"ticket_id": "x" * 65}, ["body", "ticket_id"]),
        ({"status": "resolved"}, ["body", "status"]),
        ({"colour": "red"}, ["body", "colour"]),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_opened(acme: Caller, change: dict[str, Any], loc: list[Any]) -> None:
    assert locs(acme("POST", "/tickets", OPEN | change)) == [loc]
    assert listed(acme) == []


def test_limits_themselves_are_allowed(acme: Caller) -> None:
    made = opened(
        acme,
        title="x" * 1024,
        description="d" * 100_000,
        labels={f"{number:02d}" + "n" * 126: "v" * 1024 for number in range(50)},
        ticket_id="A" * 64,
        dedup_key="k" * 512,
    )
    assert acme("GET", f"/tickets/{'A' * 64}").body == made


@pytest.mark.parametrize("length", [1_000, 1_001, 40_000])
def test_a_long_description_is_kept_and_shown_whole(acme: Caller, length: int) -> None:
    made = opened(acme, ticket_id="t1", description="\u00fc" * length)  # two bytes each
    assert made["description"] == "\u00fc" * length
    assert acme("GET", "/tickets/t1").body == made
    assert acme("PATCH", "/tickets/t1", {"title": "New"}).body["description"] == made["description"]
    assert acme("GET", "/tickets").body["items"] == [acme("GET", "/tickets/t1").body]


def test_a_page_of_long_descriptions_holds_as_many_as_an_answer_does(acme: Caller) -> None:
    names = [opened(acme, ticket_id=f"t{number:02d}", description="d" * 100_000)["ticket_id"] for number in range(25)]
    first = acme("GET", "/tickets").body
    assert 1 < len(first["items"]) < 25
    assert sorted(listed(acme)) == names


def test_the_same_request_again_is_the_ticket_as_it_is_now(acme: Caller) -> None:
    acme("POST", "/tickets", WHOLE)
    acme("PATCH", "/tickets/t1", {"title": "New", "status": "resolved"})
    again = acme("POST", "/tickets", WHOLE)
    assert (again.status, again.body["title"], again.body["status"], again.body["count"]) == (200, "New", "resolved", 1)
    assert "location" not in again.headers
    assert acme("POST", "/tickets", {**WHOLE, "title": "Other"}).status == 409
    assert acme("POST", "/tickets", {**WHOLE, "labels": {}}).status == 409


def test_another_tenants_ticket_may_have_the_same_id(acme: Caller) -> None:
    acme("POST", "/tickets", WHOLE)
    beta = Caller(tenant="beta")
    onboarded = {"company_id": "beta", "name": "B", "admin": {"user_id": "eve", "email": "eve@example.com"}}
    Caller(tenant="", role="operator")("POST", "/companies", onboarded)
    assert locs(beta("POST", "/tickets", WHOLE)) == [["body", "team"]]
    beta("POST", "/teams", {"team_id": "payments", "name": "P"})
    assert beta("POST", "/tickets", WHOLE | {"title": "Theirs"}).status == 201
    assert acme("GET", "/tickets/t1").body["title"] == WHOLE["title"]


# --- Deduplication


def test_while_a_ticket_is_open_its_dedup_key_counts_on_it(acme: Caller) -> None:
    first = opened(acme, dedup_key="checkout-5xx")
    again = acme("POST", "/tickets", {**WHOLE, "ticket_id": "t2", "dedup_key": "checkout-5xx", "title": "Other"})
    assert (again.status, again.body["ticket_id"], again.body["count"]) == (200, first["ticket_id"], 2)
    assert (again.body["title"], again.body["severity"]) == (first["title"], first["severity"])
    assert again.body["due_at"] == first["due_at"]
    assert acme("GET", "/tickets/t2").status == 404
    assert acme("POST", "/tickets", OPEN | {"dedup_key": "checkout-5xx", "severity": "nosuch"}).body["count"] == 3


@pytest.mark.parametrize("status", ["under_investigation", "pending_fix"])
def test_an_acknowledged_ticket_is_counted_and_stays_acknowledged(acme: Caller, status: str) -> None:
    opened(acme, ticket_id="t1", dedup_key="k")
    acme("PATCH", "/tickets/t1", {"status": status})
    again = acme("POST", "/tickets", OPEN | {"dedup_key": "k"})
    assert (again.status, again.body["status"], again.body["due_at"]) == (200, status, None)


def test_after_it_is_resolved_the_next_alert_opens_another(acme: Caller) -> None:
    for number in (1, 2, 3):
        opened(acme, ticket_id=f"t{number}", dedup_key="k")
        assert acme("POST", "/tickets", OPEN | {"dedup_key": "k"}).body["ticket_id"] == f"t{number}"
        acme("PATCH", f"/tickets/t{number}", {"status": "resolved"})


def test_a_dedup_key_counts_within_its_team(acme: Caller) -> None:
    acme("POST", "/teams", {"team_id": "ops", "name": "Ops"})
    opened(acme, dedup_key="k")
    opened(acme, dedup_key="k", team="ops")


def test_a_retry_of_the_create_never_counts(acme: Caller) -> None:
    request = OPEN | {"ticket_id": "t1", "dedup_key": "k"}
    assert [acme("POST", "/tickets", request).status for _ in range(3)] == [201, 200, 200]
    assert acme("GET", "/tickets/t1").body["count"] == 1
    acme("PATCH", "/tickets/t1", {"status": "resolved"})
    retried = acme("POST", "/tickets", request)
    assert (retried.status, retried.body["status"]) == (200, "resolved")
    opened(acme, ticket_id="t2", dedup_key="k")
    assert acme("POST", "/tickets", request).body["ticket_id"] == "t1"
    assert acme("GET", "/tickets/t2").body["count"] == 1


def test_an_id_that_another_request_took_is_a_conflict_and_leaves_the_key_free(acme: Caller) -> None:
    opened(acme, ticket_id="t1")
    assert acme("POST", "/tickets", OPEN | {"ticket_id": "t1", "dedup_key": "k"}).status == 409
    opened(acme, ticket_id="t2", dedup_key="k")


# --- Reading and listing


def test_a_ticket_that_is_not_there_is_not_found(acme: Caller) -> None:
    acme("POST", "/tickets", WHOLE)
    for caller, path in [(acme, "/tickets/nosuch"), (acme, "/tickets/a%20b"), (Caller(tenant="beta"), "/tickets/t1")]:
        assert caller("GET", path).status == 404
        assert caller("PATCH", path, {"title": "x"}).status == 404
        assert caller("POST", f"{path}/notes", {"text": "x"}).status == 404
        assert caller("GET", f"{path}/history").status == 404
        assert caller("GET", f"{path}/pages").status == 404


@pytest.fixture
def many(acme: Caller, now: Any) -> Caller:
    """Thirty tickets of three teams, one each minute; every fifth is resolved, every third acknowledged."""

    def open_all() -> None:
        for team in ("ops", "web"):
            acme("POST", "/teams", {"team_id": team, "name": team})
        for number in range(30):
            team = ("payments", "ops", "web")[number % 3]
            opened(acme, ticket_id=f"t{number:02d}", team=team, severity="sev1" if number % 2 else "sev3")
            if number % 5 == 0:
                acme("PATCH", f"/tickets/t{number:02d}", {"status": "resolved"})
            elif number % 7 == 0:
                acme("PATCH", f"/tickets/t{number:02d}", {"status": "under_investigation"})
            now(minutes=1)

    remembered("many", open_all)
    now(minutes=30)
    return acme


ALL = [f"t{number:02d}" for number in reversed(range(30))]
RESOLVED = [name for name in ALL if int(name[1:]) % 5 == 0]


@pytest.mark.parametrize("limit", [1, 4, 25, 100])
def test_a_list_goes_through_all_that_is_not_resolved_newest_first(many: Caller, limit: int) -> None:
    assert listed(many, limit=limit) == [name for name in ALL if name not in RESOLVED]


@pytest.mark.parametrize("limit", [1, 3, 25])
def test_a_teams_list_has_all_its_tickets(many: Caller, limit: int) -> None:
    assert listed(many, team="ops", limit=limit) == [name for name in ALL if int(name[1:]) % 3 == 1]
    assert listed(many, team="nosuch") == []


def test_a_list_can_be_filtered(many: Caller) -> None:
    acknowledged = [name for name in ALL if int(name[1:]) % 7 == 0 and name not in RESOLVED]
    open_ = [name for name in ALL if name not in RESOLVED]
    assert listed(many, status="under_investigation") == acknowledged
    assert listed(many, status=["unread", "under_investigation"]) == open_
    assert listed(many, status="unread", severity="sev1", limit=3) == [
        name for name in open_ if name not in acknowledged and int(name[1:]) % 2
    ]
    assert listed(many, team="ops", status="resolved") == [name for name in RESOLVED if int(name[1:]) % 3 == 1]
    assert listed(many, team="ops", status=["resolved", "unread"], severity="sev3", limit=2) == [
        name for name in ALL if int(name[1:]) % 3 == 1 and int(name[1:]) % 2 == 0 and name not in acknowledged
    ]


def test_a_list_can_be_of_a_span_of_time(many: Caller) -> None:
    created = {name: row(name)["created_at"] for name in ALL}
    since, until = created["t10"], created["t15"]
    assert listed(many, team="ops", since=since, until=until) == ["t13", "t10"]
    assert listed(many, since=since, until=until, limit=2) == ["t14", "t13", "t12", "t11"]
    assert listed(many, since=created["t29"]) == ["t29"]
    assert listed(many, until=created["t01"]) == []
    assert listed(many, since=until, until=since) == []


def test_a_ticket_opened_between_two_pages_does_not_move_the_second(many: Caller) -> None:
    first = many("GET", "/tickets", query={"limit": 5}).body
    opened(many)
    second = many("GET", "/tickets", query={"limit": 5, "cursor": first["next_cursor"]}).body
    names = [item["ticket_id"] for item in first["items"] + second["items"]]
    assert names == [name for name in ALL if name not in RESOLVED][:10]


@pytest.mark.parametrize(
    ("query", "loc"),
    [
        ({"status": "resolved"}, ["query", "status"]),
        ({"status": ["unread", "resolved"]}, ["query", "status"]),
        ({"limit": 101}, ["query", "limit"]),
        ({"limit": "ten"}, ["query", "limit"]),
        ({"since": "yesterday"}, ["query", "since"]),
        ({"until": "2026-11-22"}, ["query", "until"]),
        ({"team": "a b"}, ["query", "team"]),
        ({"cursor": "nonsense"}, ["query", "cursor"]),
        ({"colour": "red"}, ["query", "colour"]),
    ],
)
def test_a_wrong_parameter_is_named(acme: Caller, query: dict[str, Any], loc: list[str]) -> None:
    assert [place[:2] for place in locs(acme("GET", "/tickets", query=query))] == [loc]


def test_a_status_that_there_is_not_is_named(acme: Caller) -> None:
    assert locs(acme("GET", "/tickets", query={"status": "closed"}))[0][:2] == ["query", "status"]


# --- Changing


@pytest.fixture
def ticket(acme: Caller) -> Caller:
    acme("POST", "/tickets", WHOLE)
    return acme


def patch(caller: Caller, change: dict[str, Any]) -> dict[str, Any]:
    answer = caller("PATCH", "/tickets/t1", change)
    assert answer.status == 200
    return dict(answer.body)


def test_acknowledging_stops_the_clock_and_says_who_did(ticket: Caller) -> None:
    changed = patch(ticket, {"status": "under_investigation", "by": "ada"})
    assert (changed["status"], changed["acknowledged_by"], changed["assigned_to"]) == (
        "under_investigation",
        "ada",
        ["ada"],
    )
    assert changed["acknowledged_at"] == changed["updated_at"]
    assert changed["due_at"] is None
    assert patch(ticket, {"status": "pending_fix"})["acknowledged_by"] == "ada"
    assert ticket("GET", "/tickets/t1").body["status"] == "pending_fix"


def test_back_to_unread_starts_at_the_first_step(ticket: Caller) -> None:
    epoch = row("t1")["epoch"]
    patch(ticket, {"status": "under_investigation"})
    changed = patch(ticket, {"status": "unread"})
    assert (changed["step"], changed["round"], changed["acknowledged_by"]) == (0, 0, None)
    assert changed["due_at"] == changed["updated_at"]
    assert row("t1")["run"] == row("t1")["epoch"] == epoch + 2


def test_a_resolved_ticket_takes_notes_only(ticket: Caller) -> None:
    done = patch(ticket, {"status": "resolved"})
    assert done["resolved_at"] == done["updated_at"]
    for change in ({"status": "unread"}, {"title": "New"}, {"status": "resolved", "labels": {"a": "b"}}):
        assert ticket("PATCH", "/tickets/t1", change).status == 409
    assert patch(ticket, {"status": "resolved"}) == done
    assert patch(ticket, {"title": WHOLE["title"]}) == done
    assert ticket("POST", "/tickets/t1/notes", {"text": "It was the cache."}).status == 201


def test_a_merge_patch_changes_labels_one_by_one(ticket: Caller) -> None:
    assert patch(ticket, {"labels": {"env": "prod"}})["labels"] == {"service": "checkout", "env": "prod"}
    assert patch(ticket, {"labels": {"service": None}})["labels"] == {"env": "prod"}
    assert patch(ticket, {"labels": {"nosuch": None}})["labels"] == {"env": "prod"}
    assert patch(ticket, {"labels": None})["labels"] == {}


def test_a_description_can_be_changed_made_long_and_taken_away(ticket: Caller) -> None:
    for text in ("short", "l" * 50_000, "m" * 50_000, "short again", None):
        assert patch(ticket, {"description": text})["description"] == text
        assert ticket("GET", "/tickets/t1").body["description"] == text
    assert "body" not in row("t1")


def test_title_and_severity_can_be_changed_and_move_no_clock(ticket: Caller) -> None:
    before = row("t1")
    changed = patch(ticket, {"title": "New", "severity": "sev4"})
    assert (changed["title"], changed["severity"], changed["due_at"]) == ("New", "sev4", before["due_at"])
    assert row("t1")["epoch"] == before["epoch"]


def test_a_patch_that_changes_nothing_leaves_no_trace(ticket: Caller) -> None:
    before = row("t1")
    for change in ({}, {"status": "unread"}, {"title": WHOLE["title"], "labels": {}}, {"labels": WHOLE["labels"]}):
        patch(ticket, change)
    patch(ticket, {"by": "ada", "description": WHOLE["description"], "severity": "sev1"})
    assert row("t1") == before


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"status": "closed"}, ["body", "status"]),
        ({"status": None}, ["body", "status"]),
        ({"severity": "nosuch"}, ["body", "severity"]),
        ({"severity": None}, ["body", "severity"]),
        ({"title": ""}, ["body", "title"]),
        ({"title": None}, ["body", "title"]),
        ({"labels": {"a": 5}}, ["body", "labels", "a"]),
        ({"labels": {str(number): "" for number in range(50)}}, ["body", "labels"]),
        ({"by": "nosuch"}, ["body", "by"]),
        ({"team": "ops"}, ["body", "team"]),
        ({"links": []}, ["body", "links"]),
        ({"snoozed_until": None}, ["body", "snoozed_until"]),
    ],
)
def test_a_wrong_change_is_named_and_not_made(ticket: Caller, change: dict[str, Any], loc: list[str]) -> None:
    before = row("t1")
    assert locs(ticket("PATCH", "/tickets/t1", {"title": "New"} | change)) == [loc]
    assert row("t1") == before


def test_a_merge_patch_may_be_sent_by_its_own_type(ticket: Caller) -> None:
    headers = {"content-type": "application/merge-patch+json"}
    assert ticket("PATCH", "/tickets/t1", {"title": "New"}, headers=headers).body["title"] == "New"
    assert ticket("PATCH", "/tickets/t1", [], headers=headers).status == 422


# --- Notes, history and pages


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


@pytest.mark.parametrize("act", ["snooze", "escalate", "reassign", "responders"])
def test_what_comes_later_is_no_path_yet(ticket: Caller, act: str) -> None:
    assert ticket("POST", f"/tickets/t1/{act}", {}).status == 404
