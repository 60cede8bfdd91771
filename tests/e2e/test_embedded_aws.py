"""The embedded AWS keeps the promises of AWS that the app relies on, where it did not before its patches."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import load_pem_x509_certificate

from infra.local.aws import client
from infra.local.engine import ACCOUNT, REGION, Engine
from infra.local.inbox import messages
from infra.local.places import SIGNING
from infra.local.signing import signing_key, string_to_sign
from tests.e2e import toy

Delivery = tuple[dict[str, str], dict[str, Any]]


def table_with_stream(endpoint: str, name: str) -> str:
    table = client("dynamodb", endpoint).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    stream: str = table["TableDescription"]["LatestStreamArn"]
    return stream


def put(endpoint: str, table: str, *keys: str) -> None:
    for key in keys:
        client("dynamodb", endpoint).put_item(TableName=table, Item={"pk": {"S": key}})


REPORTS_POISON = """
def lambda_handler(event, context):
    failures = []
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["pk"]["S"]
        if key == "poison":
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
        else:
            seen(key)
    return {"batchItemFailures": failures}
"""


def test_a_stream_record_that_fails_for_good_is_told_and_blocks_nothing(engine: Engine) -> None:
    stream = table_with_stream(engine.endpoint, "poisoned")
    put(engine.endpoint, "poisoned", "before", "poison", "after")
    toy.deploy(engine.endpoint, "reports-poison", REPORTS_POISON)
    failed_url, failed_arn = toy.queue(engine.endpoint, "poisoned-records")
    client("lambda", engine.endpoint).create_event_source_mapping(
        EventSourceArn=stream,
        FunctionName="reports-poison",
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": failed_arn}},
    )
    told = toy.until(lambda: toy.message(engine.endpoint, failed_url), "the failure record")
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    toy.until(
        lambda: sorted(toy.seen(engine.endpoint, "reports-poison")) == ["after", "before"] or None, "the other records"
    )


FAILS_ONCE = """
def lambda_handler(event, context):
    marker = os.path.join(os.environ["TMPDIR"], "failed-once")
    if not os.path.exists(marker):
        open(marker, "w").close()
        raise RuntimeError("a worker that dies")
    for record in event["Records"]:
        seen(record["dynamodb"]["Keys"]["pk"]["S"])
"""


def test_a_stream_batch_whose_worker_dies_comes_again(engine: Engine) -> None:
    stream = table_with_stream(engine.endpoint, "retried")
    toy.deploy(engine.endpoint, "fails-once", FAILS_ONCE)
    client("lambda", engine.endpoint).create_event_source_mapping(
        EventSourceArn=stream, FunctionName="fails-once", StartingPosition="TRIM_HORIZON"
    )
    put(engine.endpoint, "retried", "one")
    toy.until(lambda: toy.seen(engine.endpoint, "fails-once") or None, "the second attempt")


def test_a_message_over_sns_whose_function_keeps_failing_reaches_the_failure_destination(engine: Engine) -> None:
    function = toy.deploy(engine.endpoint, "always-fails", "def lambda_handler(event, context): raise RuntimeError")
    failed_url, failed_arn = toy.queue(engine.endpoint, "failed-events")
    client("lambda", engine.endpoint).put_function_event_invoke_config(
        FunctionName="always-fails",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": failed_arn}},
    )
    sns = client("sns", engine.endpoint)
    topic = sns.create_topic(Name="asynchronous")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    sns.publish(TopicArn=topic, Message="news")
    told = toy.until(lambda: toy.message(engine.endpoint, failed_url), "the failed event")
    assert told["requestPayload"]["Records"][0]["Sns"]["Message"] == "news"


def test_functions_find_only_their_layers_and_no_setting_of_this_machine(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SECRET_OF_THIS_MACHINE", "leaked")
    source = """
def lambda_handler(event, context):
    import importlib.util
    found = [name for name in ("ministack", "botocore", "yaml") if importlib.util.find_spec(name)]
    return {"packages": found, "home": os.environ["HOME"], "names": sorted(os.environ)}
