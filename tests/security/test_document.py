"""Whatever is sent, the API answers as its document says, never fails, and never shows one company to another."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.security.companies import Companies
from tests.security.gateway import OPERATOR_KEY
from tests.security.operations import OPERATIONS, Operation, Request, document, examples, requests
from tests.world import Answer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def _arrives(query: Mapping[str, Any] | None, url: str) -> bool:
    """Say whether all parameters are in a URL: one whose value is an empty list is not, and then nothing is wrong."""
    return set(query or {}) <= {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_answer_is_as_the_document_says_and_holds_nothing_of_another_company(
    operation: Operation, companies: Companies
) -> None:
    document().app = operation.documented.app = companies.gateway
    keys = [OPERATOR_KEY] if operation.of_companies else list(companies.mine.keys.values())

    @settings(max_examples=examples(40))
    @given(requests(operation, companies.mine), st.sampled_from(keys))
    def hold(request: Request, key: str) -> None:
        companies.restore()
        case = request.case
        found = case.call(headers={"Authorization": f"Bearer {key}"})
        event(f"{found.status_code}")
        wrong = request.generated and _arrives(case.query, found.request.url)
        case.validate_response(found, checks=[*CHECKS, negative_data_rejection] if wrong else CHECKS)
        assert companies.gateway.world.lost == []
        if not operation.of_companies:
            headers = {name: values[0] for name, values in found.headers.items()}
            answer = Answer(found.status_code, found.content.decode(), headers)
            assert companies.told(answer, asked=f"{case.path_parameters} {case.query} {case.body}") == []
            assert companies.unchanged()

    hold()
