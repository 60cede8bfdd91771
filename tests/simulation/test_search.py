"""A little of the search in every run of the tests; `make simulate` looks further."""

import os
import subprocess
import sys

import pytest

from tests.simulation import bugs, passing, search
from tests.world import ROOT

SEEDS = {"swarm": 60, "nominal": 30, "mild": 30, "net_off": 30, "net_only": 30, "recovery": 30}
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


def test_a_seed_plays_the_same_in_every_process() -> None:
    told = """
from tests.simulation import search
print([(one.at, one.address, one.text) for seed in (7, 1763) for one in search.play("swarm", seed).attempts])
"""
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers/core/python")])
    first, second = (
        subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-W", "ignore", "-c", told],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashing in ("1", "2")
    )
    assert len(first) > 1000
    assert first == second


@pytest.mark.parametrize("name", QUICKLY_FOUND)
def test_a_known_mistake_is_found(name: str) -> None:
    (one,) = (one for one in bugs.ALL if one.name == name)
    found = bugs.find(one, list(bugs.jobs({"swarm": 10, "mild": 10, "net_off": 10})))
    assert found.result is not None


def test_a_mistake_is_looked_for_in_runs_that_come_by_its_place() -> None:
    made = [one for one in bugs.ALL if one.name in ("a rebuild sees tickets alone", "no epoch check", "sweeper off")]
    jobs = list(bugs.jobs({"swarm": 4, "recovery": 4, "nominal": 4}))
    recovery = [job for job in jobs if job[0] == "recovery"]
    runs = passing.runs(made, jobs, processes=1)
    assert runs["a rebuild sees tickets alone"] == recovery
    assert runs["no epoch check"] == jobs
    assert recovery[0] in runs["sweeper off"]
    assert ("nominal", 0) not in runs["sweeper off"]


@pytest.mark.parametrize("one", bugs.ALL, ids=lambda one: one.name)
def test_every_known_mistake_can_still_be_made(one: bugs.Bug) -> None:
    with one.made():
        pass


def test_there_are_enough_known_mistakes() -> None:
    assert len({one.name for one in bugs.ALL}) >= 25
