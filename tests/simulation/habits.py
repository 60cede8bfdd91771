"""How people want to be paged in a run: their own rules with delays and quiet hours, changed while tickets wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.companies import METHODS, USERS
from tests.simulation.timeline import START
from tocsin import own_rules
from tocsin.own_rule import OwnRule

SEVERITIES = ("sev1", "sev2", "sev3")


@dataclass
class Habits:
    """The own rules of both companies' people. Its own chance draws all, so that a seed plays all else alike.

    `call`: calls the API for a company until it answers (what, method, path, body, tenant).
    """

    random: Random
    tenants: tuple[str, str]
    length: float
    call: Callable[[str, str, str, Any, str], None]
    later: Callable[..., None]
    used: bool = field(init=False)

    def begin(self) -> None:
        """Give some people a rule, in some of all runs, and plan who thinks otherwise when."""
        self.used = self.random.random() < 0.3
        if not self.used:
            return
        for tenant in self.tenants:
            for user in self.random.sample(USERS, self.random.choice((1, 2, 4))):
                own_rules.put(tenant, user, OwnRule.model_validate(self._rule(user)))
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self.later(self.random.uniform(0, self.length), self._change)

    def _change(self) -> None:
        tenant, user = self.random.choice(self.tenants), self.random.choice(USERS)
        if self.random.random() < 0.3:
            self.call("delete", "DELETE", f"/users/{user}/rule", None, tenant)
        else:
            self.call("own rule", "PUT", f"/users/{user}/rule", self._rule(user), tenant)

    def _rule(self, user: str) -> dict[str, Any]:
        named = self.random.sample(SEVERITIES, self.random.choice((0, 0, 1, 2)))
        return {
            "default": self._orders(user) if self.random.random() < 0.7 else None,
            "by_severity": {severity: self._orders(user) for severity in named},
            "quiet": [self._quiet()] if self.random.random() < 0.3 else [],
            "updates": [self.random.choice(list(METHODS[user]))] if self.random.random() < 0.3 else None,
        }

    def _orders(self, user: str) -> list[dict[str, str]]:
        channels = list(METHODS[user])
        wanted = self.random.sample(channels, self.random.randint(1, len(channels)))
        return [{"channel": one, "after": self.random.choice(("0s", "0s", "20s", "1m", "4m"))} for one in wanted]

    def _quiet(self) -> dict[str, Any]:
        """Return hours in which most of a short run is played, or that begin or end in it."""
        begin, end = self.random.randrange(60), self.random.randrange(60)
        opens, closes = self.random.choice(((-1, 0), (0, 0), (0, 1)))
        window = {"from": _clock(opens, begin), "to": _clock(closes, end if closes > opens else begin + 1 + end % 40)}
        return {**window, "let_through": self.random.sample(SEVERITIES, self.random.choice((0, 1)))}


def _clock(hours: int, minutes: int) -> str:
    """Return a time at the wall, counted from the hour in which a run begins."""
    return f"{START.hour + hours + minutes // 60:02d}:{minutes % 60:02d}"
