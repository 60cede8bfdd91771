"""What functions call, held against the table of rights: AWS would refuse what no row of it allows."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from infra.places import Place
from infra.rights import RIGHTS, Right
from tests.simulation.cloud.gate import Call
from tests.simulation.trace import Trace, Violation

TABLES = {
    ("Tickets", ""): Place.TICKETS,
    ("Tickets", "due"): Place.TICKETS_DUE,
    ("Tickets", "open"): Place.TICKETS_OPEN,
    ("Tickets", "team"): Place.TICKETS_OF_TEAM,
    ("Directory", ""): Place.DIRECTORY,
    ("Directory", "listed"): Place.DIRECTORY_LISTED,
}
QUEUES = {
    "due": Place.DUE_QUEUE,
    "sms": Place.SMS_QUEUE,
    "email": Place.EMAIL_QUEUE,
    "canary": Place.CANARY_QUEUE,
    "sink": Place.CANARY_SINK,
}
ONLY = {
    "scheduler": Place.SCHEDULES,
    "sns": Place.PHONES,
    "sesv2": Place.EMAIL_IDENTITIES,
}
"""The place of services that have one only."""

Use = tuple[str, str, Place, str]
"""A function, its action, the place, and the leading key: empty where there are no rows."""


def nothing_is_done_without_a_right(trace: Trace) -> Iterator[Violation]:
    """Whatever a function called, its role allows."""
    for function, action, place, row in sorted(beyond(trace.world.gate.calls)):
        yield Violation("S", function, f"may not do {action} on {place} {row}")


def beyond(calls: Iterable[Call]) -> set[Use]:
    """Return what functions did without a right."""
    return {use for use in {use for call in calls if call.function for use in _uses(call)} if not _allowed(use)}


def _uses(call: Call) -> Iterator[Use]:
    action = _action(call.service, call.operation)
    for place, row in _reached(call.service, call.arguments):
        yield call.function, action, place, row if _by_rows(call.function, action, place) else ""


@cache
def _action(service: str, operation: str) -> str:
    """Return what IAM calls an operation (Service Authorization Reference)."""
    name = "".join(word.capitalize() for word in operation.removesuffix("_batch").split("_"))
    return f"{service.removesuffix('v2')}:{name}"


def _reached(service: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Return each place that a call reaches, and each leading key there."""
    if service == "dynamodb":
        yield from _rows(arguments)
    elif service == "sqs":
        yield QUEUES[arguments["QueueUrl"].rpartition("/")[2]], ""
    elif service == "secretsmanager":
        operators = "operator" in arguments["SecretId"].lower()
        yield Place.OPERATOR_SECRET if operators else Place.CANARY_SECRET, ""
    else:
        yield ONLY[service], ""


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
def _of(function: str) -> tuple[Right, ...]:
    """Return the rights of a function; the notifiers, one for each channel, are played by one."""
    return tuple(right for name, rights in RIGHTS.items() if name.partition("-")[0] == function for right in rights)


@cache
def _by_rows(function: str, action: str, place: Place) -> bool:
    return any(right.rows for right in _of(function) if action in right.actions and place in right.places)


def _allowed(use: Use) -> bool:
    fitting = [right for right in _of(use[0]) if _fits(right, use)]
    return bool(fitting) and not any(right.denied for right in fitting)


def _fits(right: Right, use: Use) -> bool:
    _, action, place, row = use
    rows = not right.rows or any(fnmatchcase(row, pattern) for pattern in right.rows)
    return action in right.actions and place in right.places and rows
