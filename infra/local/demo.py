"""The demo company, onboarded as any other: by the operator, over the public API."""

from datetime import date
from typing import Any, NamedTuple

from infra.local.client import Client

COMPANY = "demo"
TEAM = "checkout"
INTEGRATION = "cloudwatch"  # together with the company what the setting alarm_integration names
OUR_NUMBER = "+12025550100"


class Person(NamedTuple):
    """Somebody of the demo company. Number and address are of ranges kept for examples (NANPA 555-01xx, RFC 2606)."""

    user_id: str
    name: str
    phone: str
    email: str


PEOPLE = (
    Person("ada", "Ada", "+12025550117", "ada@example.com"),
    Person("grace", "Grace", "+12025550143", "grace@example.com"),
    Person("edsger", "Edsger", "+12025550171", "edsger@example.com"),
)


def onboard(url: str, operator_key: str) -> str:
    """Make the company, its team, and the integration that gets the account's own alarms. Answers its first API key."""
    admin = {"user_id": "admin", "email": "admin@example.com"}
    company = Client(url, operator_key).call(
        "POST", "/companies", {"company_id": COMPANY, "name": "Demo", "admin": admin}
    )
    key: str = company["api_key"]["secret"]
    api = Client(url, key)
    api.call("POST", "/teams", {"team_id": TEAM, "name": "Checkout"})
    integration = {
        "integration_id": INTEGRATION,
        "type": "cloudwatch",
        "name": "Alarms of this account",
        "team": TEAM,
    }
    api.call("POST", "/integrations", integration)
    return key


def employ(api: Client, people: tuple[Person, ...] = PEOPLE, team: str = TEAM) -> None:
    """Put the people into the team, each with a verified number and address."""
    for person in people:
        api.call(
            "POST",
            "/users",
            {"user_id": person.user_id, "name": person.name, "email": person.email, "role": "responder"},
        )
        for channel, address in (("sms", person.phone), ("email", person.email)):
            method = {"method_id": channel, "channel": channel, "address": address}
            api.call("POST", f"/users/{person.user_id}/contact_methods", method)
            api.call("PATCH", f"/users/{person.user_id}/contact_methods/{channel}", {"verified": True})
        api.call("PUT", f"/teams/{team}/members/{person.user_id}", {"role": "member"})


def rotation(team: str, people: tuple[Person, ...], start: date) -> dict[str, Any]:
    """A schedule by which people take turns, a week each, the first from the start on."""
    layer = {"users": [person.user_id for person in people], "rotation": "weekly", "start": start.isoformat()}
    return {"schedule_id": f"{team}-on-call", "name": "Checkout, on call", "team": team, "layers": [layer]}


def rule(team: str, targets: tuple[dict[str, str], ...], waits: tuple[str, ...]) -> dict[str, Any]:
    """One after the other, each with the time there is to answer."""
    steps = [{"notify": [target], "wait": wait} for target, wait in zip(targets, waits, strict=True)]
    return {"rule_id": f"{team}-alarms", "name": "Alarms: one after the other", "team": team, "steps": steps}
