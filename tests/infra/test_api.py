"""The gateway: which routes there are, and which of them ask who is there."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.infra.assembly import Template
from tests.security import gateway
from tests.security.operations import OPERATIONS
from tocsin import authorizer

NOUNS = (
    "tickets",
    "rules",
    "schedules",
    "oncall",
    "teams",
    "users",
    "severities",
    "company",
    "companies",
    "api_keys",
    "integrations",
    "audit",
    "me",
)


@pytest.fixture(scope="module")
def routes(app: Template) -> dict[str, tuple[str, bool]]:
    """Function and whether the authorizer is asked, by route key."""
    names = {logical: name for name, logical in app.function_ids().items()}
    integrations = app.of_type("ApiGatewayV2::Integration")
    return {
        route["RouteKey"]: (names[_function(integrations, route)], route.get("AuthorizationType") == "CUSTOM")
        for route in app.of_type("ApiGatewayV2::Route").values()
    }


def test_every_noun_has_its_function_behind_the_authorizer(routes: dict[str, tuple[str, bool]]) -> None:
    for noun in NOUNS:
        assert routes[f"ANY /api/v1/{noun}"] == (noun, True)
        assert routes[f"ANY /api/v1/{noun}/{{proxy+}}"] == (noun, True)


def test_a_companys_sign_in_has_a_function_of_its_own(routes: dict[str, tuple[str, bool]]) -> None:
    assert routes["ANY /api/v1/company/sso"] == ("sso", True)


def test_scim_is_behind_the_authorizer(routes: dict[str, tuple[str, bool]]) -> None:
    assert routes["ANY /scim/v2/{proxy+}"] == ("scim", True)


def test_an_unknown_path_of_the_api_needs_a_credential_too(routes: dict[str, tuple[str, bool]]) -> None:
    assert routes["ANY /api/v1/{proxy+}"] == ("root", True)


def test_only_these_routes_are_open(routes: dict[str, tuple[str, bool]]) -> None:
    assert {key: function for key, (function, guarded) in routes.items() if not guarded} == {
        "ANY /health": "root",
        "ANY /openapi.json": "root",
        "ANY /a/{token}": "links",
        "ANY /feed/{key}": "feeds",
        "ANY /in/{proxy+}": "ingest",
        "$default": "root",
    }


def test_the_gateway_of_the_security_tests_leads_every_path_where_this_one_does(
    routes: dict[str, tuple[str, bool]],
) -> None:
    others = (
        "/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nosuch",
        "/api/v1/ticketsx",
        "/a",
        "/a/b/c",
        "/in",
        "/nosuch",
    )
    for path in [*(one.path for one in OPERATIONS), *others]:
        assert gateway.route(path) == _most_specific(routes, path), path


def test_there_is_one_authorizer_whose_answers_are_soon_forgotten(app: Template) -> None:
    (authorizer,) = app.of_type("ApiGatewayV2::Authorizer").values()
    assert authorizer["AuthorizerResultTtlInSeconds"] <= 5
    assert authorizer["EnableSimpleResponses"] is True
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]


def test_the_access_log_tells_the_route_but_no_secret(app: Template) -> None:
    (stage,) = app.of_type("ApiGatewayV2::Stage").values()
    line = stage["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in line
    assert "$context.path" not in line
    assert "authorization" not in line


def test_the_access_log_tells_who_asked_or_why_there_is_nobody(app: Template) -> None:
    (stage,) = app.of_type("ApiGatewayV2::Stage").values()
    line = json.loads(stage["AccessLogSettings"]["Format"])
    logged = {it.removeprefix("$context.authorizer.") for it in line.values() if it.startswith("$context.authorizer.")}
    nobody = authorizer.authorize({"headers": {}}, datetime.now(UTC))["context"]
    assert logged == {"tenant", "actor", "role", *nobody}  # what the authorizer says of who is somebody, and of nobody


def test_the_gateway_takes_no_more_than_the_account_can_bear(app: Template) -> None:
    (stage,) = app.of_type("ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 3000, "ThrottlingRateLimit": 3000}


def test_links_begin_with_the_apis_own_address_unless_another_is_set(app: Template) -> None:
    told = app.functions()["notifier-sms"]["Environment"]["Variables"]["PUBLIC_URL"]
    assert told == app.body["Outputs"]["Url"]["Value"]
    assert told["Fn::GetAtt"][1] == "ApiEndpoint"


def _most_specific(routes: dict[str, tuple[str, bool]], path: str) -> tuple[str, bool]:
    """Return what API Gateway has for a path: a full match before one with a variable before a greedy one."""
    fits = [key for key in routes if re.fullmatch(_pattern(key), path)]
    return routes[min(fits, key=lambda key: ("+}" in key, "{" in key, -len(key)), default="$default")]


def _pattern(key: str) -> str:
    return re.sub(r"{\w+}", "[^/]+", re.sub(r"{\w+\+}", ".+", key.removeprefix("ANY ")))


def _function(integrations: dict[str, Any], route: dict[str, Any]) -> str:
    integration = integrations[route["Target"]["Fn::Join"][1][1]["Ref"]]
    return str(integration["IntegrationUri"]["Fn::GetAtt"][0])
