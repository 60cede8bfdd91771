"""What each function may do: one table, the whole of every role except the function's own log.

A function is also told (by environment variables) of exactly the places that it has a right to.

Who acts for a caller has two roles. Its own has no right to any row of a tenant. The rows of one it reaches by a
session of its tenant role, tagged with that tenant, whose rights are good for keys that begin with the tag: see `own`
and `tenants`, which share the table out among the two.
"""

from dataclasses import dataclass, replace
from typing import Any

from infra.places import QUEUES, Place


@dataclass(frozen=True)
class Right:
    """Actions on places: allowed, or denied whatever else is allowed.

    `only_to` names the one service that a role may be passed to, `rows` the keys that an action on a table is good for;
    `keyed`: and for nothing that has no key.
    """

    actions: tuple[str, ...]
    places: tuple[Place, ...]
    denied: bool = False
    only_to: str | None = None
    rows: tuple[str, ...] = ()
    keyed: bool = False

    def conditions(self) -> dict[str, Any] | None:
        """Return the conditions of the policy's statement, None if there are none."""
        passed = {"StringEquals": {"iam:PassedToService": self.only_to}} if self.only_to else {}
        # UpdateItem and its like always have leading keys: "for all" is never true for want of them.
        every = "ForAnyValue" if self.denied else "ForAllValues"
        rows = {f"{every}:StringLike": {"dynamodb:LeadingKeys": list(self.rows)}} if self.rows else {}
        keyed = {"Null": {"dynamodb:LeadingKeys": "false"}} if self.keyed else {}
        return {**passed, **rows, **keyed} or None

    @property
    def of_tenants(self) -> bool:
        """Whether it is a right to rows of tenants."""
        return TABLES.issuperset(self.places) and all(rows.startswith(ANY_TENANT) for rows in self.rows)


TABLES = {
    Place.TICKETS,
    Place.TICKETS_OPEN,
    Place.TICKETS_OF_TEAM,
    Place.DIRECTORY,
    Place.DIRECTORY_LISTED,
}
ANY_TENANT = "T#*#"
THE_TENANT = "T#${aws:PrincipalTag/tenant}#"


def _dynamodb(*operations: str) -> tuple[str, ...]:
    return tuple(f"dynamodb:{operation}" for operation in operations)


READ = _dynamodb("GetItem", "BatchGetItem")
QUERY = _dynamodb("Query")
CHANGE = _dynamodb("PutItem", "UpdateItem", "DeleteItem")
SEND = ("sqs:SendMessage",)
ARM = ("scheduler:CreateSchedule",)
CANCEL = ("scheduler:DeleteSchedule",)
CHANNELS = tuple(QUEUES.values())


def may(actions: tuple[str, ...], *places: Place) -> Right:
    """Return the right to all the actions on all the places."""
    return Right(actions, places)


def rows_of(begins: str, operations: tuple[str, ...], table: Place) -> Right:
    """Return the right to rows of a table that are no tenant's: those by which a tenant is found."""
    return Right(operations, (table,), rows=(f"{begins}#*",))


def consume(queue: Place) -> Right:
    """Return what Lambda's poller of a queue needs (Lambda developer guide, SQS, "Execution role permissions")."""
    return may(("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"), queue)


READ_DIRECTORY = may(READ, Place.DIRECTORY)
LOOK_UP = (READ_DIRECTORY, may(QUERY, Place.DIRECTORY, Place.DIRECTORY_LISTED))
LIST_DIRECTORY = may(QUERY, Place.DIRECTORY_LISTED)
FLAG = may((*READ, *_dynamodb("UpdateItem")), Place.DIRECTORY)  # contact methods are a part of their user
WRITE_TICKETS = may((*READ, *CHANGE), Place.TICKETS)  # of dedup rows alone some are deleted
SEND_PAGES = may((*READ, *_dynamodb("PutItem", "UpdateItem", "Query")), Place.TICKETS)
# What waits for a person's turn is put and taken away in batches; a breaker that closes is gone.
KEEP_TURNS = Right(_dynamodb("BatchWriteItem", "DeleteItem"), (Place.TICKETS,), rows=("T#*#USER#*", "T#*#SENDER#*"))
# Whoever changes something writes into the audit who asked for it; nobody changes or takes away what stands there.
AUDIT_ROWS = ("T#*#AUDIT#*",)
ADD_TO_AUDIT = Right(_dynamodb("PutItem"), (Place.DIRECTORY,), rows=AUDIT_ROWS)
LEAVE_AUDIT = Right(_dynamodb("UpdateItem", "DeleteItem"), (Place.DIRECTORY,), denied=True, rows=AUDIT_ROWS)
KEEP_DIRECTORY = (may((*READ, *CHANGE), Place.DIRECTORY), LIST_DIRECTORY, LEAVE_AUDIT)
TAKE_ALLOWANCE = Right(_dynamodb("UpdateItem"), (Place.TICKETS,), rows=("T#*#ALLOWANCE#requests",))
FAILED = may(SEND, Place.DEAD_LETTERS)
PASS_SCHEDULE_ROLE = Right(("iam:PassRole",), (Place.SCHEDULE_ROLE,), only_to="scheduler.amazonaws.com")
# What Lambda's poller of a stream needs (DynamoDB developer guide, "Streams and Lambda triggers").
FOLLOW_TICKETS = (
    may(_dynamodb("DescribeStream", "GetRecords", "GetShardIterator"), Place.TICKETS_STREAM),
    may(_dynamodb("ListStreams"), Place.TICKETS_STREAMS),
    FAILED,
)


