"""How a refusal is written by functions without a resolver: RFC 9457, in the form that the gateway takes."""

import json
from typing import Any

from tocsin.errors import Problem

TYPE = "application/problem+json"


def answer(problem: Problem) -> dict[str, Any]:
    """Return a problem as the gateway's answer (HTTP API, payload format 2.0)."""
    headers = {"Content-Type": TYPE, **problem.headers}
    return {"statusCode": int(problem.status), "headers": headers, "body": json.dumps(problem.document())}
