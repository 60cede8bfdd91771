"""The sample events around a ticket, in the order in which they happen, are accepted by their functions."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from tests.world import ENVIRONMENT, ROOT, Caller, Context, call, handler
from tocsin import clock, ids, keys, telemetry
from tocsin.keys import Key
from tocsin.settings import settings
from tocsin.store import directory, tickets

NOW = datetime(2026, 11, 22, 20, 28, 28, 123000, tzinfo=UTC)
DOOR_KEY = "0123456789abcdef0123456789abcdef"
LINK = "q7Zb2RkX0sVtW4yLm9PcHd"
CODE = "48213"


def sample(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8")))


def run(name: str) -> Any:
    """Give a sample to its function."""
    return handler(name.partition("/")[0]).lambda_handler(sample(name), Context())


def ask(name: str) -> int:
    """Give a sample request to its function and return the answer's status."""
    return call(name.partition("/")[0], sample(name)).status


def bodies(queue: str) -> list[dict[str, Any]]:
    """Return the messages of a queue, taken out of it."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def body_of(name: str) -> dict[str, Any]:
    """Return the body of a sample message of a queue."""
    return dict(json.loads(sample(name)["Records"][0]["body"]))


def texts() -> list[str]:
    """Return the SMS that were sent."""
    sent = sns_backends[DEFAULT_ACCOUNT_ID][ENVIRONMENT["AWS_DEFAULT_REGION"]].sms_messages
    return [text for _, text in sent.values()]


@pytest.fixture(autouse=True)
def _counting(monkeypatch: pytest.MonkeyPatch) -> None:
    # Read from the environment when the module is imported, which here is before there is one.
    monkeypatch.setattr(telemetry.metrics.provider, "namespace", ENVIRONMENT["POWERTOOLS_METRICS_NAMESPACE"])


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock to so many seconds after the ticket was opened."""

    def at(seconds: float) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=seconds))

    at(0)
    return at


@pytest.fixture
def acme(moment: Callable[[float], None], monkeypatch: pytest.MonkeyPatch) -> Caller:
    """The company of the samples, made by samples where there are some."""
    monkeypatch.setattr(ids, "reply_codes", lambda *_: iter([CODE]))
    monkeypatch.setattr(ids, "link_token", lambda: LINK)
    monkeypatch.setattr(ids, "integration_key", lambda: DOOR_KEY)
    admin = Caller(actor="api_key:admin")
    assert ask("companies/onboard") == 201
    assert ask("teams/create") == 201
    assert admin("POST", "/users", {"user_id": "bob", "email": "bob@example.com", "role": "responder"}).status == 201
    phone = {"method_id": "phone", "channel": "sms", "address": "+4915112345678", "verified": True}
    assert admin("POST", "/users/ada/contact_methods", phone).status == 201
    assert ask("teams/add_member") == 201
    assert ask("rules/create") == 201
    assert ask("rules/list_of_team") == 200
    assert ask("rules/explain") == 200
    return admin


@pytest.fixture
def paged(acme: Caller, moment: Callable[[float], None]) -> Caller:
    """The ticket of the samples was opened, and ada has its page."""
    assert ask("tickets/open") == 201
    assert run("clock/due_set") == {"batchItemFailures": []}
    assert bodies("due") == [body_of("escalator/step_due")]
    moment(0.119)
    assert run("escalator/step_due") == {"batchItemFailures": []}
    assert bodies("sms") == [body_of("notifier/page")]
    assert run("notifier/page") == {"batchItemFailures": []}
    assert [CODE in text and LINK in text for text in texts()] == [True]
    return acme


def test_a_ticket_is_opened_and_its_first_step_pages(paged: Caller) -> None:
    assert ask("tickets/list_unread") == 200
    assert call("tickets", sample("tickets/pages")).body["items"][0]["status"] == "sent"


def test_the_samples_of_the_stream_tell_the_history(paged: Caller) -> None:
    for name in ("ticket_opened", "page_sent", "note_added", "acknowledged"):
        assert run(f"historian/{name}") == {"batchItemFailures": []}
    told = call("tickets", sample("tickets/history")).body["items"]
    assert [line["kind"] for line in told] == ["opened", "paged", "noted", "acknowledged"]


