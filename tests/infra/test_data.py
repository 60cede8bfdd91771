"""The stack that must outlive every deployment."""

import aws_cdk as cdk
import pytest

from infra.data import TocsinData
from infra.settings import Local, Settings
from tests.infra.assembly import Assembly, Template

TABLES = ["Tickets", "Directory"]


def test_logical_ids_of_the_data_never_change(data: Template) -> None:
    assert {name: it["Type"] for name, it in data.body["Resources"].items()} == {
        "Tickets": "AWS::DynamoDB::Table",
        "Directory": "AWS::DynamoDB::Table",
    }


def test_names_of_the_exports_never_change(data: Template) -> None:
    assert {output["Export"]["Name"] for output in data.body["Outputs"].values() if "Export" in output} == {
        "TocsinData:ExportsOutputFnGetAttTicketsArnC5A27B47",
        "TocsinData:ExportsOutputRefTickets00C48769",
        "TocsinData:ExportsOutputFnGetAttTicketsStreamArn2023751A",
        "TocsinData:ExportsOutputFnGetAttDirectoryArn5B488153",
        "TocsinData:ExportsOutputRefDirectoryBB2107FB",
    }


@pytest.mark.parametrize("table", TABLES)
def test_a_table_survives_mistakes(data: Template, table: str) -> None:
    resource = data.body["Resources"][table]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert resource["Properties"]["DeletionProtectionEnabled"] is True
    assert resource["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_stack_itself_cannot_be_deleted_by_mistake(assembly: Assembly) -> None:
    assert assembly.manifest["artifacts"]["TocsinData"]["properties"]["terminationProtection"] is True


def test_of_the_tables_only_tickets_forgets_and_only_rows_that_say_when(data: Template) -> None:
    tables = data.of_type("DynamoDB::Table")
    assert tables["Tickets"]["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert "TimeToLiveSpecification" not in tables["Directory"]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_paid_by_request_and_keyed_by_pk_and_sk(data: Template, table: str) -> None:
    properties = data.of_type("DynamoDB::Table")[table]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert _keys(properties["KeySchema"]) == ("pk", "sk")
    assert {it["AttributeType"] for it in properties["AttributeDefinitions"]} == {"S"}


def test_all_indexes_are_there_from_the_first_day(data: Template) -> None:
    found = {
        (table, index["IndexName"], *_keys(index["KeySchema"]), index["Projection"]["ProjectionType"])
        for table, properties in data.of_type("DynamoDB::Table").items()
        for index in properties["GlobalSecondaryIndexes"]
    }
    assert found == {
        ("Tickets", "due", "due_shard", "look_at", "KEYS_ONLY"),
        ("Tickets", "open", "open_shard", "opened", "KEYS_ONLY"),
        ("Tickets", "team", "team_shard", "opened", "KEYS_ONLY"),
        ("Directory", "listed", "list_pk", "list_sk", "ALL"),
    }


def test_only_the_tickets_table_has_a_stream_with_old_and_new_images(data: Template) -> None:
    tables = data.of_type("DynamoDB::Table")
    assert tables["Tickets"]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert "StreamSpecification" not in tables["Directory"]


def test_a_local_stack_may_delete_its_tables() -> None:
    settings = Settings(email_sender="tocsin@example.com", local=Local(python="python3"))
    stack = TocsinData(cdk.App(), "TocsinData", settings=settings, termination_protection=False)
    tables = cdk.assertions.Template.from_stack(stack).find_resources("AWS::DynamoDB::Table")
    assert {table["Properties"]["DeletionProtectionEnabled"] for table in tables.values()} == {False}


def _keys(schema: list[dict[str, str]]) -> tuple[str, ...]:
    kinds = {it["KeyType"]: it["AttributeName"] for it in schema}
    return kinds["HASH"], kinds["RANGE"]
