"""What companies and their people have set once and for all in a run: who comes last, and how each wants to be paged.

Its own chance draws all, so that a seed plays all else alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulation.timeline import START
from tocsin import companies, own_rules, rules, teams
from tocsin.company import CompanyPatch
from tocsin.own_company import OwnPatch
from tocsin.own_rule import OwnRule
from tocsin.rule import RuleBody

COMPANYS = "c0"  # a rule of no team


@dataclass
class Customs:
    """The settings of two companies, made without the API, for many a run has some."""

    random: Random
    tenants: tuple[str, str]
    users: tuple[str, ...]
    team: str
    long: bool  # a run of days, in which each page of a day's last SMS would be tried every ten minutes

    def begin(self, step: Callable[[], dict[str, Any]]) -> None:
        """Set all, in some of all runs. `step`: makes one for a rule."""
        for tenant in self.tenants:
            if self.random.random() < 0.35:
                companies.change_own(tenant, OwnPatch.model_validate(self._company()))
            if self.random.random() < 0.08 and not self.long:
                limits = {"limits": {"sms_per_day": self.random.choice((2, 5))}}
                companies.change(tenant, CompanyPatch.model_validate(limits))
            if self.random.random() < 0.3:
                when = self.random.choice((None, {"severity": ["sev1"]}))
                body = {"rule_id": COMPANYS, "name": COMPANYS, "steps": [step() for _ in range(2)], "when": when}
                rules.create(tenant, RuleBody.model_validate(body), START)
            for user in self.users:
                if self.random.random() < 0.15:
                    own_rules.put(tenant, user, OwnRule.model_validate(self._rule()))
            if self.random.random() < 0.3:
                # Who is a member in one company alone: one that forgets whose roster it has would page nobody, or all.
                teams.remove_member(tenant, self.team, self.random.choice(self.users[1:]))

    def severities(self, people: Random) -> dict[str, Any]:
        """Return severities with channels; tickets of some are unread again, or over, after a time (by `people`)."""
        items: list[dict[str, Any]] = [{"name": f"sev{one}", "default": one == 2} for one in range(1, 5)]
        for item in items:
            item["ack_timeout"] = people.choice((None, "1m", "5m", "20m", "2h"))
            item["auto_resolve"] = people.choice((None, None, "10m", "1h", "2d"))
            item["channels"] = self.random.choice((None, None, None, ["sms", "voice"], ["email", "webhook"]))
        return {"items": items}

    def _company(self) -> dict[str, Any]:
        last = self.random.choice(({"user": self.random.choice(self.users)}, {"team": self.team}))
        return {"last_resort": [last], "reminder": self.random.choice(("5m", "30m", "1h"))}

    def _rule(self) -> dict[str, Any]:
        """Return a user's own rule: channels one after the other, and hours in which the user sleeps."""
        rule: dict[str, Any] = {"default": self._orders()} if self.random.random() < 0.7 else {}
        if self.random.random() < 0.4:
            rule["by_severity"] = {"sev1": self._orders()}
        if self.random.random() < 0.4:
            begin = START + timedelta(minutes=self.random.randrange(-30, 30))
            end = begin + timedelta(minutes=self.random.choice((10, 40, 90)))
            let_through = self.random.choice(([], ["sev1"]))
            rule["quiet"] = [{"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}", "let_through": let_through}]
        if self.random.random() < 0.4:
            rule["updates"] = self.random.choice((["sms"], ["email", "webhook"]))
        return rule

    def _orders(self) -> list[dict[str, str]]:
        channels = self.random.choice((["sms", "voice"], ["webhook", "email"], ["sms", "email"], ["voice", "webhook"]))
        return [{"channel": one, "after": self.random.choice(("0s", "0s", "20s", "2m", "10m"))} for one in channels]
