"""What people may do without being admins: the admins of a team for their team, everybody for themselves."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.conftest import remembered
from tests.world import Answer, Caller
from tocsin import clock, times

ADA, BOB, EVE = (Caller(actor=name, role="responder") for name in ("ada", "bob", "eve"))
VIEWER = Caller(actor="ada", role="viewer")
RULE = {"name": "All", "steps": [{"notify": [{"user": "ada"}], "wait": "5m"}]}
LAYER = {"users": ["bob"], "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"}
SHIFT = {"from": "2036-01-05T09:00:00Z", "to": "2036-01-05T17:00:00Z"}


@pytest.fixture
def teams(acme: Caller) -> Caller:
    """Two teams: ada is an admin of payments, bob a member; bob is an admin of search; eve is in none."""

    def make() -> None:
        assert acme("POST", "/users", {"user_id": "eve", "email": "eve@example.com", "role": "responder"}).status == 201
        assert acme("POST", "/teams", {"team_id": "search", "name": "Search"}).status == 201
        for team, user, role in (
            ("payments", "ada", "admin"),
            ("payments", "bob", "member"),
            ("search", "bob", "admin"),
        ):
            assert acme("PUT", f"/teams/{team}/members/{user}", {"role": role}).status == 201
        for team in ("payments", "search", None):
            name = team or "company"
            assert acme("POST", "/rules", RULE | {"rule_id": name, "team": team}).status == 201
            rota = {"schedule_id": name, "team": team, "time_zone": "UTC", "layers": [LAYER]}
            assert acme("POST", "/schedules", rota).status == 201

    remembered("teams of one's own", make)
    return acme


def rota(team: str | None) -> dict[str, Any]:
    return {"team": team, "time_zone": "UTC", "layers": [{**LAYER, "users": ["ada"]}]}


def allowed(answer: Answer) -> bool:
    assert answer.status in (200, 201, 202, 204, 403), answer.body
    return answer.status != 403


def test_the_admin_of_a_team_keeps_it(teams: Caller) -> None:
    assert allowed(ADA("PATCH", "/teams/payments", {"name": "Money"}))
    soon = times.text(clock.now() + timedelta(hours=1))
    assert allowed(ADA("PUT", "/teams/payments/maintenance", {"until": soon}))
    assert allowed(ADA("DELETE", "/teams/payments/maintenance"))
    assert allowed(ADA("PUT", "/teams/payments/members/eve", {"role": "member"}))
    assert allowed(ADA("DELETE", "/teams/payments/members/eve"))
    assert allowed(ADA("POST", "/rules", RULE | {"rule_id": "more", "team": "payments"}))
    assert allowed(ADA("PUT", "/rules/more", RULE | {"team": "payments", "position": 3}))
    assert allowed(ADA("DELETE", "/rules/more"))
    assert allowed(ADA("POST", "/schedules", rota("payments") | {"schedule_id": "second"}))
    assert allowed(ADA("PUT", "/schedules/second", rota("payments")))
    assert allowed(ADA("POST", "/schedules/second/overrides", SHIFT | {"user": "eve", "override_id": "o"}))
    assert allowed(ADA("DELETE", "/schedules/second/overrides/o"))
    assert allowed(ADA("POST", "/schedules/second/feed_keys", {"key_id": "k"}))
    assert allowed(ADA("DELETE", "/schedules/second/feed_keys/k"))
    assert allowed(ADA("DELETE", "/schedules/second"))


@pytest.mark.parametrize("who", [BOB, EVE, VIEWER, Caller(actor="api_key:ada", role="responder")])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/teams/payments", {"name": "Mine"}),
        ("PUT", "/teams/payments/maintenance", {"until": "2036-01-05T09:00:00Z"}),
        ("PUT", "/teams/payments/members/bob", {"role": "admin"}),
        ("DELETE", "/teams/payments/members/ada", None),
        ("POST", "/rules", RULE | {"team": "payments"}),
        ("PUT", "/rules/payments", RULE | {"team": "payments"}),
        ("DELETE", "/rules/payments", None),
        ("POST", "/schedules", rota("payments")),
        ("PUT", "/schedules/payments", rota("payments")),
        ("DELETE", "/schedules/payments", None),
        ("POST", "/schedules/payments/feed_keys", None),
        ("POST", "/schedules/payments/overrides", SHIFT | {"user": "ada"}),
    ],
)
def test_nobody_else_does(teams: Caller, who: Caller, method: str, path: str, body: Any) -> None:
    """Not a member, nor the admin of another team; nor a viewer, or an API key of the admin's name."""
    assert who(method, path, body).status == 403


