"""The canary's channel, sink and secret as AWS has them, and the one way out to the Internet."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.examples import NOW
from tests.integration.refusing import refused
from tests.world import Caller
from tocsin import aws, clock, web
from tocsin.canary import company, credential
from tocsin.canary.sink import Sink
from tocsin.channels import CHANNELS, canary
from tocsin.errors import Fault, NoAnswer, SendError
from tocsin.letter import Facts, Letter, Told

LINK = "https://tocsin.example.com/a/q7Zb2RkX0sVtW4yLm9PcHd"
FACTS = Facts((Told("t1", company.ticket("t1")["title"], "sev2", "canary", "Nothing is wrong.", NOW),), LINK, None)
PAGE = Letter(company.address("first"), facts=FACTS)
METHOD = {"method_id": "sink", "channel": "canary", "address": "first@sink", "verified": True}


@pytest.fixture(autouse=True)
def _sink(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_SINK_URL", aws.client("sqs").create_queue(QueueName="sink")["QueueUrl"])


def test_a_page_is_found_in_the_sink_with_its_link_and_time() -> None:
    before = clock.now()
    assert CHANNELS["canary"].send(PAGE)
    sink = Sink("t1")
    page = sink.wait_for("first", until=before + timedelta(seconds=30))
    assert page is not None
    assert (page.address, page.link) == ("first@sink", LINK)
    assert before <= page.at <= clock.now()


def test_from_another_region_the_sink_is_read_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    home = aws.client("sqs", "us-west-2")
    url = home.create_queue(QueueName="sink-at-home")["QueueUrl"]
    home.send_message(QueueUrl=url, MessageBody=canary.text(PAGE))
    monkeypatch.setenv("CANARY_SINK_URL", url)
    monkeypatch.setenv("HOME_REGION", "us-west-2")
    sink = Sink("t1")
    sink.look()
    assert [page.link for page in sink.arrivals] == [LINK]


def test_a_sink_without_pages_is_no_error() -> None:
    sink = Sink("t1")
    assert sink.wait_for("first", until=clock.now()) is None
    sink.look()
    assert sink.arrivals == []


def test_a_notice_is_no_page() -> None:
    CHANNELS["canary"].send(Letter("first@sink", subject="Your code", text="123456"))
    sink = Sink("t1")
    sink.look()
    assert sink.arrivals == []


def test_a_sink_that_takes_nothing_is_trouble_of_the_channel() -> None:
    with refused("sqs", "SendMessage", "X"), pytest.raises(SendError) as raised:
        CHANNELS["canary"].send(PAGE)
    assert (raised.value.of, raised.value.permanent) == (Fault.CHANNEL, False)


def test_a_secret_is_without_a_key_until_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = aws.client("secretsmanager")
    arn = secrets.create_secret(Name="canary-key")["ARN"]
    monkeypatch.setenv("CANARY_SECRET_ARN", arn)
    assert credential.kept() is None
    secrets.put_secret_value(SecretId=arn, SecretString="tsk_canary_admin_x")
    kept = credential.kept()
    assert kept is not None
    assert kept.key == "tsk_canary_admin_x"


def test_nobody_but_the_canary_has_a_method_of_its_channel(acme: Caller) -> None:
    refused_ = acme("POST", "/users/ada/contact_methods", METHOD)
    unknown = acme("POST", "/users/ada/contact_methods", {**METHOD, "channel": "pigeon"})
    assert refused_.status == 422
    assert refused_.body == unknown.body, "for others there is no such channel"


def test_no_severity_or_step_can_name_the_canarys_channel(acme: Caller) -> None:
    severities = {"items": [{"name": "sev1", "default": True, "channels": ["canary"]}]}
    assert acme("PUT", "/severities", severities).status == 422
    steps = [{"notify": [{"user": "ada"}], "channels": ["canary"]}]
    assert acme("POST", "/rules", {"name": "x", "steps": steps}).status == 422


class Door(BaseHTTPRequestHandler):
    """Answers a redirect at /away, cuts the line at /cut, and says back what it was sent elsewhere."""

    def do_POST(self) -> None:
        assert self.headers["Connection"] == "close", "the next request would find a line that may be dead"
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/cut":
            self.close_connection = True
            return
        self.send_response(302 if self.path == "/away" else 404)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "status"), [("/echo", 404), ("/away", 302)])
def test_whatever_is_answered_is_the_answer_and_no_redirect_is_followed(door: str, path: str, status: int) -> None:
    answer = web.request("POST", door + path, headers={"X-One": "1"}, body=b"hello", timeout=30)
    assert answer == web.Answer(status, b"hello")


def test_a_line_that_is_cut_is_no_answer_and_nothing_is_sent_twice(door: str) -> None:
    with pytest.raises(NoAnswer):
        web.request("POST", f"{door}/cut", headers={}, body=b"", timeout=30)


def test_a_door_that_nobody_opens_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        web.request("GET", "http://127.0.0.1:1/", headers={}, body=None, timeout=30)
