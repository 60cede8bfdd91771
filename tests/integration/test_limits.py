"""Who opens too many tickets is told to come again; nobody else notices."""

import json
from typing import Any

import pytest

from tests.integration.asking import OPEN
from tests.integration.doors import CERTIFICATE_URL, PEM, alarm, made, notify, post
from tests.integration.refusing import refused
from tests.world import Answer, Caller, Context, call, handler, request
from tocsin.settings import settings

LIMIT = 2
FREE, BURST = 1, 10 * LIMIT


@pytest.fixture
def acme(acme: Caller, now: Any, monkeypatch: pytest.MonkeyPatch) -> Caller:
    monkeypatch.setenv("TICKETS_PER_SECOND", str(LIMIT))
    settings.__dict__.clear()
    return acme


def flood(send: Any) -> Answer:
    """Send until it is refused and return the refusal."""
    for number in range(FREE + BURST):
        answer = send()
        assert answer.status in (200, 201, 202), (number, answer)
    answer = send()
    assert isinstance(answer, Answer)
    return answer


def test_who_opens_too_many_tickets_gets_429_and_when_to_come_again(acme: Caller, now: Any) -> None:
    refusal = flood(lambda: acme("POST", "/tickets", OPEN))
    assert (refusal.status, refusal.headers["retry-after"]) == (429, "1")
    assert refusal.headers["content-type"] == "application/problem+json"
    assert refusal.body == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "The company opens more than 2 tickets a second. Send it again.",
    }
    now(seconds=int(refusal.headers["retry-after"]))
    assert [acme("POST", "/tickets", OPEN).status for _ in range(4)] == [201, 201, 429, 429]


def test_a_refused_ticket_is_counted(acme: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    flood(lambda: acme("POST", "/tickets", OPEN))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["TicketsRefused"] for line in lines] == [[1.0]]
    assert "acme" not in json.dumps(lines)


def test_what_is_there_already_counts_and_what_is_wrong_does_not_pass_for_it(acme: Caller) -> None:
    assert acme("POST", "/tickets", {**OPEN, "ticket_id": "t1"}).status == 201
    assert acme("POST", "/tickets", {**OPEN, "dedup_key": "k"}).status == 201
    answers = [acme("POST", "/tickets", {**OPEN, **again}).status for again in [{"ticket_id": "t1"}] * 30]
    assert answers == [200] * (BURST - 1) + [429] * 11
    assert acme("POST", "/tickets", {"title": "No team"}).status == 422


def test_a_flood_closes_no_other_call_and_no_other_company(acme: Caller) -> None:
    ticket_id = acme("POST", "/tickets", OPEN).body["ticket_id"]
    while acme("POST", "/tickets", OPEN).status != 429:
        pass
    assert acme("GET", f"/tickets/{ticket_id}").status == 200
    assert acme("PATCH", f"/tickets/{ticket_id}", {"status": "under_investigation"}).status == 200
    assert acme("POST", f"/tickets/{ticket_id}/notes", {"text": "Looking."}).status == 201
    onboarded = {"company_id": "beta", "name": "Beta", "admin": {"user_id": "eve", "email": "eve@example.com"}}
    assert Caller(tenant="", role="operator")("POST", "/companies", onboarded).status == 201
    beta = Caller(tenant="beta")
    assert beta("POST", "/teams", {"team_id": "payments", "name": "Payments"}).status == 201
    assert beta("POST", "/tickets", OPEN).status == 201


def test_a_door_says_429_and_takes_what_ends_a_ticket_all_the_same(acme: Caller) -> None:
    key = made(acme, "generic")
    assert post("generic", key, {"title": "Disk full", "dedup_key": "disk"}).status == 202
    numbers = iter(range(100))
    while (refusal := post("generic", key, {"title": "Disk full", "dedup_key": f"d{next(numbers)}"})).status == 202:
        pass
    assert (refusal.status, refusal.headers["retry-after"]) == (429, "1")
    acknowledged = post("generic", key, {"action": "acknowledge", "dedup_key": "disk"})
    assert acknowledged.status == 202
    assert acme("GET", f"/tickets/{acknowledged.body['ticket_id']}").body["status"] == "under_investigation"
    assert post("generic", key, {"action": "resolve", "dedup_key": "disk"}).status == 202
    assert acme("GET", f"/tickets/{acknowledged.body['ticket_id']}").body["status"] == "resolved"


def test_sns_is_told_503_for_it_takes_every_4xx_for_an_answer(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNS_CERTIFICATE_URL", CERTIFICATE_URL)
    monkeypatch.setenv("SNS_CERTIFICATE_PEM", PEM)
    key = made(acme, "cloudwatch")
    assert notify(key, alarm()).status == 200
    numbers = iter(range(100))
    while (refusal := notify(key, alarm(AlarmArn=f"arn:{next(numbers)}"))).status == 200:
        pass
    assert (refusal.status, refusal.headers["retry-after"]) == (503, "1")
    assert notify(key, alarm("OK")).status == 200


def test_the_accounts_own_alarms_are_never_held_back(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    made(acme, "cloudwatch")
    monkeypatch.setenv("ALARM_INTEGRATION", "acme/watch")
    while acme("POST", "/tickets", OPEN).status != 429:
        pass
    record = {"EventSource": "aws:sns", "Sns": {"MessageId": "m1", "Message": alarm()}}
    handler("ingest").lambda_handler({"Records": [record]}, Context())
    assert acme("GET", "/tickets").body["items"][0]["source"] == "integration:watch"


def test_where_the_limit_cannot_be_looked_up_the_request_may_be_repeated(acme: Caller) -> None:
    assert acme("POST", "/tickets", OPEN).status == 201
    with refused("dynamodb", "UpdateItem", "ProvisionedThroughputExceededException"):
        answer = acme("POST", "/tickets", OPEN)
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")


def test_a_stranger_at_a_door_takes_nothing_of_the_companys(acme: Caller) -> None:
    for _ in range(BURST * 2):
        assert call("ingest", request("POST", f"/in/generic/{'0' * 32}", {"title": "x"})).status == 404
    assert acme("POST", "/tickets", OPEN).status == 201


def test_who_sends_too_many_requests_gets_429_whatever_they_are(acme: Caller, now: Any) -> None:
    limited = Caller(limit={"requests_per_second": str(LIMIT)})
    refusal = flood(lambda: limited("GET", "/teams"))
    assert (refusal.status, refusal.headers["retry-after"]) == (429, "1")
    assert refusal.body["detail"] == "The company sends more than 2 requests a second. Send it again."
    assert limited("GET", "/company").status == 429
    assert limited("POST", "/tickets", OPEN).status == 429
    assert Caller(tenant="beta", limit=limited.limit)("GET", "/teams").status == 200
    assert Caller(tenant="", role="operator")("GET", "/companies").status == 200
    now(seconds=1)
    assert limited("GET", "/teams").status == 200


def test_a_request_is_let_through_where_its_limit_cannot_be_looked_up(acme: Caller) -> None:
    limited = Caller(limit={"requests_per_second": str(LIMIT)})
    with refused("dynamodb", "UpdateItem", "ProvisionedThroughputExceededException") as asked:
        assert [limited("GET", "/teams").status for _ in range(3)] == [200] * 3
    assert asked