def notify(channel: str) -> tuple[Right, ...]:
    """Return what the notifier of any channel needs; whom it sends through is its own."""
    return (consume(QUEUES[channel]), SEND_PAGES, KEEP_TURNS, FLAG, LEAVE_AUDIT, may(SEND, *CHANNELS))


RIGHTS: dict[str, tuple[Right, ...]] = {
    "authorizer": (
        READ_DIRECTORY,
        may(_dynamodb("PutItem", "UpdateItem"), Place.DIRECTORY),  # first sign-ins, keys of identity providers
        LEAVE_AUDIT,
        may(("secretsmanager:GetSecretValue",), Place.OPERATOR_SECRET),
    ),
    "root": (),
    "tickets": (
        WRITE_TICKETS,
        may(QUERY, Place.TICKETS, Place.TICKETS_OPEN, Place.TICKETS_OF_TEAM),
        *LOOK_UP,
        may(SEND, *CHANNELS),
    ),
    "rules": (*KEEP_DIRECTORY, may(QUERY, Place.DIRECTORY), TAKE_ALLOWANCE),
    "schedules": (
        *KEEP_DIRECTORY,
        may(QUERY, Place.DIRECTORY),
        TAKE_ALLOWANCE,
        rows_of("FEED", _dynamodb("PutItem", "DeleteItem"), Place.DIRECTORY),
    ),
    "oncall": (*LOOK_UP, TAKE_ALLOWANCE),
    "feeds": (may((*READ, *QUERY), Place.DIRECTORY), rows_of("FEED", _dynamodb("GetItem"), Place.DIRECTORY)),
    "teams": (
        *KEEP_DIRECTORY,
        may(QUERY, Place.DIRECTORY),
        may((*READ, *_dynamodb("UpdateItem")), Place.TICKETS),
        may(QUERY, Place.TICKETS_OPEN),
        TAKE_ALLOWANCE,
    ),
    # Who is gone may leave a gap in a schedule, of which others are told.
    "users": (*KEEP_DIRECTORY, may(QUERY, Place.DIRECTORY), TAKE_ALLOWANCE, may(SEND, *CHANNELS)),
    "severities": (may(_dynamodb("GetItem", "UpdateItem"), Place.DIRECTORY), ADD_TO_AUDIT, LEAVE_AUDIT, TAKE_ALLOWANCE),
    "company": (may((*READ, *_dynamodb("UpdateItem")), Place.DIRECTORY), ADD_TO_AUDIT, LEAVE_AUDIT, TAKE_ALLOWANCE),
    "companies": (may(_dynamodb("GetItem", "PutItem", "UpdateItem"), Place.DIRECTORY), LEAVE_AUDIT, LIST_DIRECTORY),
    "api_keys": (
        may(_dynamodb("GetItem", "PutItem", "DeleteItem"), Place.DIRECTORY),
        LIST_DIRECTORY,
        LEAVE_AUDIT,
        TAKE_ALLOWANCE,
    ),
    "integrations": (
        *KEEP_DIRECTORY,
        TAKE_ALLOWANCE,
        rows_of("IN", _dynamodb("PutItem", "DeleteItem"), Place.DIRECTORY),
    ),
    "sso": (
        may(_dynamodb("GetItem", "PutItem", "UpdateItem", "DeleteItem"), Place.DIRECTORY),
        LEAVE_AUDIT,
        TAKE_ALLOWANCE,
        rows_of("IDP", _dynamodb("PutItem", "DeleteItem"), Place.DIRECTORY),
    ),
    "scim": (*KEEP_DIRECTORY, may(QUERY, Place.DIRECTORY), TAKE_ALLOWANCE, may(SEND, *CHANNELS)),  # as users
    "audit": (
        may(_dynamodb("GetItem"), Place.DIRECTORY),
        Right(QUERY, (Place.DIRECTORY,), rows=AUDIT_ROWS),
        TAKE_ALLOWANCE,
    ),
    "me": (*LOOK_UP, TAKE_ALLOWANCE),
    "ingest": (
        WRITE_TICKETS,
        READ_DIRECTORY,
        rows_of("IN", _dynamodb("GetItem"), Place.DIRECTORY),
        FAILED,
    ),
    "replies": (
        may((*READ, *_dynamodb("UpdateItem")), Place.TICKETS),
        rows_of("PHONE", _dynamodb("Query", "UpdateItem"), Place.TICKETS),
        may((*READ, *_dynamodb("UpdateItem")), Place.DIRECTORY),
        LIST_DIRECTORY,  # whether a step comes next is a matter of the rules
        LEAVE_AUDIT,
        may(SEND, Place.SMS_QUEUE),
        FAILED,
    ),
    "links": (
        may((*READ, *_dynamodb("UpdateItem")), Place.TICKETS),
        rows_of("LINK", _dynamodb("GetItem"), Place.TICKETS),
    ),
    "clock": (
        *FOLLOW_TICKETS,
        may((*ARM, *CANCEL), Place.SCHEDULES),
        PASS_SCHEDULE_ROLE,
        may(SEND, Place.DUE_QUEUE),
    ),
    "historian": (
        *FOLLOW_TICKETS,
        may(_dynamodb("BatchWriteItem", "GetItem", "Query"), Place.TICKETS),
        Right(
            _dynamodb("DeleteItem"), (Place.TICKETS,), rows=("T#*#TICKET#*", "T#*#DEDUP#*")
        ),  # of tickets that are gone
        READ_DIRECTORY,
        may(SEND, *CHANNELS),
    ),
    "escalator": (
        consume(Place.DUE_QUEUE),
        may((*READ, *_dynamodb("PutItem", "UpdateItem")), Place.TICKETS),
        *LOOK_UP,
        may(SEND, Place.DUE_QUEUE, *CHANNELS),
    ),
    "notifier-sms": (
        *notify("sms"),
        may(("sns:Publish",), Place.PHONES),
        Right(("sns:Publish",), (Place.TOPICS,), denied=True),  # a message to a phone number has no topic's ARN
    ),
    "notifier-voice": (*notify("voice"), may(("sms-voice:SendVoiceMessage",), Place.VOICE_NUMBERS)),
    "notifier-email": (*notify("email"), may(("ses:SendEmail",), Place.EMAIL_IDENTITIES)),
    "notifier-webhook": notify("webhook"),
    "notifier-canary": (*notify("canary"), may(SEND, Place.CANARY_SINK)),
    "canary": (
        may(("sqs:ReceiveMessage", "sqs:DeleteMessage"), Place.CANARY_SINK),
        may(("secretsmanager:GetSecretValue",), Place.OPERATOR_SECRET),
        may(("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"), Place.CANARY_SECRET),
    ),
    "sweeper": (
        may(QUERY, Place.TICKETS_DUE),
        may((*READ, *_dynamodb("UpdateItem")), Place.TICKETS),
        may(SEND, Place.DUE_QUEUE, *CHANNELS),
        may(ARM, Place.SCHEDULES),
        PASS_SCHEDULE_ROLE,
        FAILED,
    ),
    "auditor": (
        may(QUERY, Place.TICKETS_DUE),
        may(READ, Place.TICKETS),
        may(SEND, Place.DUE_QUEUE),
        may((*ARM, *CANCEL, "scheduler:GetSchedule"), Place.SCHEDULES),
        may(("scheduler:ListSchedules",), Place.LIST_OF_SCHEDULES),
        PASS_SCHEDULE_ROLE,
        FAILED,
    ),
    "redriver": (
        may(("sqs:ReceiveMessage", "sqs:DeleteMessage"), Place.ALL_DEAD_LETTERS),
        may(SEND, Place.DUE_QUEUE, *CHANNELS),
        may(("lambda:InvokeFunction",), Place.REDRIVEN_FUNCTIONS),
        may(_dynamodb("GetShardIterator", "GetRecords"), Place.TICKETS_STREAM),
    ),
}

