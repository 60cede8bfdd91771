"""What holds for every call of the API: who may ask, what may be sent, how a refusal looks."""

import base64
import json
from typing import Any

import pytest

from tests.integration.refusing import TIMEOUT, refused
from tests.world import Answer, Caller, call, request
from tocsin.api import BODY_LIMIT

TEAM = {"team_id": "ops", "name": "Ops"}


def is_problem(answer: Answer, status: int) -> bool:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(answer.body)
    assert answer.body["status"] == status
    assert (status == 422) == ("errors" in answer.body)
    return True


def sent(body: bytes, media: str | None = "application/json") -> Answer:
    """Send bytes as the gateway hands over what it takes for binary."""
    principal = {"tenant": "acme", "actor": "api_key:k1", "role": "admin"}
    event = request("POST", "/api/v1/teams", "x", principal=principal)
    event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    event["headers"] = {"Content-Type": media} if media is not None else {}
    return call("teams", event)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"null,",
        b'{"name": NaN}',
        b'{"name": "x", "a": Infinity}',
        b'{"name": "\\ud800"}',
        b'{"\\uDFFF": 1}',
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 5_000,
        b'{"name": 1' + b"0" * 5_000 + b"}",
    ],
)
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    assert is_problem(sent(body), 400)


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"null", b"5", b"true", b'[{"name": "Ops"}]'])
def test_json_that_is_no_object_is_invalid(body: bytes) -> None:
    assert is_problem(sent(body), 422)


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("Application/JSON", 201),
        ("application/merge-patch+json", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonp", 415),
        ("application/xml; a=application/json", 415),
        ("", 415),
    ],
)
def test_a_body_is_json_by_its_type(media: str, status: int) -> None:
    answer = sent(b'{"name": "Ops"}', media)
    assert answer.status == status
    if status != 201:
        assert is_problem(answer, 415)


@pytest.mark.parametrize(("size", "status"), [(BODY_LIMIT, 422), (BODY_LIMIT + 1, 413)])
def test_a_body_holds_256_kib(size: int, status: int) -> None:
    begin, end = b'{"name": "', b'"}'
    assert is_problem(sent(begin + b"x" * (size - len(begin) - len(end)) + end), status)


def test_a_name_in_any_script_comes_back(admin: Caller) -> None:
    for name in ("Zahlungen \u00fc", "\u652f\u4ed8", "\U0001f4b8", "a\u0000b"):
        made = sent(json.dumps({"name": name}, ensure_ascii=False).encode())
        assert (made.status, made.body["name"]) == (201, name)


@pytest.mark.parametrize(
    ("found", "status", "header"),
    [
        (None, 401, ("www-authenticate", "Bearer")),
        ({"problem": "This API key is not known."}, 401, ("www-authenticate", "Bearer")),
        ({"problem": "The company is suspended.", "forbidden": "true"}, 403, None),
        ({"problem": "Try again.", "overloaded": "true"}, 503, ("retry-after", "2")),
    ],
)
def test_who_is_nobody_is_told_why_before_anything_is_read(
    found: dict[str, str] | None, status: int, header: tuple[str, str] | None
) -> None:
    for method, path, body in [("POST", "teams", "{"), ("GET", "nosuch", None), ("DELETE", "teams", None)]:
        event = request(method, f"/api/v1/{path}", body)
        if found is not None:
            event["requestContext"]["authorizer"] = {"lambda": found}
        answer = call("teams", event)
        assert is_problem(answer, status)
        assert answer.body["detail"] == (found or {}).get("problem", answer.body["detail"])
        if header:
            assert answer.headers[header[0]] == header[1]


def test_a_path_is_looked_at_first_then_its_method_then_the_role(admin: Caller) -> None:
    viewer = Caller(role="viewer")
    assert is_problem(viewer("POST", "/teams/a/b/c", "{"), 404)
    refused_method = viewer("POST", "/teams/ops", "{")
    assert is_problem(refused_method, 405)
    assert refused_method.headers["allow"] == "DELETE, GET, PATCH"
    assert is_problem(viewer("POST", "/teams", "{"), 403)
    assert is_problem(admin("POST", "/teams", "{"), 400)


@pytest.mark.parametrize(
    "query",
    [
        *({"limit": limit} for limit in (0, 101, "x", "", "+5", " 5", "1_0", "5.0", "\uff15", "9" * 5_000)),
        {"cursor": ""},
        {"x": 1},
    ],
)
def test_a_wrong_parameter_is_a_422_that_names_it(admin: Caller, query: dict[str, Any]) -> None:
    answer = admin("GET", "/teams", query=query)
    assert is_problem(answer, 422)
    assert answer.body["errors"][0]["loc"][:2] == ["query", *query]


def test_a_call_without_fields_takes_an_empty_body_and_no_other(acme: Caller) -> None:
    path = "/users/ada/contact_methods/phone/test"
    assert acme("POST", path).status == 202
    assert acme("POST", path, {}).status == 202
    assert is_problem(acme("POST", path, {"x": 1}), 422)
    assert is_problem(acme("POST", path, []), 422)
    assert is_problem(acme("POST", path, "{"), 400)


@pytest.mark.parametrize("body", ["null", "[{}]", "[]", '""'])
def test_a_body_that_may_be_left_out_is_an_object_all_the_same(acme: Caller, body: str) -> None:
    acme("POST", "/schedules", {"schedule_id": "night"})
    assert is_problem(acme("POST", "/schedules/night/feed_keys", body), 422)
    assert acme("POST", "/schedules/night/feed_keys", "").status == 201


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 503),
        ("ThrottlingException", 503),
        ("RequestLimitExceeded", 503),
        ("InternalServerError", 503),
        (TIMEOUT, 503),
        ("AccessDeniedException", 500),
    ],
)
def test_what_the_database_refuses_is_no_stack_trace(admin: Caller, code: str, status: int) -> None:
    with refused("dynamodb", "PutItem", code):
        answer = admin("POST", "/teams", TEAM)
    assert is_problem(answer, status)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "Traceback" not in str(answer.body)
    assert code not in str(answer.body)
    assert admin("POST", "/teams", TEAM).status == 201
