"""A company that holds one of everything. All that is its own bears its name, which nobody hits by chance."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.security.gateway import API, OPERATOR_KEY, Gateway
from tests.world import ENVIRONMENT, Answer

SHARED = "shared"  # an id that both companies use, for things of their own


@dataclass
class Company:
    """A company, the keys of its three roles, and the keys of its doors and of a link."""

    name: str
    number: int
    keys: dict[str, str] = field(default_factory=dict)
    door: str = ""
    alarm_door: str = ""
    feed: str = ""
    token: str = ""

    @property
    def ids(self) -> dict[str, str]:
        """Ids by the names of path parameters; `key` is that of the generic door."""
        nouns = ("ticket", "user", "method", "team", "rule", "schedule", "override", "integration", "key")
        return {
            **{f"{noun}_id": self.id(noun) for noun in nouns},
            "company_id": self.name,
            "key": self.door,
            "token": self.token,
        }

    def id(self, noun: str) -> str:
        """Return the id of the company's one thing of a kind."""
        return f"{noun}-{self.name}"

    @property
    def secrets(self) -> list[str]:
        """What nobody but the company may ever be told."""
        return [self.name, self.door, self.alarm_door, self.feed, self.token, self._phone, *self.keys.values()]

    @property
    def _phone(self) -> str:
        return f"+49151{self.number}"

    def fill(self, gateway: Gateway) -> None:
        """Onboard the company and make one of everything, a ticket that paged somebody included."""
        self._onboard(gateway)
        for method, path, body in self._wishes():
            answer = self(gateway, method, path, body)
            assert answer.status in (200, 201), (method, path, answer)
            if path == "/integrations":
                self._keep_door(answer.body)
            if path.endswith("/feed_keys"):
                self.feed = answer.body["url"].rpartition("/")[2].removesuffix(".ics")
        gateway.world.run(30)
        sent = next(one for one in gateway.world.sent if one.channel == "sms" and self.name in one.text)
        (self.token,) = re.findall(rf"{ENVIRONMENT['PUBLIC_URL']}/a/(\w+)", sent.text)

    def __call__(self, gateway: Gateway, method: str, path: str, body: Any = None, *, role: str = "admin") -> Answer:
        """Call the API with the company's key of a role."""
        return gateway.ask(method, f"{API}{path}", body, key=self.keys[role])

    def _onboard(self, gateway: Gateway) -> None:
        admin = {"user_id": self.id("user"), "email": f"admin@{self.name}.example"}
        request = {"company_id": self.name, "name": f"The {self.name} company", "admin": admin}
        made = gateway.ask("POST", f"{API}/companies", request, key=OPERATOR_KEY)
        assert made.status == 201
        self.keys["admin"] = made.body["api_key"]["secret"]
        for role, key_id in (("responder", self.id("key")), ("viewer", SHARED)):
            request = {"key_id": key_id, "name": f"{role} of {self.name}", "role": role}
            self.keys[role] = self(gateway, "POST", "/api_keys", request).body["secret"]

    def _keep_door(self, made: dict[str, Any]) -> None:
        if made["type"] == "generic":
            self.door = made["key"]
        else:
            self.alarm_door = made["key"]

    def _wishes(self) -> list[tuple[str, str, Any]]:
        """Return the calls that fill the company, in order."""
        user, team, ticket, door = self.id("user"), self.id("team"), self.id("ticket"), self.id("integration")
        methods = [(self.id("method"), "sms", self._phone), ("mail", "email", f"pager@{self.name}.example")]
        severities = [{"name": f"grave-{self.name}", "default": True}, {"name": "sev2", "default": False}]
        steps = [{"notify": [{"user": user}, {"team": team}], "wait": "10m"}]
        link = {"href": f"https://{self.name}.example/", "text": self.name}
        opened = {"title": f"The {self.name} is ill", "description": f"Of {self.name}", "labels": {"of": self.name}}
        opened |= {"team": team, "links": [link]}
        ways = [{"channel": channel, "after": "0s"} for channel in ("sms", "email")]
        own_rule = {"by_severity": {f"grave-{self.name}": ways}}
        layer = {"users": [user], "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"}
        plan = {"time_zone": "Europe/Berlin", "layers": [layer]}
        absent = {"user": SHARED, "from": "2026-01-06T00:00:00Z", "to": "2026-01-07T00:00:00Z"}
        colleague = {"user_id": SHARED, "name": self.name, "email": f"b@{self.name}.example", "role": "viewer"}
        return [
            ("POST", "/users", colleague),
            *(("POST", f"/users/{user}/contact_methods", _method(*one)) for one in methods),
            ("POST", f"/users/{SHARED}/contact_methods", _method(SHARED, "email", f"c@{self.name}.example")),
            *(("POST", "/teams", {"team_id": name, "name": f"Team {self.name}"}) for name in (team, SHARED)),
            *(("PUT", f"/teams/{name}/members/{user}", {"role": "admin"}) for name in (team, SHARED)),
            ("PUT", f"/teams/{team}/members/{SHARED}", {"role": "member"}),
            ("PUT", "/severities", {"items": severities}),
            *(("PUT", f"/users/{name}/rule", own_rule) for name in (user, SHARED)),
            ("POST", "/rules", {"rule_id": self.id("rule"), "name": self.name, "team": team, "steps": steps}),
            ("POST", "/rules", {"rule_id": SHARED, "name": self.name, "steps": steps}),
            *(
                ("POST", "/schedules", {**plan, "schedule_id": name, "team": team})
                for name in (self.id("schedule"), SHARED)
            ),
            *(
                ("POST", f"/schedules/{name}/overrides", {**absent, "override_id": self.id("override")})
                for name in (self.id("schedule"), SHARED)
            ),
            *(
                ("POST", f"/schedules/{name}/feed_keys", {"key_id": self.id("key")})
                for name in (self.id("schedule"), SHARED)
            ),
            *(
                ("POST", "/integrations", {"integration_id": name, "type": kind, "name": self.name, "team": team})
                for name, kind in ((door, "generic"), (SHARED, "cloudwatch"))
            ),
            *(("POST", f"/integrations/{name}/keys", {"key_id": self.id("key")}) for name in (door, SHARED)),
            *(("POST", "/tickets", {**opened, "ticket_id": name, "dedup_key": name}) for name in (ticket, SHARED)),
            *(
                ("POST", f"/tickets/{name}/notes", {"note_id": f"note-{self.name}", "text": self.name})
                for name in (ticket, SHARED)
            ),
        ]


def _method(method_id: str, channel: str, address: str) -> dict[str, Any]:
    return {"method_id": method_id, "channel": channel, "address": address, "verified": True}
