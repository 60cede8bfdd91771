"""Lists of tickets: whole, newest first, and never larger than an answer may be."""

from typing import Any

import pytest

from tests.integration.asking import listed, locs, opened, row
from tests.integration.conftest import remembered
from tests.world import Caller


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


def test_a_page_of_long_descriptions_holds_as_many_as_an_answer_does(acme: Caller) -> None:
    names = [opened(acme, ticket_id=f"t{number:02d}", description="d" * 100_000)["ticket_id"] for number in range(25)]
    first = acme("GET", "/tickets").body
    assert 1 < len(first["items"]) < 25
    assert sorted(listed(acme)) == names
