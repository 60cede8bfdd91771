"""What all functions have in common, and what each is told."""

from pathlib import Path
from typing import Any

from infra.rights import RIGHTS
from tests.infra.assembly import Template

ROOT = Path(__file__).parents[2]


def test_every_function_of_the_table_of_rights_is_deployed_and_no_other(app: Template) -> None:
    assert app.functions().keys() == RIGHTS.keys()
    assert len(app.of_type("Lambda::Function")) == len(RIGHTS)


def test_every_folder_of_functions_is_deployed() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == {name.partition("-")[0] for name in RIGHTS}


def test_every_function_runs_on_arm_with_python_3_13_and_both_layers(app: Template) -> None:
    layers = [{"Ref": name} for name in app.of_type("Lambda::LayerVersion")]
    assert len(layers) == 2
    for name, properties in app.functions().items():
        assert properties["Architectures"] == ["arm64"], name
        assert properties["Runtime"] == "python3.13", name
        assert sorted(map(str, properties["Layers"])) == sorted(map(str, layers)), name


def test_every_log_is_kept_for_a_while_and_then_let_go(app: Template) -> None:
    logs = app.of_type("Logs::LogGroup")
    assert {log["RetentionInDays"] for log in logs.values()} == {30}
    own = [properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in app.functions().values()]
    assert len(set(own)) == len(own)
    assert set(own) < logs.keys()


def test_a_function_is_told_only_of_places_that_it_has_rights_to(app: Template) -> None:
    told = {name: _variables(properties) for name, properties in app.functions().items()}
    assert told["root"] == set()
    assert told["links"] == {"TICKETS_TABLE", "TENANT_ROLE_ARN"}
    assert told["feeds"] == {"DIRECTORY_TABLE", "TENANT_ROLE_ARN"}
    assert told["authorizer"] == {"DIRECTORY_TABLE", "OPERATOR_SECRET_ARN", "REQUESTS_PER_SECOND"}
    assert told["clock"] == {
        "DUE_QUEUE_ARN",
        "DUE_QUEUE_URL",
        "SCHEDULE_DEAD_LETTER_ARN",
        "SCHEDULE_GROUP",
        "SCHEDULE_ROLE_ARN",
    }
    assert {name for name, variables in told.items() if "OPERATOR_SECRET_ARN" in variables} == {"authorizer", "canary"}
    assert {name for name, variables in told.items() if "ALARM_INTEGRATION" in variables} == {"ingest"}
    assert {name for name, variables in told.items() if "TICKETS_PER_SECOND" in variables} == {
        "company",
        "ingest",
        "tickets",
    }
    assert not any("SNS_CERTIFICATE_PEM" in variables for variables in told.values())  # of the local stack alone
    assert not any("LOOPBACK_URLS" in variables for variables in told.values())  # this one too


def test_each_notifier_knows_its_channel_and_sender(app: Template) -> None:
    sms, email = (app.functions()[f"notifier-{name}"]["Environment"]["Variables"] for name in ("sms", "email"))
    assert (sms["CHANNEL"], sms["SMS_SENDER"]) == ("sms", "+14255550182")
    assert (email["CHANNEL"], email["EMAIL_SENDER"]) == ("email", "Tocsin <pages@tocsin.example.com>")
    assert "EMAIL_SENDER" not in sms
    assert "SMS_SENDER" not in email


def _variables(properties: dict[str, Any]) -> set[str]:
    return {name for name in properties["Environment"]["Variables"] if not name.startswith("POWERTOOLS_")}
