"""Alarms of CloudWatch: over HTTPS if SNS signed them, and the installation's own by SNS and EventBridge."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.integration.doors import (
    ARN,
    CERTIFICATE_URL,
    PEM,
    TOPIC,
    alarm,
    made,
    message,
    notify,
    only,
    pem,
    post,
    signed,
)
from tests.world import Caller, Context, handler
from tocsin import keys
from tocsin.settings import settings
from tocsin.store import tickets


@pytest.fixture(autouse=True)
def trust(world: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SNS_CERTIFICATE_URL", CERTIFICATE_URL)
    monkeypatch.setenv("SNS_CERTIFICATE_PEM", PEM)
    monkeypatch.setenv("ALARM_INTEGRATION", "acme/watch")
    yield
    settings.__dict__.clear()


@pytest.fixture
def watch(acme: Caller) -> str:
    return made(acme, "cloudwatch")


def notes(ticket_id: str) -> list[str]:
    rows = tickets.query_all(keys.ticket("acme", ticket_id)["pk"], begins=keys.NOTES)
    return [row["text"] for row in rows]


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_alarm_that_sns_signed_opens_a_ticket_and_its_end_resolves_it(
    acme: Caller, watch: str, version: str
) -> None:
    assert notify(watch, alarm(), version=version).status == 200
    ticket = only(acme)
    assert (ticket["title"], ticket["dedup_key"], ticket["source"]) == ("checkout-5xx", ARN, "integration:watch")
    assert (ticket["severity"], ticket["labels"]["metric"]) == ("sev2", "5xx")
    assert ticket["description"] == "More than 2 %.\n\nThreshold crossed."
    assert ticket["links"][0]["href"].startswith("https://eu-central-1.console.aws.amazon.com/cloudwatch/")
    assert notify(watch, alarm("OK"), version=version).status == 200
    done = acme("GET", f"/tickets/{ticket['ticket_id']}").body
    assert (done["status"], done["acknowledged_by"]) == ("resolved", None)


def test_an_alarm_is_of_one_ticket_while_it_lasts(acme: Caller, watch: str) -> None:
    notify(watch, alarm())
    first = only(acme)["ticket_id"]
    assert only(acme)["count"] == 1
    notify(watch, alarm(NewStateReason="Again."))
    assert (only(acme)["ticket_id"], only(acme)["count"]) == (first, 2)
    notify(watch, alarm(AlarmArn=ARN + "-other"))
    assert len(acme("GET", "/tickets").body["items"]) == 2
    notify(watch, alarm("OK"))
    assert only(acme)["ticket_id"] != first
    notify(watch, alarm(NewStateReason="Anew."))
    assert len(acme("GET", "/tickets").body["items"]) == 2


def test_a_message_delivered_twice_is_one_alarm_even_when_it_is_over(acme: Caller, watch: str) -> None:
    for _ in range(2):
        notify(watch, alarm())
    assert only(acme)["count"] == 1
    notify(watch, alarm("OK"))
    assert notify(watch, alarm()).status == 200
    assert acme("GET", "/tickets").body["items"] == []


def test_an_end_that_comes_late_ends_no_alarm_that_has_gone_off_since(acme: Caller, watch: str) -> None:
    before, went_off, after = (f"2026-11-22T20:{minute}:28.123+0000" for minute in (27, 28, 29))
    notify(watch, alarm(StateChangeTime=went_off))
    assert notify(watch, alarm("OK", StateChangeTime=before)).status == 200
    assert only(acme)["status"] == "unread"
    notify(watch, alarm("OK", StateChangeTime=after))
    assert acme("GET", "/tickets").body["items"] == []


def test_an_alarm_from_the_future_ends_all_the_same(acme: Caller, watch: str) -> None:
    notify(watch, alarm(StateChangeTime="2126-11-22T20:28:28.123+0000"))
    notify(watch, alarm("OK", StateChangeTime=None))
    assert acme("GET", "/tickets").body["items"] == []


def test_an_ok_or_no_data_without_a_ticket_does_nothing(acme: Caller, watch: str) -> None:
    for state in ("OK", "INSUFFICIENT_DATA"):
        assert notify(watch, alarm(state)).status == 200
    assert acme("GET", "/tickets").body["items"] == []


def test_insufficient_data_is_one_line_in_the_history(acme: Caller, watch: str) -> None:
    notify(watch, alarm())
    for _ in range(2):
        assert notify(watch, alarm("INSUFFICIENT_DATA", NewStateReason="No data.")).status == 200
    ticket = only(acme)
    assert (ticket["status"], ticket["count"]) == ("unread", 1)
    assert notes(ticket["ticket_id"]) == ["checkout-5xx: insufficient data. No data."]


def test_an_older_alarm_without_an_arn_is_known_by_account_region_and_name(acme: Caller, watch: str) -> None:
    notify(watch, alarm(AlarmArn=None))
    assert only(acme)["dedup_key"] == "123456789012:EU (Frankfurt):checkout-5xx"
    notify(watch, alarm("OK", AlarmArn=None))
    assert acme("GET", "/tickets").body["items"] == []


FORGERIES: list[dict[str, Any]] = [
    {"Message": "{}"},
    {"TopicArn": TOPIC + "x"},
    {"Timestamp": "2026-11-22T20:28:29.000Z"},
    {"Subject": "added"},
    {"Signature": "AAAA"},
    {"Signature": "FAKE!"},
    {"Signature": None},
    {"SignatureVersion": "1"},
    {"SignatureVersion": "3"},
    {"Type": "Other"},
    {"SigningCertURL": None},
    {"SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-other.pem"},
    {"SigningCertURL": "https://evil.example/SimpleNotificationService-test.pem"},
    {"SigningCertURL": "http://169.254.169.254/latest/meta-data/x.pem"},
]


@pytest.mark.parametrize("forged", FORGERIES, ids=str)
def test_what_sns_did_not_sign_is_refused(acme: Caller, watch: str, forged: dict[str, Any]) -> None:
    body = signed(message(alarm())) | forged
    answer = post("cloudwatch", watch, json.dumps(body))
    assert (answer.status, answer.headers["content-type"]) == (403, "application/problem+json")
    assert acme("GET", "/tickets").body["items"] == []


def test_another_key_or_a_certificate_that_is_over_is_refused(
    acme: Caller, watch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    assert notify(watch, alarm(), by=other).status == 403
    monkeypatch.setenv("SNS_CERTIFICATE_PEM", pem(until=-timedelta(days=1)))
    settings.__dict__.clear()
    assert notify(watch, alarm()).status == 403
    assert acme("GET", "/tickets").body["items"] == []


@pytest.mark.parametrize("url", [FORGERIES[-2]["SigningCertURL"], FORGERIES[-1]["SigningCertURL"], "https://x/y.pem"])
def test_on_aws_a_certificate_is_fetched_from_sns_alone(
    acme: Caller, watch: str, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.delenv("SNS_CERTIFICATE_PEM")
    settings.__dict__.clear()
    answer = post("cloudwatch", watch, json.dumps(signed(message(alarm())) | {"SigningCertURL": url}))
    assert answer.status == 403
    assert "not a certificate of SNS" in answer.body["detail"]


@pytest.mark.parametrize(
    "text", ["no json", "[]", "{}", '{"AlarmName": "x"}', '{"AlarmName": "x", "NewStateValue": "?"}']
)
def test_a_signed_message_that_is_no_alarm_is_invalid(acme: Caller, watch: str, text: str) -> None:
    answer = notify(watch, text)
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", "Message"])


def confirmation(**fields: Any) -> dict[str, Any]:
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"
    told = {"Type": "SubscriptionConfirmation", "Token": "t" * 40, "SubscribeURL": url} | fields
    return message("You have chosen to subscribe.", **told)


def test_a_subscription_confirms_itself_by_its_token(acme: Caller, watch: str) -> None:
    topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
    told = signed(confirmation(TopicArn=topic))
    assert post("cloudwatch", watch, json.dumps(told)).status == 200
    assert acme("GET", "/tickets").body["items"] == []


def test_a_forged_confirmation_is_not_followed(acme: Caller, watch: str) -> None:
    told = signed(confirmation()) | {"SubscribeURL": "http://169.254.169.254/"}
    assert post("cloudwatch", watch, json.dumps(told)).status == 403


def test_a_confirmation_of_no_topic_is_refused(acme: Caller, watch: str) -> None:
    assert post("cloudwatch", watch, json.dumps(signed(confirmation(TopicArn="nonsense")))).status == 422


def test_an_end_of_a_subscription_is_taken_note_of(acme: Caller, watch: str) -> None:
    told = signed(confirmation(Type="UnsubscribeConfirmation"))
    assert post("cloudwatch", watch, json.dumps(told)).status == 200


# --- The installation's own alarms


def own(*texts: str, number: str = "m1") -> None:
    records = [
        {"EventSource": "aws:sns", "Sns": {"Message": text, "MessageId": f"{number}-{place}", "Type": "Notification"}}
        for place, text in enumerate(texts)
    ]
    handler("ingest").lambda_handler({"Records": records}, Context())


def event(state: str, **fields: Any) -> dict[str, Any]:
    detail = {
        "alarmName": "checkout-5xx",
        "configuration": {"description": "More than 2 %."},
        "state": {"value": state, "reason": "Threshold crossed.", "timestamp": "2026-11-22T20:28:28.123+0000"},
    }
    told = {"id": f"e-{state}", "source": "aws.cloudwatch", "region": "eu-central-1", "account": "123456789012"}
    return told | {"resources": [ARN], "detail": detail} | fields


def test_alarms_of_the_account_go_to_the_integration_that_is_set(acme: Caller, watch: str) -> None:
    own(alarm(), alarm(AlarmArn=ARN + "-2"))
    assert len(acme("GET", "/tickets").body["items"]) == 2
    own(alarm("OK"), number="m2")
    assert only(acme)["dedup_key"] == ARN + "-2"


def test_events_of_the_account_and_its_topic_tell_of_the_same_alarm(acme: Caller, watch: str) -> None:
    handler("ingest").lambda_handler(event("ALARM"), Context())
    own(alarm())
    assert only(acme)["count"] == 2
    handler("ingest").lambda_handler(event("OK"), Context())
    assert acme("GET", "/tickets").body["items"] == []


@pytest.mark.parametrize("setting", ["", "acme/nosuch", "nosuch/watch", "acme"])
def test_an_alarm_without_an_integration_is_dropped(
    acme: Caller, watch: str, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("ALARM_INTEGRATION", setting)
    settings.__dict__.clear()
    own(alarm())
    handler("ingest").lambda_handler(event("ALARM"), Context())
    assert acme("GET", "/tickets").body["items"] == []


def test_what_is_no_alarm_keeps_no_other_from_being_told(acme: Caller, watch: str) -> None:
    own("no json", "{}", alarm())
    handler("ingest").lambda_handler({"detail": "?"}, Context())
    assert only(acme)["title"] == "checkout-5xx"
