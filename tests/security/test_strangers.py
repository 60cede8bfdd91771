"""Who asks for what is another company's sees what there is where nothing is."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.generation.case import Case

from tests.security.companies import Companies
from tests.security.company import SHARED
from tests.security.gateway import API
from tests.security.operations import GUARDED, Operation, examples
from tests.world import Answer

NOWHERE = "nowhere-to-be-found"
THEIRS = [one for one in GUARDED if not one.of_companies]
NAMING = [one for one in THEIRS if one.parameters]
LISTS = [one for one in THEIRS if one.documented.query.get("cursor") is not None]

# What a sound request says where the document's form alone seldom makes one.
SOUND: dict[str, dict[str, Any]] = {
    "POST /api/v1/users/{user_id}/contact_methods": {"channel": "email", "address": "someone@example.com"},
    "POST /api/v1/tickets/{ticket_id}/reassign": {"team": SHARED},
    "POST /api/v1/tickets/{ticket_id}/responders": {"user": SHARED},
    "POST /api/v1/tickets/{ticket_id}/snooze": {"for": "30m"},
    "POST /api/v1/schedules/{schedule_id}/overrides": {
        "user": SHARED,
        "from": "2026-02-01T00:00:00Z",
        "to": "2026-02-02T00:00:00Z",
    },
}


def places(operation: Operation) -> list[tuple[str, ...]]:
    """Return which of a path's ids are to be foreign: each alone, and all."""
    names = operation.parameters
    return [(name,) for name in names] + ([tuple(names)] if len(names) > 1 else [])


def sent(companies: Companies, operation: Operation, ids: dict[str, str], case: Case) -> Answer:
    """Send a generated request about other ids."""
    companies.restore()
    body = None if case.body is NOT_SET else case.body
    return companies.gateway.ask(
        operation.method, operation.at(ids), body, key=companies.mine.keys["admin"], query=_query(case)
    )


def _query(case: Case) -> str:
    return "&".join(f"limit={case.query['limit']}" for name in case.query or {} if name == "limit")


def alike(answer: Answer, names: dict[str, str]) -> tuple[int, str, str]:
    """Return what two answers have in common but for the ids that the requests named."""
    text = json.dumps(answer.body, sort_keys=True)
    for name in sorted(set(names.values()), key=len, reverse=True):
        text = text.replace(name, "<id>")
    return answer.status, text, str(answer.headers.get("content-type"))


@pytest.mark.parametrize(("operation", "foreign"), [(one, place) for one in NAMING for place in places(one)], ids=str)
def test_anothers_id_in_the_path_is_answered_as_one_that_is_nobodys(
    operation: Operation, foreign: tuple[str, ...], companies: Companies
) -> None:
    own, seen = companies.mine.ids, set()
    theirs = own | {name: companies.other.ids[name] for name in foreign}
    nobodys = own | dict.fromkeys(foreign, NOWHERE)

    @settings(max_examples=examples(8))
    @given(operation.documented.as_strategy(GenerationMode.POSITIVE))
    def hold(case: Case) -> None:
        case.body = SOUND.get(str(operation), case.body)
        to_theirs, to_nobodys = sent(companies, operation, theirs, case), sent(companies, operation, nobodys, case)
        assert alike(to_theirs, theirs) == alike(to_nobodys, nobodys)
        assert to_theirs.status >= 400
        sent(companies, operation, theirs, case)
        assert companies.unchanged()
        seen.add(to_theirs.status)

    hold()
    assert seen & {404, 422}, "nothing was asked that could have been found"
    assert 404 in seen or operation.method == "PUT"


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/tickets", {"title": "x", "team": "TEAM"}, "team"),
        ("POST", "/tickets", {"title": "x", "team": SHARED, "severity": "SEVERITY"}, "severity"),
        ("PATCH", f"/tickets/{SHARED}", {"severity": "SEVERITY"}, "severity"),
        ("PATCH", f"/tickets/{SHARED}", {"by": "USER", "status": "resolved"}, "by"),
        ("POST", f"/tickets/{SHARED}/notes", {"text": "x", "by": "USER"}, "by"),
        ("POST", "/rules", {"name": "x", "steps": [{"notify": [{"user": "USER"}]}]}, "steps"),
        ("POST", "/rules", {"name": "x", "steps": [{"notify": [{"team": "TEAM"}]}]}, "steps"),
        ("POST", "/rules", {"name": "x", "team": "TEAM", "steps": [{"notify": [{"team": SHARED}]}]}, "team"),
        ("PUT", f"/rules/{SHARED}", {"name": "x", "steps": [{"notify": [{"user": "USER"}]}]}, "steps"),
        ("POST", "/integrations", {"name": "x", "type": "generic", "team": "TEAM"}, "team"),
        ("PATCH", f"/integrations/{SHARED}", {"team": "TEAM"}, "team"),
    ],
)
def test_anothers_thing_named_in_a_body_is_no_thing(
    method: str, path: str, body: dict[str, Any], field: str, companies: Companies
) -> None:
    other = companies.other
    names = {"TEAM": other.id("team"), "USER": other.id("user"), "SEVERITY": f"grave-{other.name}"}

    def asked(named: dict[str, str]) -> Answer:
        companies.restore()
        text = json.dumps(body)
        for mark, name in named.items():
            text = text.replace(mark, name)
        return companies.mine(companies.gateway, method, path, json.loads(text))

    theirs, nobodys = asked(names), asked(dict.fromkeys(names, NOWHERE))
    assert theirs.status == 422
    assert theirs.body["errors"][0]["loc"][:2] == ["body", field]
    assert alike(theirs, names) == alike(nobodys, dict.fromkeys(names, NOWHERE))
    own = {"TEAM": SHARED, "USER": SHARED, "SEVERITY": "sev2"}
    assert asked(own).status in (200, 201), "the request itself is sound"


