"""An AWS on moto, with the tables and queues of the deployment; each test finds it new."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from tests.integration.asking import WHOLE
from tests.world import ENVIRONMENT, Caller
from tests.world import table as as_deployed
from tocsin import authorizer, aws, clock, leases, limits, reading, sessions, shares, sign_in, telemetry
from tocsin.rows import Row, plain
from tocsin.settings import settings
from tocsin.store import Table, directory, tickets


@pytest.fixture(scope="module")
def moto() -> Iterator[mock_aws]:
    """One for each module: to make clients and first tables anew costs a hundred times what emptying them does."""
    with pytest.MonkeyPatch.context() as patch, mock_aws() as mocked:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        _forget_clients()
        yield mocked
        _forget_clients()


@pytest.fixture(autouse=True)
def world(moto: mock_aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    moto.reset()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    # Read from the environment when the module is imported, which here is before there is one.
    monkeypatch.setattr(telemetry.metrics.provider, "namespace", ENVIRONMENT["POWERTOOLS_METRICS_NAMESPACE"])
    for name in ("Tickets", "Directory"):
        aws.client("dynamodb").create_table(**as_deployed(name))
    for name in ("DUE", "SMS", "EMAIL"):
        queue = aws.client("sqs").create_queue(QueueName=name.lower())
        monkeypatch.setenv(f"{name}_QUEUE_URL", queue["QueueUrl"])
    aws.client("scheduler").create_schedule_group(Name="tocsin")
    settings.__dict__.clear()
    authorizer.forget_operator()
    reading.forget()
    leases.forget()
    sessions.forget()
    limits.forget()
    sign_in.forget()
    shares.forget()
    yield
    settings.__dict__.clear()


@pytest.fixture
def admin() -> Caller:
    return Caller()


@pytest.fixture
def acme(admin: Caller) -> Caller:
    """A company with a team, and ada and bob, who can be reached; its admin's caller."""

    def onboard() -> None:
        onboarded = {"company_id": "acme", "name": "Acme", "admin": {"user_id": "ada", "email": "ada@example.com"}}
        bob = {"user_id": "bob", "email": "bob@example.com", "role": "responder"}
        assert Caller(tenant="", role="operator")("POST", "/companies", onboarded).status == 201
        assert admin("POST", "/teams", {"team_id": "payments", "name": "Payments"}).status == 201
        assert admin("POST", "/users", bob).status == 201
        for name, number in (("ada", "+4915112345678"), ("bob", "+4915112345679")):
            phone = {"method_id": "phone", "channel": "sms", "address": number, "verified": True}
            assert admin("POST", f"/users/{name}/contact_methods", phone).status == 201

    remembered("acme", onboard)
    return admin


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that a test moves: `now(minutes=5)`."""
    moment = [clock.now()]

    def move(**how: float) -> None:
        moment[0] += timedelta(**how)

    monkeypatch.setattr(clock, "now", lambda: moment[0])
    return move


@pytest.fixture
def ticket(acme: Caller) -> Caller:
    acme("POST", "/tickets", WHOLE)
    return acme


_REMEMBERED: dict[str, dict[str, list[Row]]] = {}


def remembered(name: str, make: Callable[[], None]) -> None:
    """Make what stands in the tables the first time, and from then on put the same rows there: that is quicker."""
    if name not in _REMEMBERED:
        make()
        _REMEMBERED[name] = {table.name: _rows(table) for table in (tickets, directory)}
        return
    for table in (tickets, directory):
        table.put_all(_REMEMBERED[name][table.name])


def _rows(table: Table) -> list[Row]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=table.name)
    return [plain(row) for page in pages for row in page["Items"]]


def _forget_clients() -> None:
    aws.client.cache_clear()
    aws.unsigned_client.cache_clear()
    aws._lent.cache_clear()
