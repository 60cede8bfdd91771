"""Two companies with the same names for everything: users, teams, rules, integrations."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.simulation.world import Rows, World

USERS = ("ada", "bob", "cyd", "dan")
TEAM, OTHER_TEAM = "payments", "ops"  # the other one has no rules of its own
PAIRS = (("acme", "acmex"), ("acme", "acme-x"))
METHODS = {  # by channel, whether they are verified
    "ada": {"sms": True, "email": True},
    "bob": {"sms": True, "email": False},
    "cyd": {"sms": False, "voice": True},
    "dan": {"sms": True, "webhook": True},
}
ALARMS, ALERTS = "watch", "alerts"  # integrations: alarms of CloudWatch, and alerts in our own words
INTEGRATIONS: dict[str, dict[str, Any]] = {
    ALARMS: {"type": "cloudwatch", "team": TEAM, "severity_map": {"*": "sev1"}},
    ALERTS: {"type": "generic", "team": OTHER_TEAM, "severity_map": {"critical": "sev1", "*": "sev3"}},
}


class Founded(NamedTuple):
    """The rows of two companies, and the paths of their doors for alerts."""

    rows: Rows
    doors: dict[str, str]


def number(tenant: int, user: str) -> str:
    """Return a user's phone number; ada works for both companies, with one phone."""
    return f"+4915112345{0 if user == 'ada' else tenant}{USERS.index(user)}0"


def hook(tenant: str, user: str) -> str:
    """Return a user's webhook; all of both companies are of one host."""
    return f"https://chat.example.com/hooks/{tenant}/{user}"


@cache
def companies(pair: tuple[str, str]) -> Founded:
    """Return two companies, made once over the API."""
    with World() as world:
        doors = {tenant: _found(world, index, tenant) for index, tenant in enumerate(pair)}
        return Founded(dict(world.directory.items), doors)


def _found(world: World, index: int, tenant: str) -> str:
    admin = {"user_id": "ada", "email": f"ada@{tenant}.example.com"}
    body = {"company_id": tenant, "name": tenant, "admin": admin}
    assert world.api("POST", "/companies", body, tenant="", role="operator").status == 201
    names = ("sev1", "sev2", "sev3", "sev4")
    severities = [{"name": name, "default": name == "sev2"} for name in names]
    wanted: list[tuple[str, str, Any]] = [("PUT", "/severities", {"items": severities})]
    wanted += [("POST", "/teams", {"team_id": team, "name": team}) for team in (TEAM, OTHER_TEAM)]
    for user in USERS:
        wanted += _person(index, tenant, user)
    wanted += [("POST", "/integrations", {"integration_id": name, **body}) for name, body in INTEGRATIONS.items()]
    for method, path, sent in wanted:
        answer = world.api(method, path, sent, tenant=tenant)
        assert answer.status in (200, 201), answer
    return urlsplit(answer.body["url"]).path  # of the last one: the door for alerts


def _person(index: int, tenant: str, user: str) -> Iterator[tuple[str, str, Any]]:
    """Yield the calls that make a user, with a phone and a mailbox, a member of both teams."""
    mail = f"{user}@{tenant}.example.com"
    if user != "ada":
        yield "POST", "/users", {"user_id": user, "email": mail, "role": "responder"}
    addresses = {"sms": number(index, user), "voice": number(index, user), "email": mail, "webhook": hook(tenant, user)}
    for channel, verified in METHODS[user].items():
        method = {"method_id": channel, "channel": channel, "address": addresses[channel], "verified": verified}
        yield "POST", f"/users/{user}/contact_methods", method
    for team in (TEAM, OTHER_TEAM):
        yield "PUT", f"/teams/{team}/members/{user}", {"role": "admin" if user == "ada" else "member"}
