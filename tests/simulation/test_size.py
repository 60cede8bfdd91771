"""No request, and no step, reads in proportion to the size of a company: counted is every row that a call brings back.

The same things are done in a company and in one twenty times as large, whose users and teams are all alike.
"""

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from tests.simulation.story import PHONES, Story, mail, step
from tests.simulation.timeline import START
from tests.simulation.world import Rows
from tocsin import keys, times
from tocsin.rows import item

SMALL, LARGE = 200, 4000  # users, and as many teams; every user is in the team `crowd`
AT = times.text(START)

REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/users", None),
    ("GET", "/users?q=nobody-is-called-so", None),
    ("GET", "/users/u00100", None),
    ("PATCH", "/users/u00100", {"name": "Other"}),
    ("GET", "/teams", None),
    ("GET", "/teams?q=g00100", None),
    ("GET", "/teams/crowd", None),
    ("PATCH", "/teams/crowd", {"name": "Other"}),
    ("GET", "/teams/crowd/members", None),
    ("PUT", "/teams/crowd/members/u00100", {"role": "admin"}),
    ("DELETE", "/teams/crowd/members/u00101", None),
    ("POST", "/rules", {"rule_id": "r", "name": "R", "steps": [step("ada")]}),
    ("GET", "/rules", None),
    ("GET", "/rules?team=crowd", None),
    (
        "POST",
        "/schedules",
        {"schedule_id": "s", "team": "crowd", "layers": [{"users": ["ada"], "start": "2026-01-01"}]},
    ),
    ("GET", "/schedules?team=crowd", None),
    ("GET", "/schedules/primary", None),
    ("GET", "/schedules/primary/shifts", None),
    ("POST", "/schedules/preview", {"layers": [{"users": ["ada", "bob"], "start": "2026-01-01"}]}),
    ("POST", "/schedules/primary/overrides", {"user": "ada", "from": AT, "to": "2026-01-06T00:00:00Z"}),
    ("GET", "/schedules/primary/overrides", None),
    ("POST", "/schedules/primary/feed_keys", {}),
    ("GET", "/oncall?team=payments", None),
    ("GET", "/oncall", None),
    ("POST", "/tickets", {"team": "payments", "title": "T", "ticket_id": "t"}),
    ("GET", "/tickets", None),
    ("GET", "/tickets?team=crowd", None),
    ("PATCH", "/tickets/t", {"title": "Other"}),
    ("GET", "/integrations", None),
    ("GET", "/severities", None),
    ("DELETE", "/users/u00102", None),
    ("DELETE", "/teams/g00100", None),
    ("DELETE", "/schedules/primary", None),
)


@cache
def rows(size: int) -> Rows:
    """Return the rows of so many users and teams: written as the API writes them, but for the time that would take."""
    found: list[dict[str, Any]] = [_listed(keys.team("acme", "crowd"), "TEAMS", "crowd", team_id="crowd", name="Crowd")]
    for number in range(size):
        user, team = f"u{number:05d}", f"g{number:05d}"
        person = {"user_id": user, "name": user, "email": mail(user), "role": "responder"}
        found.append(_listed(keys.user("acme", user), "USERS", user, **person))
        found.append(_listed(keys.team("acme", team), "TEAMS", team, team_id=team, name=team))
        place = {"team_id": "crowd", "user_id": user, "role": "member", "list_pk": keys.teams_of("acme", user)}
        found.append({**keys.member("acme", "crowd", user, admin=False), **place, "list_sk": "crowd"})
    return {(row["pk"], row["sk"]): item(row) for row in found}


def _listed(key: keys.Key, noun: str, place: str, **fields: Any) -> dict[str, Any]:
    return {**key, **fields, "created_at": AT, "list_pk": keys.listed("acme", noun), "list_sk": place}


class Counting(Story):
    """A story in a company of some size, in which rows that were read are counted."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.directory.load(rows(size))
        self.read = 0
        for operation, count in _COUNTS.items():
            setattr(self.dynamodb, operation, self._counted(getattr(self.dynamodb, operation), count))

    def _counted(self, effect: Callable[..., Any], count: Callable[[Mapping[str, Any]], int]) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            answer = effect(**arguments)
            self.read += count(answer)
            return answer

        return call

    @contextmanager
    def noting(self, found: dict[str, int], name: str) -> Any:
        """Note how many rows are read meanwhile."""
        before = self.read
        yield
        found[name] = self.read - before


_COUNTS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "get_item": lambda answer: int("Item" in answer),
    "batch_get_item": lambda answer: sum(map(len, answer["Responses"].values())),
    "query": lambda answer: len(answer["Items"]),
}


def requests(size: int) -> dict[str, int]:
    """Return how many rows each request reads."""
    found: dict[str, int] = {}
    with Counting(size) as story:
        story.schedule("ada", "bob")
        for method, path, body in REQUESTS:
            bare, _, query = path.partition("?")
            asked = dict([query.split("=")]) if query else None
            with story.noting(found, f"{method} {path}"):
                answer = story.api(method, bare, body, query=asked)
            assert answer.status in {200, 201, 204}, (method, path, answer)
    return found


def steps(size: int) -> dict[str, int]:
    """Return how many rows are read from the opening of a ticket until its page was sent."""
    found: dict[str, int] = {}
    targets: dict[str, dict[str, str]] = {"a user": {"user": "ada"}, "who is on call": {"schedule": "primary"}}
    for name, target in (targets | {"a team of all": {"team": "crowd"}}).items():
        with Counting(size) as story:
            story.schedule("ada", "bob")
            story.expect(201, "PUT", "/teams/crowd/members/ada", {"role": "admin"})
            story.rule({"notify": [target]})
            with story.noting(found, name):
                story.open()
                story.run(5)
            assert [sent.address for sent in story.sent] == [PHONES["ada"]]
    return found


@pytest.fixture(scope="module")
def small() -> dict[str, int]:
    return requests(SMALL)


def test_requests_read_as_much_in_a_company_twenty_times_as_large(small: dict[str, int]) -> None:
    assert requests(LARGE) == small


def test_no_request_reads_more_than_a_page_and_a_few(small: dict[str, int]) -> None:
    assert {name: read for name, read in small.items() if read > 30} == {}


def test_a_step_reads_as_much_whatever_the_size_of_the_company_and_the_team() -> None:
    found = steps(SMALL)
    assert steps(LARGE) == found
    assert found["who is on call"] == found["a user"] + 1  # the schedule
