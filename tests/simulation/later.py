"""Rows as a later version may have written them, side by side with this one, which cannot read them.

They stand where the nets look, before all others: each is tried again and again in vain, and none may be the last that
a net looks at.
"""

from collections.abc import Sequence
from functools import partial
from random import Random

from tests.simulation.world import World
from tocsin import keys, rows, times


def write(world: World, tenants: Sequence[str], random: Random) -> None:
    """Let some be written, in one run of five."""
    if random.random() < 0.2:
        for number in range(random.choice((1, 2, 5))):
            pk = f"T#{random.choice(tenants)}#TICKET#later{number}"
            world.timeline.after(random.uniform(0, 600), partial(_put, world, pk))


def _put(world: World, pk: str) -> None:
    place = {"due_shard": keys.due_shard(pk), "look_at": times.text(world.timeline.now())}
    world.tickets.put(rows.item({"pk": pk, "sk": "LATER", **place}))
