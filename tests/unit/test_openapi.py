"""The OpenAPI document is in step with the code, and says of every route what holds for all."""

import json
from typing import Any

import pytest

from infra import openapi
from tests.world import handler

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_checked_in_document_is_what_the_code_says(document: dict[str, Any]) -> None:
    checked_in = json.loads(openapi.TARGET.read_text(encoding="utf-8"))
    assert checked_in == document, "run: make openapi"


def test_every_route_of_the_api_refuses_in_the_same_form(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if path.startswith("/api/v1/"):
            assert set(openapi.REFUSALS) <= set(operation["responses"]), (path, method)
            assert any(status.startswith("2") for status in operation["responses"]), (path, method)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for kind, names in document["components"].items():
        for name in names:
            text = text.replace(f'"$ref": "#/components/{kind}/{name}"', "")
    assert '"$ref"' not in text


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_two_functions_never_mean_different_things_by_one_name(document: dict[str, Any]) -> None:
    seen: dict[str, Any] = {}
    for noun in openapi.NOUNS:
        part = handler(noun).app.get_openapi_schema().model_dump(mode="json", by_alias=True, exclude_none=True)
        for name, schema in part["components"]["schemas"].items():
            assert seen.setdefault(name, schema) == schema, name
