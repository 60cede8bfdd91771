"""A company that floods, over HTTP."""

from typing import Any

import pytest

from infra.local.client import Answer, Client
from infra.local.stack import Stack

MOST = 1000  # tickets: refused long before, by any machine that opens more than one a second


@pytest.fixture(scope="module")
def flooding(stack: Stack) -> Client:
    """A company that may open a ticket a second, ten at once."""
    operator = Client(stack.api.url, stack.operator_key)
    admin = {"user_id": "flo", "email": "flo@example.com"}
    made = operator.call("POST", "/companies", {"company_id": "flooding", "name": "Flooding", "admin": admin})
    operator.call("PATCH", "/companies/flooding", {"limits": {"tickets_per_second": 1, "requests_per_second": 1000}})
    api = Client(stack.api.url, made["api_key"]["secret"])
    api.call("POST", "/teams", {"team_id": "ops", "name": "Ops"})
    api.call("POST", "/rules", {"name": "Nobody", "team": "ops", "page": False})
    return api


def test_a_flood_is_refused_and_nobody_else_is(stack: Stack, flooding: Client) -> None:
    answers = (_open(flooding, number) for number in range(MOST))
    refusal = next(answer for answer in answers if answer.status != 201)
    assert refusal.status == 429
    assert refusal.headers["content-type"] == "application/problem+json"
    assert int(refusal.headers["retry-after"]) >= 1
    assert refusal.body["status"] == 429
    assert stack.api.request("GET", "/api/v1/teams").status == 200
    seen: dict[str, Any] = flooding.call("GET", "/company")
    assert seen["limits"] == {
        "tickets_per_second": 1,
        "requests_per_second": 1000,
        "sms_per_day": 10_000,
        "voice_per_day": 2_000,
    }


def _open(api: Client, number: int) -> Answer:
    return api.request("POST", "/api/v1/tickets", {"team": "ops", "title": f"Flood {number}"})
