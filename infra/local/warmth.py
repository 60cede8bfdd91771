"""Call each function once, so that nobody waits for its first start.

Each is given something that it handles as any other, down to the database, and that changes nothing: nobody knows
the ticket, the key or the number that it names.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.local.aws import client

# As many at a time as a small machine has use for.
AT_ONCE = 4

TENANT = "warm-up"
LONG_AGO = "2026-01-01T00:00:00.000Z"
LONG_AFTER = "2126-01-01T00:00:00.000Z"
TICKET_KEY = {"pk": {"S": f"T#{TENANT}#TICKET#none"}, "sk": {"S": "TICKET"}}


def _request(method: str, path: str, body: str = "") -> dict[str, Any]:
    """A request of an admin of no company (HTTP API, payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1", "userAgent": "warm-up"},
            "authorizer": {"lambda": {"tenant": TENANT, "actor": "api_key:none", "role": "admin"}},
            "requestId": "warm-up",
            "stage": "$default",
            "timeEpoch": 0,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def _message(body: dict[str, Any]) -> dict[str, Any]:
    """A message of a queue."""
    record = {"messageId": "warm-up", "eventSource": "aws:sqs", "body": json.dumps(body), "attributes": {}}
    return {"Records": [record]}


def _removal(row: dict[str, Any]) -> dict[str, Any]:
    """A ticket's row is gone."""
    change = {"Keys": TICKET_KEY, "OldImage": {**TICKET_KEY, **row}, "SequenceNumber": "0"}
    return {"Records": [{"eventSource": "aws:dynamodb", "eventName": "REMOVE", "dynamodb": change}]}


def _page(channel: str, address: str) -> dict[str, Any]:
    page = {"tenant": TENANT, "ticket": "none", "page": "PAGE#1#none#none", "channel": channel, "address": address}
    return _message({"v": 1, "kind": "page", **page})


STRANGER = json.dumps({"originationNumber": "+12025550199", "messageBody": "hello"})
TIMER = {
    "tenant": {"S": TENANT},
    "ticket_id": {"S": "none"},
    "epoch": {"N": "1"},
    "due_at": {"S": LONG_AFTER},
}

PAYLOADS: dict[str, dict[str, Any]] = {
    "authorizer": {"version": "2.0", "headers": {"authorization": f"Bearer tsk_{TENANT}_none_{'x' * 40}"}},
    "clock": _removal(TIMER),
    "historian": _removal(TIMER),
    "escalator": _message({"v": 1, "tenant": TENANT, "ticket": "none", "epoch": 1, "due_at": LONG_AGO}),
    "notifier-sms": _page("sms", "+12025550199"),
    "notifier-voice": _page("voice", "+12025550199"),
    "notifier-webhook": _page("webhook", "https://nobody.example.com/"),
    "notifier-email": _page("email", "nobody@example.com"),
    "notifier-canary": _page("canary", "nobody@sink"),
    "ingest": _request("POST", f"/in/generic/{'0' * 32}", "{}"),
    "replies": {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": STRANGER}}]},
    "links": _request("GET", f"/a/{'x' * 22}"),
    "feeds": _request("GET", "/feed/none.ics"),
    "oncall": _request("GET", "/api/v1/oncall"),
    "sweeper": {},
    "auditor": {},
    "redriver": {"redrive": "auditor"},
    "root": _request("GET", "/health"),
    "audit": _request("GET", "/api/v1/audit"),
    "sso": _request("GET", "/api/v1/company/sso"),
    "scim": _request("GET", "/scim/v2/Users/none"),
    "me": _request("GET", "/api/v1/me"),
}


NOBODY_WAITS = ("canary",)
"""Not called: a call of it is a run of half a minute."""


def warm(endpoint: str) -> tuple[int, list[str]]:
    """Call the functions. Answers how many there are, and what went wrong, one line each."""
    lambdas = client("lambda", endpoint)
    found = [each for page in lambdas.get_paginator("list_functions").paginate() for each in page["Functions"]]
    functions = [each for each in found if _name(each) not in NOBODY_WAITS]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        complaints = list(pool.map(lambda function: _call(lambdas, function), functions))
    return len(functions), [complaint for complaint in complaints if complaint]


def _call(lambdas: Any, function: dict[str, Any]) -> str:
    name = _name(function)
    payload = PAYLOADS.get(name) or _request("GET", f"/api/v1/{name}/none")
    answer = lambdas.invoke(FunctionName=function["FunctionName"], Payload=json.dumps(payload))
    said = json.loads(answer["Payload"].read() or "null")
    if "FunctionError" in answer:
        return f"{name}: {said.get('errorMessage', 'failed')}"
    failed = isinstance(said, dict) and (said.get("batchItemFailures") or said.get("statusCode", 200) >= 500)
    return f"{name}: {said}" if failed else ""


def _name(function: dict[str, Any]) -> str:
    return str(function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"])
