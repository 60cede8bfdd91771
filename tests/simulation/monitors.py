"""Other systems that watch: alarms of CloudWatch and alerts at the generic door, which open tickets and end them.

Its own chance draws all, so that a seed plays all else alike.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulation.companies import ALARMS, ALERTS
from tests.simulation.timeline import START
from tests.simulation.trace import Act, Trace
from tests.simulation.world import World
from tests.world import Answer
from tocsin import times

OWN = "acme"  # whose the installation's own alarms are
ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:cpu-high"
STORIES = (
    ("ALARM",),
    ("ALARM", "OK"),
    ("ALARM", "ALARM", "OK"),
    ("ALARM", "INSUFFICIENT_DATA", "OK"),
    ("ALARM", "OK", "ALARM"),
    ("OK", "ALARM"),
)
ACTIONS = {"ALARM": "open", "OK": "resolve", "INSUFFICIENT_DATA": "acknowledge"}
PAUSES = (60.0, 120.0, 300.0)  # seconds before Lambda tries again, twice, and before somebody redrives what has died


@dataclass
class Monitors:
    """The monitors of a run. `doors`: where each company's alerts go; `opened`: is told of a ticket that is there."""

    random: Random
    world: World
    trace: Trace
    doors: dict[str, str]
    later: Callable[..., None]
    opened: Callable[[str, str], None]

    def plan(self, length: float) -> None:
        """Let alarms go off, in some of all runs."""
        ways = ((), (self._alarms,), (self._alerts,), (self._alarms, self._alerts))
        for number, way in enumerate(self.random.choices(ways, (72, 12, 8, 8))[0]):
            way(f"Z7{number}0 cpu high", self.random.uniform(0, length / 2), self.random.choice(STORIES), length)

    def _alarms(self, title: str, at: float, story: tuple[str, ...], length: float) -> None:
        for state in story:
            self._plan_alarm(at, title, state)
            at += self._pause(length)

    def _alerts(self, title: str, at: float, story: tuple[str, ...], length: float) -> None:
        tenant = self.random.choice((OWN, *self.doors))
        key = self.random.choice((ARN, "disk"))  # what others use too: it counts within one integration
        for state in story:
            self.later(at, self._alert, self._body(ACTIONS[state], key, title), tenant)
            at += self._pause(length)

    def _pause(self, length: float) -> float:
        return self.random.choice((0.05, 2.0, 20.0, 200.0, length / 4)) * self.random.random()

    def _plan_alarm(self, at: float, title: str, state: str) -> None:
        """Plan one change of an alarm, which comes once or twice."""
        delivery = f"{self.random.getrandbits(64):x}"
        change = {"key": ARN, "title": title, "state": ACTIONS[state], "delivery": delivery, "at": at}
        event = self._event(change, title, state, times.text(START + timedelta(seconds=at)))
        self.later(at, self._alarm, change, event)
        if self.random.random() < 0.3:
            self.later(at + self.random.choice((0.0, 0.5, 30.0, 400.0)), self._alarm, change, event)

    def _event(self, change: dict[str, Any], name: str, state: str, at: str) -> dict[str, Any]:
        if self.random.random() < 0.5:
            alarm = {"AlarmName": name, "AlarmArn": change["key"], "NewStateValue": state, "StateChangeTime": at}
            sns = {"MessageId": change["delivery"], "Message": json.dumps(alarm)}
            return {"Records": [{"EventSource": "aws:sns", "Sns": sns}]}
        detail = {"alarmName": name, "state": {"value": state, "timestamp": at}}
        return {"id": change["delivery"], "source": "aws.cloudwatch", "resources": [change["key"]], "detail": detail}

    def _alarm(self, change: dict[str, Any], event: dict[str, Any], tries: int = 0) -> None:
        """Give an alarm to the function, again and again until it takes it."""
        begun = self._tries(OWN, ALARMS, change["key"])
        taken = self.world.alarm(event)
        answer = Answer(200 if taken else 500, None)
        self._note(Act(begun, self.world.seconds, "alarm", OWN, ALARMS, change, answer))
        if not taken:
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            self.later(self.world.seconds + pause, self._alarm, change, event, tries + 1)

    def _body(self, action: str, key: str, title: str) -> dict[str, Any]:
        severity = {"severity": self.random.choice(("critical", "5"))} if self.random.random() < 0.6 else {}
        return {"action": action, "dedup_key": key, **severity, **({"title": title} if action == "open" else {})}

    def _alert(self, body: dict[str, Any], tenant: str) -> None:
        """Send an alert to the door, as monitors do until they are answered."""
        begun = self._tries(tenant, ALERTS, body["dedup_key"])
        answer = self.world.alert(self.doors[tenant], body)
        change = {"key": body["dedup_key"], "title": body.get("title", ""), "state": body["action"], "at": begun}
        told = {"severity": body["severity"]} if "severity" in body else {}
        self._note(Act(begun, self.world.seconds, "alert", tenant, ALERTS, change | told, answer))
        if answer.status >= 500:
            self.later(self.world.seconds + self.random.uniform(0.2, 30), self._alert, body, tenant)

    def again(self, row: dict[str, Any]) -> Answer:
        """Send the dedup key of a ticket that this door has opened."""
        return self.world.alert(self.doors[row["tenant"]], self._body("open", row["dedup_key"], row["title"]))

    def _tries(self, tenant: str, integration: str, key: str, begun: float | None = None) -> float:
        """Note that a monitor acts on what is open under its key. Return when it began."""
        begun = self.world.seconds if begun is None else begun
        actor = f"integration:{integration}"
        for (pk, sk), images in self.trace.rows.items():
            row = images[0].row if sk == "TICKET" else {}
            if (row.get("tenant"), row.get("dedup_key"), row.get("source")) == (tenant, key, actor):
                self.trace.tried[pk].append((begun, actor))
        return begun

    def _note(self, act: Act) -> None:
        self.trace.acts.append(act)
        self._tries(act.tenant, act.path, act.body["key"], act.begun)  # on what was opened meanwhile, too
        if act.body["state"] != "open" or act.answer.status >= 500:
            return
        for (pk, sk), images in self.trace.rows.items():
            if sk == "TICKET" and act.begun <= images[0].at and images[0].row["source"] == f"integration:{act.path}":
                self.opened(act.tenant, pk)
