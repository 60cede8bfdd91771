from typing import Any

import pytest

from tocsin import access
from tocsin.access import Principal, Role, check, principal
from tocsin.errors import Forbidden, Overloaded, Unauthorized

NOUNS = [noun for noun in access.TABLE if noun not in ("companies", "api_keys", "sso", "scim")]


def allowed(role: Role, noun: str, method: str) -> bool:
    try:
        check(Principal("acme", "api_key:k", role), noun, method)
    except Forbidden:
        return False
    return True


def event(found: dict[str, Any] | None) -> dict[str, Any]:
    return {"requestContext": {"authorizer": {"lambda": found}}}


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_viewer_reads_a_responder_changes_tickets_and_an_admin_does_all(noun: str, method: str) -> None:
    assert allowed(Role.VIEWER, noun, method) == (method == "GET")
    assert allowed(Role.RESPONDER, noun, method) == (method == "GET" or noun == "tickets")
    assert allowed(Role.ADMIN, noun, method)
    assert not allowed(Role.OPERATOR, noun, method)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_only_admins_see_api_keys_and_sign_in_and_only_the_operator_sees_companies(method: str) -> None:
    for noun in ("api_keys", "sso", "scim"):
        assert [role for role in Role if allowed(role, noun, method)] == [Role.ADMIN]
    assert [role for role in Role if allowed(role, "companies", method)] == [Role.OPERATOR]


def test_a_method_that_is_not_known_counts_as_a_change() -> None:
    assert not allowed(Role.VIEWER, "tickets", "HEAD")


def test_who_asks_is_whom_the_authorizer_found() -> None:
    found = principal(event({"tenant": "acme", "actor": "api_key:k1", "role": "viewer"}))
    assert found == Principal("acme", "api_key:k1", Role.VIEWER)


def test_how_much_a_tenant_may_ask_for_comes_from_the_authorizer_too() -> None:
    found = {"tenant": "acme", "actor": "api_key:k1", "role": "viewer", "requests_per_second": "200"}
    assert principal(event(found)).requests_per_second == 200


@pytest.mark.parametrize("found", [None, {}, {"problem": "This API key is not known."}, {"tenant": "acme"}])
def test_where_nobody_was_found_there_is_a_reason(found: dict[str, Any] | None) -> None:
    with pytest.raises(Unauthorized) as refused:
        principal(event(found))
    assert refused.value.detail == (found or {}).get("problem", "There is no credential.")


def test_a_request_that_passed_no_authorizer_has_nobody() -> None:
    with pytest.raises(Unauthorized):
        principal({"requestContext": {}})


def test_a_suspended_company_is_forbidden_and_an_overloaded_lookup_may_be_repeated() -> None:
    with pytest.raises(Forbidden, match="suspended"):
        principal(event({"problem": "The company is suspended.", "forbidden": "true"}))
    with pytest.raises(Overloaded):
        principal(event({"problem": "Try again.", "overloaded": "true"}))
