"""An AWS on moto, with the tables and queues of the deployment; each test finds it new."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.world import ENVIRONMENT, Caller, table
from tocsin import authorizer, aws, reading
from tocsin.settings import settings


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
    for name in ("Tickets", "Directory"):
        boto3.client("dynamodb").create_table(**table(name))
    for name in ("DUE", "SMS", "EMAIL"):
        queue = boto3.client("sqs").create_queue(QueueName=name.lower())
        monkeypatch.setenv(f"{name}_QUEUE_URL", queue["QueueUrl"])
    boto3.client("scheduler").create_schedule_group(Name="tocsin")
    settings.__dict__.clear()
    authorizer.forget_operator()
    reading.forget()
    yield
    settings.__dict__.clear()


@pytest.fixture
def admin() -> Caller:
    return Caller()


def _forget_clients() -> None:
    aws.client.cache_clear()
    aws.unsigned_client.cache_clear()
