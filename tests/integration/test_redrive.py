"""Dead letters are given another try: each kind as its service leaves it, to where it came from."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from tests.integration.asking import WHOLE
from tests.integration.refusing import refused
from tests.world import Caller, Context, handler
from tocsin import aws, chronicle, clock, keys, redrive
from tocsin.redrive import Unknown
from tocsin.settings import settings
from tocsin.store import tickets

TIMER = {"v": 1, "tenant": "acme", "ticket": "t1", "epoch": 1, "due_at": "2026-11-22T20:28:28.123Z"}
ALARM = {
    "AlarmName": "checkout-5xx",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-5xx",
    "NewStateValue": "ALARM",
    "NewStateReason": "above 2 %",
    "StateChangeTime": "2026-11-22T20:28:28.123+0000",
    "Region": "EU (Frankfurt)",
    "AWSAccountId": "123456789012",
}
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
    "Subject": 'ALARM: "checkout-5xx"',
    "Message": json.dumps(ALARM),
    "Timestamp": "2026-11-22T20:28:28.200Z",
}
SMS = {"originationNumber": "+4915112345678", "destinationNumber": "+12025550100", "messageBody": "STOP"}


class Lambdas:
    """Lambda, for synchronous calls: runs the functions' own handlers (`moto` needs Docker for it)."""

    def __init__(self) -> None:
        self.broken = False
        self.calls: list[str] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - named as AWS names them
        self.calls.append(FunctionName)
        if self.broken:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "broken"}')}
        answer = handler(FunctionName).lambda_handler(json.loads(Payload), Context())
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture
def lambdas(monkeypatch: pytest.MonkeyPatch) -> Lambdas:
    """The dead-letter queues, and the functions that take theirs."""
    there, client = Lambdas(), aws.client
    monkeypatch.setattr(aws, "client", lambda service: there if service == "lambda" else client(service))
    urls = {name: client("sqs").create_queue(QueueName=f"{name}-dead")["QueueUrl"] for name in redrive.WAYS}
    monkeypatch.setenv("DEAD_LETTERS", json.dumps(urls))
    names = ("ingest", "replies", "historian")
    monkeypatch.setenv("REDRIVEN_FUNCTIONS", json.dumps({name: name for name in names}))
    monkeypatch.setattr(redrive, "ALL_SERVERS", 0)  # moto has one, and would really wait
    settings.__dict__.clear()
    return there


Dead = Callable[..., None]


