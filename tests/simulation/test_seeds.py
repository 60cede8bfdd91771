"""Seeds that found something once, in the product or in the search itself."""

import pytest

from tests.simulation import search

KEPT = [
    # A step that is decided again after its rule was changed keeps the pages of the first decision.
    ("swarm", 217),
    # A page whose step was decided otherwise after a crash belongs to the sweeper alone.
    ("net_off", 19),
    ("net_off", 396),
    # A step that was taken again after a long outage asked for pages that were too late by then: nobody was paged.
    ("net_off", 190),
    ("swarm", 418),
    ("swarm", 1490),
    ("swarm", 1557),
    # A ticket that was edited between two attempts of a step, and got another rule.
    ("net_off", 30),
    # Two escalators with one step, both slow.
    ("swarm", 515),
    # Reminders to dead addresses keep their times: the next one at once would spin.
    ("mild", 13),
    ("swarm", 7),
    # A method that is tried next has its own beginning; its step has not.
    ("swarm", 22),
    # Two pages of a step fail at once, and each takes the other for the way that is tried next.
    ("mild", 7),
    # A schedule that never fires is gone all the same.
    ("swarm", 16),
    # Pages that waited for their next try when all queues were lost: a rebuild passed them over.
    ("recovery", 113),
    ("recovery", 121),
    # Who took a turn died with the mark that pages wait for it: those who came after did not know of them.
    ("net_off", 14),
    ("net_off", 1),
    # A row that a rebuild could not do, and nobody was told of.
    ("recovery", 48),
    # Rows that share their place in the due index: a rebuild began there again and again.
    ("recovery", 0),
    # Who took a turn for others too died, and its own page was not wanted any more when its message came back.
    ("net_off", 1),
    # Who said STOP between two looks before a late send was written to all the same.
    ("swarm", 13864),
    # A severity edited while a step was taken; an answer that was done, and whose confirmation was lost.
    ("swarm", 14247),
    ("swarm", 1344),
    # A ticket older than its new automatic resolve.
    ("nominal", 7073),
    # The end of an alarm, told late, ended the next alarm.
    ("swarm", 124855),
    # A message whose ticket was made in its stead, and is over, was tried for ever.
    ("swarm", 84),
    ("swarm", 124543),
    # Two SMS at one time: one forgot the other, which counted again.
    ("swarm", 131283),
    ("swarm", 129860),
    # A page of another decision than the one that was committed, long after; a call when all codes are used up.
    ("swarm", 106973),
    ("swarm", 133285),
    # A severity that was changed while somebody acknowledged, who took long for it.
    ("swarm", 164514),
    ("swarm", 165921),
    # Two asks at one time; an end that comes while its alarm goes off.
    ("swarm", 128338),
    ("swarm", 131568),
    # An empty answer of the stream was taken for its end by the redriver.
    ("net_off", 3),
    ("net_off", 15),
    # A page was in hand while the next step was hurried; a number changed while its person's turn was on.
    ("mild", 50),
    ("nominal", 101),
    # A page whose address was dead was tried every three seconds until its step was committed, be that an hour.
    ("recovery", 158),
]


@pytest.mark.parametrize(("mode", "seed"), KEPT)
def test_a_seed_that_failed_once_does_not_fail_again(mode: str, seed: int) -> None:
    assert list(map(str, search.run(mode, seed).violations)) == []
