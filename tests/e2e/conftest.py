"""One embedded AWS and one whole stack for all end-to-end tests, beside whatever `make up` runs."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.engine import Engine, start, stop
from infra.local.places import Places
from infra.local.stack import Stack, bring_up
from infra.local.terminal import Terminal


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A bare embedded AWS, nothing deployed on it."""
    where = Places(tmp_path_factory.mktemp("engine"))
    engine = start(where, leash=True)
    yield engine
    stop(engine, where)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stack of the tests lives."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(place: Path) -> Iterator[Stack]:
    """The whole app, with the demo company."""
    stack = bring_up(Places(place), Terminal(io.StringIO()), detached=False)
    yield stack
    stack.stop()
