"""The canary: it runs every minute, its silence is an alarm, and it can reach nothing but what a customer can."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from app import build
from infra.rights import RIGHTS
from tests.infra.assembly import Template, synthesis_findings, synthesize
from tests.infra.conftest import CONTEXT

HOME = {
    "url": "https://tocsin.example.com",
    "sink_arn": "arn:aws:sqs:eu-central-1:123456789012:sink",
    "operator_secret_arn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:OperatorKey-AbCdEf",
}


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


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> tuple[Template, list[str]]:
    """The stack of a canary in another Region, and what cdk-nag finds in it."""
    folder: Path = tmp_path_factory.mktemp("away")
    app = build({**CONTEXT, "canary_for": json.dumps(HOME)}, outdir=str(folder))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    findings = synthesis_findings(app)
    assert [path.name for path in folder.glob("*.template.json")] == ["TocsinCanary.template.json"]
    path = folder / "TocsinCanary.template.json"
    return Template(json.loads(path.read_text()), path), findings


def test_in_another_region_it_is_alone_and_reaches_home(away: tuple[Template, list[str]]) -> None:
    app, findings = away
    assert findings == []
    assert app.functions().keys() == {"canary"}
    told = app.functions()["canary"]["Environment"]["Variables"]
    assert (told["PUBLIC_URL"], told["HOME_REGION"]) == ("https://tocsin.example.com", "eu-central-1")
    assert told["OPERATOR_SECRET_ARN"] == HOME["operator_secret_arn"]
    assert told["CANARY_SINK_URL"] == {
        "Fn::Join": ["", ["https://sqs.eu-central-1.", {"Ref": "AWS::URLSuffix"}, "/123456789012/sink"]]
    }
    (role,) = (it for it in app.of_type("IAM::Role").values() if "lambda" in str(it["AssumeRolePolicyDocument"]))
    assert HOME["sink_arn"] in str(role["Policies"])


def test_in_another_region_it_is_heard_there(away: tuple[Template, list[str]]) -> None:
    app, _ = away
    assert len(rules(app)) == 1
    (topic,) = app.of_type("SNS::Topic")
    assert alarms(app).keys() == {"CanaryPassed", "CanaryLateness"}
    assert all(alarm["AlarmActions"] == [{"Ref": topic}] for alarm in alarms(app).values())


def test_switched_off_it_is_there_and_nobody_calls_it(off: Template) -> None:
    assert "canary" in off.functions()
    assert rules(off) == []
    assert alarms(off) == {}
