"""One AWS on moto for each test, with the tables and queues of the deployment."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.world import ENVIRONMENT, Caller, table
from tocsin import aws
from tocsin.settings import settings


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        for name in ("Tickets", "Directory"):
            boto3.client("dynamodb").create_table(**table(name))
        for name in ("DUE", "SMS", "EMAIL"):
            queue = boto3.client("sqs").create_queue(QueueName=name.lower())
            monkeypatch.setenv(f"{name}_QUEUE_URL", queue["QueueUrl"])
        boto3.client("scheduler").create_schedule_group(Name="tocsin")
        aws.client.cache_clear()
        aws.unsigned_client.cache_clear()
        settings.__dict__.clear()
        yield
    aws.client.cache_clear()
    settings.__dict__.clear()


@pytest.fixture
def admin() -> Caller:
    return Caller()
