"""What is explained beforehand is what happens if nobody answers, page by page."""

from random import Random
from typing import Any

import pytest

from tests.simulation.firm import Firm
from tests.simulation.story import Story
from tocsin import times

SEEDS = range(60)
DRIFT = 20.0  # seconds: each step is due a wait after the last one was taken, which may be half a second late
TURN = 32.0  # seconds that a page waits at most for the turn of its person


def planned(page: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(page[name] for name in ("step", "round", "user", "channel", "address"))


def pages(story: Story, ticket: str) -> list[dict[str, Any]]:
    """Return all pages of a ticket."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = story.api("GET", f"/tickets/{ticket}/pages", query={"limit": 100, **cursor}).body
        found += answer["items"]
        if answer["next_cursor"] is None:
            return found
        cursor = {"cursor": answer["next_cursor"]}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_is_what_happens_if_nobody_answers(seed: int) -> None:
    with Story(seed) as story:
        firm = Firm(story, Random(f"firm {seed}"))  # noqa: S311 - to be repeatable
        wish = firm.ticket()
        told = story.expect(200, "POST", "/rules/explain", {"ticket": wish})
        assert told["complete"]
        plan = sorted(told["plan"], key=lambda page: (planned(page), page["at"]))
        begin = story.timeline.now()
        ticket = story.open(**wish)
        last = max((times.parse(page["at"]) for page in plan), default=begin)
        story.run((last - begin).total_seconds() + DRIFT + TURN)
        sent = [page for page in pages(story, ticket) if page["status"] == "sent"]
        happened = sorted(sent, key=lambda page: (planned(page), page["sent_at"]))
        assert [planned(page) for page in happened] == [planned(page) for page in plan], told
        for page, wanted in zip(happened, plan, strict=True):
            late = times.parse(page["sent_at"]) - times.parse(wanted["at"])
            assert -3 <= late.total_seconds() < DRIFT + TURN, (page, wanted)


def test_plans_are_of_many_kinds() -> None:
    """Else the test above would show little."""
    told = []
    for seed in SEEDS:
        with Story(seed) as story:
            firm = Firm(story, Random(f"firm {seed}"))  # noqa: S311 - to be repeatable
            told.append(story.expect(200, "POST", "/rules/explain", {"ticket": firm.ticket()}))
    assert {one["end"].split()[0] for one in told} >= {"Reminders", "The"}
    plans = " ".join(page["because"] for one in told for page in one["plan"])
    for part in (
        "resort",
        "reminder",
        "round 2",
        "built-in",
        "on call",
        "in turn",
        "member",
        "admin",
        "every",
        "severity",
        "step's",
    ):
        assert part in plans
    warnings = " ".join(warning["text"] for one in told for warning in one["warnings"])
    for part in ("Nobody is on call", "no schedule", "no user", "no verified", "not verified"):
        assert part in warnings
    assert sum(len({page["at"] for page in one["plan"]}) > 3 for one in told) > len(SEEDS) / 3
