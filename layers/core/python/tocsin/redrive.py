"""Dead letters are given another try, when a person who has mended what killed them asks for it.

A letter is done first and deleted second: it may be done twice, which harms nothing here, and is never lost. One that
fails again stays where it is.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypedDict

from tocsin import aws, clock
from tocsin.errors import TocsinError
from tocsin.settings import settings
from tocsin.telemetry import count, logger

TIME = timedelta(seconds=40)  # of one call; the function's time-out is later
HIDDEN = 120  # seconds; longer than a call: what failed is not seen again by the same one
BATCH = 10  # letters a call, SQS API reference
ALL_SERVERS = 1  # seconds to wait for letters: then SQS asks all its servers, not some of them
RECORDS, CALLS = 1000, 100  # of the stream: a call (DynamoDB Streams API reference), and for a letter

Letter = dict[str, Any]


class Unknown(TocsinError):
    """A letter is none that this queue can hold: a person must look at it."""


class Expired(TocsinError):
    """What a letter points to is gone: the stream keeps its records for a day."""


class Report(TypedDict):
    """What became of the letters. `more`: the time was up, call again.

    `let_go` were deleted and nothing else, for a net does without them what they would have done; `expired` point to
    what is gone; `failed` failed again, and stay.
    """

    redriven: int
    let_go: int
    expired: int
    failed: int
    more: bool


def run(name: str, now: datetime) -> Report:
    """Redrive the dead letters `name`: one of `WAYS`. Raises `Unknown` for any other."""
    if name not in WAYS:
        raise Unknown(f"There are no dead letters {name!r}, only " + ", ".join(sorted(WAYS)))
    report = Report(redriven=0, let_go=0, expired=0, failed=0, more=False)
    for letter in _letters(settings.dead_letters[name]):
        _one(name, letter, report)
        if clock.now() - now > TIME:
            report["more"] = True
            break
    logger.info("redriven", extra={"of": name, **report})
    return report


def _letters(url: str) -> Iterator[Letter]:
    while True:
        received = aws.client("sqs").receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN,
            WaitTimeSeconds=ALL_SERVERS,
            MessageSystemAttributeNames=["MessageGroupId"],
        )
        letters = received.get("Messages", [])
        yield from letters
        if not letters:
            return


def _one(name: str, letter: Letter, report: Report) -> None:
    try:
        WAYS[name](name, letter)
        report["let_go" if WAYS[name] is _nothing else "redriven"] += 1
    except Expired:
        logger.warning("a dead letter came too late", extra={"of": name, "letter": letter["Body"]})
        report["expired"] += 1
    except Exception:
        # Whatever ails one letter must not keep the others: it stays.
        logger.exception("a dead letter failed again", extra={"of": name, "message_id": letter["MessageId"]})
        count("RedriveFailed")
        report["failed"] += 1
        return
    aws.client("sqs").delete_message(QueueUrl=settings.dead_letters[name], ReceiptHandle=letter["ReceiptHandle"])


# --- the ways back


def _to_its_queue(name: str, letter: Letter) -> None:
    """Send what a work queue gave up back to it, in the name of the same tenant."""
    group = letter.get("Attributes", {}).get("MessageGroupId") or _read(letter["Body"]).get("tenant", "")
    _send(settings.channel_queue_url(name), letter["Body"], group)


def _to_the_due_queue(_: str, letter: Letter) -> None:
    """Send the timer that a schedule could not deliver to the due queue.

    Scheduler's letter holds the schedule's input or, of some targets, the call that it tried (Scheduler user guide,
    "Configuring a schedule's dead-letter queue").
    """
    found = _read(letter["Body"])
    body = str(found.get("MessageBody", letter["Body"]))
    timer = _read(body)
    if not {"tenant", "ticket", "epoch"} <= timer.keys():
        raise Unknown("This is no timer.")
    _send(settings.due_queue_url, body, str(timer["tenant"]))


def _send(url: str, body: str, group: str) -> None:
    named = {"MessageGroupId": group} if group else {}
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=body, **named)


def _to_its_function(name: str, letter: Letter) -> None:
    """Give an event that nobody waited for to its function again, and see whether it takes it."""
    _invoke(name, event(letter["Body"]))


def event(body: str) -> dict[str, Any]:
    """Return the event in a letter: of Lambda's destination, of a topic's subscription, or of a rule.

    Sources: Lambda developer guide, "Retaining records of asynchronous invocations"; SNS developer guide, "Dead-letter
    queues"; EventBridge user guide, "Using dead-letter queues". Raises `Unknown`.
    """
    found = _read(body)
    if "requestPayload" in found:
        payload = found["requestPayload"]
        if not isinstance(payload, dict):
            raise Unknown("The destination's record holds no event.")
        return payload
    if found.get("Type") == "Notification" and "TopicArn" in found:
        return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": found}]}
    if "detail-type" in found:
        return found
    raise Unknown("This is no event.")


def _invoke(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Call a function and return its answer. Raises `TocsinError` if it fails."""
    answer = aws.client("lambda").invoke(
        FunctionName=settings.redriven_functions[name], Payload=json.dumps(payload).encode()
    )
    told = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise TocsinError(f"{name} failed: {told[:1000]}")
    found = json.loads(told or "null")
    return found if isinstance(found, dict) else {}