FOR_CALLERS = {
    "tickets",
    "rules",
    "schedules",
    "oncall",
    "feeds",
    "teams",
    "users",
    "severities",
    "company",
    "api_keys",
    "integrations",
    "sso",
    "scim",
    "audit",
    "me",
    "ingest",
    "replies",
    "links",
}
"""The functions that act for one tenant at a time. All others work for all, or find out who a caller is."""


def own(name: str) -> tuple[Right, ...]:
    """Return the rights of a function's own role."""
    return tuple(right for right in RIGHTS[name] if name not in FOR_CALLERS or not right.of_tenants)


def tenants(name: str) -> tuple[Right, ...]:
    """Return the rights of a function's tenant role, none if it has no such role."""
    return tuple(_tagged(right) for right in RIGHTS[name] if name in FOR_CALLERS and right.of_tenants)


def _tagged(right: Right) -> Right:
    """Return a right to rows of tenants as one to rows of the session's own."""
    rows = tuple(one.replace(ANY_TENANT, THE_TENANT, 1) for one in right.rows) or (f"{THE_TENANT}*",)
    return replace(right, rows=rows, keyed=not right.denied)


WILDCARDS = {
    Place.TICKETS_STREAMS: "ListStreams knows no single stream: it is asked of all streams of one table.",
    Place.LIST_OF_SCHEDULES: "A list is authorized as one of all groups, whichever is asked for.",
    Place.SCHEDULES: "A schedule's name is derived from its ticket and epoch; the group is ours alone.",
    Place.VOICE_NUMBERS: "A number's ARN has an id that AWS gives it; calls are made from the one that is set.",
    Place.PHONES: "SNS has no ARN for a phone number; publishing to topics is denied beside it.",
    Place.TOPICS: "Nothing may be published to any topic: the right is only denied here.",
}
"""The places that only a wildcard can name, each with the reason."""
