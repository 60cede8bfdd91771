"""Sessions of a tenant: made once in a while, used on while STS is away, and never used for what names no tenant."""

from typing import Any

import pytest

from tests.integration.refusing import refused
from tests.world import Caller
from tocsin import aws, sessions
from tocsin.errors import Overloaded


def reached_as(partition: str, tenant: str = "acme") -> Any:
    """Return the client by which a function that acts for a tenant reaches a partition."""
    with sessions.acting_for(tenant):
        return sessions.client(partition)


def key_of(client: Any) -> str:
    """Return the access key that the next call of a client is signed with."""
    return str(client._request_signer._credentials.get_frozen_credentials().access_key)


def test_rows_of_tenants_are_reached_by_the_session_of_who_asks_and_all_others_by_the_functions_own_role() -> None:
    own = aws.client("dynamodb")
    assert sessions.client("T#acme#COMPANY") is own, "who acts for nobody has no session"
    assert reached_as("LINK#abc") is own
    assert reached_as("T#acme#COMPANY", tenant="") is own
    assert reached_as("T#acme#COMPANY") is not own
    acme, bolt = key_of(reached_as("T#acme#COMPANY")), key_of(reached_as("T#acme#COMPANY", tenant="bolt"))
    assert acme != bolt, "the session is the caller's, whatever the key says"


def test_a_function_without_a_tenant_role_has_no_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENANT_ROLE_ARN")
    assert reached_as("T#acme#COMPANY") is aws.client("dynamodb")


def test_whoever_acts_for_another_in_between_acts_for_the_first_again() -> None:
    with sessions.acting_for("acme"):
        first = key_of(sessions.client("T#acme#COMPANY"))
        with sessions.acting_for("bolt"):
            assert key_of(sessions.client("T#acme#COMPANY")) != first
        assert key_of(sessions.client("T#acme#COMPANY")) == first


def test_a_session_is_made_anew_ten_minutes_before_its_end(now: Any) -> None:
    first = key_of(reached_as("T#acme#COMPANY"))
    now(minutes=49)
    assert key_of(reached_as("T#acme#COMPANY")) == first
    now(minutes=2)
    assert key_of(reached_as("T#acme#COMPANY")) != first


def test_while_sts_is_away_a_session_is_good_until_its_end_and_then_the_request_may_be_repeated(now: Any) -> None:
    first = key_of(reached_as("T#acme#COMPANY"))
    with refused("sts", "AssumeRole", "ServiceUnavailable") as asked:
        now(minutes=51)
        assert [key_of(reached_as("T#acme#COMPANY")) for _ in range(3)] == [first] * 3
        assert len(asked) == 1, "not before every call"
        now(minutes=10)
        with pytest.raises(Overloaded):
            reached_as("T#acme#COMPANY")


def test_a_company_whose_session_cannot_be_had_is_asked_to_come_again(admin: Caller) -> None:
    with refused("sts", "AssumeRole", "AccessDenied"):
        answer = admin("POST", "/teams", {"team_id": "ops", "name": "Ops"})
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    assert admin("POST", "/teams", {"team_id": "ops", "name": "Ops"}).status == 201
