"""A little of the search in every run of the tests; `make simulate` looks further."""

import pytest

from tests.simulation import bugs, search

SEEDS = {"swarm": 60, "nominal": 30, "mild": 30, "net_off": 30, "net_only": 30}
QUICKLY_FOUND = (
    "no epoch check",
    "no early check",
    "marked before it is sent",
    "commit before the pages are asked for",
    "an error of the escalator is swallowed",
    "the next time counted from the old one",
    "a put over settled pages",
    "after the last step nothing",
)


@pytest.mark.parametrize("mode", SEEDS)
def test_no_page_is_lost_and_none_comes_when_nobody_wants_it(mode: str) -> None:
    results = [search.run(mode, seed) for seed in range(SEEDS[mode])]
    assert [(one.replay, list(map(str, one.violations))) for one in results if one.violations] == []
    assert sum(one.counts["pages"] for one in results) > 10 * SEEDS[mode], "the search has nothing to look at"


def test_a_seed_plays_the_same_every_time() -> None:
    first, second = (search.play("swarm", 7) for _ in range(2))
    assert [(one.at, one.address, one.text) for one in first.attempts] == [
        (one.at, one.address, one.text) for one in second.attempts
    ]


@pytest.mark.parametrize("name", QUICKLY_FOUND)
def test_a_known_mistake_is_found(name: str) -> None:
    (one,) = (one for one in bugs.ALL if one.name == name)
    found = bugs.find(one, {"swarm": 10, "mild": 10, "net_off": 10})
    assert found.result is not None


@pytest.mark.parametrize("one", bugs.ALL, ids=lambda one: one.name)
def test_every_known_mistake_can_still_be_made(one: bugs.Bug) -> None:
    with one.made():
        pass


def test_there_are_enough_known_mistakes() -> None:
    assert len({one.name for one in bugs.ALL}) >= 25
