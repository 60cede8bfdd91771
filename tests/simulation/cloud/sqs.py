"""SQS standard queues: delays, visibility time-outs, receive counts and dead letters (SQS API reference)."""
# ruff: noqa: N803 - arguments are named as AWS names them

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.simulation.cloud import errors
from tests.simulation.cloud.errors import Exceptions
from tests.simulation.timeline import START, Timeline

ARN = "arn:aws:sqs:eu-central-1:123456789012:"
LONGEST_DELAY = 900
LARGEST = 1024 * 1024  # bytes of a message


@dataclass
class Message:
    """A message, whose it is (its group), and how often it was received."""

    message_id: str
    body: str
    group: str
    sent_at: float
    receives: int = 0


@dataclass
class Queue:
    """A queue. `arrive` is told when a message becomes visible; who has received it must delete it in time.

    For faults: `again` says when a message is delivered once more, `choose` which one is received next.
    """

    name: str
    timeline: Timeline
    latency: Callable[[], float] = lambda: 0.0
    visibility: float = 180.0
    most_receives: int = 5
    visible: dict[str, Message] = field(default_factory=dict)
    delayed: dict[str, Message] = field(default_factory=dict)
    in_flight: dict[str, Message] = field(default_factory=dict)
    dead: list[Message] = field(default_factory=list)
    arrive: Callable[[], None] = lambda: None
    again: Callable[[str], Iterable[float]] = lambda body: ()
    choose: Callable[[dict[str, Message]], str] = lambda visible: next(iter(visible))
    sent: int = 0

    def put(self, body: str, group: str, delay: float = 0.0) -> str:
        """Take a message, to be visible after `delay` seconds."""
        message_id = self._put(body, group, delay + self.latency())
        for later in self.again(body):
            self._put(body, group, delay + later)
        return message_id

    def _put(self, body: str, group: str, seconds: float) -> str:
        self.sent += 1
        message = Message(f"{self.name}-{self.sent}", body, group, self.timeline.seconds)
        self.delayed[message.message_id] = message
        self.timeline.after(seconds, lambda: self._show(self.delayed, message))
        return message.message_id

    def _show(self, before: dict[str, Message], message: Message) -> None:
        if before.pop(message.message_id, None) is None:
            return  # deleted, or the queue was emptied, meanwhile
        self.visible[message.message_id] = message
        self.arrive()

    def receive(self, most: int, visibility: float | None = None) -> list[Message]:
        """Return some messages and hide them; those that were received too often are dead."""
        hidden = self.visibility if visibility is None else visibility
        received: list[Message] = []
        while self.visible and len(received) < most:
            message = self.visible.pop(self.choose(self.visible))
            if message.receives >= self.most_receives:
                self.dead.append(message)
                continue
            message.receives += 1
            self.in_flight[message.message_id] = message
            self.timeline.after(hidden, partial(self._show, self.in_flight, message))
            received.append(message)
        return received

    def delete(self, message_id: str) -> None:
        """Forget a message that was worked off."""
        self.in_flight.pop(message_id, None)

    def clear(self) -> None:
        """Lose everything that is in the queue."""
        for held in (self.visible, self.delayed, self.in_flight):
            held.clear()

    @property
    def messages(self) -> list[Message]:
        """All that is in the queue, seen or not."""
        return [*self.visible.values(), *self.delayed.values(), *self.in_flight.values()]


class SQS:
    """The service; queues by URL."""

    exceptions = Exceptions("QueueDoesNotExist", "RequestThrottled", "OverLimit")

    def __init__(self, queues: dict[str, Queue]) -> None:
        self.queues = queues
        self.refuses: Callable[[str], bool] = lambda body: False  # an entry of a batch

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0, MessageGroupId: str = ""
    ) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "SendMessage")
        _check(MessageBody, DelaySeconds, MessageGroupId, "SendMessage")
        return {"MessageId": queue.put(MessageBody, MessageGroupId, DelaySeconds)}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "SendMessageBatch")
        if not 0 < len(Entries) <= 10 or len({entry["Id"] for entry in Entries}) < len(Entries):
            raise errors.error("BatchEntryIdsNotDistinct", "SendMessageBatch")
        sent, failed = [], []
        for entry in Entries:
            if self.refuses(entry["MessageBody"]):
                failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"})
                continue
            delay, group = entry.get("DelaySeconds", 0), entry.get("MessageGroupId", "")
            _check(entry["MessageBody"], delay, group, "SendMessageBatch")
            sent.append({"Id": entry["Id"], "MessageId": queue.put(entry["MessageBody"], group, delay)})
        return {"Successful": sent, "Failed": failed}

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int,
        WaitTimeSeconds: int,
        VisibilityTimeout: int,
        MessageSystemAttributeNames: Sequence[str],
    ) -> dict[str, Any]:
        queue = self._queue(QueueUrl, "ReceiveMessage")
        if not 0 < MaxNumberOfMessages <= 10 or not 0 <= WaitTimeSeconds <= 20:
            raise errors.error("InvalidParameterValue", "ReceiveMessage")
        until = queue.timeline.seconds + WaitTimeSeconds
        while not queue.visible and queue.timeline.step(until):
            pass
        if not queue.visible:
            queue.timeline.run(until - queue.timeline.seconds)
        received = queue.receive(MaxNumberOfMessages, VisibilityTimeout)
        return (
            {"Messages": [_received(message, MessageSystemAttributeNames) for message in received]} if received else {}
        )

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        self._queue(QueueUrl, "DeleteMessage").delete(ReceiptHandle)

    def _queue(self, url: str, operation: str) -> Queue:
        if url not in self.queues:
            raise errors.error("QueueDoesNotExist", operation, url)
        return self.queues[url]


def _received(message: Message, attributes: Sequence[str]) -> dict[str, Any]:
    sent = round((START.timestamp() + message.sent_at) * 1000)
    known = {"SentTimestamp": str(sent)} | ({"MessageGroupId": message.group} if message.group else {})
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.message_id,
        "Body": message.body,
        "Attributes": {name: known[name] for name in attributes if name in known},
    }


def _check(body: str, delay: int, group: str, operation: str) -> None:
    if type(delay) is not int or not 0 <= delay <= LONGEST_DELAY:
        raise errors.error("InvalidParameterValue", operation, f"DelaySeconds {delay}")
    if not 0 < len(body.encode()) <= LARGEST or len(group) > 128:
        raise errors.error("InvalidParameterValue", operation, "the message")


def queue_url(name: str) -> str:
    """Return the URL of a queue."""
    return f"https://sqs.eu-central-1.amazonaws.com/123456789012/{name}"


def record(queue: str, message: Message) -> dict[str, Any]:
    """Return a message as a function is given it (Lambda developer guide, SQS event)."""
    return {
        "messageId": message.message_id,
        "receiptHandle": f"{message.message_id}-{message.receives}",
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at * 1000)),
            "MessageGroupId": message.group,
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN + queue,
        "awsRegion": "eu-central-1",
    }