def test_the_admin_of_a_team_has_no_say_in_other_teams_and_the_company(teams: Caller) -> None:
    for team in ("search", None):
        name = team or "company"
        assert not allowed(ADA("POST", "/rules", RULE | {"team": team}))
        assert not allowed(ADA("PUT", f"/rules/{name}", RULE | {"team": team}))
        assert not allowed(ADA("DELETE", f"/rules/{name}"))
        assert not allowed(ADA("PUT", f"/schedules/{name}", rota(team)))
        assert not allowed(ADA("POST", f"/schedules/{name}/overrides", SHIFT | {"user": "eve"}))
    for path in ("/teams/payments", "/integrations/x", "/users/bob", "/api_keys/x", "/company/sso"):
        assert not allowed(ADA("DELETE", path))


@pytest.mark.parametrize("to", ["payments", "search", None])
def test_a_thing_changes_teams_only_by_who_is_admin_of_both(teams: Caller, to: str | None) -> None:
    """Neither taken from another team, nor given to it, nor made the company's."""
    assert not allowed(ADA("PUT", "/rules/search", RULE | {"team": to}))
    assert not allowed(ADA("PUT", "/schedules/search", rota(to)))
    assert allowed(ADA("PUT", "/rules/payments", RULE | {"team": to})) == (to == "payments")
    assert teams("PUT", "/teams/search/members/ada", {"role": "admin"}).status == 201
    assert allowed(ADA("PUT", "/rules/payments", RULE | {"team": to})) == (to is not None)


@pytest.mark.parametrize("team", ["", "#", "payments#", 5, ["payments"], {"payments": 1}, True])
def test_a_team_that_can_be_none_is_nobodys(teams: Caller, team: Any) -> None:
    assert not allowed(ADA("POST", "/rules", RULE | {"team": team}))
    assert teams("POST", "/rules", RULE | {"team": team}).status == 422


def test_who_is_no_longer_an_admin_of_the_team_has_no_say_from_then_on(teams: Caller) -> None:
    assert allowed(ADA("PATCH", "/teams/payments", {"name": "Money"}))
    assert teams("PUT", "/teams/payments/members/ada", {"role": "member"}).status == 200
    assert not allowed(ADA("PATCH", "/teams/payments", {"name": "Mine"}))


def test_what_is_not_there_is_not_found(teams: Caller) -> None:
    for path in ("/rules/nosuch", "/schedules/nosuch", "/schedules/payments/overrides/nosuch"):
        assert ADA("DELETE", path).status == 404


@pytest.mark.parametrize("role", ["viewer", "responder"])
def test_people_keep_what_says_how_they_are_reached(teams: Caller, role: str) -> None:
    eve = Caller(actor="eve", role=role)
    phone = {"method_id": "phone", "channel": "sms", "address": "+4915112345670"}
    assert allowed(eve("POST", "/users/eve/contact_methods", phone))
    assert allowed(eve("PATCH", "/users/eve/contact_methods/phone", {"address": "+4915112345671"}))
    assert allowed(eve("POST", "/users/eve/contact_methods/phone/code"))
    assert eve("PUT", "/users/eve/contact_methods/phone/code", {"code": "x"}).status == 422
    assert teams("PATCH", "/users/eve/contact_methods/phone", {"verified": True}).status == 200
    assert allowed(eve("POST", "/users/eve/contact_methods/phone/test"))
    assert allowed(eve("DELETE", "/users/eve/contact_methods/phone"))
    assert allowed(eve("PATCH", "/users/eve", {"name": "Eve", "time_zone": "Europe/Berlin"}))


def test_nobody_makes_oneself_an_admin_or_vouches_for_the_own_address(teams: Caller) -> None:
    mail = {"method_id": "mail", "channel": "email", "address": "else@example.com"}
    assert not allowed(EVE("PATCH", "/users/eve", {"role": "admin"}))
    assert not allowed(EVE("PATCH", "/users/eve", {"name": "Eve", "role": "responder"}))
    assert not allowed(EVE("POST", "/users/eve/contact_methods", {**mail, "verified": True}))
    assert allowed(EVE("POST", "/users/eve/contact_methods", {**mail, "verified": False}))
    assert not allowed(EVE("PATCH", "/users/eve/contact_methods/mail", {"verified": True}))
    assert not allowed(EVE("DELETE", "/users/eve"))
    for path, wish in (("/users/eve", {"role": "admin"}), ("/users/eve/contact_methods/mail", {"verified": True})):
        for hidden in ([wish], [wish, {}], [[wish]]):
            assert EVE("PATCH", path, hidden).status == 422, "a list of one is not what it holds"
    shown = teams("GET", "/users/eve").body
    assert (shown["role"], shown["contact_methods"][0]["verified"]) == ("responder", False)