@pytest.fixture
def dead(lambdas: Lambdas) -> Dead:
    """Let a message be a dead letter."""

    def put(name: str, body: Any, **how: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        aws.client("sqs").send_message(QueueUrl=settings.dead_letters[name], MessageBody=text, **how)

    return put


@pytest.fixture
def stream(lambdas: Lambdas) -> str:
    """The table's stream, switched on."""
    wanted = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    table = aws.client("dynamodb").update_table(TableName="Tickets", StreamSpecification=wanted)
    return str(table["TableDescription"]["LatestStreamArn"])


def call(name: str) -> dict[str, Any]:
    """Do what a person does; letters that failed before are visible again by then."""
    found: dict[str, Any] = handler("redriver").lambda_handler({"redrive": name}, Context())
    return found


def report(**numbers: int) -> dict[str, Any]:
    return {"redriven": 0, "let_go": 0, "expired": 0, "failed": 0, "more": False, **numbers}


def left(name: str) -> int:
    """Return how many dead letters there are, seen or hidden."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = settings.dead_letters[name]
    return sum(
        map(int, aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())
    )


def queued(name: str) -> list[tuple[dict[str, Any], str]]:
    """Return bodies and groups of what is in a work queue."""
    received = aws.client("sqs").receive_message(
        QueueUrl=settings.channel_queue_url(name),
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["MessageGroupId"],
    )
    return [
        (json.loads(one["Body"]), one.get("Attributes", {}).get("MessageGroupId", ""))
        for one in received.get("Messages", [])
    ]


def test_a_work_queues_letters_go_back_to_it_in_their_tenants_name(dead: Dead) -> None:
    dead("due", TIMER, MessageGroupId="acme")
    dead("due", TIMER)  # as Scheduler sends it: without a group
    assert call("due") == report(redriven=2)
    assert queued("due") == [(TIMER, "acme"), (TIMER, "acme")]
    assert left("due") == 0
    assert call("due") == report()


@pytest.mark.parametrize(
    "letter",
    [json.dumps(TIMER), json.dumps({"MessageBody": json.dumps(TIMER), "QueueUrl": "https://sqs.example.com/due"})],
    ids=["the input", "the call"],
)
def test_a_timer_that_scheduler_could_not_deliver_goes_to_the_due_queue(dead: Dead, letter: str) -> None:
    dead("timers", letter)
    assert call("timers") == report(redriven=1)
    assert queued("due") == [(TIMER, "acme")]


def test_what_is_no_timer_stays(dead: Dead) -> None:
    for strange in ("hello", "[]", '{"v": 9}'):
        dead("timers", strange)
    assert call("timers") == report(failed=3)
    assert left("timers") == 3
    assert queued("due") == []


@pytest.mark.parametrize(
    "letter",
    [
        {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"Records": [{"Sns": NOTIFICATION}]}},
        NOTIFICATION,
        {
            "id": NOTIFICATION["MessageId"],
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": "123456789012",
            "region": "eu-central-1",
            "time": "2026-11-22T20:28:28Z",
            "resources": [ALARM["AlarmArn"]],
            "detail": {"alarmName": "checkout-5xx", "state": {"value": "ALARM", "reason": "above 2 %"}},
        },
    ],
    ids=["of Lambda's destination", "of a topic's subscription", "of a rule"],
)
def test_an_alarm_that_nobody_took_becomes_a_ticket_once(
    acme: Caller, dead: Dead, monkeypatch: pytest.MonkeyPatch, letter: dict[str, Any]
) -> None:
    monkeypatch.setenv("ALARM_INTEGRATION", "acme/watch")
    watch = {"integration_id": "watch", "type": "cloudwatch", "name": "Watch", "team": "payments"}
    assert acme("POST", "/integrations", watch).status == 201
    for _ in range(2):
        dead("ingest", letter)
    assert call("ingest") == report(redriven=2)
    (ticket,) = acme("GET", "/tickets").body["items"]
    assert (ticket["source"], ticket["count"]) == ("integration:watch", 1)


def test_an_answer_by_sms_that_was_lost_counts(acme: Caller, dead: Dead) -> None:
    dead("replies", {**NOTIFICATION, "Message": json.dumps(SMS)})
    assert call("replies") == report(redriven=1)
    phone = tickets.get(keys.phone(str(SMS["originationNumber"])))
    assert phone
    assert phone["stopped"]


def test_what_fails_again_stays_and_is_taken_when_it_is_mended(
    acme: Caller, dead: Dead, lambdas: Lambdas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redrive, "HIDDEN", 1)
    lambdas.broken = True
    dead("replies", {**NOTIFICATION, "Message": json.dumps(SMS)})
    assert call("replies") == report(failed=1)
    assert left("replies") == 1
    lambdas.broken = False
    from moto.sqs.models import sqs_backends  # noqa: PLC0415 - the one way to let hidden messages be seen again

    for message in sqs_backends["123456789012"]["eu-central-1"].queues["replies-dead"]._messages:
        message.change_visibility(0)
    assert call("replies") == report(redriven=1)


def test_records_of_the_stream_are_told_by_the_historian_while_the_stream_has_them(
    ticket: Caller, dead: Dead, lambdas: Lambdas, stream: str
) -> None:
    path = f"/tickets/{WHOLE['ticket_id']}"
    for text in ("first", "second", "third"):
        ticket("POST", f"{path}/notes", {"text": text})
    letter = _batch(stream, 0, 1)
    dead("historian", letter)
    dead("historian", letter)
    assert call("historian") == report(redriven=2)
    assert [one["text"] for one in ticket("GET", f"{path}/history").body["items"]] == ["first", "second"]
    dead("historian", letter)
    with refused("dynamodbstreams", "GetShardIterator", "TrimmedDataAccessException"):
        assert call("historian") == report(expired=1)
    assert left("historian") == 0
    dead("historian", letter)
    lambdas.broken = True
    assert call("historian") == report(failed=1)
    assert left("historian") == 1


def test_an_empty_answer_of_the_stream_is_not_its_end(
    ticket: Caller, dead: Dead, lambdas: Lambdas, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/tickets/{WHOLE['ticket_id']}"
    ticket("POST", f"{path}/notes", {"text": "first"})
    letter = _batch(stream, 0, 0)
    client = aws.client("dynamodbstreams")
    answers, read = [], client.get_records

    def late(**how: Any) -> dict[str, Any]:
        answers.append(how)
        there: dict[str, Any] = read(**how)
        return there if len(answers) % 3 == 0 else {"Records": [], "NextShardIterator": how["ShardIterator"]}

    monkeypatch.setattr(client, "get_records", late)
    dead("historian", letter)
    assert call("historian") == report(redriven=1)
    assert [one["text"] for one in ticket("GET", f"{path}/history").body["items"]] == ["first"]
    monkeypatch.setattr(redrive, "CALLS", 2)
    dead("historian", letter)
    assert call("historian") == report(failed=1)
    assert left("historian") == 1


def test_a_record_that_the_historian_could_not_take_keeps_its_letter(
    ticket: Caller, dead: Dead, lambdas: Lambdas, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket("POST", f"/tickets/{WHOLE['ticket_id']}/notes", {"text": "first"})
    dead("historian", _batch(stream, 0, 0))
    monkeypatch.setattr(chronicle, "write", lambda records: {"batchItemFailures": [{"itemIdentifier": "1"}]})
    assert call("historian") == report(failed=1)
    assert left("historian") == 1


def _batch(stream: str, first: int, last: int) -> dict[str, Any]:
    """Return what Lambda tells of a batch that it gave up."""
    client = aws.client("dynamodbstreams")
    shard = client.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    place = client.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = client.get_records(ShardIterator=place["ShardIterator"])["Records"]
    numbers = [one["dynamodb"]["SequenceNumber"] for one in records]
    return {
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 6},
        "version": "1.0",
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": numbers[first],
            "endSequenceNumber": numbers[last],
            "batchSize": last - first + 1,
            "streamArn": stream,
        },
    }


@pytest.mark.parametrize("name", ["clock", "sweeper", "auditor"])
def test_what_the_nets_have_done_is_let_go(dead: Dead, lambdas: Lambdas, name: str) -> None:
    dead(name, {"DDBStreamBatchInfo": {}})
    assert call(name) == report(let_go=1)
    assert left(name) == 0
    assert lambdas.calls == []


def test_a_call_ends_before_its_time_is_up_and_says_that_there_is_more(
    dead: Dead, now: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(25):
        dead("due", TIMER)
    begun, moments = clock.now(), count()
    monkeypatch.setattr(clock, "now", lambda: begun + timedelta(seconds=5 * next(moments)))
    found = call("due")
    assert found == report(redriven=9, more=True)
    assert left("due") == 16


def test_there_are_no_other_dead_letters(lambdas: Lambdas) -> None:
    with pytest.raises(Unknown, match="only auditor, canary, clock"):
        call("everything")
