"""Teams over the API, on tables."""

from tests.world import Caller
from tocsin import cursor


def test_a_team_that_was_made_can_be_read_listed_changed_and_deleted(admin: Caller) -> None:
    made = admin("POST", "/teams", {"team_id": "payments", "name": "Payments"})
    assert made.status == 201
    assert made.headers["location"] == "/api/v1/teams/payments"
    assert admin("GET", "/teams/payments").body == made.body
    assert admin("GET", "/teams").body == {"items": [made.body], "next_cursor": None}
    assert admin("PATCH", "/teams/payments", {"name": "Pay"}).body["name"] == "Pay"
    assert admin("DELETE", "/teams/payments").status == 204
    assert admin("DELETE", "/teams/payments").status == 404
    assert admin("GET", "/teams/payments").status == 404


def test_the_same_create_again_is_the_resource_and_another_is_a_conflict(admin: Caller) -> None:
    admin("POST", "/teams", {"team_id": "payments", "name": "Payments"})
    admin("PATCH", "/teams/payments", {"name": "Pay"})
    again = admin("POST", "/teams", {"team_id": "payments", "name": "Payments"})
    assert (again.status, again.body["name"]) == (200, "Pay")
    assert admin("POST", "/teams", {"team_id": "payments", "name": "Other"}).status == 409


def test_bad_requests_are_told_what_is_wrong(admin: Caller) -> None:
    assert admin("POST", "/teams", "{").status == 400
    assert admin("POST", "/teams", "[]").status == 422
    assert admin("POST", "/teams", {"name": "A", "colour": "red"}).body["errors"][0]["loc"] == ["body", "colour"]
    for media in ("text/plain", "application/json-patch+json", ""):
        assert admin("POST", "/teams", {"name": "A"}, headers={"content-type": media}).status == 415
    assert admin("POST", "/teams", {"name": "A" * 300_000}).status == 413
    assert admin("GET", "/teams", query={"colour": "red"}).body["errors"][0]["loc"] == ["query", "colour"]
    assert admin("GET", "/teams", query={"limit": "0"}).status == 422
    assert admin("GET", "/teams", query={"cursor": "nonsense"}).status == 422
    assert admin("PUT", "/teams", {"name": "A"}).headers["allow"] == "GET, POST"
    assert admin("GET", "/teams/a/b/c").status == 404
    assert Caller(role="viewer")("POST", "/teams", {}).status == 403
    assert Caller(tenant="", role="operator")("GET", "/teams").status == 403


def test_a_cursor_of_members_that_was_made_up_is_refused(acme: Caller) -> None:
    for place in ("TEAM", "ADMI", "~"):
        made_up = cursor.write("acme", "members/payments", place)
        assert acme("GET", "/teams/payments/members", query={"cursor": made_up}).status == 422


def test_a_list_goes_on_where_its_cursor_says(admin: Caller) -> None:
    for name in ("a", "b", "c"):
        admin("POST", "/teams", {"team_id": name, "name": name})
    first = admin("GET", "/teams", query={"limit": 2}).body
    assert [item["team_id"] for item in first["items"]] == ["a", "b"]
    second = admin("GET", "/teams", query={"limit": 2, "cursor": first["next_cursor"]}).body
    assert [item["team_id"] for item in second["items"]] == ["c"]
    other = Caller(tenant="other")("GET", "/teams", query={"cursor": first["next_cursor"]})
    assert other.status == 422
