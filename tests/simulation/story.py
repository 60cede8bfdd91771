"""The company that the stories are about: acme, whose team payments has ada, bob and cyd, each with a phone."""

import re
from functools import cache
from typing import Any

from tests.simulation.cloud.providers import Sent
from tests.simulation.leaves import activity
from tests.simulation.timeline import START
from tests.simulation.world import Rows, World
from tests.world import Answer

PHONES = {"ada": "+4915112345601", "bob": "+4915112345602", "cyd": "+4915112345603"}


def step(*users: str, wait: str = "5m", channels: list[str] | None = None) -> dict[str, Any]:
    """Return one step of a rule that notifies these users."""
    named = {"channels": channels} if channels else {}
    return {"notify": [{"user": user} for user in users], "wait": wait, **named}


class Story(World):
    """A world in which that company is at work."""

    def __init__(self, seed: int = 0, *, sweeper: bool = True) -> None:
        rows, self.api_key = _company()
        super().__init__(seed, sweeper=sweeper, directory=rows)
        self._opened = 0

    def rule(self, *steps: dict[str, Any], rule_id: str = "critical", **fields: Any) -> None:
        """Let the team have a rule, in the place of the one with this id that it had."""
        body = {"name": rule_id, "team": "payments", "steps": list(steps), **fields}
        if self.api("GET", f"/rules/{rule_id}").status == 404:
            self.expect(201, "POST", "/rules", {**body, "rule_id": rule_id})
        else:
            self.expect(200, "PUT", f"/rules/{rule_id}", body)

    def schedule(self, *users: str, schedule_id: str = "primary", **fields: Any) -> None:
        """Let the team have a schedule by which these users take turns, an hour each, from the story's beginning."""
        layer = {"users": list(users), "rotation": "hours:1", "handoff": f"{START:%H:%M}", "start": f"{START:%Y-%m-%d}"}
        layers = [layer] if users else []
        body = {"schedule_id": schedule_id, "team": "payments", "layers": layers, **fields}
        self.expect(201, "POST", "/schedules", body)

    def expect(self, status: int, method: str, path: str, body: Any = None) -> Any:
        """Call the API and return the answer's body. Raises AssertionError for another status."""
        answer = self.api(method, path, body)
        assert answer.status == status, (method, path, answer)
        return answer.body

    def open(self, ticket_id: str | None = None, **fields: Any) -> str:
        """Open a ticket and return its id."""
        self._opened += 1
        body = {"team": "payments", "title": "Checkout 5xx above 2%", "ticket_id": ticket_id or f"t{self._opened}"}
        return str(self.expect(201, "POST", "/tickets", {**body, **fields})["ticket_id"])

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        """Return a ticket as the API shows it."""
        found: dict[str, Any] = self.expect(200, "GET", f"/tickets/{ticket_id}")
        return found

    def patch(self, ticket_id: str, **fields: Any) -> dict[str, Any]:
        """Change a ticket."""
        found: dict[str, Any] = self.expect(200, "PATCH", f"/tickets/{ticket_id}", fields)
        return found

    def acknowledge(self, ticket_id: str) -> None:
        """Acknowledge a ticket by the API."""
        self.patch(ticket_id, status="under_investigation")

    def history(self, ticket_id: str) -> list[dict[str, Any]]:
        """Return a ticket's history."""
        return list(self.expect(200, "GET", f"/tickets/{ticket_id}/history")["items"])

    def told(self, ticket_id: str) -> list[str]:
        """Return the kinds of a ticket's history."""
        return [line["kind"] for line in self.history(ticket_id)]

    def pages(self, ticket_id: str) -> list[dict[str, Any]]:
        """Return a ticket's pages as the API shows them."""
        return list(self.expect(200, "GET", f"/tickets/{ticket_id}/pages")["items"])

    def to(self, user: str) -> list[Sent]:
        """Return what reached a user, by phone or mail."""
        return [sent for sent in self.sent if sent.address in (PHONES[user], mail(user))]

    def who(self) -> list[str]:
        """Return who was reached, in order."""
        names = {address: user for user in PHONES for address in (PHONES[user], mail(user))}
        return [names[sent.address] for sent in self.sent]

    def add_mail(self, user: str) -> None:
        """Give a user an e-mail address beside the phone."""
        _add_method(self, user, "email", mail(user))

    def add_member(self, user: str, role: str = "member") -> None:
        """Put a user into the team."""
        self.api("PUT", f"/teams/payments/members/{user}", {"role": role})

    def deactivate(self, user: str) -> Any:
        """Let the identity provider deactivate a user."""
        return self.scim("PATCH", f"/Users/{user}", activity(active=False))

    def method(self, user: str, channel: str) -> dict[str, Any]:
        """Return a user's contact method on a channel, as the API shows it."""
        methods = self.expect(200, "GET", f"/users/{user}")["contact_methods"]
        return next(method for method in methods if method["channel"] == channel)


def mail(user: str) -> str:
    """Return a user's e-mail address."""
    return f"{user}@example.com"


def code_in(sms: Sent) -> str:
    """Return the reply code of a page."""
    found = re.search(r"ACK (\d{5})", sms.text)
    assert found, sms.text
    return found[1]


def link_in(page: Sent) -> str:
    """Return the link of a page."""
    found = re.search(r"https://\S+/a/\w{22}", page.text)
    assert found, page.text
    return found[0]


@cache
def _company() -> tuple[Rows, str]:
    """Return the rows of the company and its first API key: made once over the API, the same for every story."""
    with World() as world:
        admin = {"user_id": "ada", "email": mail("ada")}
        wanted = {"company_id": "acme", "name": "Acme", "admin": admin}
        made = world.api("POST", "/companies", wanted, tenant="", role="operator")
        answers = [made, world.api("POST", "/teams", {"team_id": "payments", "name": "Payments"})]
        for user, number in PHONES.items():
            if user != "ada":
                answers.append(_add_user(world, user))
            answers.append(_add_method(world, user, "sms", number))
            answers.append(world.api("PUT", f"/teams/payments/members/{user}", {"role": "member"}))
        assert all(answer.status in (200, 201) for answer in answers), answers
        return dict(world.directory.items), made.body["api_key"]["secret"]


def _add_user(world: World, user: str) -> Answer:
    return world.api("POST", "/users", {"user_id": user, "email": mail(user), "role": "responder"})


def _add_method(world: World, user: str, channel: str, address: str) -> Answer:
    method = {"method_id": channel, "channel": channel, "address": address, "verified": True}
    return world.api("POST", f"/users/{user}/contact_methods", method)
