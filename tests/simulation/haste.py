"""What comes at the same time: alerts of one key, two people at one ticket, an address that changes under a page.

Its own chance draws all, so that a seed plays all else alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

USERS = ("bob", "dan")  # whose numbers are verified, and good for one company alone
KEY = "haste"  # a dedup key that nobody else has


@dataclass
class Haste:
    """Plans it for a run. `open_`: opens a ticket for a company; `act`: acts on a ticket, once it is there."""

    random: Random
    later: Callable[..., None]
    open_: Callable[[str, dict[str, Any]], None]
    act: Callable[[Any, str, dict[str, Any]], None]
    readdress: Callable[[int, str], None]  # gives a user of a company another number

    def plan(self, openings: list[Any], length: float) -> None:
        """Plan some of it, in some of all runs. `openings`: tickets that will be there."""
        chance = self.random.random()
        one, at = self.random.choice(openings), self.random.uniform(0, length / 2)
        if chance < 0.08:
            for after in (0.0, self.random.uniform(0, 0.5), self.random.uniform(0, 3)):
                self.later(at + after, self.open_, one.tenant, {**self._alert(one), "dedup_key": KEY})
        elif chance < 0.18:
            # An id that is taken, and a key that is not: what is refused must leave nothing that others are counted on.
            named = {**self._alert(one), "ticket_id": "taken"}
            self.later(at, self.open_, one.tenant, named)
            self.later(at + 1, self.open_, one.tenant, {**named, "title": "Z998 another", "dedup_key": KEY})
            self.later(at + self.random.uniform(1, 150), self.open_, one.tenant, {**self._alert(one), "dedup_key": KEY})
        elif chance < 0.3:
            # About then pages are under way to the number that the user had.
            at = self.random.uniform(0, length / 3)
            self.later(at, self.open_, one.tenant, {**self._alert(one), "severity": "sev1"})
            for index in range(2):
                self.later(at + self.random.uniform(0.3, 0.8), self.readdress, index, self.random.choice(USERS))
        elif chance < 0.55:
            for _ in range(2):
                at = self.random.uniform(0, length)
                for what, body in self.random.sample(self._acts(), 2):
                    self.later(at, self.act, one, what, body)
                    at += self.random.choice((0.0, 0.0, 0.1, 1.0))

    def _alert(self, one: Any) -> dict[str, Any]:
        return {"team": one.body["team"], "title": "Z999 disk full"}

    def _acts(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            ("move", {"status": "under_investigation"}),
            ("move", {"status": "pending_fix"}),
            ("move", {"status": "unread"}),
            ("move", {"status": "resolved"}),
            ("snooze", {"for": self.random.choice(("30s", "2m", "10m"))}),
            ("reassign", {"user": "ada"}),
        ]