def test_nobody_changes_others(teams: Caller) -> None:
    """Not even the admin of a team those of it."""
    for who in (ADA, EVE, Caller(actor="api_key:bob", role="responder")):
        assert not allowed(who("PATCH", "/users/bob", {"name": "Robert"}))
        assert not allowed(who("DELETE", "/users/bob/contact_methods/phone"))
        assert not allowed(who("POST", "/users/bob/contact_methods", {"channel": "email", "address": "e@example.com"}))
        assert not allowed(who("POST", "/users/bob/contact_methods/phone/code"))


def test_people_take_over_shifts_where_they_take_turns_or_are_in_the_team(teams: Caller) -> None:
    mine = SHIFT | {"user": "bob", "override_id": "o"}
    for schedule in ("payments", "search", "company"):  # bob takes turns in all of them
        assert allowed(BOB("POST", f"/schedules/{schedule}/overrides", mine))
        assert not allowed(EVE("DELETE", f"/schedules/{schedule}/overrides/o"))
        assert allowed(BOB("DELETE", f"/schedules/{schedule}/overrides/o"))
    assert not allowed(EVE("POST", "/schedules/payments/overrides", SHIFT | {"user": "eve"}))
    assert teams("PUT", "/teams/payments/members/eve", {"role": "member"}).status == 201
    assert allowed(EVE("POST", "/schedules/payments/overrides", SHIFT | {"user": "eve"}))


def test_nobody_gives_a_shift_to_another_without_being_admin(teams: Caller) -> None:
    assert not allowed(BOB("POST", "/schedules/payments/overrides", SHIFT | {"user": "ada"}))
    assert not allowed(BOB("POST", "/schedules/payments/overrides", SHIFT))
    viewer = Caller(actor="bob", role="viewer")
    assert not allowed(viewer("POST", "/schedules/payments/overrides", SHIFT | {"user": "bob"}))
    assert teams("POST", "/schedules/payments/overrides", SHIFT | {"user": "ada", "override_id": "a"}).status == 201
    assert not allowed(BOB("DELETE", "/schedules/payments/overrides/a"))


def test_a_refusal_says_what_would_be_needed(teams: Caller) -> None:
    assert EVE("PATCH", "/teams/payments", {"name": "x"}).body["detail"] == (
        "This takes the role admin unless it is about a team that you are an admin of; yours is responder."
    )
    assert Caller(role="responder")("PATCH", "/teams/payments", {"name": "x"}).body["detail"] == (
        "This takes the role admin; yours is responder."
    )


def test_what_cannot_be_read_is_refused_as_for_everybody(teams: Caller) -> None:
    assert ADA("POST", "/rules", "{").status == 400
    assert ADA("POST", "/rules", "[]").status == 422
    assert VIEWER("POST", "/rules", "{").status == 403


def test_a_webhooks_secret_is_shown_to_admins_and_to_the_person_alone(teams: Caller) -> None:
    address = "https://chat.example.com/hooks/secret"
    method = {"method_id": "chat", "channel": "webhook", "address": address}
    assert BOB("POST", "/users/bob/contact_methods", method).status == 201

    def seen(who: Caller) -> set[str]:
        users = [who("GET", "/users/bob").body, *who("GET", "/users").body["items"]]
        lists = [one["contact_methods"] for one in users if one["user_id"] == "bob"]
        lists.append(who("GET", "/users/bob/contact_methods").body["items"])
        shown = [one["address"] for methods in lists for one in methods if one["channel"] == "webhook"]
        return {*shown, who("GET", "/users/bob/contact_methods/chat").body["address"]}

    assert seen(BOB) == seen(teams) == {address}
    for other in (ADA, EVE, VIEWER, Caller(actor="api_key:bob", role="viewer")):
        assert seen(other) == {"https://chat.example.com/***"}
