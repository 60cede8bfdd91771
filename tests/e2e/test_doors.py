"""What comes in from outside: signed SNS messages, EventBridge, links in messages."""

import json
import re
import uuid
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from infra.local import demo, inbox
from infra.local.alarm import alarm, raise_alarm
from infra.local.aws import client
from infra.local.client import Client
from infra.local.demo import Person
from infra.local.signing import sign
from infra.local.stack import Stack
from tests.e2e.toy import until

SAMPLES = Path(__file__).parents[2] / "events"


FORGERIES = [
    {"Message": "{}"},
    {"SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-other.pem"},
    {"SigningCertURL": "https://sns.us-east-1.amazonaws.com.example.com/SimpleNotificationService-other.pem"},
]


@pytest.fixture(scope="module")
def team(stack: Stack) -> str:
    """A team of one, who is paged by SMS."""
    stack.api.call("POST", "/teams", {"team_id": "doors", "name": "Doors"})
    person = Person("dora", "Dora", "+12025550155", "dora@example.com")
    demo.employ(stack.api, (person,), "doors")
    stack.api.call("POST", "/rules", demo.rule("doors", ({"user": person.user_id},), ("1h",)))
    return "doors"


@pytest.fixture(scope="module")
def door(stack: Stack, team: str) -> str:
    """The address of a CloudWatch integration of the team, as its answer gave it."""
    integration = {"integration_id": "door", "type": "cloudwatch", "name": "Door", "team": team}
    url: str = stack.api.call("POST", "/integrations", integration)["url"]
    return url


def ticket(stack: Stack, team: str, title: str, status: str = "unread") -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        items = stack.api.call("GET", f"/tickets?team={team}&status={status}")["items"]
        return next((item for item in items if title in item["title"]), None)

    return until(look, f"a ticket {title!r} that is {status}")


def message(stack: Stack, **fields: str) -> dict[str, Any]:
    """A signed notification."""
    body: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:alarms",
        "Message": json.dumps(alarm(f"alarm-{uuid.uuid4().hex}")),
        "Timestamp": "2026-11-22T20:28:28.123Z",
        **fields,
    }
    sign(body, stack.signing)
    return body


def test_a_subscribed_topic_confirms_itself_opens_and_resolves(stack: Stack, team: str, door: str) -> None:
    sns = client("sns", stack.endpoint)
    topic = sns.create_topic(Name="foreign", Attributes={"SignatureVersion": "2"})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=door)

    def confirmed() -> bool | None:
        arn = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"]
        attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return attributes["PendingConfirmation"] == "false" or None

    until(confirmed, "the confirmation")
    raise_alarm(sns, topic, "queue-age")
    opened = ticket(stack, team, "queue-age")
    raise_alarm(sns, topic, "queue-age", "OK")
    assert ticket(stack, team, "queue-age", "resolved")["ticket_id"] == opened["ticket_id"]


@pytest.mark.parametrize("change", FORGERIES)
def test_a_message_whose_signature_does_not_fit_is_refused(stack: Stack, door: str, change: dict[str, str]) -> None:
    forged = {**message(stack), **change}
    answer = Client(stack.url).request("POST", door.removeprefix(stack.url), forged)
    assert answer.status == 403


def test_a_signed_message_is_taken_as_plain_text_as_sns_sends_it(stack: Stack, team: str, door: str) -> None:
    name = f"disk-{uuid.uuid4().hex}"
    body = message(stack, Message=json.dumps(alarm(name)))
    caller = Client(stack.url, headers={"Content-Type": "text/plain; charset=UTF-8"})
    answer = caller.request("POST", door.removeprefix(stack.url), json.dumps(body).encode())
    assert answer.status == 200
    assert name in ticket(stack, team, name)["title"]


def test_an_alarm_over_eventbridge_opens_a_ticket_of_the_demo_company(stack: Stack) -> None:
    """Nobody but AWS may put events of aws.*, here neither: the rule's target is called as the rule would call it."""
    event = json.loads((SAMPLES / "ingest" / "eventbridge_alarm.json").read_text())
    name = f"bus-{uuid.uuid4().hex}"
    event = json.loads(json.dumps(event).replace(event["detail"]["alarmName"], name))
    events = client("events", stack.endpoint)
    rules = [each for each in events.list_rules()["Rules"] if "aws.cloudwatch" in each.get("EventPattern", "")]
    targets = [target["Arn"] for rule in rules for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
    assert len(targets) == 1
    client("lambda", stack.endpoint).invoke(FunctionName=targets[0], InvocationType="Event", Payload=json.dumps(event))
    assert ticket(stack, demo.TEAM, name)["source"] == f"integration:{demo.INTEGRATION}"


def test_the_link_in_a_message_shows_the_ticket_and_acknowledges_it(stack: Stack, team: str) -> None:
    opened = stack.api.call("POST", "/tickets", {"team": team, "title": "Linked"})
    # Another test's page may have come first: then this one waits for her next turn.
    page = inbox.wait(stack.endpoint, lambda sent: "Linked" in sent.text, seconds=75, what="the page")
    link = re.search(re.escape(stack.url) + r"(/a/[A-Za-z0-9_-]{22})", page.text)
    assert link, page.text
    anybody = Client(stack.url)
    assert "Linked" in anybody.request("GET", link[1]).body
    assert stack.api.call("GET", f"/tickets/{opened['ticket_id']}")["status"] == "unread"
    assert anybody.request("POST", link[1], b"").status == 200
    assert stack.api.call("GET", f"/tickets/{opened['ticket_id']}")["acknowledged_by"] == "dora"


def test_a_link_that_was_never_sent_is_a_404(stack: Stack) -> None:
    assert Client(stack.url).request("GET", f"/a/{'x' * 22}").status == 404


def test_a_calendar_subscribes_to_a_schedule(stack: Stack, team: str) -> None:
    schedule = {"schedule_id": "doors", "team": team, "layers": [{"users": ["dora"], "start": "2026-01-05"}]}
    stack.api.call("POST", "/schedules", schedule)
    url = stack.api.call("POST", "/schedules/doors/feed_keys")["url"]
    with urlopen(url) as answer:  # noqa: S310 - our own address
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        calendar = answer.read().decode()
    assert calendar.startswith("BEGIN:VCALENDAR\r\n")
    assert "SUMMARY:Dora on call: doors\r\n" in calendar
    again = Request(url, headers={"If-None-Match": answer.headers["ETag"]})  # noqa: S310 - as above
    with pytest.raises(HTTPError, match="304"):
        urlopen(again)  # noqa: S310 - as above
