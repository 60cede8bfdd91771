"""What a decision knows of the directory: as it is now, a few seconds old at most."""

from datetime import timedelta
from typing import Any

import pytest

from tests.world import Caller
from tocsin import aws, clock, decision, keys, reading, times
from tocsin.book import Book, Roster, Unread
from tocsin.decision import Decision
from tocsin.store import directory
from tocsin.tickets import get

STEP = {"notify": [{"team": "payments"}, {"user": "bob"}]}
RULE = {"rule_id": "r1", "name": "R", "team": "payments", "steps": [STEP]}


@pytest.fixture
def staffed(acme: Caller, ticket: Caller) -> Caller:
    """The team has an admin, ada, and a rule; a ticket of it is open."""
    acme("PUT", "/teams/payments/members/ada", {"role": "admin"})
    assert acme("POST", "/rules", RULE).status == 201
    return acme


def decided() -> Decision:
    """Decide about the ticket, reading what is asked for, as escalation does."""
    one, now = get("acme", "t1"), clock.now()
    book = reading.begin("acme", "payments")
    while True:
        try:
            return decision.decide(one, book, now)
        except Unread as unread:
            reading.go_on("acme", book, unread)


def calls() -> list[str]:
    """Return the calls of one decision, without that for the ticket."""
    made: list[str] = []
    events = aws.client("dynamodb").meta.events

    def called(model: Any, **_: Any) -> None:
        made.append(model.name)

    events.register("before-call.dynamodb", called)
    try:
        decided()
    finally:
        events.unregister("before-call.dynamodb", called)
    return made[1:]


def test_a_decision_reads_rules_rosters_users_and_company_in_few_calls(staffed: Caller) -> None:
    assert calls() == ["Query", "Query", "BatchGetItem"]


def test_what_a_hot_team_shares_is_kept_for_three_seconds_and_users_are_not(staffed: Caller, now: Any) -> None:
    decided()
    now(seconds=2)
    assert calls() == ["BatchGetItem"]
    now(seconds=2)
    assert calls() == ["Query", "Query", "BatchGetItem"]


def test_a_changed_rule_member_or_address_counts_within_seconds(staffed: Caller, now: Any) -> None:
    assert decided().assigned_to == ["ada", "bob"]
    staffed("PATCH", "/users/bob/contact_methods/phone", {"address": "+4915112345670", "verified": True})
    assert [page.address for page in decided().pages if page.user == "bob"] == ["+4915112345670"]
    staffed("DELETE", "/teams/payments/members/ada")
    now(seconds=4)
    assert decided().assigned_to == ["bob"]
    staffed("PUT", "/rules/r1", RULE | {"steps": [{"notify": [{"user": "ada"}]}]})
    now(seconds=4)
    assert decided().assigned_to == ["ada"]
    staffed("DELETE", "/rules/r1")
    now(seconds=4)
    assert decided().rule_id == "_built-in"


def test_the_companys_rules_are_read_where_the_team_has_none(staffed: Caller, now: Any) -> None:
    staffed("POST", "/rules", {"rule_id": "c1", "name": "C", "steps": [{"notify": [{"user": "bob"}]}]})
    staffed("DELETE", "/rules/r1")
    assert (decided().rule_id, decided().assigned_to) == ("c1", ["bob"])


def test_who_is_gone_is_passed_over(staffed: Caller) -> None:
    staffed("DELETE", "/users/bob")
    assert decided().assigned_to == ["ada"]


def test_a_row_that_cannot_be_read_counts_as_missing(staffed: Caller) -> None:
    directory.update(keys.user("acme", "bob"), {"methods": "?"})
    directory.put({**keys.rule("acme", "r0"), "list_pk": keys.rules_of("acme", "payments"), "list_sk": "r0"})
    made = decided()
    assert (made.rule_id, made.assigned_to) == ("r1", ["ada"])


def test_a_company_that_cannot_be_read_has_every_default(staffed: Caller) -> None:
    directory.update(keys.company("acme"), {"severities": "?"})
    assert decided().assigned_to == ["ada", "bob"]


ON_CALL = RULE | {"steps": [{"notify": [{"schedule": "s1"}]}, {"notify": [{"user": "bob"}]}]}
SCHEDULE = {"schedule_id": "s1", "layers": [{"users": ["ada", "bob"], "rotation": "daily", "start": "2026-01-05"}]}


@pytest.fixture
def manned(staffed: Caller) -> Caller:
    """The team's first step pages who is on call."""
    assert staffed("POST", "/schedules", SCHEDULE).status == 201
    assert staffed("PUT", "/rules/r1", ON_CALL).status == 200
    return staffed


def test_who_is_on_call_is_found_with_one_call_more(manned: Caller, now: Any) -> None:
    assert calls() == [
        "Query",
        "Query",
        "BatchGetItem",
    ]  # rules; the schedule with its overrides; one user, the company
    now(seconds=2)
    assert calls() == ["BatchGetItem"]
    before = decided().assigned_to
    now(days=1)
    assert {*before, *decided().assigned_to} == {"ada", "bob"}


def test_an_override_counts_within_seconds(manned: Caller, now: Any) -> None:
    (there,) = decided().assigned_to
    other = "bob" if there == "ada" else "ada"
    since = clock.now()
    cover = {"user": other, "from": times.text(since), "to": times.text(since + timedelta(hours=1))}
    assert manned("POST", "/schedules/s1/overrides", cover).status == 201
    now(seconds=4)
    assert decided().assigned_to == [other]


def test_where_nobody_is_on_call_the_step_passes_and_it_is_said(manned: Caller, now: Any) -> None:
    manned("PUT", "/schedules/s1", {"layers": []})
    made = decided()
    assert (made.step, made.assigned_to) == (2, ["bob"])
    assert made.passed == ((1, 1, "Nobody is on call by schedule s1."),)
    manned("DELETE", "/schedules/s1")
    now(seconds=4)
    assert decided().passed == made.passed


def test_a_schedule_that_cannot_be_read_has_nobody(manned: Caller) -> None:
    directory.update(keys.schedule("acme", "s1"), {"layers": "?"})
    assert decided().assigned_to == ["bob"]


@pytest.mark.parametrize(("members", "large"), [(99, False), (100, True)])
def test_a_team_of_more_than_a_hundred_is_large(staffed: Caller, members: int, large: bool) -> None:
    names = [f"u{number:03d}" for number in range(members)]
    directory.put_all(
        [
            {
                **keys.member("acme", "payments", name, admin=False),
                "user_id": name,
                "team_id": "payments",
                "role": "member",
            }
            for name in names
        ]
    )
    book = Book(team_rules=[])
    reading.go_on("acme", book, Unread(rosters=["payments", "nosuch"]))
    everybody = ("ada", *names)
    assert book.read_rosters == {"payments": Roster(("ada",), everybody, large=large), "nosuch": Roster()}


def test_another_companys_people_and_rules_are_not_read(staffed: Caller) -> None:
    decided()
    book = reading.begin("beta", "payments")
    reading.go_on("beta", book, Unread(users=["ada"], rosters=["payments"], company_rules=True))
    assert (book.team_rules, book.company_rules) == ([], [])
    assert book.read_rosters == {"payments": Roster()}
    assert book.read_users == {"ada": None}
