"""Recovery: all queues, schedules and places in the stream are lost, and a person rebuilds them from the tables."""

from datetime import timedelta
from random import Random

from tests.simulation.cloud.table import Item
from tests.simulation.faults import EVERYTHING, MENDED_BY_RETRIES, Weather
from tests.simulation.world import World
from tocsin import rebuild

ASKED_AGAIN = 30.0  # seconds until a rebuild that was killed, or could not do everything, is called again
TRIES = 5  # at what cannot be rebuilt: it may be a row that nobody can read


class Disaster:
    """Takes everything but the tables away, once. No sweeper runs from then on: it would hide what a rebuild forgets.

    What only the sweeper mends does not go wrong any more either. `over`: when the rebuild was done, None until then.
    """

    def __init__(self, world: World, weather: Weather, random: Random, length: float) -> None:
        """Plan it within `length` seconds, and its rebuild a quarter of an hour later at most."""
        self.world, self.weather, self.random = world, weather, random
        self.over: float | None = None
        self._at = random.uniform(0.02, 0.9) * length
        if random.random() < 0.5:  # a call that comes to its end after a few rows
            world.put(rebuild, "BATCH", random.choice((1, 2, 5)))
            world.put(rebuild, "TIME", timedelta(seconds=-1))
        if random.random() < 0.4:
            self._fail_a_provider()
        chance = Random(f"disaster {world.seed}")  # noqa: S311 - so that a seed plays all else alike
        self._latest = 0.9 * length
        world.timeline.after(self._at, self._wait_for_a_move if chance.random() < 0.3 else self._strike)

    def _fail_a_provider(self) -> None:
        """Let a provider be down at that time too: pages wait for their next try, each longer than before."""
        refusals = self.random.choice(list(self.world.refusals.values()))
        begun = max(0.0, self._at - self.random.uniform(0, 900))
        ended = self._at + self.random.uniform(0, 600)
        self.world.timeline.after(begun, lambda: refusals.refuse("*", "InternalError"))
        self.world.timeline.after(ended, lambda: refusals.codes.pop("*"))

    def _wait_for_a_move(self) -> None:
        """Strike when a ticket has just moved, most often with pages that are not sent yet; or soon, if none does."""
        struck = False

        def strike() -> None:
            nonlocal struck
            if not struck:
                struck, self._at = True, self.world.seconds
                self._strike()

        def hear(old: Item | None, new: Item | None) -> None:
            if old is not None and new is not None and new["sk"]["S"] == "TICKET" and old["epoch"] != new["epoch"]:
                self.world.timeline.after(0.001, strike)

        self.world.tickets.listeners.append(hear)
        self.world.timeline.after(min(120, self._latest - self._at), strike)

    def _strike(self) -> None:
        self.world.lose_everything()
        self.world.sweeper = False
        self.world.dynamodb.most["Tickets/due"] = 1
        self.weather.outages.clear()
        self.weather.hot = ("", 0.0, 0.0)
        self.weather.rates = {kind: rate for kind, rate in self.weather.rates.items() if kind in MENDED_BY_RETRIES}
        self._touch()
        self.world.timeline.after(self.random.uniform(60, self.random.choice((120, 900))), lambda: self._rebuild(None))

    def _rebuild(self, begin: str | None, tried: int = 1) -> None:
        progress = self.world.invoke("sweeper", {"rebuild": True, "begin": begin})
        self._touch()
        if progress is None or (progress["failed"] and tried < TRIES):
            again = tried + (progress is not None)
            self.world.timeline.after(ASKED_AGAIN, lambda: self._rebuild(begin, again))
        elif progress["next"] is not None:
            self.world.timeline.after(1.0, lambda: self._rebuild(progress["next"]))
        else:
            self.over = self.world.seconds

    def _touch(self) -> None:
        self.weather.struck[EVERYTHING].append((self._at, self.world.seconds))
