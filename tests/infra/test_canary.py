"""The canary: it runs every minute, its silence is an alarm, and it can reach nothing but what a customer can."""

from pathlib import Path
from typing import Any

import pytest

from app import build
from infra.rights import RIGHTS
from tests.infra.assembly import Template, synthesize
from tests.infra.conftest import CONTEXT


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The app with a canary that does not run."""
    folder: Path = tmp_path_factory.mktemp("off")
    return synthesize(build, {**CONTEXT, "canary": False}, folder).app


def rules(app: Template) -> list[dict[str, Any]]:
    return [it for name, it in app.of_type("Events::Rule").items() if name.startswith("Canary")]


def alarms(app: Template) -> dict[str, dict[str, Any]]:
    found = app.of_type("CloudWatch::Alarm").values()
    return {it["MetricName"]: it for it in found if it.get("MetricName", "").startswith("Canary")}


def test_it_runs_every_minute_and_ends_before_the_next_run(app: Template) -> None:
    (rule,) = rules(app)
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    (target,) = rule["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0] == app.function_ids()["canary"]
    assert app.functions()["canary"]["Timeout"] < 60


def test_a_run_that_failed_or_came_late_is_not_repeated(app: Template) -> None:
    (rule,) = rules(app)
    policy = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    assert rule["Targets"][0]["RetryPolicy"] == policy
    (config,) = (
        it
        for it in app.of_type("Lambda::EventInvokeConfig").values()
        if it["FunctionName"]["Ref"] == app.function_ids()["canary"]
    )
    assert {name: config[name] for name in policy} == policy


def test_three_minutes_of_five_without_a_page_raise_an_alarm_and_so_does_silence(app: Template) -> None:
    alarm = alarms(app)["CanaryPassed"]
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["ComparisonOperator"], alarm["Threshold"], alarm["Statistic"]) == ("LessThanThreshold", 1, "Minimum")
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], alarm["Period"]) == (3, 5, 60)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "canary"}]


def test_late_pages_raise_an_alarm(app: Template) -> None:
    alarm = alarms(app)["CanaryLateness"]
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p99", 5000)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_it_reaches_its_sink_and_two_secrets_and_no_table(app: Template) -> None:
    services = {action.partition(":")[0] for right in RIGHTS["canary"] for action in right.actions}
    assert services == {"sqs", "secretsmanager"}
    told = app.functions()["canary"]["Environment"]["Variables"]
    own = {name for name in told if not name.startswith("POWERTOOLS_")}
    assert own == {"PUBLIC_URL", "CANARY_SINK_URL", "CANARY_SECRET_ARN", "OPERATOR_SECRET_ARN"}


def test_its_key_is_empty_at_first_and_no_deployment_overwrites_it(app: Template) -> None:
    (secret,) = (it for name, it in app.of_type("SecretsManager::Secret").items() if name.startswith("CanaryKey"))
    assert not secret.keys() & {"SecretString", "GenerateSecretString"}


def test_only_its_own_notifier_puts_pages_into_the_sink(app: Template) -> None:
    told = {name for name, it in app.functions().items() if "CANARY_SINK_URL" in it["Environment"]["Variables"]}
    assert told == {"canary", "notifier-canary"}


def test_switched_off_it_is_there_and_nobody_calls_it(off: Template) -> None:
    assert "canary" in off.functions()
    assert rules(off) == []
    assert alarms(off) == {}
