"""Each story has a world of its own, in which no function does what it has no right to."""

from collections.abc import Iterator

import pytest

from tests.simulation.invariants import rights
from tests.simulation.story import Story


@pytest.fixture
def story() -> Iterator[Story]:
    with Story() as world:
        yield world
    assert rights.beyond(world.gate.calls) == set()
