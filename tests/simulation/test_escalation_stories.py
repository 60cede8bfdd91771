"""How a ticket finds somebody: who is paged, and when."""

import pytest

from tests.simulation.story import Story, step


def test_the_first_person_is_paged_at_once_and_the_second_on_the_second(story: Story) -> None:
    story.rule(step("ada", wait="5m"), step("bob", wait="10m"))
    ticket = story.open()
    story.run(2)
    assert story.who() == ["ada"]
    story.run(600)
    assert story.who() == ["ada", "bob"]
    assert story.to("bob")[0].at - story.to("ada")[0].at == pytest.approx(300, abs=1)
    assert story.ticket(ticket)["assigned_to"] == ["bob"]
