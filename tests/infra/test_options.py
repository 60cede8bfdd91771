"""What optional settings add to the app."""

import pytest

from app import build
from tests.infra.assembly import Assembly, Template, synthesize
from tests.infra.conftest import CONTEXT

RESERVED = 25
OPTIONS: dict[str, object] = {"operations_email": "Operations <ops@example.com>", "pager_concurrency": RESERVED}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesize(build, {**CONTEXT, **OPTIONS}, tmp_path_factory.mktemp("options"))


def test_cdk_nag_finds_nothing_in_what_options_add(chosen: Assembly) -> None:
    assert chosen.findings == []


def test_an_address_for_operations_gets_the_alarms_about_tocsin_and_nothing_else(chosen: Assembly) -> None:
    (topic,) = (name for name in chosen.app.of_type("SNS::Topic") if name.startswith("Operations"))
    mailed = [it for it in chosen.app.of_type("SNS::Subscription").values() if it["Protocol"] == "email"]
    assert [(it["TopicArn"], it["Endpoint"]) for it in mailed] == [({"Ref": topic}, "ops@example.com")]


def test_without_an_address_nobody_is_subscribed_by_email(app: Template) -> None:
    assert not any(it["Protocol"] == "email" for it in app.of_type("SNS::Subscription").values())


def test_the_way_of_a_page_keeps_its_own_concurrency_whatever_the_api_takes(chosen: Assembly) -> None:
    reserved = {
        name: it["ReservedConcurrentExecutions"]
        for name, it in chosen.app.functions().items()
        if "ReservedConcurrentExecutions" in it
    }
    assert reserved == {
        "clock": 25,
        "escalator": 25,
        "sweeper": 1,
        "notifier-sms": 10,
        "notifier-voice": 5,
        "notifier-email": 20,
        "notifier-webhook": 25,
        "notifier-canary": 2,
    }


def test_a_queue_never_asks_for_more_of_a_function_than_is_reserved(chosen: Assembly) -> None:
    reserved = {chosen.app.function_ids()[name]: it for name, it in chosen.app.functions().items()}
    limited = [it for it in chosen.app.of_type("Lambda::EventSourceMapping").values() if "ScalingConfig" in it]
    assert len(limited) == 6
    for mapping in limited:
        function = reserved[mapping["FunctionName"]["Ref"]]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] == function["ReservedConcurrentExecutions"]
