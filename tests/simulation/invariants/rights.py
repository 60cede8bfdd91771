"""What functions call, held against the table of rights: AWS would refuse what no row of it allows."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from infra import places
from infra.places import Place
from infra.rights import RIGHTS, THE_TENANT, Right, own, tenants
from tests.simulation.cloud.gate import Call

TABLES = {
    ("Tickets", ""): Place.TICKETS,
    ("Tickets", "due"): Place.TICKETS_DUE,
    ("Tickets", "open"): Place.TICKETS_OPEN,
    ("Tickets", "team"): Place.TICKETS_OF_TEAM,
    ("Directory", ""): Place.DIRECTORY,
    ("Directory", "listed"): Place.DIRECTORY_LISTED,
}
QUEUES = {"due": Place.DUE_QUEUE, **places.QUEUES, "sink": Place.CANARY_SINK}
DEAD = "-dead"  # how the names of the queues of dead letters end
SERVICES = {"sesv2": "ses", "pinpoint-sms-voice-v2": "sms-voice", "dynamodbstreams": "dynamodb"}
OPERATIONS = {"invoke": "InvokeFunction"}
"""How IAM calls what boto3 calls otherwise."""
ONLY = {
    "scheduler:ListSchedules": Place.LIST_OF_SCHEDULES,
    "dynamodb:GetShardIterator": Place.TICKETS_STREAM,
    "dynamodb:GetRecords": Place.TICKETS_STREAM,
    "scheduler": Place.SCHEDULES,
    "lambda": Place.REDRIVEN_FUNCTIONS,
    "sns": Place.PHONES,
    "ses": Place.EMAIL_IDENTITIES,
    "sms-voice": Place.VOICE_NUMBERS,
}
"""The place of actions, and of services that have one only."""

Use = tuple[str, str, str, Place, str]
"""A function, whose session it used (empty: none), its action, the place, and the leading key: empty without rows."""


def beyond(calls: Iterable[Call]) -> set[Use]:
    """Return what functions did without a right.

    Whose sessions they make is a matter of the tenant role's trust, and to post to a webhook takes none.
    """
    made = (call for call in calls if call.function and call.service not in ("sts", "webhook"))
    return {use for use in {use for call in made for use in _uses(call)} if not _allowed(use)}


def _uses(call: Call) -> Iterator[Use]:
    action = _action(call.service, call.operation)
    for place, row in _reached(action, call.arguments):
        by_rows = _by_rows(call.function, call.tenant, action, place)
        yield call.function, call.tenant, action, place, row if by_rows else ""


@cache
def _action(service: str, operation: str) -> str:
    """Return what IAM calls an operation (Service Authorization Reference)."""
    name = "".join(word.capitalize() for word in operation.removesuffix("_batch").split("_"))
    return f"{SERVICES.get(service, service)}:{OPERATIONS.get(operation, name)}"


def _reached(action: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Return each place that a call reaches, and each leading key there."""
    service = action.partition(":")[0]
    if service == "dynamodb" and action not in ONLY:
        yield from _rows(arguments)
    elif service == "sqs":
        name = arguments["QueueUrl"].rpartition("/")[2]
        yield Place.ALL_DEAD_LETTERS if name.endswith(DEAD) else QUEUES[name], ""
    elif service == "secretsmanager":
        operators = "operator" in arguments["SecretId"].lower()
        yield Place.OPERATOR_SECRET if operators else Place.CANARY_SECRET, ""
    else:
        yield ONLY.get(action) or ONLY[service], ""


def _rows(arguments: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for name, batch in arguments.get("RequestItems", {}).items():
        for one in batch["Keys"] if isinstance(batch, Mapping) else batch:
            written = one.get("PutRequest", {}).get("Item") or one.get("DeleteRequest", {}).get("Key") or one
            yield TABLES[name, ""], written["pk"]["S"]
    if "TableName" in arguments:
        key = arguments.get("Key") or arguments.get("Item")
        partition = key["pk"] if key else arguments["ExpressionAttributeValues"][":v0"]  # as the store writes queries
        yield TABLES[arguments["TableName"], arguments.get("IndexName", "")], partition["S"]


@cache
def _of(function: str, tenant: str) -> tuple[Right, ...]:
    """Return the rights of a function, or of its session for a tenant; one notifier plays those of all channels."""
    names = [name for name in RIGHTS if name.partition("-")[0] == function]
    return tuple(right for name in names for right in (tenants(name) if tenant else own(name)))


@cache
def _by_rows(function: str, tenant: str, action: str, place: Place) -> bool:
    return any(right.rows for right in _of(function, tenant) if action in right.actions and place in right.places)


def _allowed(use: Use) -> bool:
    fitting = [right for right in _of(use[0], use[1]) if _fits(right, use)]
    return bool(fitting) and not any(right.denied for right in fitting)


def _fits(right: Right, use: Use) -> bool:
    _, tenant, action, place, row = use
    patterns = [pattern.replace(THE_TENANT, f"T#{tenant}#") for pattern in right.rows]
    rows = not patterns or any(fnmatchcase(row, pattern) for pattern in patterns)
    return action in right.actions and place in right.places and rows