def test_the_sample_of_a_ticket_that_is_gone_leaves_nothing_of_it(paged: Caller) -> None:
    run("historian/note_added")
    (pk,) = {row["Keys"]["pk"]["S"] for row in [sample("historian/ticket_expired")["Records"][0]["dynamodb"]]}
    assert len(tickets.query(pk).items) > 2
    tickets.delete(Key(pk=pk, sk="TICKET"))
    assert run("historian/ticket_expired") == {"batchItemFailures": []}
    assert tickets.query(pk).items == []
    assert call("tickets", sample("tickets/history")).status == 404


def test_the_samples_of_the_stream_arm_a_timer_and_cancel_it(paged: Caller) -> None:
    scheduler = boto3.client("scheduler")
    assert run("clock/due_moved") == {"batchItemFailures": []}
    (schedule,) = scheduler.list_schedules(GroupName="tocsin")["Schedules"]
    target = scheduler.get_schedule(GroupName="tocsin", Name=schedule["Name"])["Target"]
    assert json.loads(target["Input"]) == body_of("escalator/fired_early")
    assert run("clock/due_cleared") == {"batchItemFailures": []}
    assert scheduler.list_schedules(GroupName="tocsin")["Schedules"] == []


def test_a_timer_that_fires_early_is_put_back(paged: Caller, moment: Callable[[float], None]) -> None:
    moment(250)
    assert run("escalator/fired_early") == {"batchItemFailures": []}
    (page,) = call("tickets", sample("tickets/pages")).body["items"]
    assert page["user"] == "ada"


def test_a_link_shows_the_ticket_and_acknowledges_it(paged: Caller) -> None:
    assert ask("links/show") == 200
    assert ask("links/acknowledge") == 200
    assert call("tickets", sample("tickets/acknowledge")).body["acknowledged_by"] == "ada"


def test_somebody_is_told_who_they_are(acme: Caller) -> None:
    assert ask("me/get") == 200


def test_an_identity_provider_keeps_users(acme: Caller) -> None:
    assert ask("scim/create") == 201
    assert json.loads(run("scim/find")["body"])["totalResults"] == 1
    assert json.loads(run("scim/deactivate")["body"])["active"] is False


def test_an_admin_reads_how_people_sign_in(acme: Caller) -> None:
    there = {"issuer": "https://login.example.com", "audience": "tocsin", "role_claim": "groups", "roles": {}}
    since = {"fetched_at": "2026-11-22T20:28:28.123Z", "asked_at": "2026-11-22T20:28:28.123Z"}
    directory.put({**keys.issuer("acme"), **there, **since, "jwks_uri": "https://login.example.com/keys", "keys": []})
    assert call("sso", sample("sso/get")).body == there


def test_a_reply_acknowledges(paged: Caller) -> None:
    run("replies/ack_with_code")
    (notice,) = bodies("sms")
    assert notice["text"].startswith("Tocsin: acknowledged")


def test_a_ticket_is_noted_and_acknowledged(paged: Caller) -> None:
    assert ask("tickets/note") == 201
    assert ask("tickets/acknowledge") == 200


@pytest.mark.parametrize("act", ["snooze", "escalate", "reassign", "add_responders", "change_many"])
def test_a_ticket_is_steered(paged: Caller, act: str) -> None:
    assert ask(f"tickets/{act}") == 200


def test_a_team_is_in_maintenance(acme: Caller) -> None:
    assert ask("teams/maintenance") == 200
    assert acme("GET", "/teams/payments").body["maintenance"]["reason"] == "New disks."


def test_the_company_sets_its_last_resort(acme: Caller) -> None:
    assert ask("company/change") == 200
    assert call("company", sample("company/read")).body["last_resort"] == [{"user": "ada"}]


def test_an_admin_reads_who_changed_what(acme: Caller) -> None:
    told = call("audit", sample("audit/list")).body["items"]
    assert {one["path"] for one in told} == {"/api/v1/teams/payments/members/ada", "/api/v1/teams"}


