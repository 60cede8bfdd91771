"""Companies are apart by IAM: a function of ours with a mistake in it reaches no row of another company."""

import json
from typing import Any

import pytest

from infra.local import demo
from infra.local.aws import client
from infra.local.client import Client
from infra.local.stack import Stack
from tests.e2e import toy

MISTAKEN = """
from tocsin import keys, sessions
from tocsin.store import directory, tickets

TABLES = {"directory": directory, "tickets": tickets}


def asked(event):
    table, pk = TABLES[event["table"]], event["pk"]
    match event["operation"]:
        case "get":
            return table.get({"pk": pk, "sk": event["sk"]})
        case "get_many":
            return table.get_many([{"pk": one, "sk": event["sk"]} for one in pk])
        case "query":
            return table.query(pk, **event.get("how", {})).items
        case "put":
            return table.put({"pk": pk, "sk": event["sk"], "name": "Mallory"})
        case "delete":
            return table.delete({"pk": pk, "sk": event["sk"]})


def lambda_handler(event, context):
    try:
        with sessions.acting_for(event["acts_for"]):
            return {"found": asked(event)}
    except Exception as error:
        return {"refused": getattr(error, "response", {}).get("Error", {}).get("Code") or repr(error)}
"""
MINE, OTHER = demo.COMPANY, "rival"


@pytest.fixture(scope="module")
def rival(stack: Stack) -> None:
    """Another company, of which there is a row to read."""
    admin = {"user_id": "root", "email": "root@rival.example.com"}
    body = {"company_id": OTHER, "name": "Rival", "admin": admin}
    Client(stack.url, stack.operator_key).call("POST", "/companies", body)


@pytest.fixture(scope="module")
def mistaken(stack: Stack, rival: None) -> Any:
    """The function behind /teams with other code in it: `mistaken(operation="get", ...)`. Its rights are the same."""
    lambdas = client("lambda", stack.endpoint)
    names = [one["FunctionName"] for one in lambdas.get_paginator("list_functions").paginate().search("Functions[]")]
    (name,) = (name for name in names if "HttpsApiTeamsFunction" in name)
    teams = lambdas.get_function_configuration(FunctionName=name)
    lambdas.create_function(
        FunctionName="mistaken",
        Runtime=teams["Runtime"],
        Role=teams["Role"],
        Handler="handler.lambda_handler",
        Code={"ZipFile": toy.archive("handler.py", MISTAKEN)},
        Layers=[layer["Arn"] for layer in teams["Layers"]],
        Environment=teams["Environment"],
        Timeout=10,
    )

    def call(**event: Any) -> Any:
        event = {"acts_for": MINE, "table": "directory", **event}
        answer = lambdas.invoke(FunctionName="mistaken", Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    return call


def company(tenant: str) -> dict[str, str]:
    return {"pk": f"T#{tenant}#COMPANY", "sk": "COMPANY"}


def test_a_company_is_reached_by_who_acts_for_it(mistaken: Any) -> None:
    assert mistaken(operation="get", **company(MINE))["found"]["name"]
    assert mistaken(operation="get", acts_for=OTHER, **company(OTHER))["found"]["name"] == "Rival"


@pytest.mark.parametrize("operation", ["get", "put", "delete"])
def test_another_companys_row_is_refused_by_iam(mistaken: Any, operation: str) -> None:
    assert mistaken(operation=operation, **company(OTHER)) == {"refused": "AccessDeniedException"}
    assert mistaken(operation="get", acts_for=OTHER, **company(OTHER))["found"]["name"] == "Rival", "untouched"


def test_another_companys_row_among_our_own_is_refused(mistaken: Any) -> None:
    both = [company(MINE)["pk"], company(OTHER)["pk"]]
    assert mistaken(operation="get_many", pk=both[:1], sk="COMPANY")["found"]
    assert mistaken(operation="get_many", pk=both, sk="COMPANY") == {"refused": "AccessDeniedException"}


@pytest.mark.parametrize(
    ("table", "pk", "how"),
    [
        ("directory", "T#{}#TEAM#checkout", {}),
        ("directory", "T#{}#TEAMS", {"index": "listed", "hash_name": "list_pk", "range_name": "list_sk"}),
        ("tickets", "T#{}#OPEN#00", {"index": "open", "hash_name": "open_shard", "range_name": "opened"}),
    ],
    ids=["a partition", "the index of lists", "the index of open tickets"],
)
def test_another_companys_partition_is_refused(mistaken: Any, table: str, pk: str, how: dict[str, str]) -> None:
    asked = {"operation": "query", "table": table, "how": how}
    assert "found" in mistaken(pk=pk.format(MINE), **asked)
    assert mistaken(pk=pk.format(OTHER), **asked) == {"refused": "AccessDeniedException"}


def test_a_company_whose_name_begins_like_another_is_another(mistaken: Any) -> None:
    assert mistaken(operation="get", acts_for=OTHER[:-1], **company(OTHER)) == {"refused": "AccessDeniedException"}
    assert mistaken(operation="get", acts_for="*", **company(OTHER)) != {"found": None}


def test_who_acts_for_nobody_reaches_no_company_at_all(mistaken: Any) -> None:
    for tenant in (MINE, OTHER):
        assert mistaken(operation="get", acts_for="", **company(tenant)) == {"refused": "AccessDeniedException"}


def test_rows_by_which_tenants_are_found_are_for_those_alone_who_look_there(mistaken: Any) -> None:
    for pk, sk in (("IN#abc", "IN"), ("FEED#abc", "FEED"), ("IDP#abc", "IDP")):
        assert mistaken(operation="get", pk=pk, sk=sk) == {"refused": "AccessDeniedException"}