"""
    toy.deploy(engine.endpoint, "looks-around", source)
    answer = client("lambda", engine.endpoint).invoke(FunctionName="looks-around")
    found = json.loads(answer["Payload"].read())
    assert found["packages"] == []
    assert "TOCSIN_SECRET_OF_THIS_MACHINE" not in found["names"]


ENDS_ABRUPTLY = """
import greeting

def lambda_handler(event, context):
    if event.get("crash"):
        os._exit(1)
    return {"said": greeting.TEXT, "setting": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "process": os.getpid()}
"""


def test_a_function_with_layers_comes_back_after_a_crash_in_a_process_of_its_own(engine: Engine) -> None:
    layer = toy.layer(engine.endpoint, "greeting", greeting="TEXT = 'hello'")
    for name in ("one", "other"):
        toy.deploy(engine.endpoint, name, ENDS_ABRUPTLY, (layer,))
    lambdas = client("lambda", engine.endpoint)

    def call(name: str, **event: bool) -> dict[str, Any]:
        answer = lambdas.invoke(FunctionName=name, Payload=json.dumps(event))
        return {"error": answer.get("FunctionError"), **json.loads(answer["Payload"].read())}

    first, other = call("one"), call("other")
    assert (first["said"], first["setting"], other["setting"]) == ("hello", "one", "other")
    assert call("one")["process"] == first["process"]
    assert call("one", crash=True)["error"]
    again = call("one")
    assert again["said"] == "hello"
    assert len({first["process"], other["process"], again["process"]}) == 3


def test_a_one_shot_schedule_fires_into_its_queue_and_is_gone(engine: Engine) -> None:
    url, arn = toy.queue(engine.endpoint, "due")
    scheduler = client("scheduler", engine.endpoint)
    scheduler.create_schedule(
        Name="once",
        ScheduleExpression="at(2026-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/toy", "Input": '{"v": 1}'},
    )
    assert toy.until(lambda: toy.message(engine.endpoint, url), "the schedule's message") == {"v": 1}
    toy.until(lambda: not scheduler.list_schedules()["Schedules"] or None, "the end of the schedule")


def test_text_messages_are_kept_with_the_time_they_were_sent_at(engine: Engine) -> None:
    client("sns", engine.endpoint).publish(PhoneNumber="+12025550199", Message="hello")
    sent = [message for message in messages(engine.endpoint) if message.to == "+12025550199"]
    assert [message.text for message in sent] == ["hello"]


@pytest.fixture
def subscriber() -> Iterator[tuple[str, Queue[Delivery]]]:
    """A subscriber over HTTP: its address and what it is sent."""
    deliveries: Queue[Delivery] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            deliveries.put(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alarms", deliveries
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("version", "digest"),
    [("1", hashes.SHA1()), ("2", hashes.SHA256())],  # noqa: S303  # version 1 is what it is
)
def test_sns_signs_what_it_sends_over_http(
    engine: Engine, subscriber: tuple[str, Queue[Delivery]], version: str, digest: hashes.HashAlgorithm
) -> None:
    address, deliveries = subscriber
    sns = client("sns", engine.endpoint)
    topic = sns.create_topic(Name=f"signed-{version}", Attributes={"SignatureVersion": version})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address)
    headers, confirmation = deliveries.get(timeout=30)
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert headers["content-type"] == "text/plain; charset=UTF-8"
    verify(confirmation, digest)
    sns.confirm_subscription(TopicArn=topic, Token=confirmation["Token"])
    sns.publish(TopicArn=topic, Subject="a subject", Message="a message")
    headers, notification = deliveries.get(timeout=30)
    assert headers["x-amz-sns-message-id"] == notification["MessageId"]
    assert headers["x-amz-sns-subscription-arn"].startswith(f"arn:aws:sns:{REGION}:{ACCOUNT}:signed-{version}:")
    assert notification["SignatureVersion"] == version
    verify(notification, digest)


def verify(message: dict[str, Any], digest: hashes.HashAlgorithm) -> None:
    key = signing_key(SIGNING)
    assert message["SigningCertURL"] == key.url
    public = load_pem_x509_certificate(key.certificate.encode()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(base64.b64decode(message["Signature"]), string_to_sign(message), padding.PKCS1v15(), digest)
