"""What belongs to no noun: health, the document, and paths that there are not."""

import json

import pytest

from tests.world import Answer, call, request

ADMIN = {"tenant": "acme", "actor": "api_key:k", "role": "admin"}


def asked(method: str, path: str, principal: dict[str, str] | None = None) -> Answer:
    return call("root", request(method, path, principal=principal))


def test_the_api_says_that_it_is_there() -> None:
    found = asked("GET", "/health")
    assert (found.status, found.body) == (200, {"status": "ok"})
    assert found.headers["content-type"] == "application/json"


def test_the_document_is_served_as_it_is_checked_in() -> None:
    found = asked("GET", "/openapi.json")
    assert found.status == 200
    assert found.body["openapi"].startswith("3.1")


@pytest.mark.parametrize("path", ["/health", "/openapi.json"])
def test_what_is_only_read_takes_get_alone(path: str) -> None:
    found = asked("POST", path)
    assert (found.status, found.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/v2/users", "/health/x", "/v2/enqueue"])
def test_what_is_not_there_is_a_problem_document(path: str) -> None:
    found = asked("GET", path)
    assert (found.status, found.headers["content-type"]) == (404, "application/problem+json")
    assert found.body["status"] == 404


def test_an_unknown_path_of_the_api_is_told_only_to_those_who_may_ask() -> None:
    assert asked("GET", "/api/v1/schedules", ADMIN).status == 404
    refused = asked("GET", "/api/v1/schedules", {"problem": "This API key is not known."})
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.body["detail"] == "This API key is not known."
    suspended = {"problem": "The company is suspended.", "forbidden": "true"}
    assert asked("GET", "/api/v1/schedules", suspended).status == 403
    assert json.dumps(asked("GET", "/api/v1", ADMIN).body)
