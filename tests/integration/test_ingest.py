"""Doors for other systems: what is sent becomes tickets, or closes them; what is forged is refused."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.world import Answer, Caller, Context, call, handler, request
from tocsin import ids, keys
from tocsin.settings import settings
from tocsin.store import tickets

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


@pytest.fixture(autouse=True)
def trust(world: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SNS_CERTIFICATE_URL", CERTIFICATE_URL)
    monkeypatch.setenv("SNS_CERTIFICATE_PEM", PEM)
    monkeypatch.setenv("ALARM_INTEGRATION", "acme/watch")
    yield
    settings.__dict__.clear()


def made(acme: Caller, kind: str, **fields: Any) -> str:
    """Make an integration and return its key."""
    names = {"cloudwatch": "watch", "generic": "scripts"}
    wish = {"integration_id": names[kind], "type": kind, "team": "payments"} | fields
    answer = acme("POST", "/integrations", wish)
    assert answer.status == 201
    return str(answer.body["key"])


@pytest.fixture
def generic(acme: Caller) -> str:
    return made(acme, "generic", severity_map={"critical": "sev1", "*": "sev4"})


@pytest.fixture
def watch(acme: Caller) -> str:
    return made(acme, "cloudwatch")


def post(kind: str, key: str, body: Any, **how: Any) -> Answer:
    return call("ingest", request("POST", f"/in/{kind}/{key}", body, **how))


def only(acme: Caller, **query: Any) -> dict[str, Any]:
    (ticket,) = acme("GET", "/tickets", query=query).body["items"]
    return dict(ticket)


def notes(ticket_id: str) -> list[str]:
    rows = tickets.query_all(keys.ticket("acme", ticket_id)["pk"], begins=keys.NOTES)
    return [row["text"] for row in rows]


# --- The generic door


def test_an_alert_is_written_before_it_is_accepted(acme: Caller, generic: str) -> None:
    alert = {
        "title": "Disk full",
        "description": "95 %",
        "severity": "critical",
        "labels": {"host": "db1", "free": 5},
        "links": [{"href": "https://example.com", "text": "graph"}],
        "dedup_key": "db1-disk",
        "rack": 7,
    }
    answer = post("generic", generic, alert)
    assert answer.status == 202
    ticket = only(acme)
    assert answer.body == {"ticket_id": ticket["ticket_id"]}
    assert (ticket["team"], ticket["title"], ticket["severity"]) == ("payments", "Disk full", "sev1")
    assert (ticket["source"], ticket["dedup_key"], ticket["status"]) == ("integration:scripts", "db1-disk", "unread")
    assert (ticket["labels"], ticket["links"]) == ({"host": "db1", "free": "5"}, alert["links"])
    assert ticket["description"].startswith("95 %")
    assert '"rack": 7' in ticket["description"]


def test_the_same_key_is_counted_until_it_is_resolved(acme: Caller, generic: str) -> None:
    alert = {"title": "Disk full", "dedup_key": "k"}
    first, again = post("generic", generic, alert), post("generic", generic, alert | {"title": "Still full"})
    assert first.body == again.body
    assert (only(acme)["count"], only(acme)["title"]) == (2, "Disk full")
    close = {"action": "resolve", "dedup_key": "k"}
    assert post("generic", generic, close).body == first.body
    assert acme("GET", "/tickets").body["items"] == []
    closed = post("generic", generic, close)
    assert (closed.status, closed.body) == (202, {"ticket_id": None})
    assert post("generic", generic, alert).body != first.body


def test_without_a_key_every_alert_is_a_ticket(acme: Caller, generic: str) -> None:
    for _ in range(2):
        post("generic", generic, {"title": "Disk full"})
    assert len(acme("GET", "/tickets").body["items"]) == 2


def test_an_alert_can_be_acknowledged_and_stays_with_whom_it_was(acme: Caller, generic: str) -> None:
    ticket_id = post("generic", generic, {"title": "Disk full", "dedup_key": "k"}).body["ticket_id"]
    acknowledge = {"action": "acknowledge", "dedup_key": "k"}
    assert post("generic", generic, acknowledge).body == {"ticket_id": ticket_id}
    assert only(acme)["acknowledged_by"] == "integration:scripts"
    acme("PATCH", f"/tickets/{ticket_id}", {"status": "pending_fix", "by": "ada"})
    post("generic", generic, acknowledge)
    assert only(acme)["status"] == "pending_fix"
    assert post("generic", generic, {"action": "acknowledge", "dedup_key": "other"}).body == {"ticket_id": None}


def test_keys_of_two_doors_and_of_the_api_are_not_the_same(acme: Caller, generic: str) -> None:
    acme("POST", "/tickets", {"team": "payments", "title": "x", "dedup_key": "k"})
    second = acme("POST", "/integrations", {"integration_id": "b", "type": "generic", "team": "payments"}).body["key"]
    for key in (generic, second):
        post("generic", key, {"title": "Disk full", "dedup_key": "k"})
    assert len(acme("GET", "/tickets").body["items"]) == 3
    post("generic", second, {"action": "resolve", "dedup_key": "k"})
    assert len(acme("GET", "/tickets").body["items"]) == 2


@pytest.mark.parametrize(
    ("foreign", "severity", "remark"),
    [
        ("critical", "sev1", False),
        ("sev3", "sev3", False),
        ("odd", "sev4", False),
        (None, "sev4", False),
    ],
)
def test_a_foreign_severity_is_mapped(
    acme: Caller, generic: str, foreign: str | None, severity: str, remark: bool
) -> None:
    post("generic", generic, {"title": "x", "severity": foreign})
    ticket = only(acme)
    assert ticket["severity"] == severity
    assert ("remark" in (tickets.get(keys.ticket("acme", ticket["ticket_id"])) or {})) == remark


def test_an_unknown_severity_is_the_companys_default_and_the_history_says_so(acme: Caller) -> None:
    key = made(acme, "generic")
    post("generic", key, {"title": "x", "severity": "odd"})
    ticket = only(acme)
    assert ticket["severity"] == "sev2"
    row = tickets.get(keys.ticket("acme", ticket["ticket_id"])) or {}
    assert row["remark"] == "The severity 'odd' is unknown; sev2 was taken."


def test_over_long_text_is_cut_not_refused(acme: Caller, generic: str) -> None:
    alert = {"title": "t" * 5_000, "description": "d" * 400_000, "labels": {"a" * 500: "b" * 5_000}}
    assert post("generic", generic, alert).status == 202
    ticket = only(acme)
    assert len(ticket["title"]) == 1024
    assert len(acme("GET", f"/tickets/{ticket['ticket_id']}").body["description"]) == 100_000
    assert [(len(name), len(text)) for name, text in ticket["labels"].items()] == [(128, 1024)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 400),
        ('{"title": NaN', 400),
        ("[" * 100_000, 400),
        ("[]", 422),
        ('"title"', 422),
        ({}, 422),
        ({"title": ""}, 422),
        ({"title": 5}, 422),
        ({"title": "x", "labels": "host"}, 422),
        ({"title": "x", "action": "explode"}, 422),
        ({"action": "resolve"}, 422),
        ({"title": "x" * 1_100_000}, 413),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_problem(acme: Caller, generic: str, body: Any, status: int) -> None:
    answer = post("generic", generic, body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["status"] == status
    assert acme("GET", "/tickets").body["items"] == []


def test_half_a_surrogate_pair_is_replaced(acme: Caller, generic: str) -> None:
    assert post("generic", generic, '{"title": "\\ud800 x", "dedup_key": "\\udfff"}').status == 202
    assert only(acme)["title"] == "\ufffd x"


def test_a_body_in_base64_is_read(acme: Caller, generic: str) -> None:
    event = request("POST", f"/in/generic/{generic}", {"title": "\u00fc"})
    event |= {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
    assert call("ingest", event).status == 202
    assert only(acme)["title"] == "\u00fc"
    assert call("ingest", event | {"body": "%%%"}).status == 400


def test_a_door_is_opened_by_its_own_key_alone(acme: Caller, generic: str, watch: str) -> None:
    alert = {"title": "x"}
    for path in (
        f"generic/{'0' * 32}",
        f"generic/{watch}",
        f"cloudwatch/{generic}",
        "generic/",
        f"pigeon/{generic}",
        "",
    ):
        assert call("ingest", request("POST", f"/in/{path}", alert)).status == 404, path
    found = call("ingest", request("GET", f"/in/generic/{generic}"))
    assert (found.status, found.headers["allow"]) == (405, "POST")
    acme("DELETE", "/integrations/scripts")
    assert post("generic", generic, alert).status == 404


def test_a_suspended_companys_doors_are_closed(acme: Caller, generic: str) -> None:
    Caller(tenant="", role="operator")("PATCH", "/companies/acme", {"suspended": True})
    assert post("generic", generic, {"title": "x"}).status == 403
    Caller(tenant="", role="operator")("PATCH", "/companies/acme", {"suspended": False})
    assert post("generic", generic, {"title": "x"}).status == 202


# --- The CloudWatch door


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
