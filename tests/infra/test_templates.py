"""Both templates as wholes: what linters say, references, limits, outputs."""

import json

import pytest
from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]  # it has no types

from tests.infra.assembly import Assembly, Template, strings


def test_cdk_nag_finds_nothing_that_is_not_accepted_with_a_reason(assembly: Assembly) -> None:
    assert assembly.findings == []


@pytest.mark.parametrize("stack", ["data", "app"])
def test_cfn_lint_finds_nothing(assembly: Assembly, stack: str) -> None:
    template: Template = getattr(assembly, stack)
    # W3005: the CDK itself writes the dependency of a function on its role twice.
    options = ManualArgs(ignore_checks=["W3005"], regions=["us-east-1"])
    assert [str(match) for match in lint(template.path.read_text(), config=options)] == []


def test_references_go_only_from_the_app_to_the_data(data: Template, app: Template) -> None:
    assert "Fn::ImportValue" not in set(strings(data.body))
    imported = {text for text in strings(app.body) if text.startswith("TocsinData:")}
    exported = {output["Export"]["Name"] for output in data.body["Outputs"].values() if "Export" in output}
    assert imported == exported
    assert json.dumps(app.body).count("Fn::ImportValue") >= len(imported)


def test_templates_are_well_under_the_limits_of_cloudformation(assembly: Assembly) -> None:
    for template in (assembly.data, assembly.app):
        assert len(template.path.read_bytes()) < 800_000  # of 1 MB
        assert len(template.body["Resources"]) < 400  # of 500


def test_outputs_say_what_a_program_needs_to_drive_the_app(data: Template, app: Template) -> None:
    assert {"TicketsTable", "DirectoryTable"} <= data.body["Outputs"].keys()
    assert {"Url", "OperatorSecretArn", "AlarmTopicArn", "SmsReplyTopicArn", "Sweeper", "Redriver"} <= app.body[
        "Outputs"
    ].keys()


def test_nothing_but_tables_indexes_and_the_api_has_a_physical_name(data: Template, app: Template) -> None:
    names = ("FunctionName", "QueueName", "TopicName", "RoleName", "TableName", "LogGroupName", "GroupName")
    creations = [
        resource.get("Properties", {})
        for template in (data, app)
        for resource in template.body["Resources"].values()
        if resource["Type"] not in {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"}
        and resource["Type"] != "AWS::Lambda::EventInvokeConfig"
    ]
    assert [name for properties in creations for name in names if name in properties] == []
