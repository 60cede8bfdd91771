"""Whoever calls what its role does not allow is found: by the action, the place, the row, or a denial."""

import pytest

from infra.rights import FOR_CALLERS
from tests.simulation import search
from tests.simulation.cloud.gate import Call
from tests.simulation.invariants import rights

TURN = {"pk": {"S": "T#acme#USER#ada"}, "sk": {"S": "TURN#sms"}}
TICKET = {"pk": {"S": "T#acme#TICKET#t1"}, "sk": {"S": "TICKET"}}
QUERY = {"TableName": "Tickets", "ExpressionAttributeValues": {":v0": {"S": "DUE#00"}}}
AUDITED = {"pk": {"S": "T#acme#AUDIT#2026-11"}, "sk": {"S": "x"}}


@pytest.mark.parametrize(
    ("function", "service", "operation", "arguments"),
    [
        ("links", "dynamodb", "put_item", {"TableName": "Tickets", "Item": TICKET}),
        ("links", "dynamodb", "get_item", {"TableName": "Directory", "Key": TICKET}),
        ("ingest", "dynamodb", "query", {**QUERY, "IndexName": "due"}),
        ("users", "sqs", "send_message", {"QueueUrl": "https://sqs/1/due"}),
        ("clock", "sns", "publish", {"PhoneNumber": "+491"}),
        ("notifier", "dynamodb", "delete_item", {"TableName": "Tickets", "Key": TICKET}),
        ("notifier", "dynamodb", "batch_write_item", {"RequestItems": {"Tickets": [{"PutRequest": {"Item": TICKET}}]}}),
        ("rules", "dynamodb", "update_item", {"TableName": "Directory", "Key": AUDITED}),
        ("escalator", "dynamodbstreams", "get_records", {"ShardIterator": "1 0", "Limit": 1}),
        ("sweeper", "lambda", "invoke", {"FunctionName": "historian", "Payload": b"{}"}),
        ("escalator", "sqs", "receive_message", {"QueueUrl": "https://sqs/1/due-dead"}),
        ("nobody", "dynamodb", "get_item", {"TableName": "Tickets", "Key": TICKET}),
    ],
    ids=[
        "action",
        "table",
        "index",
        "queue",
        "service",
        "row",
        "row of a batch",
        "denied",
        "stream",
        "call",
        "letters",
        "function",
    ],
)
def test_a_call_without_a_right_is_found(
    function: str, service: str, operation: str, arguments: dict[str, object]
) -> None:
    assert (
        len(
            rights.beyond([Call(0, function, service, operation, arguments, "acme" if function in FOR_CALLERS else "")])
        )
        == 1
    )


@pytest.mark.parametrize("mode", search.MODES)
def test_no_call_of_a_run_is_one_that_aws_would_deny(mode: str) -> None:
    calls = [call for seed in range(12) for call in search.play(mode, seed).world.gate.calls]
    assert len({(call.function, call.operation) for call in calls}) > 20
    assert rights.beyond(calls) == set()


@pytest.mark.parametrize(
    ("row", "tenant"),
    [
        ("T#bolt#COMPANY", "acme"),
        ("T#acmex#COMPANY", "acme"),
        ("T#acme#COMPANY", ""),
        ("IN#abc", "acme"),
        ("IN#abc", ""),
    ],
)
def test_who_acts_for_a_company_has_a_right_to_its_rows_alone_and_only_by_its_session(row: str, tenant: str) -> None:
    def read(pk: str, tenant: str) -> Call:
        key = {"pk": {"S": pk}, "sk": {"S": "COMPANY"}}
        return Call(0, "teams", "dynamodb", "get_item", {"TableName": "Directory", "Key": key}, tenant)

    assert len(rights.beyond([read(row, tenant)])) == 1
    assert rights.beyond([read("T#acme#COMPANY", "acme")]) == set()


def test_a_row_that_the_right_names_is_allowed() -> None:
    call = Call(0, "notifier", "dynamodb", "delete_item", {"TableName": "Tickets", "Key": TURN})
    assert rights.beyond([call]) == set()
