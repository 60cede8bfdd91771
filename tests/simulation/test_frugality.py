"""What a ticket and a page cost, in calls to AWS."""

from collections import Counter

import pytest

from tests.simulation.cloud.gate import Call
from tests.simulation.story import Story, step
from tests.world import request


@pytest.fixture
def story(story: Story) -> Story:
    """A story whose processes have a session for the company: they ask for one an hour."""
    story.expect(200, "GET", "/company")
    story.gate.calls.clear()
    return story


def shown(calls: list[Call]) -> dict[str, int]:
    """Return how often each operation was called."""
    return dict(Counter(f"{call.service}.{call.operation}" for call in calls))


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({}, 2),
        ({"dedup_key": "checkout-5xx"}, 3),
        ({"description": "x" * 50_000}, 3),
        ({"dedup_key": "checkout-5xx", "description": "x" * 50_000}, 4),
    ],
    ids=["plain", "with a dedup key", "with a long text", "with both"],
)
def test_opening_a_ticket_takes_two_calls(story: Story, fields: dict[str, str], most: int) -> None:
    story.open(**fields)
    assert len(story.gate.of("tickets")) <= most, shown(story.gate.of("tickets"))


def test_a_storm_asks_for_its_allowance_a_few_times_only(story: Story) -> None:
    for _ in range(64):
        story.open()
    assert len(story.gate.of("tickets")) == 2 * 64 + len([1, 2, 4, 8, 16, 32]) * 2 - 1, "of a full bucket by one call"


def test_a_request_takes_one_call_in_the_authorizer(story: Story) -> None:
    event = request("GET", "/api/v1/teams", headers={"authorization": f"Bearer {story.api_key}"})
    answer = story.invoke("authorizer", event)
    assert answer["context"]["tenant"] == "acme"
    assert len(story.gate.of("authorizer")) == 1


def page_before(story: Story, user: str) -> None:
    """Let the processes have paged somebody just before: what they keep for a minute is no cost of the next page."""
    story.rule(step(user, wait="1h"))
    ticket = story.open()
    story.run(35)
    story.acknowledge(ticket)
    story.run(10)


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("step_number", [1, 2])
def test_a_page_from_due_to_sent_takes_at_most_fourteen_calls(story: Story, step_number: int, channel: str) -> None:
    story.add_mail("bob")
    page_before(story, "bob")
    paged = len(story.to("bob"))
    story.rule(*[step("ada", wait="5m")] * (step_number - 1), step("bob", channels=[channel]))
    story.gate.calls.clear()
    story.open()
    story.run_until(lambda: len(story.to("bob")) > paged, within=310)
    story.run(1)
    due = max(call.number for call in story.gate.of("escalator") if call.operation == "get_item")
    calls = [call for call in story.gate.of("escalator", "notifier") if call.number >= due]
    assert len(calls) <= (14 if channel == "sms" else 12), shown(calls)
    # Beside the page itself: its timer and the next one, its lines in the history.
    assert len(story.gate.of("clock")) <= 1 + step_number
    assert len(story.gate.of("historian")) <= 1 + step_number


def test_a_page_to_who_is_on_call_takes_one_call_more(story: Story) -> None:
    page_before(story, "ada")
    sent = len(story.sent)
    story.schedule("ada", "bob", "cyd")
    story.rule({"notify": [{"schedule": "primary"}]})
    story.gate.calls.clear()
    story.open()
    story.run_until(lambda: story.who()[sent:] == ["ada"], within=10)
    story.run(1)
    calls = story.gate.of("escalator", "notifier")
    assert len(calls) <= 15, shown(calls)


def test_a_ticket_that_pages_two_people_and_is_acknowledged_costs_few_calls(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="10m"))
    story.gate.calls.clear()
    ticket = story.open()
    story.run(310)
    story.acknowledge(ticket)
    story.run(3600)
    spent = {name: shown(story.gate.of(name)) for name in ("tickets", "clock", "escalator", "notifier", "historian")}
    assert sum(sum(calls.values()) for calls in spent.values()) <= 43
