"""What tests of functions share: the tables, the handlers by name, and a caller of the HTTPS API."""

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "TICKETS_TABLE": "Tickets",
    "DIRECTORY_TABLE": "Directory",
    "TENANT_ROLE_ARN": "arn:aws:iam::123456789012:role/tenant",
    "PUBLIC_URL": "https://tocsin.example.com",
    "SENDER_RATE": "3",
    "EMAIL_SENDER": "Tocsin <pages@tocsin.example.com>",
    "SCHEDULE_GROUP": "tocsin",
    "SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/schedule",
    "SCHEDULE_DEAD_LETTER_ARN": "arn:aws:sqs:eu-central-1:123456789012:schedules-dead",
    "SMS_PER_DAY": "10000",
    "VOICE_PER_DAY": "2000",
    "VOICE_SENDER": "+14255550199",
    "TICKETS_PER_SECOND": "50",
    "REQUESTS_PER_SECOND": "200",
    "DUE_QUEUE_ARN": "arn:aws:sqs:eu-central-1:123456789012:due",
    "POWERTOOLS_SERVICE_NAME": "tests",
    "POWERTOOLS_METRICS_NAMESPACE": "Tocsin",
}
REQUEST_ID = "JKJaXmPLvHcESHA="
_INDEXES = {
    "Tickets": {"due": ("due_shard", "look_at"), "open": ("open_shard", "opened"), "team": ("team_shard", "opened")},
    "Directory": {"listed": ("list_pk", "list_sk")},
}


def table(name: str) -> dict[str, Any]:
    """Return the request that creates a table as the deployment does."""
    indexes = _INDEXES[name]
    attributes = {"pk", "sk"}.union(*indexes.values())
    projection = "KEYS_ONLY" if name == "Tickets" else "ALL"
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": one, "AttributeType": "S"} for one in sorted(attributes)],
        "KeySchema": _schema("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {"IndexName": index, "KeySchema": _schema(*names), "Projection": {"ProjectionType": projection}}
            for index, names in indexes.items()
        ],
    }


def _schema(hash_name: str, range_name: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_name, "KeyType": "HASH"},
        {"AttributeName": range_name, "KeyType": "RANGE"},
    ]


@cache
def handler(name: str) -> ModuleType:
    """Return a function's handler module; every function's file has the same name, so each is loaded under its own."""
    path = ROOT / "functions" / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pydantic looks a model's module up
    spec.loader.exec_module(module)
    return module


class Context:
    """What Lambda gives a handler beside the event."""

    function_name = "test"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:test"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 30_000


@dataclass
class Answer:
    """An answer of the API."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def request(
    method: str,
    path: str,
    body: Any = None,
    *,
    query: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    principal: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return an HTTP API request, payload format 2.0, as the gateway sends it."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    parameters = {
        name: ",".join(value) if isinstance(value, list) else str(value) for name, value in (query or {}).items()
    }
    sent = {"content-type": "application/json"} if body is not None else {}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}, doseq=True),
        "headers": sent | (headers or {}),
        "queryStringParameters": parameters or None,
        "requestContext": {
            "requestId": REQUEST_ID,
            "stage": "$default",
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            **({"authorizer": {"lambda": principal}} if principal is not None else {}),
        },
        "body": text,
        "isBase64Encoded": False,
    }


@dataclass(frozen=True)
class Caller:
    """A principal who calls the API: `caller("POST", "/teams", {...})` goes to the function of that noun."""

    tenant: str = "acme"
    actor: str = "api_key:k1"
    role: str = "admin"
    limit: dict[str, str] = field(default_factory=dict)  # requests_per_second, where it matters

    def __call__(self, method: str, path: str, body: Any = None, **how: Any) -> Answer:
        principal = {"tenant": self.tenant, "actor": self.actor, "role": self.role, **self.limit}
        event = request(method, f"/api/v1{path}", body, principal=principal, **how)
        return call(_function_of(path), event)


def _function_of(path: str) -> str:
    """Return the function that the gateway's routes lead a path below `/api/v1` to."""
    return "sso" if path.startswith("/company/sso") else path.split("/")[1].split("?", maxsplit=1)[0]


def call(function: str, event: dict[str, Any]) -> Answer:
    """Call an HTTP function and read its answer."""
    run: Callable[..., dict[str, Any]] = handler(function).lambda_handler
    found = run(event, Context())
    text = found.get("body")
    headers = {name.lower(): value for name, value in (found.get("headers") or {}).items()}
    for name, values in (found.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = values[0]
    is_json = "json" in headers.get("content-type", "")
    return Answer(found["statusCode"], json.loads(text) if text and is_json else text, headers)
