"""The HTTPS API, the doors for other systems, and the link in a message."""

import json

import aws_cdk as cdk
import jsii
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.findings import accept
from infra.function import Function, Workshop
from infra.settings import Settings

NOUNS: dict[str, tuple[str, ...]] = {
    "tickets": ("TICKETS_PER_SECOND",),
    "rules": (),
    "schedules": ("PUBLIC_URL",),
    "oncall": (),
    "teams": (),
    "users": ("VOICE_SENDER", "LOOPBACK_URLS"),
    "severities": (),
    "company": ("TICKETS_PER_SECOND", "REQUESTS_PER_SECOND", "SMS_PER_DAY", "VOICE_PER_DAY"),
    "companies": (),
    "api_keys": (),
    "integrations": ("PUBLIC_URL",),
    "sso": ("LOOPBACK_URLS",),
    "audit": (),
    "me": (),
}
"""The API's functions, one for each noun below `/api/v1`, with the settings that they are told."""

PATHS = {"sso": "company/sso"}
"""Where a noun is if it is not under its own name."""

OPEN = (
    "No login by design: health and description are public, a door's or feed's key, or a link's token, is in the path."
)

# Never the path: it holds the keys of doors and feeds, and the tokens of links.
LOGGED = {
    "at": "$context.requestTime",
    "request": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "tenant": "$context.authorizer.tenant",
    "actor": "$context.authorizer.actor",
    "role": "$context.authorizer.role",
    "problem": "$context.authorizer.problem",
    "milliseconds": "$context.responseLatency",
    "error": "$context.error.message",
    "integration_error": "$context.integrationErrorMessage",
    "from": "$context.identity.sourceIp",
}


@jsii.implements(http.IAccessLogSettings)
class AccessLog:
    """One line of JSON for each request."""

    def __init__(self, log: logs.LogGroup) -> None:
        self._log = log

    @property
    def destination(self) -> http.IAccessLogDestination:
        """Where the lines go."""
        return http.LogGroupLogDestination(self._log)

    @property
    def format(self) -> apigateway.AccessLogFormat:
        """What a line holds."""
        return apigateway.AccessLogFormat.custom(json.dumps(LOGGED))


class Gateway(Construct):
    """The HTTP API itself, without routes: its address is known to the functions that its routes lead to."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings) -> None:
        super().__init__(scope, name)
        self.api = http.HttpApi(self, "Api", api_name="Tocsin", create_default_stage=False)
        log = logs.LogGroup(self, "Log", retention=settings.log_retention, removal_policy=cdk.RemovalPolicy.DESTROY)
        http.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=http.ThrottleSettings(rate_limit=3000, burst_limit=3000),  # of an account's 10,000 and 5,000
            access_log_settings=AccessLog(log),
        )
        if settings.local and settings.local.api_id:
            cdk.Tags.of(self.api).add("ms-custom-id", settings.local.api_id)
        self.url = settings.public_url or self.api.api_endpoint


class Api(Construct):
    """The functions behind the gateway, and the routes to them."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop, *, gateway: Gateway, ingest: Function) -> None:
        super().__init__(scope, name)
        self._gateway = gateway
        authorizer = Function(self, "authorizer", workshop, told=("REQUESTS_PER_SECOND", "LOOPBACK_URLS"))
        self._authorizer = authorizers.HttpLambdaAuthorizer(
            "Authorizer",
            authorizer.function,
            response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
            identity_source=["$request.header.Authorization"],
            results_cache_ttl=cdk.Duration.seconds(5),  # a deleted key is refused within 10 s
        )
        for noun, told in NOUNS.items():
            function = Function(self, noun, workshop, told=told)
            path = f"/api/v1/{PATHS.get(noun, noun)}"
            self._route(function, path, f"{path}/{{proxy+}}")
        self._route(Function(self, "scim", workshop, told=("PUBLIC_URL",)), "/scim/v2/{proxy+}")
        root = Function(self, "root", workshop)
        self._route(root, "/api/v1/{proxy+}")
        self._route_openly(root, "/health", "/openapi.json")
        self._route_openly(Function(self, "links", workshop), "/a/{token}")
        self._route_openly(Function(self, "feeds", workshop), "/feed/{key}")
        self._route_openly(ingest, "/in/{proxy+}")
        self._default(root)

    def _route(self, function: Function, *paths: str) -> None:
        integration = _integration(function)
        for path in paths:
            self._gateway.api.add_routes(path=path, integration=integration, authorizer=self._authorizer)

    def _route_openly(self, function: Function, *paths: str) -> None:
        integration = _integration(function)
        for path in paths:
            for route in self._gateway.api.add_routes(path=path, integration=integration):
                accept(route, "AwsSolutions-APIG4", OPEN)

    def _default(self, function: Function) -> None:
        """What no route leads to: the function answers 404 as the API does."""
        route = http.HttpRoute(
            self,
            "Default",
            http_api=self._gateway.api,
            route_key=http.HttpRouteKey.DEFAULT,
            integration=_integration(function),
        )
        accept(route, "AwsSolutions-APIG4", OPEN)


def _integration(function: Function) -> integrations.HttpLambdaIntegration:
    # One permission for the whole API: one for each route would outgrow the function's policy.
    return integrations.HttpLambdaIntegration(function.node.id, function.function, scope_permission_to_route=False)
