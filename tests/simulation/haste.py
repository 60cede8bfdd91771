"""What comes at the same time: alerts of one key, two people at one ticket, an address that changes under a page, a
maintenance or an answer while something waits.

Its own chance draws all, so that a seed plays all else alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from tests.simulation.cloud.gate import Meanwhile
from tests.simulation.cloud.table import Item
from tests.simulation.faults import EVERYTHING, tickets_of
from tests.simulation.timeline import START
from tests.simulation.world import World
from tocsin import times
from tocsin.rows import plain

USERS = ("bob", "dan")  # whose numbers are verified, and good for one company alone
KEY = "haste"  # a dedup key that nobody else has
ACKNOWLEDGE, FIX = ("move", {"status": "under_investigation"}), ("move", {"status": "pending_fix"})
RESOLVE, RETURN = ("move", {"status": "resolved"}), ("move", {"status": "unread"})
SNOOZE, GIVE, NAME = ("snooze", {"for": "10m"}), ("reassign", {"user": "ada"}), ("escalate", {"step": 1})
RACES = (
    (ACKNOWLEDGE, RESOLVE),
    (ACKNOWLEDGE, FIX),
    (ACKNOWLEDGE, RETURN),
    (FIX, SNOOZE),
    (ACKNOWLEDGE, SNOOZE),
    (RESOLVE, SNOOZE),
    (GIVE, NAME),
    (RETURN, GIVE),
)
ACTS = (ACKNOWLEDGE, ACKNOWLEDGE, RESOLVE, SNOOZE, GIVE, RETURN, NAME)
WORK = (
    ("notifier", "update_item", ""),
    ("notifier", "update_item", "TICKET"),
    ("notifier", "put_item", ""),
    ("notifier", "publish", ""),
    ("escalator", "update_item", ""),
    ("escalator", "query", ""),
    ("escalator", "put_item", ""),
    ("escalator", "send_message_batch", ""),
    ("sweeper", "batch_get_item", ""),
)
"""In the middle of what somebody acts: a function, its call, and of which row, if that matters."""
Acts = tuple[Callable[..., None], *tuple[Any, ...]]


@dataclass
class Haste:
    """Plans it for a run. `open_`: opens a company's ticket, and returns it; `act`: acts on one, once it is there."""

    random: Random
    world: World
    later: Callable[..., None]
    open_: Callable[[str, dict[str, Any]], Any]
    act: Callable[[Any, str, dict[str, Any]], None]
    readdress: Callable[[int, str], None]  # gives a user of a company another number
    call: Callable[..., None]  # calls the API for a company until it answers: what, method, path, body, tenant
    wait: Callable[[float], None]  # lets time pass within a call

    def plan(self, openings: list[Any], length: float) -> None:
        """Plan one of it. `openings`: tickets that will be there."""
        weights = {
            self._burst: 6,
            self._reopens: 4,
            self._taken: 10,
            self._moves_house: 12,
            self._same_names: 12,
            self._two_at_once: 20,
            self._steps_in: 20,
            self._pauses: 10,
            self._answers: 6,
        }
        (planned,) = self.random.choices(list(weights), list(weights.values()))
        planned(openings, length)

    def _burst(self, openings: list[Any], length: float) -> None:
        """Send alerts of one key that come almost at once, one in the middle of another, which may name its ticket."""
        one, at = self.random.choice(openings), self.random.uniform(0, length / 2)
        alert = {**self._alert(one), "dedup_key": KEY}
        first = {**alert, **self.random.choice(({}, {"ticket_id": "burst", "title": "Z997 disk full, and named"}))}
        self.later(at, self._between, "put_item", 1, (self.open_, one.tenant, first), (self.open_, one.tenant, alert))
        self.later(at + self.random.uniform(0, 3), self.open_, one.tenant, alert)

    def _reopens(self, openings: list[Any], length: float) -> None:
        """Let alerts come at the same time when what their key stands for is over: both point it to a new ticket."""
        one, at = self.random.choice(openings), self.random.uniform(0, length / 2)
        alert = {**self._alert(one), "dedup_key": KEY}
        opens: Acts = (self.open_, one.tenant, alert)
        first: list[Any] = []
        self.later(at, lambda: first.append(self.open_(one.tenant, alert)))
        self.later(at + 20, lambda: [self.act(ticket, *RESOLVE) for ticket in first])
        self.later(at + 40, self._between, "update_item", 0, opens, opens, "DEDUP")

    def _taken(self, openings: list[Any], length: float) -> None:
        """Use an id that is taken, and a key that is not: what is refused leaves nothing that others are counted on."""
        one, at = self.random.choice(openings), self.random.uniform(0, length / 2)
        named = {**self._alert(one), "ticket_id": "taken"}
        self.later(at, self.open_, one.tenant, named)
        self.later(at + 1, self.open_, one.tenant, {**named, "title": "Z998 another", "dedup_key": KEY})
        self.later(at + self.random.uniform(1, 150), self.open_, one.tenant, {**self._alert(one), "dedup_key": KEY})

    def _moves_house(self, openings: list[Any], length: float) -> None:
        """Change numbers when a message is on its way to one of them, which has just been given to somebody else."""
        gone = Meanwhile("notifier", "publish", self._gone)
        self.later(self.random.uniform(0, length), self.world.gate.faults.append, gone)

    def _gone(self) -> None:
        call = self.world.gate.calls[-1]
        self.world.sns.refusals.refuse(call.arguments["PhoneNumber"], "OptedOut")
        for index in range(2):
            for user in USERS:
                self.readdress(index, user)

    def _same_names(self, openings: list[Any], length: float) -> None:
        """Ask for teams of the same name in both companies, for they have not everywhere the same members."""
        at = self.random.uniform(0, length)
        for one in {opening.tenant: opening for opening in openings}.values():
            self.later(at, self.act, one, "responders", {"team": one.body["team"]})

    def _two_at_once(self, openings: list[Any], length: float) -> None:
        """Let two people act on a ticket at the same time, one in the middle of the other's act."""
        one = self.random.choice(openings)
        for _ in range(2):
            at = self.random.uniform(0, length)
            if self.random.random() < 0.6:
                self.later(at - 5, self.act, one, "move", {"status": "under_investigation"})
            first, second = self.random.choice(RACES)[:: self.random.choice((1, -1))]
            self.later(at, self._between, "update_item", 0, (self.act, one, *first), (self.act, one, *second))

    def _steps_in(self, openings: list[Any], length: float) -> None:
        """Let people act on a ticket in the middle of what is done for it, whatever that is; it may take its time."""
        for _ in range(3):
            one = self.random.choice(openings)
            function, operation, row = self.random.choice(WORK)
            pause = self.random.choice((0.0, 5.0)) if (function, operation) == ("notifier", "put_item") else 0.0
            happens = partial(self._acts_and_dawdles, one, self.random.choice(ACTS), pause)
            counts = partial(self._is_at_work_for, one, row)
            acts = Meanwhile(function, operation, happens, 0 if row else self.random.randrange(6), counts)
            self.later(self.random.uniform(0, length), self.world.gate.faults.append, acts)

    def _acts_and_dawdles(self, one: Any, act: tuple[str, dict[str, Any]], pause: float) -> None:
        self.act(one, *act)
        if pause:
            self.wait(pause)

    def _pauses(self, openings: list[Any], length: float) -> None:
        """Put a team into maintenance for a moment, while a step of its tickets waits for somebody to come on call."""
        self.world.tickets.listeners.append(self._pause_if_one_waits)

    def _pause_if_one_waits(self, old: Item | None, new: Item | None) -> None:
        if new is None or "held_since" not in new or (old is not None and "held_since" in old):
            return
        at, row = self.world.seconds, plain(new)
        path = f"/teams/{row['team']}/maintenance"
        until = {"until": times.text(START + timedelta(seconds=at + 1200))}
        self.later(at + 5, self.call, "maintenance", "PUT", path, until, row["tenant"])
        self.later(
            at + self.random.choice((30, 90)), self.call, "end of maintenance", "DELETE", path, None, row["tenant"]
        )

    def _answers(self, openings: list[Any], length: float) -> None:
        """Answer for a ticket whose pages wait for their people's turn, and open another when that has come."""
        one, at = self.random.choice(openings), self.random.uniform(0, length / 2)
        opened: list[Any] = []
        self.later(at, self.open_, one.tenant, self._alert(one))
        self.later(at + 3, lambda: opened.append(self.open_(one.tenant, self._alert(one))))
        self.later(at + self.random.uniform(20, 30), lambda: [self.act(ticket, *ACKNOWLEDGE) for ticket in opened])
        self.later(at + self.random.uniform(31, 45), self.open_, one.tenant, self._alert(one))

    def _is_at_work_for(self, one: Any, row: str) -> bool:
        """Say whether the call that is made now is made for a ticket, and is about this row."""
        of = tickets_of(self.world.at_work[-1])
        return bool(one.key) and bool({one.key, EVERYTHING} & of) and self._sort_key().startswith(row)

    def _sort_key(self) -> str:
        key: dict[str, Any] = self.world.gate.calls[-1].arguments.get("Key", {"sk": {"S": ""}})
        return str(key["sk"]["S"])

    def _between(self, operation: str, number: int, outer: Acts, inner: Acts, row: str = "") -> None:
        """Do one thing, and another before the call of this number (from 0) that the first makes, about such a row."""
        counts = lambda: self._sort_key().startswith(row)  # noqa: E731
        middle = Meanwhile("tickets", operation, lambda: inner[0](*inner[1:]), number, counts)
        self.world.gate.faults.append(middle)
        outer[0](*outer[1:])
        self.world.gate.faults.remove(middle)

    def _alert(self, one: Any) -> dict[str, Any]:
        return {"team": one.body["team"], "title": "Z999 disk full"}
