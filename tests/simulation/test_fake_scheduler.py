"""The Scheduler in memory is held against moto's: the same calls have the same answers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from tests.simulation.cloud.gate import Client, Gate
from tests.simulation.cloud.scheduler import Scheduler
from tests.simulation.timeline import START, Timeline
from tests.world import ENVIRONMENT
from tocsin import aws

GROUP = ENVIRONMENT["SCHEDULE_GROUP"]
names = st.text(alphabet="AB2-", min_size=1, max_size=3)
calls = st.one_of(
    st.tuples(st.just("create"), names),
    st.tuples(st.just("delete"), names),
    st.tuples(st.just("get"), names),
    st.tuples(st.just("list"), st.one_of(st.just(""), names)),
)


@pytest.fixture(scope="module")
def real() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield boto3.client("scheduler")


def fake() -> Client:
    scheduler = Scheduler(Timeline(), lateness=lambda: 0.0, deliver=lambda arn, body: None, group=GROUP)
    return Client("scheduler", scheduler, Gate())


def answer(client: Any, call: str, name: str) -> Any:
    """Return what a call is answered, as far as anybody looks at it."""
    try:
        match call:
            case "create":
                _create(client, name)
                return None
            case "delete":
                client.delete_schedule(GroupName=GROUP, Name=name)
                return None
            case "get":
                found = client.get_schedule(GroupName=GROUP, Name=name)
                return found["Name"], found["Target"]["Arn"], found["Target"]["Input"]
        return _listed(client, name)
    except client.exceptions.ClientError as error:
        return aws.error_code(error)


def _create(client: Any, name: str) -> None:
    client.create_schedule(
        Name=name,
        GroupName=GROUP,
        ScheduleExpression=f"at({START + timedelta(days=300):%Y-%m-%dT%H:%M:%S})",
        ScheduleExpressionTimezone="UTC",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": ENVIRONMENT["DUE_QUEUE_ARN"],
            "RoleArn": ENVIRONMENT["SCHEDULE_ROLE_ARN"],
            "Input": f'{{"name": "{name}"}}',
        },
    )


def _listed(client: Any, beginning: str) -> list[str]:
    """Return the names of all pages, of two each; the order is the service's own."""
    found: list[str] = []
    more: dict[str, Any] = {"NamePrefix": beginning} if beginning else {}
    while True:
        page = client.list_schedules(GroupName=GROUP, MaxResults=2, **more)
        assert len(page["Schedules"]) <= 2
        assert all(one["CreationDate"].tzinfo for one in page["Schedules"])
        found += [one["Name"] for one in page["Schedules"]]
        if not page.get("NextToken"):
            return sorted(found)
        more["NextToken"] = page["NextToken"]


@given(made=st.lists(calls, max_size=12))
def test_the_same_calls_have_the_same_answers(real: Any, made: list[tuple[str, str]]) -> None:
    real.create_schedule_group(Name=GROUP)
    try:
        model = fake()
        for call, name in made:
            assert answer(model, call, name) == answer(real, call, name), (call, name)
        assert _listed(model, "") == _listed(real, "")
    finally:
        real.delete_schedule_group(Name=GROUP)