@pytest.mark.parametrize("query", ["team={team}", "team={team}&status=resolved"])
def test_anothers_team_has_no_tickets_and_no_rules(query: str, companies: Companies) -> None:
    theirs = query.format(team=companies.other.id("team"))
    for noun in ("tickets", "rules"):
        if noun == "rules" and "status" in query:
            continue
        answer = companies.gateway.ask("GET", f"{API}/{noun}", key=companies.mine.keys["admin"], query=theirs)
        assert (answer.status, answer.body) == (200, {"items": [], "next_cursor": None})


@pytest.mark.parametrize("operation", [one for one in THEIRS if one.method == "GET" and one.noun != "sso"], ids=str)
@pytest.mark.parametrize("role", ["admin", "responder", "viewer"])
def test_of_an_id_that_both_have_each_sees_its_own(operation: Operation, role: str, companies: Companies) -> None:
    path = operation.at(companies.mine.ids | dict.fromkeys(operation.parameters, SHARED))
    answer = companies.gateway.ask("GET", path, key=companies.mine.keys[role])
    if operation.noun in ("api_keys", "audit") and role != "admin":
        assert answer.status == 403
        return
    assert answer.status == 200
    assert companies.told(answer) == []
    if answer.body.get("items", True):
        assert companies.mine.name in json.dumps(answer.body)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_anothers_user_is_nobody_over_scim_too(method: str, companies: Companies) -> None:
    def asked(user: str) -> Answer:
        companies.restore()
        body = {"userName": "x@example.com", "Operations": []} if method in ("PUT", "PATCH") else None
        return companies.gateway.ask(method, f"/scim/v2/Users/{user}", body, key=companies.mine.keys["admin"])

    theirs, nobodys = companies.other.id("user"), NOWHERE
    assert alike(asked(theirs), {"id": theirs}) == alike(asked(nobodys), {"id": nobodys})
    assert asked(theirs).status >= 400
    assert companies.unchanged()


def test_scim_lists_a_companys_own_users_to_its_admin_alone(companies: Companies) -> None:
    gateway, keys = companies.gateway, companies.mine.keys
    shown = gateway.ask("GET", "/scim/v2/Users", key=keys["admin"])
    assert (shown.status, companies.told(shown)) == (200, [])
    assert companies.mine.name in str(shown.body)
    by_name = f'filter=userName eq "admin@{companies.other.name}.example"'
    searched = gateway.ask("GET", "/scim/v2/Users", key=keys["admin"], query=by_name)
    assert companies.told(searched, asked=by_name) == []
    assert gateway.ask("GET", "/scim/v2/Users", key="nokey").status == 401
    for role in ("responder", "viewer"):
        assert gateway.ask("GET", "/scim/v2/Users", key=keys[role]).status == 403


@st.composite
def cuts(draw: st.DrawFn, cursor: str) -> str:
    """Return a cursor that was cut, or has one character changed or put in."""
    at = draw(st.integers(0, len(cursor) - 1))
    kept = cursor[at + draw(st.booleans()) :]
    return cursor[:at] + draw(st.sampled_from(["", "A", "-", "%00", "=", "%C3%A9"])) + kept


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_a_cursor_leads_nowhere_but_on_in_its_own_list(operation: Operation, companies: Companies) -> None:
    cursors = {one: _cursor(companies, one) for one in LISTS}
    foreign = [cursor for one, cursor in cursors.items() if cursor and one != operation]
    theirs = _cursor(companies, operation, of_other=True)
    own = cursors[operation]
    assert len(foreign) >= 5

    def asked(cursor: str) -> Answer:
        path = operation.at(companies.mine.ids)
        return companies.gateway.ask("GET", path, key=companies.mine.keys["admin"], query=f"cursor={cursor}")

    for cursor in [*foreign, *([theirs] if theirs else []), "", "x", "%00", "A" * 10_000]:
        refused = asked(cursor)
        assert refused.status == 422
        assert refused.body["errors"][0]["loc"] == ["query", "cursor"]
    if own is None:
        return
    assert asked(own).status == 200

    @settings(max_examples=examples(40))
    @given(cuts(own))
    def hold(cursor: str) -> None:
        answer = asked(cursor)
        assert answer.status in (200, 422)
        assert companies.told(answer) == []

    hold()


def _cursor(companies: Companies, operation: Operation, *, of_other: bool = False) -> str | None:
    """Return the cursor of a list's second page, if it has one."""
    who = companies.other if of_other else companies.mine
    answer = companies.gateway.ask("GET", operation.at(who.ids), key=who.keys["admin"], query="limit=1")
    assert answer.status == 200
    found: str | None = answer.body["next_cursor"]
    return found
