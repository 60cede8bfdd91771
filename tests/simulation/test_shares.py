"""A tenant's share of a sender: who sends a lot waits for itself alone."""

from datetime import timedelta

import pytest

from tests.simulation.story import Story
from tocsin import clock, shares

SECONDS = 60


def flood(story: Story, asking: dict[str, int], *, forget: bool = False) -> dict[str, list[bool]]:
    """Let tenants ask so many times a second, evenly, for a minute. Return who got a token, ask by ask."""
    got: dict[str, list[bool]] = {tenant: [] for tenant in asking}
    steps = max(asking.values())
    for tick in range(SECONDS * steps):
        for tenant, often in asking.items():
            if tick % (steps // often) == 0:
                got[tenant].append(shares.take(tenant, "sms", 1, clock.now(), tries=2) is None)
        if forget and tick % steps == 0:
            shares.forget()
        story.run(1 / steps)
    return got


def test_who_is_alone_and_within_half_of_the_rate_is_never_kept_waiting(story: Story) -> None:
    assert all(flood(story, {"acme": 1})["acme"])


def test_who_floods_gets_half_of_a_sender_and_leaves_the_other_half_free(story: Story) -> None:
    got = flood(story, {"acme": 20})["acme"]
    assert sum(got) == pytest.approx(1.5 * SECONDS, rel=0.1)


def test_a_flood_keeps_nobody_else_waiting(story: Story) -> None:
    got = flood(story, {"acme": 20, "bell": 1})
    assert all(got["bell"])
    assert sum(got["acme"]) + sum(got["bell"]) <= 3 * SECONDS


def test_two_floods_share_and_still_leave_room(story: Story) -> None:
    got = flood(story, {"acme": 20, "bell": 20, "corp": 1}, forget=True)
    assert sum(got["acme"]) == pytest.approx(sum(got["bell"]), rel=0.15)
    assert all(got["corp"])
    assert sum(map(sum, got.values())) <= 3.3 * SECONDS, "a process that begins may take one too many"


def test_a_flood_that_is_over_is_forgotten(story: Story) -> None:
    flood(story, {"acme": 20})
    story.run(120)
    shares.forget()
    assert sum(shares.take("bell", "sms", 1, clock.now()) is None for _ in range(2)) == 2


def test_a_message_of_many_parts_costs_as_many(story: Story) -> None:
    assert shares.take("acme", "sms", 3, clock.now()) is None
    wait = shares.take("acme", "sms", 1, clock.now())
    assert wait is not None
    assert timedelta(seconds=1) < wait <= timedelta(seconds=2)


def test_channels_have_senders_of_their_own(story: Story) -> None:
    flood(story, {"acme": 20})
    assert shares.take("acme", "email", 1, clock.now()) is None
