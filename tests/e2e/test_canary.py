"""The canary on the embedded AWS: over HTTP, through every function and queue, back into its sink."""

import json

from infra.local.aws import client
from infra.local.client import Client
from infra.local.stack import Stack


def test_the_canary_makes_its_company_is_paged_on_time_acknowledges_and_hears_nothing_more(stack: Stack) -> None:
    lambdas = client("lambda", stack.endpoint)
    answer = lambdas.invoke(FunctionName=stack.outputs["CanaryFunction"], Payload=json.dumps({"id": "once"}))
    said = json.loads(answer["Payload"].read())
    assert said == {"passed": True}, (said, answer.get("FunctionError"))
    companies = Client(stack.url, stack.operator_key).call("GET", "/companies")["items"]
    assert "canary" in {company["company_id"] for company in companies}
