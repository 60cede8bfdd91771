"""IAM as AWS has it, where the embedded AWS lets through what a policy of ours forbids, or the other way round."""

# ruff: noqa: SLF001  # what is to be mended is private

import importlib
import json
import re
from email.utils import parseaddr
from typing import Any

_VARIABLE = re.compile(r"\$\{(aws:[^}]+)\}")
_HASH_KEY = re.compile(r"\(*\s*(#?\w+)\s*=\s*(:\w+)")  # of a Query: our store writes it first


def _core(name: str) -> Any:
    return importlib.import_module(f"ministack.core.{name}")


def patch() -> None:
    """Mend all of it."""
    tell_which_rows_are_reached()
    fill_in_policy_variables()
    name_what_is_reached()
    take_loopback_for_secure()
    authorize_batches_of_messages_as_messages()


def tell_which_rows_are_reached() -> None:
    """Policies may say which rows they are for, by `dynamodb:LeadingKeys`, which no request ever had."""
    actions = _core("iam_actions")
    context_of = actions.dynamodb_service_context

    def context_with_keys(body: bytes) -> dict[str, Any]:
        found = leading_keys(body)
        return {**context_of(body), **({"dynamodb:leadingkeys": found} if found else {})}

    actions.dynamodb_service_context = context_with_keys


def leading_keys(body: bytes) -> list[str]:
    """Return the hash keys of all rows that a request of DynamoDB is about."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return []
    rows = [request.get("Key"), request.get("Item")]
    for one in request.get("RequestItems", {}).values():
        writes = one if isinstance(one, list) else []
        rows += one.get("Keys", []) if isinstance(one, dict) else []
        rows += [
            write.get("PutRequest", {}).get("Item") or write.get("DeleteRequest", {}).get("Key") for write in writes
        ]
    found = [row["pk"]["S"] for row in rows if row and "pk" in row]
    condition = _HASH_KEY.match(request.get("KeyConditionExpression", ""))
    return [*found, request["ExpressionAttributeValues"][condition[2]]["S"]] if condition else found


def fill_in_policy_variables() -> None:
    """Variables in a condition's values, such as `${aws:PrincipalTag/tenant}`, were compared as they are written."""
    evaluator = _core("iam_evaluator")
    met = evaluator._conditions_met

    def filled(value: Any, context: Any) -> Any:
        if isinstance(value, list):
            return [filled(one, context) for one in value]
        # What a variable stands for is text, whatever it looks like; what is not known makes a value that nothing is.
        return _VARIABLE.sub(lambda name: str(evaluator._resolve_condition_key(name[1], context)), str(value))

    def met_with_variables(conditions: dict[str, Any], context: Any) -> bool:
        known = {
            operator: {key: filled(value, context) for key, value in values.items()}
            for operator, values in conditions.items()
        }
        return bool(met(known, context))

    evaluator._conditions_met = met_with_variables


def name_what_is_reached() -> None:
    """Some calls were authorized as such on another thing, or on nothing in particular."""
    actions = _core("iam_actions")
    named = actions.extract_resource_arn

    def arn(
        service: str, method: str, path: str, headers: Any, body: bytes, parameters: Any, region: str, account: str
    ) -> str:
        found = str(named(service, method, path, headers, body, parameters, region, account))
        match service, path.rstrip("/"):
            case "scheduler", "/schedules":  # whichever group is asked for
                return f"arn:aws:scheduler:{region}:{account}:schedule/*/*"
            case "scheduler", _:
                return found.replace(":schedule/default/", f":schedule/{_group(body, parameters)}/")
            case "ses", "/v2/email/outbound-emails":
                return f"arn:aws:ses:{region}:{account}:identity/{_sender(body)}"
        return found

    actions.extract_resource_arn = arn


def _group(body: bytes, parameters: Any) -> str:
    """Return the group of a schedule, which the embedded AWS takes to be `default` always."""
    asked = (parameters or {}).get("groupName")
    sent = json.loads(body).get("GroupName") if body else None
    return str(sent or (asked[0] if isinstance(asked, list) else asked) or "default")


def _sender(body: bytes) -> str:
    """Return the identity that a mail is sent by: the domain of its sender."""
    return parseaddr(json.loads(body)["FromEmailAddress"])[1].rpartition("@")[2]


def take_loopback_for_secure() -> None:
    """Policies that deny what does not come over TLS deny everything here, where nothing leaves the machine."""
    evaluator = _core("iam_evaluator")
    resolve = evaluator._resolve_condition_key
    evaluator._resolve_condition_key = lambda key, context: (
        "true" if key.lower() == "aws:securetransport" else resolve(key, context)
    )


def authorize_batches_of_messages_as_messages() -> None:
    """SQS has no actions for batches: SendMessageBatch is allowed by `sqs:SendMessage`, and so on."""
    actions = _core("iam_actions")
    extract = actions.extract_iam_action

    def as_message(service: str, *rest: Any) -> str | None:
        action: str | None = extract(service, *rest)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    actions.extract_iam_action = as_message
