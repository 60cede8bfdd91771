"""The canary's company: who is in it, by which rule they are paged, and what the API is asked to make all of it."""

from datetime import timedelta
from typing import Any, Final

COMPANY: Final = "canary"
CHANNEL: Final = "canary"
FIRST, SECOND, THIRD = PEOPLE = ("first", "second", "third")
WAIT: Final = timedelta(seconds=10)  # the shortest that a rule may have

ONBOARDING: Final[dict[str, Any]] = {
    "company_id": COMPANY,
    "name": "Tocsin's own canary",
    "admin": {"user_id": "keeper", "email": "keeper@canary.test"},
}
"""`POST /companies`: only this very request makes the company, and is answered 200 ever after."""

TEAM: Final = {"team_id": "canary", "name": "Canary"}
METHOD: Final = "sink"

# The third is there for the silence: who is never paged unless an acknowledgement does nothing. That step's own wait
# is long enough for the next run to resolve what this one left open.
RULE: Final[dict[str, Any]] = {
    "rule_id": "canary",
    "name": "Canary",
    "team": TEAM["team_id"],
    "steps": [
        {"notify": [{"user": FIRST}], "wait": "10s"},
        {"notify": [{"user": SECOND}], "wait": "10s"},
        {"notify": [{"user": THIRD}], "wait": "1h"},
    ],
}


def person(name: str) -> dict[str, Any]:
    """Return what makes a person, `POST /users`."""
    return {"user_id": name, "name": name, "email": f"{name}@canary.test", "role": "responder"}


def method(name: str) -> dict[str, Any]:
    """Return what makes a person's one contact method."""
    return {"method_id": METHOD, "channel": CHANNEL, "address": address(name), "verified": True}


def address(name: str) -> str:
    """Return where a person's pages go: the sink is one, so this tells whose they are."""
    return f"{name}@sink"


def ticket(ticket_id: str) -> dict[str, Any]:
    """Return what opens a ticket; its title is all of it that a page shows."""
    title = f"Canary {ticket_id}"
    return {"ticket_id": ticket_id, "team": TEAM["team_id"], "title": title, "description": "Nothing is wrong."}
