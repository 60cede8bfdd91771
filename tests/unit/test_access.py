from typing import Any

import pytest

from infra import openapi
from tests.world import handler
from tocsin import access
from tocsin.access import Own, Principal, Role, check, principal
from tocsin.errors import Forbidden, Overloaded, Unauthorized

# What is told here in another way than in the table, so that a slip in one is found by the other.
SECRET = ("/api_keys", "/company/sso", "/audit", "/scim")
ASKED_BY_POST = ("POST /schedules/preview", "POST /rules/explain")
OWN_WAYS = "/users/<user_id>/contact_methods"
COMPANY_ROUTES = [route for route in access.TABLE if not route.split()[1].startswith("/companies")]


def allowed(role: Role, route: str, actor: str = "api_key:k") -> bool:
    """Say whether somebody may use a route, whatever it is about."""
    try:
        return check(Principal("acme", actor, role), route) is None
    except Forbidden:
        return False


def depends(role: Role, route: str, actor: str = "ada") -> Own | None:
    """Return what it depends on whether somebody may use a route, None if it depends on nothing."""
    try:
        return check(Principal("acme", actor, role), route)
    except Forbidden:
        return None


def event(found: dict[str, Any] | None) -> dict[str, Any]:
    return {"requestContext": {"authorizer": {"lambda": found}}}


@pytest.mark.parametrize("route", COMPANY_ROUTES)
def test_a_viewer_reads_a_responder_changes_tickets_and_an_admin_does_all(route: str) -> None:
    method, path = route.split()
    reads = (method == "GET" or route in ASKED_BY_POST) and not path.startswith(SECRET)
    assert allowed(Role.VIEWER, route) == reads
    assert allowed(Role.RESPONDER, route) == (reads or path.startswith("/tickets"))
    assert allowed(Role.ADMIN, route)
    assert not allowed(Role.OPERATOR, route, "operator")


@pytest.mark.parametrize("route", access.TABLE.keys() - set(COMPANY_ROUTES))
def test_only_the_operator_sees_companies(route: str) -> None:
    assert [role for role in Role if allowed(role, route)] == [Role.OPERATOR]


@pytest.mark.parametrize("route", access.TABLE)
def test_what_depends_on_whose_it_is_depends_for_persons_only(route: str) -> None:
    for role in Role:
        assert depends(role, route, "api_key:ada") is None
    assert depends(Role.OPERATOR, route, "operator") is None
    assert depends(Role.ADMIN, route) is None
    own = depends(Role.RESPONDER, route)
    assert depends(Role.VIEWER, route) is (own if own is Own.SELF else None)
    if own:
        assert route.split()[1].startswith(("/teams/", "/rules", "/schedules", "/users/"))


def test_nobody_makes_or_deletes_a_user_or_team_without_being_an_admin() -> None:
    for route in ("POST /users", "DELETE /users/<user_id>", "POST /teams", "DELETE /teams/<team_id>"):
        assert depends(Role.RESPONDER, route) is None
        assert [role for role in Role if allowed(role, route, "ada")] == [Role.ADMIN]


def test_every_route_is_in_the_table_and_the_table_has_no_other() -> None:
    routes = {name for noun in openapi.NOUNS for name in handler(noun).app.routes}
    assert routes | {access.SCIM} == set(access.TABLE)


def test_the_document_describes_the_routes_of_the_table() -> None:
    described = {
        f"{method.upper()} {path.removeprefix('/api/v1')}".replace("{", "<").replace("}", ">")
        for path, methods in openapi.document()["paths"].items()
        for method in methods
        if path.startswith("/api/v1")
    }
    assert described | {access.SCIM} == set(access.TABLE)


def test_a_route_that_the_table_does_not_know_is_none() -> None:
    with pytest.raises(LookupError, match="POST /teams/<team_id>/nosuch"):
        handler("teams").app.post("/api/v1/teams/<team_id>/nosuch")(lambda team_id: None)


def test_who_is_a_person() -> None:
    assert Principal("acme", "ada", Role.VIEWER).person == "ada"
    assert Principal("acme", "api_key:ada", Role.ADMIN).person is None
    assert Principal("", "operator", Role.OPERATOR).person is None
    assert Principal("acme", "operator", Role.ADMIN).person == "operator", "a user's id, if somebody likes it"


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