def _from_the_stream(name: str, letter: Letter) -> None:
    """Read the records that a letter points to from the stream again, and give them to its reader."""
    records = [record for record in _records(_read(letter["Body"])) if _read_by(name, record)]
    for record in records:
        # One by one: a batch may hold more than an invocation takes.
        if _invoke(name, {"Records": [record]}).get("batchItemFailures"):
            raise TocsinError(f"{name} could not take the record {record['dynamodb']['SequenceNumber']}.")


def _records(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a batch that was given up (Lambda developer guide, "Retain discarded records").

    Raises `Expired` if the stream has them no longer, `Unknown` for what is no such letter, `TocsinError` if the stream
    does not come to their end: an empty answer may have more behind it (DynamoDB Streams API reference, GetRecords).
    """
    if "DDBStreamBatchInfo" not in told:
        raise Unknown("This names no records of the stream.")
    batch = told["DDBStreamBatchInfo"]
    last = int(batch["endSequenceNumber"])
    client = aws.client("dynamodbstreams")
    try:
        place = client.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
        found: list[dict[str, Any]] = []
        for _ in range(CALLS):
            answer = client.get_records(ShardIterator=place, Limit=RECORDS)
            found += answer["Records"]
            place = answer.get("NextShardIterator")
            if not place or (found and int(found[-1]["dynamodb"]["SequenceNumber"]) >= last):
                break
    except (client.exceptions.TrimmedDataAccessException, client.exceptions.ResourceNotFoundException) as error:
        raise Expired("The stream keeps records for a day.") from error
    if not found or int(found[-1]["dynamodb"]["SequenceNumber"]) < last:
        raise TocsinError("The stream has not shown all records of the letter.")
    return [_as_delivered(one) for one in found if int(one["dynamodb"]["SequenceNumber"]) <= last]


def _as_delivered(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as Lambda delivers it: times are seconds; rows hold no binary values."""
    change = {name: value for name, value in record["dynamodb"].items() if name != "ApproximateCreationDateTime"}
    return {"eventID": record["eventID"], "eventName": record["eventName"], "dynamodb": change}


def _read_by(name: str, record: dict[str, Any]) -> bool:
    return str(record["dynamodb"]["Keys"]["sk"]["S"]).startswith(_READ[name])


def _nothing(_: str, __: Letter) -> None:
    """Let a letter go: what it would have done is done. The sweeper asks the table, not its letters."""


def _read(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Unknown("This is no JSON.") from error
    if not isinstance(found, dict):
        raise Unknown("This is no JSON object.")
    return found


_READ = {"historian": ("TICKET", "PAGE#", "NOTE#")}  # beginnings of sort keys, as the deployment filters them
WAYS: dict[str, Callable[[str, Letter], None]] = {
    "due": _to_its_queue,
    "sms": _to_its_queue,
    "voice": _to_its_queue,
    "email": _to_its_queue,
    "webhook": _to_its_queue,
    "canary": _to_its_queue,
    "timers": _to_the_due_queue,
    "ingest": _to_its_function,
    "replies": _to_its_function,
    "historian": _from_the_stream,
    "clock": _nothing,
    "sweeper": _nothing,
    "auditor": _nothing,
}
"""Where letters go back to. A clock's are timers: the sweeper and the auditor have set what was missing."""