def test_a_notice_is_sent(acme: Caller) -> None:
    assert run("notifier/notice") == {"batchItemFailures": []}
    assert texts() == [body_of("notifier/notice")["text"]]


def test_the_sweeper_finds_what_was_lost(acme: Caller, moment: Callable[[float], None]) -> None:
    ask("tickets/open")
    moment(60)
    assert run("sweeper/every_minute") == {"looked_at": 1}
    assert bodies("due") == [body_of("escalator/step_due")]


def test_the_auditor_finds_nothing_to_repair(paged: Caller, moment: Callable[[float], None]) -> None:
    moment(900)
    found = run("auditor/every_hour")
    assert (found["armed"], found["deleted"], found["failed"], found["whole"]) == (0, 0, 0, True)


def test_dead_letters_go_back_to_their_queue(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    url = boto3.client("sqs").create_queue(QueueName="due-dead")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTERS", json.dumps({"due": url}))
    settings.__dict__.clear()
    timer = body_of("escalator/step_due")
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(timer), MessageGroupId="acme")
    assert run("redriver/due")["redriven"] == 1
    assert bodies("due") == [timer]


@pytest.mark.parametrize("name", ["ingest/eventbridge_alarm", "ingest/sns_alarm"])
def test_an_alarm_of_the_account_opens_a_ticket_and_its_end_resolves_it(
    acme: Caller, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ALARM_INTEGRATION", "acme/watch")
    assert ask("integrations/create") == 201
    run(name)
    run(name)
    (ticket,) = acme("GET", "/tickets").body["items"]
    assert ticket["source"] == "integration:watch"
    assert ticket["count"] == 1, "the same change was delivered twice"
    run("ingest/sns_ok")
    run(name)
    assert acme("GET", f"/tickets/{ticket['ticket_id']}").body["status"] == "resolved"
    assert acme("GET", "/tickets").body["items"] == [], "the change is over, however late it is delivered again"


def test_a_generic_alert_opens_a_ticket(acme: Caller) -> None:
    door = {"integration_id": "scripts", "type": "generic", "name": "Scripts", "team": "payments"}
    assert acme("POST", "/integrations", door).status == 201
    assert ask("ingest/http_generic_open") == 202
    assert len(acme("GET", "/tickets").body["items"]) == 1


def test_an_alarm_over_https_opens_a_ticket_if_sns_signed_it(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("integrations/create") == 201
    event = sample("ingest/http_cloudwatch_notification")
    assert call("ingest", _signed(event, monkeypatch)).status == 200
    assert len(acme("GET", "/tickets").body["items"]) == 1
    assert call("ingest", {**event, "body": event["body"].replace("EXAMPLE", "RVhBTVBMRQ==")}).status == 403


def test_a_subscription_is_confirmed_if_sns_signed_its_request(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("integrations/create") == 201
    boto3.client("sns").create_topic(Name="tocsin-alarms")
    assert call("ingest", _signed(sample("ingest/http_cloudwatch_confirmation"), monkeypatch)).status == 200


def _signed(event: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the event with a signature of a key that is trusted from now on."""
    message = json.loads(event["body"])
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - timedelta(days=1), NOW + timedelta(days=1))
    monkeypatch.setenv("SNS_CERTIFICATE_URL", message["SigningCertURL"])
    monkeypatch.setenv("SNS_CERTIFICATE_PEM", built.sign(key, SHA256()).public_bytes(Encoding.PEM).decode())
    settings.__dict__.clear()
    # SNS developer guide, verifying signatures: these, in this order, if they are there; version 1 is SHA-1.
    names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    signature = key.sign(text.encode(), PKCS1v15(), SHA1())  # noqa: S303 - what the sample is
    return {**event, "body": json.dumps({**message, "Signature": base64.b64encode(signature).decode()})}


def test_every_function_has_sample_events() -> None:
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert functions == {path.parent.name for path in (ROOT / "events").glob("*/*.json")}
