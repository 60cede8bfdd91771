"""Lists of tickets: whole, newest first, and never larger than an answer may be."""

import pytest

from tests.world import Answer, Caller


@pytest.fixture
def acme(admin: Caller) -> Caller:
    operator = Caller(tenant="", actor="operator", role="operator")
    operator("POST", "/companies", {"company_id": "acme", "name": "Acme", "admin": {"user_id": "a", "email": "a@b.co"}})
    admin("POST", "/teams", {"team_id": "ops", "name": "Operations"})
    return admin


def _open(acme: Caller, name: str, **fields: object) -> Answer:
    return acme("POST", "/tickets", {"team": "ops", "title": name, "ticket_id": name, **fields})


def test_a_long_description_is_whole_wherever_it_is_read(acme: Caller) -> None:
    text = "Ünglück\n" * 12_000
    made = _open(acme, "t1", description=text)
    assert made.body["description"] == text
    assert acme("GET", "/tickets/t1").body == made.body
    assert acme("GET", "/tickets").body["items"] == [made.body]
    assert acme("PATCH", "/tickets/t1", {"description": text + "!"}).body["description"] == text + "!"
    assert acme("GET", "/tickets").body["items"][0]["description"] == text + "!"
    assert acme("PATCH", "/tickets/t1", {"description": None}).body["description"] is None


def test_a_page_holds_fewer_items_where_they_would_be_too_large(acme: Caller) -> None:
    names = [f"t{number}" for number in range(15)]
    for name in names:
        _open(acme, name, description="x" * 100_000)
    found: list[str] = []
    cursor = None
    while True:
        page = acme("GET", "/tickets", query={"cursor": cursor} if cursor else None).body
        assert 1 <= len(page["items"]) <= 10
        found += [item["ticket_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(found) == sorted(names)


def test_a_window_of_time_that_ends_before_it_begins_is_empty(acme: Caller) -> None:
    _open(acme, "t1")
    window = {"since": "2030-01-01T00:00:00Z", "until": "2020-01-01T00:00:00Z"}
    assert acme("GET", "/tickets", query=window).body == {"items": [], "next_cursor": None}
