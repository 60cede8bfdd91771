"""Companies made by chance, for what must hold of every one: rules, schedules, people with and without addresses."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.story import Story
from tests.simulation.timeline import START

USERS = ("ada", "bob", "cyd", "dan", "eve")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
BEGINNINGS = ("2026-01-07T11:00", "2026-03-28T21:00", "2026-03-07T23:00", "2026-10-24T20:00", "2026-04-04T10:00")
"""In UTC: an ordinary Wednesday, and hours before clocks change in Berlin, New York, Berlin again, on Lord Howe."""


class Firm:
    """A company that was made by chance; it begins its work at one of the beginnings, half a minute past the minute."""

    def __init__(self, story: Story, random: Random) -> None:
        self.story, self.random = story, random
        self._people()
        self.schedules = [self._schedule(name) for name in random.sample(("first", "second"), random.choice((0, 1, 2)))]
        self._settings()
        for number in range(random.choice((0, 1, 1, 2, 3))):
            self._rule(f"r{number}")
        self._mishaps()
        begin = datetime.fromisoformat(f"{random.choice(BEGINNINGS)}:30+00:00") + timedelta(
            minutes=random.randrange(600)
        )
        story.timeline.seconds = (begin - START).total_seconds()  # nothing is under way: time may jump

    def ticket(self) -> dict[str, Any]:
        """Return a ticket to be opened."""
        named = {"severity": self.random.choice(("sev1", "sev2", "sev3"))} if self.random.random() < 0.7 else {}
        labels = {"service": self.random.choice(("checkout", "search"))}
        return {"ticket_id": "t1", "team": "payments", "title": "Checkout 5xx", "labels": labels, **named}

    def _people(self) -> None:
        for number, user in enumerate(USERS[3:]):
            body = {"user_id": user, "email": f"{user}@example.com", "role": "responder", "time_zone": self._zone()}
            self.story.expect(201, "POST", "/users", body)
            method = {"channel": "sms", "address": f"+491511234569{number}", "verified": self._chance(0.6)}
            self.story.expect(201, "POST", f"/users/{user}/contact_methods", {"method_id": "sms", **method})
            if self._chance(0.5):
                self.story.add_member(user)
        for user in USERS:
            if self._chance(0.5):
                mail = {"channel": "email", "address": f"{user}@example.com", "verified": self._chance(0.8)}
                self.story.expect(201, "POST", f"/users/{user}/contact_methods", {"method_id": "email", **mail})
            if self._chance(0.6):
                self._own_rule(user)
        if self._chance(0.6):
            self.story.add_member("ada", "admin")

    def _own_rule(self, user: str) -> None:
        self.story.expect(200, "PATCH", f"/users/{user}", {"time_zone": self._zone()})
        orders = [
            [{"channel": channel, "after": self.random.choice(("0s", "2m", "15m"))} for channel in channels]
            for channels in (("sms", "email"), ("email",), ("sms",))
        ]
        quiet = self._window() | self.random.choice(({}, {"let_through": ["sev1"]}))
        body: dict[str, Any] = {"default": self.random.choice([None, *orders])}
        body |= {"by_severity": {"sev3": self.random.choice(orders)}} if self._chance(0.4) else {}
        body |= {"quiet": [quiet]} if self._chance(0.5) else {}
        self.story.expect(201, "PUT", f"/users/{user}/rule", body)

    def _schedule(self, name: str) -> str:
        layers = [
            {
                "users": self.random.sample(USERS, self.random.choice((1, 2, 3))),
                "rotation": self.random.choice(("hours:1", "hours:5", "daily", "weekly")),
                "handoff": f"{self.random.randrange(24):02d}:00",
                "start": "2026-01-01",
                "restrict": [self._window()] if self._chance(0.5) else [],
            }
            for _ in range(self.random.choice((1, 1, 2)))
        ]
        self.story.schedule(schedule_id=name, layers=layers, time_zone=self._zone())
        return name

    def _settings(self) -> None:
        resort = [{"user": self.random.choice(USERS)}] if self._chance(0.5) else []
        wish = {"last_resort": resort, "reminder": self.random.choice(("10m", "45m"))}
        self.story.expect(200, "PATCH", "/company", wish)
        items: list[dict[str, Any]] = [{"name": f"sev{n}", "default": n == 2} for n in (1, 2, 3)]
        for item in items:
            item["channels"] = self.random.choice((None, None, ["sms"], ["email"]))
            item["auto_resolve"] = self.random.choice((None, None, None, "2h"))
        self.story.expect(200, "PUT", "/severities", {"items": items})

    def _rule(self, name: str) -> None:
        when = self.random.choice((None, {"severity": ["sev1"]}, {"labels": {"service": [{"prefix": "check"}]}}))
        steps = [self._step() for _ in range(self.random.choice((1, 2, 3)))]
        rounds = {"repeat": self.random.choice((0, 1, 2)), "repeat_from": self.random.randint(1, len(steps))}
        paging = {"steps": steps, **rounds} if self._chance(0.9) else {"page": False}
        body: dict[str, Any] = {"rule_id": name, "name": name, "position": self.random.randrange(3), **paging}
        body |= {"when": when} if when else {}
        body |= {"active": [self._window() | {"time_zone": self._zone()}]} if self._chance(0.5) else {}
        body |= {"team": "payments"} if self._chance(0.7) else {}
        self.story.expect(201, "POST", "/rules", body)

    def _step(self) -> dict[str, Any]:
        targets: list[dict[str, Any]] = [{"user": self.random.choice(USERS)}]
        team = {"team": "payments"} | ({"round_robin": True} if self._chance(0.5) else {})
        targets += [team] if self._chance(0.3) else []
        targets = (
            [{"schedule": self.random.choice(self.schedules)}] if self.schedules and self._chance(0.6) else targets
        )
        hold = self.random.choice((None, "10m", "4h", "2d")) if "schedule" in targets[0] else None
        channels = self.random.choice((None, None, ["sms"], ["email", "sms"]))
        named = {"channels": channels} if channels else {}
        named |= {"hold_until_on_call": hold} if hold else {}
        return {"notify": targets, "wait": self.random.choice(("1m", "10m", "40m", "3h")), **named}

    def _mishaps(self) -> None:
        """Let some of what rules refer to be gone."""
        if self._chance(0.3):
            self.story.expect(204, "DELETE", f"/users/{self.random.choice(USERS[1:])}")
        if self.schedules and self._chance(0.3):
            self.story.expect(204, "DELETE", f"/schedules/{self.schedules[0]}")

    def _window(self) -> dict[str, Any]:
        begin = self.random.randrange(24)
        return {"from": f"{begin:02d}:00", "to": f"{(begin + self.random.choice((1, 6, 12))) % 24:02d}:00"}

    def _zone(self) -> str:
        return self.random.choice(ZONES)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share
