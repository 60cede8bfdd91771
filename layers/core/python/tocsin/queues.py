"""The queues: timers that are due soon, and one per channel for what is to be sent. Fair: the tenant is the group."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter

from tocsin import aws, due
from tocsin.due import Due
from tocsin.errors import Overloaded
from tocsin.page import Page
from tocsin.settings import settings

_BATCH = 10  # messages a call, SQS API reference


class PageMessage(BaseModel):
    """Send this page. The row says what; `address` tells which phone's row to read beside it."""

    v: Literal[1] = 1
    kind: Literal["page"] = "page"
    tenant: str
    ticket: str
    page: str
    channel: str
    address: str


class TurnMessage(BaseModel):
    """Take the turn of a person's contact method, and send all pages that wait for it."""

    v: Literal[1] = 1
    kind: Literal["turn"] = "turn"
    tenant: str
    user: str
    method_id: str
    channel: str
    address: str
    tries: int = 0  # turns that could not be used, for want of a share of the sender
    halved: int = 0  # how often there were too many pages to be looked at in time


class Notice(BaseModel):
    """Send this text: a code, a test, an answer to a reply. No ticket is asked, nothing is remembered of it."""

    v: Literal[1] = 1
    kind: Literal["notice"] = "notice"
    tenant: str
    channel: str
    address: str
    subject: str
    text: str
    attempt: int = 1


Message = PageMessage | TurnMessage | Notice
MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def page_message(page: Page) -> PageMessage:
    """Return the message that asks for a page to be sent."""
    return PageMessage(
        tenant=page.tenant, ticket=page.ticket_id, page=page.key["sk"], channel=page.channel, address=page.address
    )


def turn_message(page: Page) -> TurnMessage:
    """Return the message that asks for all pages of one contact method, as this page has it, to be sent."""
    return TurnMessage(
        tenant=page.tenant, user=page.user, method_id=page.method_id, channel=page.channel, address=page.address
    )


def put_due(timer: Due, now: datetime) -> None:
    """Queue a timer so that it arrives at its time, or after 15 minutes if that is sooner."""
    _send(settings.due_queue_url, timer, delay=due.delay_seconds(timer.due_at, now))


def put(message: Message, *, delay: int = 0) -> None:
    """Queue one message to its channel; `delay` in seconds, at most 900."""
    _send(settings.channel_queue_url(message.channel), message, delay=delay)


def put_pages(pages: Sequence[Page], now: datetime) -> None:
    """Queue pages to their channels, in batches, each so that it arrives when it may be sent, or 15 minutes from now.

    Raises `Overloaded` if a queue did not take one.
    """
    for channel in dict.fromkeys(page.channel for page in pages):
        of_channel = [page for page in pages if page.channel == channel]
        for start in range(0, len(of_channel), _BATCH):
            _send_batch(settings.channel_queue_url(channel), of_channel[start : start + _BATCH], now)


def _send(url: str, message: Due | Message, *, delay: int) -> None:
    try:
        aws.client("sqs").send_message(
            QueueUrl=url, MessageBody=message.model_dump_json(), DelaySeconds=delay, MessageGroupId=message.tenant
        )
    except aws.failures() as error:
        raise Overloaded from error


def _send_batch(url: str, pages: Sequence[Page], now: datetime) -> None:
    entries = [
        {
            "Id": str(number),
            "MessageBody": page_message(page).model_dump_json(),
            "DelaySeconds": due.delay_seconds(page.begins_at, now),
            "MessageGroupId": page.tenant,
        }
        for number, page in enumerate(pages)
    ]
    try:
        failed = aws.client("sqs").send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
    except aws.failures() as error:
        raise Overloaded from error
    if failed:
        raise Overloaded
