"""What people got: the SMS, calls and e-mails that the embedded AWS keeps instead of sending them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from infra.local.client import get_json
from infra.local.engine import ACCOUNT
from infra.local.errors import NothingCame

CALLS = "/_tocsin/calls"  # infra/local/server/calls.py
POLL = 0.05  # seconds between two looks


class Message(NamedTuple):
    """One message as it went out."""

    at: datetime
    channel: str
    to: str
    subject: str
    text: str


def messages(endpoint: str) -> list[Message]:
    """All messages up to now, oldest first."""
    return sorted([*_texts(endpoint), *_calls(endpoint), *_emails(endpoint)])


def wait(endpoint: str, wanted: Callable[[Message], bool], *, seconds: float, what: str) -> Message:
    """The first message that is wanted, as soon as it is there. Raises NothingCame."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = next((message for message in messages(endpoint) if wanted(message)), None)
        if found:
            return found
        time.sleep(POLL)
    raise NothingCame(f"{what} did not come within {seconds:.0f} s")


def _texts(endpoint: str) -> list[Message]:
    sent = get_json(f"{endpoint}/_ministack/sns/sms-messages?account={ACCOUNT}")["sms_messages"]
    return [
        Message(datetime.fromtimestamp(record["Timestamp"], UTC), "sms", number, "", record["Message"])
        for number, records in sent.items()
        for record in records
    ]


def _calls(endpoint: str) -> list[Message]:
    return [
        Message(datetime.fromtimestamp(call["at"], UTC), "voice", call["number"], "", call["text"])
        for call in get_json(f"{endpoint}{CALLS}")["calls"]
    ]


def _emails(endpoint: str) -> list[Message]:
    sent = get_json(f"{endpoint}/_ministack/ses/messages?account={ACCOUNT}")["messages"]
    return [
        Message(
            datetime.fromtimestamp(record["Timestamp"], UTC),
            "email",
            record["To"][0],
            record["Subject"],
            record["BodyText"],
        )
        for record in sent.get(ACCOUNT, [])
    ]
