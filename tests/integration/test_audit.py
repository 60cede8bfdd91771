"""Who changed what: every change of a company's settings, people and rules has its entry, and nothing else has."""

from typing import Any

import pytest

from tests.integration.refusing import refused
from tests.world import Caller
from tocsin import clock, journal, keys, times
from tocsin import cursor as cursors
from tocsin.store import directory

OPERATOR = Caller(tenant="", actor="operator", role="operator")
RULE = {"rule_id": "r", "name": "All", "team": "payments", "steps": [{"notify": [{"user": "ada"}], "wait": "5m"}]}
LAYER = {"users": ["bob"], "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"}
ROTA = {"schedule_id": "s", "team": "payments", "time_zone": "UTC", "layers": [LAYER]}
SHIFT = {"override_id": "o", "user": "ada", "from": "2036-01-05T09:00:00Z", "to": "2036-01-05T17:00:00Z"}


def entries(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    """Return all entries, page by page, newest first."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = caller("GET", "/audit", query=query | cursor)
        assert answer.status == 200, answer.body
        found += answer.body["items"]
        if answer.body["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.body["next_cursor"]}


def newest(caller: Caller) -> dict[str, Any]:
    return entries(caller)[0]


def rows() -> list[dict[str, Any]]:
    """Return all rows of the audit of this month."""
    return directory.query_all(keys.audit("acme", times.text(clock.now())[:7]))


def test_a_change_is_told_with_who_and_what_before_and_after(acme: Caller) -> None:
    assert Caller(actor="ada")("PATCH", "/teams/payments", {"name": "Money"}).status == 200
    told = newest(acme)
    assert told.pop("audit_id")
    assert told.pop("at").endswith("Z")
    change = {
        "kind": "team",
        "name": "payments",
        "before": {"name": "Payments"},
        "after": {"name": "Money"},
        "cut": False,
    }
    assert told == {
        "actor": "ada",
        "role": "admin",
        "noun": "teams",
        "method": "PATCH",
        "path": "/api/v1/teams/payments",
        "outcome": "done",
        "changes": [change],
        "more": 0,
    }


CHANGES: list[tuple[str, str, Any, str]] = [
    ("PATCH", "/company", {"name": "Acme II"}, "company acme"),
    ("PUT", "/severities", {"items": [{"name": "high", "default": True}]}, "company acme"),
    ("POST", "/users", {"user_id": "eve", "email": "e@example.com", "role": "viewer"}, "user eve"),
    ("PATCH", "/users/eve", {"role": "admin"}, "user eve"),
    (
        "POST",
        "/users/eve/contact_methods",
        {"method_id": "m", "channel": "email", "address": "e@example.com"},
        "user eve",
    ),
    ("PATCH", "/users/eve/contact_methods/m", {"verified": True}, "user eve"),
    ("DELETE", "/users/eve/contact_methods/m", None, "user eve"),
    ("POST", "/teams", {"team_id": "ops", "name": "Ops"}, "team ops"),
    ("PUT", "/teams/ops/members/eve", {"role": "admin"}, "member ops/eve"),
    ("PUT", "/teams/ops/members/eve", {"role": "member"}, "member ops/eve, member ops/eve"),
    ("DELETE", "/teams/ops/members/eve", None, "member ops/eve"),
    ("DELETE", "/teams/ops", None, "team ops"),
    ("DELETE", "/users/eve", None, "user eve"),
    ("POST", "/rules", RULE, "rule r"),
    ("PUT", "/rules/r", RULE | {"position": 7}, "rule r"),
    ("DELETE", "/rules/r", None, "rule r"),
    ("POST", "/schedules", ROTA, "schedule s"),
    ("PUT", "/schedules/s", ROTA | {"time_zone": "Europe/Berlin"}, "schedule s"),
    ("POST", "/schedules/s/feed_keys", {"key_id": "f"}, "schedule s"),
    ("DELETE", "/schedules/s/feed_keys/f", None, "schedule s"),
    ("POST", "/schedules/s/overrides", SHIFT, "override s/o"),
    ("DELETE", "/schedules/s/overrides/o", None, "override s/o"),
    ("DELETE", "/schedules/s", None, "schedule s"),
    ("POST", "/integrations", {"integration_id": "i", "type": "generic", "team": "payments"}, "integration i"),
    ("PATCH", "/integrations/i", {"name": "Scripts"}, "integration i"),
    ("POST", "/integrations/i/keys", {"key_id": "second"}, "integration i"),
    ("DELETE", "/integrations/i/keys/second", None, "integration i"),
    ("DELETE", "/integrations/i", None, "integration i"),
    ("POST", "/api_keys", {"key_id": "ci", "name": "CI", "role": "viewer"}, "api_key ci"),
    ("DELETE", "/api_keys/ci", None, "api_key ci"),
]


def test_every_change_has_an_entry_and_no_entry_has_a_secret(acme: Caller) -> None:
    secrets: set[str] = set()
    for number, (method, path, body, _) in enumerate(CHANGES, start=1):
        answer = acme(method, path, body)
        assert answer.status < 300, (method, path, answer.body)
        shown = [answer.body[name] for name in ("secret", "key", "url") if answer.body and answer.body.get(name)]
        secrets |= {text.rpartition("/")[2].removesuffix(".ics") for text in shown}
        assert len(entries(acme)) >= number, (method, path)
    told = entries(acme)[: len(CHANGES)][::-1]
    assert [(one["method"], one["path"]) for one in told] == [
        (method, f"/api/v1{path}") for method, path, *_ in CHANGES
    ]
    of = [", ".join(f"{change['kind']} {change['name']}" for change in one["changes"]) for one in told]
    assert of == [wanted for *_, wanted in CHANGES]
    assert len(secrets) == 4
    everything = str(rows())
    assert not [secret for secret in secrets if secret in everything]
    assert not [word for word in ("sha256", "fingerprint", "code_times") if word in everything]


def test_a_role_of_a_member_that_changes_is_one_row_come_and_one_gone(acme: Caller) -> None:
    acme("PUT", "/teams/payments/members/bob", {"role": "admin"})
    acme("PUT", "/teams/payments/members/bob", {"role": "member"})
    come, gone = newest(acme)["changes"]
    assert (come["before"], come["after"]["role"]) == (None, "member")
    assert (gone["before"]["role"], gone["after"]) == ("admin", None)


def test_a_company_sees_what_the_operator_changes_of_it_and_nobody_elses(acme: Caller) -> None:
    made = {"company_id": "other", "name": "Other", "admin": {"user_id": "eve", "email": "eve@example.com"}}
    assert OPERATOR("POST", "/companies", made).status == 201
    assert OPERATOR("PATCH", "/companies/acme", {"limits": {"tickets_per_second": 5}}).status == 200
    assert newest(acme)["role"] == "operator"
    assert newest(acme)["changes"][0]["after"]["limits"]["tickets_per_second"] == 5
    (first,) = entries(Caller(tenant="other"))
    assert [change["kind"] for change in first["changes"]] == ["company", "user", "api_key"]
    assert "other" not in str([one["changes"] for one in entries(acme)])


def test_what_changes_nothing_leaves_no_trace(acme: Caller) -> None:
    before = len(rows())
    assert acme("GET", "/teams").status == 200
    assert acme("PATCH", "/teams/payments", {"name": "Payments"}).status == 200
    assert acme("PATCH", "/teams/nosuch", {"name": "x"}).status == 404
    assert acme("POST", "/teams", {"name": ""}).status == 422
    assert Caller(role="viewer")("POST", "/teams", {"name": "x"}).status == 403
    assert acme("POST", "/tickets", {"team": "payments", "title": "x"}).status == 201
    assert len(rows()) == before


def test_what_was_refused_at_the_last_moment_is_not_shown(acme: Caller) -> None:
    before = entries(acme)
    assert acme("POST", "/teams", {"team_id": "payments", "name": "Payments"}).status == 200
    assert acme("POST", "/teams", {"team_id": "payments", "name": "Other"}).status == 409
    assert entries(acme) == before


def test_a_code_that_is_sent_is_no_change_and_one_that_is_right_is(acme: Caller) -> None:
    mail = {"method_id": "mail", "channel": "email", "address": "ada@example.com"}
    assert acme("POST", "/users/ada/contact_methods", mail).status == 201
    before = entries(acme)
    assert acme("POST", "/users/ada/contact_methods/mail/code").status == 202
    assert acme("PUT", "/users/ada/contact_methods/mail/code", {"code": "x"}).status == 422
    assert entries(acme) == before
    assert acme("PATCH", "/users/ada/contact_methods/mail", {"verified": True}).status == 200
    (change,) = newest(acme)["changes"]
    assert (change["before"]["contact_methods"]["mail"]["verified"], change["name"]) == (False, "ada")
    assert change["after"]["contact_methods"]["mail"]["verified"] is True


def test_who_dies_after_the_change_leaves_who_asked_for_it(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(journal._Writer, "after", dies)
        with pytest.raises(Died):
            acme("PATCH", "/teams/payments", {"name": "Money"})
    assert acme("GET", "/teams/payments").body["name"] == "Money"
    told = newest(acme)
    assert (told["path"], told["outcome"], told["changes"]) == ("/api/v1/teams/payments", "unknown", [])
    assert acme("PATCH", "/teams/payments", {"name": "Payments"}).status == 200
    assert newest(acme)["outcome"] == "done", "nobody watches on behalf of who died"


def test_what_cannot_be_written_down_is_not_done(acme: Caller) -> None:
    with refused("dynamodb", "PutItem", "ThrottlingException"):
        assert acme("PATCH", "/teams/payments", {"name": "Money"}).status == 503
    assert acme("GET", "/teams/payments").body["name"] == "Payments"


def test_filters(acme: Caller, now: Any) -> None:
    now(hours=1)
    since = times.text(clock.now())
    Caller(actor="ada")("PATCH", "/teams/payments", {"name": "Money"})
    now(hours=1)
    until = times.text(clock.now())
    Caller(actor="bob")("PATCH", "/users/bob", {"name": "Robert"})
    assert [one["actor"] for one in entries(acme, since=since)] == ["bob", "ada"]
    assert [one["actor"] for one in entries(acme, since=since, until=until)] == ["ada"]
    assert [one["actor"] for one in entries(acme, since=until)] == ["bob"]
    assert {one["role"] for one in entries(acme, until=since)} == {"operator", "admin"}
    assert [one["noun"] for one in entries(acme, actor="bob")] == ["users"]
    assert [one["actor"] for one in entries(acme, noun="teams", since=since)] == ["ada"]
    assert entries(acme, since=until, until=since) == []
    assert acme("GET", "/audit", query={"since": "yesterday"}).status == 422


def test_who_asks_until_a_time_far_ahead_is_answered_at_once(acme: Caller) -> None:
    acme("PATCH", "/company", {"name": "Acme II"})
    answer = acme("GET", "/audit", query={"until": "9999-12-31T23:59:59Z", "limit": "1"})
    assert answer.body["items"] == acme("GET", "/audit", query={"limit": "1"}).body["items"] != []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_over_months_in_which_something_or_nothing_was_changed(acme: Caller, now: Any, limit: int) -> None:
    for days in (0, 0, 1, 40, 0, 400, 1):
        now(days=days, seconds=1)
        acme("PATCH", "/company", {"name": f"Acme {days} {len(rows())}"})
    now(days=90)
    whole = entries(acme, limit=limit)
    assert len({one["audit_id"] + one["at"] for one in whole}) == len(whole)
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    assert len([one for one in whole if one["path"] == "/api/v1/company"]) == 7
    assert whole[-1]["path"] == "/api/v1/companies"


def test_only_admins_read_it_and_only_with_their_own_cursors(acme: Caller) -> None:
    for role in ("viewer", "responder"):
        assert Caller(role=role)("GET", "/audit").status == 403
    cursor = acme("GET", "/audit", query={"limit": 1}).body["next_cursor"]
    assert cursor
    OPERATOR(
        "POST", "/companies", {"company_id": "b", "name": "B", "admin": {"user_id": "e", "email": "e@example.com"}}
    )
    assert Caller(tenant="b")("GET", "/audit", query={"cursor": cursor}).status == 422
    for place in ("x", "2026-13~", "9999", "2026-1"):
        wrong = cursors.write("acme", "audit", place)
        assert acme("GET", "/audit", query={"cursor": wrong}).status == 422
    assert acme("GET", "/audit", query={"cursor": cursors.write("acme", "audit", "9999-12~")}).status == 200
