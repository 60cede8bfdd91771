"""Settings are checked once, and say what is wrong with them."""

import json

import pytest
from aws_cdk import aws_logs as logs

from infra.settings import InvalidSetting, Local, Settings

GOOD: dict[str, object] = {"email_sender": "tocsin@example.com"}


def test_what_is_not_set_has_its_default() -> None:
    settings = Settings.from_context(GOOD.get)
    assert settings == Settings(email_sender="tocsin@example.com", log_retention=logs.RetentionDays.ONE_MONTH)
    assert settings.local is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email_sender", ""),
        ("email_sender", "tocsin"),
        ("email_sender", "tocsin@localhost"),
        ("sms_sender", "555-0182"),
        ("public_url", "https://tocsin.example.com/"),
        ("public_url", "tocsin.example.com"),
        ("alarm_integration", "demo"),
        ("alarm_integration", "Demo/cloudwatch"),
        ("operations_email", "operations"),
        ("pager_concurrency", 1),
        ("pager_concurrency", -5),
        ("pager_concurrency", "many"),
        ("tickets_per_second", -1),
        ("tickets_per_second", 10_001),
        ("tickets_per_second", "many"),
        ("requests_per_second", -1),
        ("log_retention_days", 31),
        ("log_retention_days", "soon"),
        ("canary", "sometimes"),
        ("canary_for", "https://tocsin.example.com"),
        ("canary_for", {"url": "https://tocsin.example.com"}),
        ("canary_for", {"url": "https://tocsin.example.com", "sink_arn": "sink", "operator_secret_arn": "key"}),
        ("local", ["python3"]),
        ("local", {"python": "python3", "colour": "red"}),
        ("local", "{"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidSetting, match=name):
        Settings.from_context({**GOOD, name: value}.get)


@pytest.mark.parametrize("value", ["https://tocsin.example.com", "http://127.0.0.1:4566/_aws/execute-api/a1/$default"])
def test_a_public_url_may_have_a_port_and_a_path(value: str) -> None:
    assert Settings.from_context({**GOOD, "public_url": value}.get).public_url == value


@pytest.mark.parametrize(
    ("value", "runs"), [(None, True), (True, True), ("true", True), (False, False), ("false", False)]
)
def test_the_canary_runs_unless_it_is_told_not_to(value: object, runs: bool) -> None:
    assert Settings.from_context({**GOOD, "canary": value}.get).canary is runs


def test_an_email_sender_may_have_a_name_and_stands_for_its_address_and_domain() -> None:
    settings = Settings.from_context({"email_sender": "Tocsin <pages@tocsin.example.com>"}.get)
    assert settings.email_identities == ("pages@tocsin.example.com", "tocsin.example.com")


@pytest.mark.parametrize("as_text", [True, False])
def test_the_local_stack_is_a_mapping_or_its_json(as_text: bool) -> None:
    fields = {"python": "/usr/bin/python3", "sns_certificate_url": "https://sns.us-east-1.amazonaws.com/a.pem"}
    given = json.dumps(fields) if as_text else fields
    assert Settings.from_context({**GOOD, "local": given}.get).local == Local(**fields)
