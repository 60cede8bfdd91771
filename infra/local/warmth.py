"""Call each function once, so that nobody waits for its first start."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.local.aws import client

# As many at a time as a small machine has use for.
AT_ONCE = 4

NOTHING_TO_DO: dict[str, Any] = {"Records": []}
UNKNOWN_PATH = {
    "version": "2.0",
    "type": "REQUEST",
    "routeKey": "$default",
    "routeArn": "arn:aws:execute-api:us-east-1:111122223333:local/$default/GET/warm-up",
    "identitySource": ["Bearer warm-up"],
    "rawPath": "/warm-up",
    "rawQueryString": "",
    "headers": {"authorization": "Bearer warm-up"},
    "requestContext": {
        "accountId": "111122223333",
        "apiId": "local",
        "domainName": "localhost",
        "domainPrefix": "localhost",
        "http": {
            "method": "GET",
            "path": "/warm-up",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "warm-up",
        },
        "requestId": "warm-up",
        "routeKey": "$default",
        "stage": "$default",
        "time": "01/Jan/2026:00:00:00 +0000",
        "timeEpoch": 1767225600000,
    },
    "isBase64Encoded": False,
}
OF_QUEUES_AND_STREAMS = ("clock", "historian", "escalator", "notifier", "replies")


def warm(endpoint: str) -> tuple[int, list[str]]:
    """Call all functions. Answers how many there are, and what went wrong, one line each."""
    lambdas = client("lambda", endpoint)
    functions = [each for page in lambdas.get_paginator("list_functions").paginate() for each in page["Functions"]]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        complaints = list(pool.map(lambda function: _call(lambdas, function), functions))
    return len(functions), [complaint for complaint in complaints if complaint]


def _call(lambdas: Any, function: dict[str, Any]) -> str:
    name = function.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME", function["FunctionName"])
    payload = NOTHING_TO_DO if name.startswith(OF_QUEUES_AND_STREAMS) else UNKNOWN_PATH
    answer = lambdas.invoke(FunctionName=function["FunctionName"], Payload=json.dumps(payload))
    if "FunctionError" not in answer:
        return ""
    return f"{name}: {json.loads(answer['Payload'].read()).get('errorMessage', 'failed')}"
