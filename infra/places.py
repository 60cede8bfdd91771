"""Where functions reach to: every place has ARNs (for rights) and environment variables (to find it by)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Place(StrEnum):
    """All that a function may be given a right to."""

    TICKETS = "the Tickets table"
    TICKETS_DUE = "the index of tickets and pages that still have something to do"
    TICKETS_OPEN = "the index of a company's unresolved tickets"
    TICKETS_OF_TEAM = "the index of a team's tickets"
    TICKETS_STREAM = "the Tickets table's stream"
    TICKETS_STREAMS = "the list of the Tickets table's streams"
    DIRECTORY = "the Directory table"
    DIRECTORY_LISTED = "the Directory's index for lists"
    DUE_QUEUE = "the due queue"
    SMS_QUEUE = "the queue of channel sms"
    VOICE_QUEUE = "the queue of channel voice"
    EMAIL_QUEUE = "the queue of channel email"
    WEBHOOK_QUEUE = "the queue of channel webhook"
    CANARY_QUEUE = "the queue of channel canary"
    CANARY_SINK = "the queue in which the canary finds its pages"
    SCHEDULES = "the schedules of our own group"
    LIST_OF_SCHEDULES = "the list of the account's schedules, of which ours are asked for"
    SCHEDULE_ROLE = "the role with which schedules reach the due queue"
    OPERATOR_SECRET = "the secret that holds the operator's key"  # noqa: S105 (a description, no secret)
    CANARY_SECRET = "the secret in which the canary keeps its API key"  # noqa: S105 (as above)
    DEAD_LETTERS = "the function's own dead letters"
    ALL_DEAD_LETTERS = "every queue of dead letters"
    REDRIVEN_FUNCTIONS = "the functions that take their dead letters themselves"
    PHONES = "phone numbers, to which SNS publishes"
    VOICE_NUMBERS = "the account's numbers, from which calls are made"
    TOPICS = "every SNS topic of the world"
    EMAIL_IDENTITIES = "the sender's SES identities"


@dataclass(frozen=True)
class Located:
    """A place's ARNs, and the variables that a function with a right to it is given."""

    arns: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


QUEUES = {
    "sms": Place.SMS_QUEUE,
    "voice": Place.VOICE_QUEUE,
    "email": Place.EMAIL_QUEUE,
    "webhook": Place.WEBHOOK_QUEUE,
    "canary": Place.CANARY_QUEUE,
}
"""The queues of the channels by name."""

Places = Mapping[Place, Located]
