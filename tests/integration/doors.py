"""Doors as other systems use them: integrations, requests, alarms of CloudWatch, messages that SNS signed."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.world import Answer, Caller, call, request
from tocsin import ids

ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-5xx"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
CERTIFICATE_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-test.pem"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])


def pem(key: Any = KEY, *, until: timedelta = timedelta(days=3650)) -> str:
    begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + until
    built = x509.CertificateBuilder(NAME, NAME, key.public_key(), 1, begin, end).sign(key, SHA256())
    return built.public_bytes(Encoding.PEM).decode()


PEM = pem()


def made(acme: Caller, kind: str, **fields: Any) -> str:
    """Make an integration and return its key."""
    names = {"cloudwatch": "watch", "generic": "scripts"}
    wish = {"integration_id": names[kind], "type": kind, "team": "payments"} | fields
    answer = acme("POST", "/integrations", wish)
    assert answer.status == 201
    return str(answer.body["key"])


def post(kind: str, key: str, body: Any, **how: Any) -> Answer:
    return call("ingest", request("POST", f"/in/{kind}/{key}", body, **how))


def only(acme: Caller, **query: Any) -> dict[str, Any]:
    (ticket,) = acme("GET", "/tickets", query=query).body["items"]
    return dict(ticket)


def alarm(state: str = "ALARM", **fields: Any) -> str:
    told = {
        "AlarmName": "checkout-5xx",
        "AlarmDescription": "More than 2 %.",
        "AWSAccountId": "123456789012",
        "NewStateValue": state,
        "NewStateReason": "Threshold crossed.",
        "StateChangeTime": "2026-11-22T20:28:28.123+0000",
        "Region": "EU (Frankfurt)",
        "AlarmArn": ARN,
        "Trigger": {"MetricName": "5xx", "Namespace": "AWS/ApplicationELB", "Dimensions": []},
    }
    return json.dumps(told | fields)


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": ids.sha256(text, repr(fields))[:36],
        "TopicArn": TOPIC,
        "Message": text,
        "Timestamp": "2026-11-22T20:28:28.173Z",
        "SigningCertURL": CERTIFICATE_URL,
    } | fields


def signed(told: dict[str, Any], *, version: str = "2", by: Any = KEY) -> dict[str, Any]:
    names = {"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
    text = "".join(f"{name}\n{told[name]}\n" for name in sorted(names & {*told}))
    digest = SHA1() if version == "1" else SHA256()  # noqa: S303 - what version 1 is
    signature = base64.b64encode(by.sign(text.encode(), PKCS1v15(), digest)).decode()
    return told | {"SignatureVersion": version, "Signature": signature}


def notify(key: str, text: str, **how: Any) -> Answer:
    """Deliver a message as SNS does: JSON that says it is plain text."""
    headers = {"content-type": "text/plain; charset=UTF-8"}
    return post("cloudwatch", key, json.dumps(signed(message(text), **how)), headers=headers)
