"""Bodies, texts and tokens that nobody sends in good faith: refused or read leniently, never a failure."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security.companies import Companies
from tests.security.gateway import Gateway
from tests.security.operations import GUARDED, Operation, examples

WRITING = [one for one in GUARDED if one.method in ("POST", "PUT", "PATCH")]
HALF = "\\ud800"  # half of a surrogate pair, as JSON can write it
TEXTS = st.text() | st.sampled_from(["", "\0", "a\0b", "\ufffe", "\U0010ffff", "\u202e", "x" * 100_000])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
BODIES = [
    b"",
    b"{",
    b"\xff\xfe{}",
    b'{"name": "\xc3\x28"}',
    b"\xef\xbb\xbf{}",
    b"[" * 200_000,
    b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
    b"1" * 200_000,
    b"-",
    b"NaN",
    b'{"a": 1e999}',
    f'{{"name": "{HALF}", "title": "{HALF}"}}'.encode(),
    f'{{"{HALF}": 1}}'.encode(),
    b'{"title": "\\u0000", "name": "\\u0000"}',
    b'{"a": 1, "a": 2}',
    b" " * 262_145,
    b"x" * 262_145,
    "{\u00a0}".encode(),
    b"\0",
]


def sound(companies: Companies, status: int, text: str) -> None:
    assert status < 500
    assert companies.gateway.world.lost == []
    assert "Traceback" not in text
    assert companies.unchanged()


@pytest.mark.parametrize("operation", WRITING, ids=str)
def test_a_body_that_is_none_is_refused(operation: Operation, companies: Companies) -> None:
    key = companies.mine.keys["admin"]
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    path = operation.at(companies.mine.ids)
    for body in BODIES:
        answer = companies.gateway.send(operation.method, path, headers, body)
        sound(companies, answer.status, answer.body)
        assert answer.status in (400, 403, 413, 422) or body == b""


@pytest.mark.parametrize("kind", ["generic", "cloudwatch"])
@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
def test_a_door_takes_any_body_without_failing(kind: str, body: bytes, companies: Companies) -> None:
    key = companies.mine.door if kind == "generic" else companies.mine.alarm_door
    for media in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        answer = companies.gateway.send("POST", f"/in/{kind}/{key}", {"content-type": media}, body)
        sound(companies, answer.status, answer.body)


def test_a_door_reads_leniently_what_has_the_right_names(companies: Companies) -> None:
    names = st.sampled_from(["title", "description", "severity", "labels", "links", "dedup_key", "action"])

    @settings(max_examples=examples(150))
    @given(st.dictionaries(names | TEXTS, VALUES, max_size=6))
    def hold(body: dict[str, Any]) -> None:
        companies.restore()
        answer = companies.gateway.ask("POST", f"/in/generic/{companies.mine.door}", body)
        sound(companies, answer.status, str(answer.body))
        assert answer.status in (202, 400, 413, 422)

    hold()


def test_a_door_opens_to_its_own_key_alone(companies: Companies) -> None:
    mine, other = companies.mine, companies.other

    def asked(kind: str, key: str) -> tuple[int, Any]:
        answer = companies.gateway.ask("POST", f"/in/{kind}/{key}", {"title": "x"})
        return answer.status, answer.body

    assert asked("generic", mine.door)[0] == 202
    nothing = asked("generic", "0" * 32)
    assert nothing[0] == 404
    for key in (mine.alarm_door, mine.door[:-1], mine.door.upper(), mine.door + "0", "", mine.name, "%00", "../x"):
        assert asked("generic", key) == nothing or asked("generic", key)[0] == 404
    assert asked("cloudwatch", mine.door)[0] == asked("cloudwatch", other.door)[0] == 404
    assert companies.unchanged()


def test_what_one_door_opened_another_companys_cannot_close(companies: Companies) -> None:
    mine, other, gateway = companies.mine, companies.other, companies.gateway
    opened = gateway.ask("POST", f"/in/generic/{other.door}", {"title": "x", "dedup_key": "k"}).body["ticket_id"]
    closed = gateway.ask("POST", f"/in/generic/{mine.door}", {"action": "resolve", "dedup_key": "k"})
    assert (closed.status, closed.body) == (202, {"ticket_id": None})
    assert other(gateway, "GET", f"/tickets/{opened}").body["status"] == "unread"


def test_a_link_is_found_by_its_whole_token_alone(companies: Companies) -> None:
    token, gateway = companies.mine.token, companies.gateway
    assert gateway.ask("GET", f"/a/{token}").status == 200
    near = st.integers(0, len(token) - 1).map(
        lambda at: token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    )

    @settings(max_examples=examples(200))
    @given(near | st.text(min_size=1) | st.sampled_from([token[:-1], token + "A", token.swapcase(), token + "\0"]))
    def hold(text: str) -> None:
        for method in ("GET", "POST"):
            answer = gateway.send(method, f"/a/{text}", {})
            assert answer.status == 404
            assert companies.mine.name not in answer.body
            sound(companies, answer.status, answer.body)

    hold()


def test_a_link_shows_what_is_in_the_ticket_as_text(companies: Companies) -> None:
    mine, gateway = companies.mine, companies.gateway
    script = "<script>alert(1)</script>"
    changed = {"title": script, "description": f"{script}\0"}
    assert mine(gateway, "PATCH", f"/tickets/{mine.id('ticket')}", changed).status == 200
    for ticket in (mine.id("ticket"), "shared"):
        mine(gateway, "PATCH", f"/tickets/{ticket}", changed)
    page = gateway.ask("GET", f"/a/{mine.token}")
    assert page.status == 200
    assert "<script" not in page.body
    assert "default-src 'none'" in page.headers["content-security-policy"]


SMS = st.fixed_dictionaries(
    {},
    optional={
        "originationNumber": st.sampled_from(["+4915111111111", "+4915122222222", "+1", ""]) | VALUES,
        "messageBody": VALUES | st.sampled_from(["ACK", "ACK ALL", "CC", "STOP", "ACK 10000", "e 99999"]),
        "inboundMessageId": VALUES,
    },
)


def test_no_sms_makes_the_replies_fail(companies: Companies) -> None:
    @settings(max_examples=examples(200))
    @given(SMS.map(json.dumps) | TEXTS)
    def hold(message: str) -> None:
        companies.restore()
        assert replied(companies.gateway, message)

    hold()


@pytest.mark.parametrize("text", [f'"{HALF}"', '"ACK \\u0000"', '"' + "9" * 100_000 + '"', '"' + "ACK " * 50_000 + '"'])
def test_an_sms_of_nonsense_is_answered_like_any_other(text: str, companies: Companies) -> None:
    assert replied(companies.gateway, f'{{"originationNumber": "+4915111111111", "messageBody": {text}}}')
    assert replied(
        companies.gateway,
        f'{{"originationNumber": "+4915111111111", "inboundMessageId": {text}, "messageBody": "ACK"}}',
    )


def test_a_reply_from_one_companys_number_answers_none_of_anothers_pages(companies: Companies) -> None:
    @settings(max_examples=examples(60))
    @given(st.sampled_from(["ACK", "ACK ALL", "CC", "R ALL", "E"]) | st.integers(10_000, 99_999).map("ACK {}".format))
    def hold(text: str) -> None:
        companies.restore()
        message = json.dumps({"originationNumber": "+4915111111111", "messageBody": text})
        assert replied(companies.gateway, message)
        assert companies.unchanged()

    hold()


def replied(gateway: Gateway, message: str) -> bool:
    """Hand over an SMS; say whether the function took it."""
    event = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]}
    return gateway.world.invoke("replies", event) is not None
