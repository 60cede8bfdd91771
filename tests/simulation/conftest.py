"""Each story has a world of its own."""

from collections.abc import Iterator

import pytest

from tests.simulation.story import Story


@pytest.fixture
def story() -> Iterator[Story]:
    with Story() as world:
        yield world
