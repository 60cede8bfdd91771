"""Pages by the other ways: a call that is answered by SMS, and a webhook of somebody's own."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from infra.local import inbox
from infra.local.alarm import reply
from infra.local.aws import client
from infra.local.demo import OUR_NUMBER
from infra.local.stack import Stack
from tests.e2e.toy import until

NUMBER = "+12025550166"


class Chat(BaseHTTPRequestHandler):
    """Takes whatever is posted."""

    posted: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Keep what was posted."""
        self.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture(scope="module")
def chat() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A chat's address, and what is posted there."""
    Chat.posted = []
    server = HTTPServer(("127.0.0.1", 0), Chat)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hooks/vera", Chat.posted
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def team(stack: Stack, chat: tuple[str, list[dict[str, Any]]]) -> str:
    """A team of one, who is called, and whose chat is posted to."""
    stack.api.call("POST", "/teams", {"team_id": "ways", "name": "Ways"})
    stack.api.call("POST", "/users", {"user_id": "vera", "email": "vera@example.com", "role": "responder"})
    for channel, address in (("voice", NUMBER), ("webhook", chat[0])):
        method = {"method_id": channel, "channel": channel, "address": address, "verified": True}
        stack.api.call("POST", "/users/vera/contact_methods", method)
    stack.api.call("PUT", "/teams/ways/members/vera", {"role": "member"})
    return "ways"


def test_a_person_is_called_and_answers_by_sms(stack: Stack, team: str) -> None:
    opened = stack.api.call("POST", "/tickets", {"team": team, "title": "Pump stands still"})
    call = inbox.wait(stack.endpoint, lambda sent: sent.to == NUMBER, seconds=75, what="the call")
    assert (call.channel, call.text.count("Pump stands still")) == ("voice", 2)
    code = re.search(r"A C K (\d(?:, \d){4})", call.text)
    assert code, call.text
    topic, text = stack.outputs["SmsReplyTopicArn"], f"ACK {code[1].replace(', ', '')}"
    reply(client("sns", stack.endpoint), topic, sender=NUMBER, to=OUR_NUMBER, text=text)

    def acknowledged() -> bool | None:
        return stack.api.call("GET", f"/tickets/{opened['ticket_id']}")["acknowledged_by"] == "vera" or None

    until(acknowledged, "the acknowledgement")


def test_a_page_is_posted_to_a_webhook(stack: Stack, team: str, chat: tuple[str, list[dict[str, Any]]]) -> None:
    opened = stack.api.call("POST", "/tickets", {"team": team, "title": "Valve is open", "severity": "sev1"})

    def posted() -> dict[str, Any] | None:
        return next((page for page in chat[1] if "Valve is open" in page["text"]), None)

    page = until(posted, "the page", seconds=75)
    assert (page["kind"], page["severity"]) == ("page", "sev1")
    assert opened["ticket_id"] in [one["ticket_id"] for one in page["tickets"]]
    assert page["link"].startswith(f"{stack.url}/a/")
