"""Who comes and goes: the identity provider takes users away and gives them back, some while they are being paged.

Its own chance draws all, so that a seed plays all else alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.simulation.companies import METHODS, USERS
from tests.simulation.world import World
from tocsin import own_rules
from tocsin.own_rule import OwnRule

TRIES = 6


def activity(*, active: bool) -> dict[str, Any]:
    """Return the patch by which an identity provider lets a user come or go."""
    operation = {"op": "replace", "path": "active", "value": active}
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}


@dataclass
class Leaves:
    """What the identity providers of two companies say in a run."""

    random: Random
    world: World
    tenants: tuple[str, str]
    later: Callable[..., None]

    def plan(self, openings: list[Any], length: float) -> None:
        """Plan that somebody leaves, in some of all runs. `openings`: tickets that will be there."""
        if self.random.random() >= 0.2:
            return
        tenant, at = self.random.choice(self.tenants), self.random.uniform(0, length)
        user = self.random.choice(USERS[1:])
        if self.random.random() < 0.5:
            one = self.random.choice(openings)
            tenant, at = one.tenant, one.at + self.random.choice((5.0, 60.0, 300.0))
            self._wants_it_later(tenant, user)
        self.later(at, self._let, tenant, user, False)
        if self.random.random() < 0.5:
            self.later(at + self.random.choice((20.0, 200.0, 2000.0)), self._let, tenant, user, True)

    def _wants_it_later(self, tenant: str, user: str) -> None:
        orders = [{"channel": one, "after": self.random.choice(("2m", "10m"))} for one in METHODS[user]]
        own_rules.put(tenant, user, OwnRule.model_validate({"default": orders}))

    def _let(self, tenant: str, user: str, active: bool, tries: int = TRIES) -> None:
        answer = self.world.scim("PATCH", f"/Users/{user}", activity(active=active), tenant=tenant)
        if (answer is None or answer["statusCode"] >= 500) and tries:
            self.later(self.world.seconds + 5, self._let, tenant, user, active, tries - 1)
