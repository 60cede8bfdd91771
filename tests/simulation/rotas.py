"""Who is on call in a run: schedules that steps are for, changed, overridden and deleted while tickets wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulation.timeline import START
from tocsin import overrides, schedules, times
from tocsin.schedule import NewOverride, ScheduleBody

NAME = "rota"


@dataclass
class Rotas:
    """One schedule for each company, of the same name. Its own chance draws all, so that a seed plays all else alike.

    `call`: calls the API for a company until it answers (what, method, path, body, tenant).
    """

    random: Random
    tenants: tuple[str, str]
    users: tuple[str, ...]
    length: float
    call: Callable[[str, str, str, Any, str], None]
    later: Callable[..., None]
    now: Callable[[], float]
    more: Random  # for what was thought of later
    used: bool = field(init=False)
    _made: int = 0

    def begin(self) -> None:
        """Make the schedules, in some of all runs, and plan what becomes of them."""
        self.used = self.random.random() < 0.4
        if not self.used:
            return
        for tenant in self.tenants:
            layers = self._layers()
            layers = self._late() if self.more.random() < 0.3 else layers
            made = ScheduleBody.model_validate({"schedule_id": NAME, "layers": layers})
            schedules.create(tenant, made, START)
            if self.more.random() < 0.4:
                self._cover_twice(tenant)
        for _ in range(self.random.choice((0, 1, 2, 4))):
            act = self.random.choice((self._override, self._override, self._override, self._replace, self._delete))
            self.later(self.random.uniform(0, self.length), act, self.random.choice(self.tenants))

    def _late(self) -> list[dict[str, Any]]:
        """Return a layer by which somebody comes on call after a while: until then steps may be held."""
        begin = START + timedelta(minutes=self.more.randrange(3, 40))
        window = {"from": f"{begin:%H:%M}", "to": f"{begin + timedelta(hours=1):%H:%M}"}
        users = self.more.sample(self.users, 2)
        return [{"users": users, "rotation": "daily", "handoff": "00:00", "start": "2026-01-01", "restrict": [window]}]

    def _cover_twice(self, tenant: str) -> None:
        """Let two people stand in at the same time; now and then one of them leaves the company."""
        first, second = self.more.sample(self.users[1:], 2)
        for number, user in enumerate((first, second)):
            begin = START + timedelta(seconds=self.more.uniform(0, self.length / 4))
            end = begin + timedelta(seconds=self.more.choice((900, 3600, 7200)))
            body = {"override_id": f"c{number}", "user": user, "from": times.text(begin), "to": times.text(end)}
            overrides.create(tenant, NAME, NewOverride.model_validate(body), START + timedelta(seconds=number))
        if self.more.random() < 0.5:
            at = self.more.uniform(0, self.length / 3)
            self.later(at, self.call, "delete", "DELETE", f"/users/{second}", None, tenant)

    def target(self, user: str) -> dict[str, str]:
        """Return whom a step is for: a user, or now and then who is on call."""
        return {"schedule": NAME} if self.used and self.random.random() < 0.4 else {"user": user}

    def _layers(self) -> list[dict[str, Any]]:
        """Return one layer or two that change hands in the middle of things."""
        return [self._layer(restricted=number > 0) for number in range(self.random.choice((1, 1, 2)))]

    def _layer(self, *, restricted: bool) -> dict[str, Any]:
        minute, hour = self.random.randrange(60), START.hour + self.random.randrange(2)
        window = {"from": f"{hour:02d}:{minute:02d}", "to": f"{hour + 1:02d}:{self.random.randrange(60):02d}"}
        return {
            "users": self.random.sample(self.users, self.random.choice((1, 2, 3))),
            "rotation": self.random.choice(("hours:1", "hours:1", "hours:2", "daily")),
            "handoff": f"00:{self.random.randrange(60):02d}",
            "start": f"{START - timedelta(days=1):%Y-%m-%d}",
            "restrict": [window] if restricted or self.random.random() < 0.2 else [],
        }

    def _override(self, tenant: str) -> None:
        begin = self.now() + self.random.choice((-60, 0, 30, 300))
        end = begin + self.random.choice((60, 600, 3600))
        self._made += 1
        since, until = (times.text(START + timedelta(seconds=at)) for at in (begin, end))
        name = f"o{self._made}"
        body = {"override_id": name, "user": self.random.choice(self.users), "from": since, "to": until}
        self.call("override", "POST", f"/schedules/{NAME}/overrides", body, tenant)
        if self.random.random() < 0.4:
            path = f"/schedules/{NAME}/overrides/{name}"
            self.later(self.now() + self.random.uniform(1, 300), self.call, "delete", "DELETE", path, None, tenant)

    def _replace(self, tenant: str) -> None:
        self.call("schedule", "PUT", f"/schedules/{NAME}", {"layers": self._layers()}, tenant)

    def _delete(self, tenant: str) -> None:
        if self.random.random() < 0.3:
            self.call("delete", "DELETE", f"/schedules/{NAME}", None, tenant)
