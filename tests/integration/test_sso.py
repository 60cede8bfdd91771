"""People sign in by their company's own provider: a real one, in a process of its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.signing_in import ACME_SSO, OTHER, asked, configured, refused, signed_in
from tests.provider import Provider, provider
from tests.world import Answer, Caller
from tocsin import keys
from tocsin.settings import settings
from tocsin.store import directory


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture(autouse=True)
def local(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_URLS", "yes")
    settings.__dict__.clear()


@pytest.fixture
def other(acme: Caller) -> Caller:
    """Another company's admin."""
    onboarded = {"company_id": "other", "name": "Other", "admin": {"user_id": "eve", "email": "eve@example.com"}}
    assert Caller(tenant="", role="operator")("POST", "/companies", onboarded).status == 201
    return OTHER


def put(caller: Caller, idp: Provider, **fields: Any) -> Answer:
    token = idp.token("alice", groups=["admins"])
    return caller("PUT", "/company/sso", {**ACME_SSO, "issuer": idp.issuer, "token": token, **fields})


def test_a_provider_is_put_read_and_taken_away(acme: Caller, idp: Provider) -> None:
    assert acme("GET", "/company/sso").status == 404
    assert acme("DELETE", "/company/sso").status == 404
    shown = {**ACME_SSO, "issuer": idp.issuer}
    for _ in range(2):
        answer = put(acme, idp)
        assert (answer.status, answer.body) == (200, shown)
    assert acme("GET", "/company/sso").body == shown
    assert acme("DELETE", "/company/sso").status == 204
    assert acme("DELETE", "/company/sso").status == 404
    assert acme("GET", "/company/sso").status == 404
    assert put(acme, idp).status == 200


@pytest.mark.parametrize("role", ["viewer", "responder"])
def test_only_admins_see_or_change_the_provider(acme: Caller, idp: Provider, role: str) -> None:
    configured(acme, idp)
    caller = Caller(role=role)
    answers = [caller("GET", "/company/sso"), caller("DELETE", "/company/sso"), put(caller, idp)]
    assert [answer.status for answer in answers] == [403, 403, 403]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "login.example.com"),
        ("issuer", "https://login.example.com/?a=b"),
        ("issuer", "http://login.example.com"),
        ("issuer", "https://127.0.0.1:9"),
        ("audience", ""),
        ("role_claim", ""),
        ("roles", {}),
        ("roles", {"admins": "operator"}),
        ("token", "not a token"),
        ("secret", "x"),
    ],
)
def test_a_wrong_field_is_named(acme: Caller, idp: Provider, field: str, value: Any) -> None:
    answer = put(acme, idp, **{field: value})
    assert (answer.status, answer.body["errors"][0]["loc"][:2]) == (422, ["body", field])
    assert acme("GET", "/company/sso").status == 404


def test_a_provider_is_not_taken_without_a_valid_token_of_it(acme: Caller, idp: Provider) -> None:
    for token in (idp.token("alice", audience="another"), idp.token("alice")[:-8] + "AAAAAAAA"):
        answer = put(acme, idp, token=token)
        assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", "token"])
    assert acme("GET", "/company/sso").status == 404


def test_the_discovery_document_must_name_the_very_issuer(acme: Caller, idp: Provider) -> None:
    """`localhost` is where it answers, and not who it is."""
    elsewhere = idp.issuer + "/"
    answer = put(acme, idp, issuer=elsewhere)
    assert (answer.status, answer.body["errors"][0]["loc"]) == (422, ["body", "issuer"])
    assert "another issuer" in answer.body["detail"]


def test_a_pair_of_another_company_is_a_conflict(acme: Caller, other: Caller, idp: Provider) -> None:
    configured(acme, idp)
    answer = put(other, idp)
    assert answer.status == 409
    assert other("GET", "/company/sso").status == 404
    assert signed_in(idp.token("alice", groups=["admins"]))["tenant"] == "acme"


def test_a_pair_that_was_given_back_is_free(acme: Caller, other: Caller, idp: Provider) -> None:
    configured(acme, idp)
    put(acme, idp, audience="elsewhere", token=idp.token("alice", audience="elsewhere"))
    assert put(other, idp).status == 200
    assert signed_in(idp.token("alice", groups=["admins"]))["tenant"] == "other"
    assert other("DELETE", "/company/sso").status == 204
    assert put(acme, idp).status == 200
    assert signed_in(idp.token("alice", groups=["admins"]))["tenant"] == "acme"


def test_a_change_that_was_cut_short_is_cleared_up_by_the_next(acme: Caller, other: Caller, idp: Provider) -> None:
    """The process dies once the pair is held and before the settings name it."""
    configured(acme, idp)
    half = {"audience": "half", "token": idp.token("alice", audience="half")}

    def dies(*_: Any, **__: Any) -> None:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directory, "update", dies_second(directory.update, dies))
        with pytest.raises(SystemExit):
            put(acme, idp, **half)
    assert signed_in(idp.token("alice", groups=["admins"]))["tenant"] == "acme"
    assert put(other, idp, **half).status == 409
    assert acme("DELETE", "/company/sso").status == 204
    assert put(other, idp, **half).status == 200


def dies_second(real: Any, dies: Any) -> Any:
    """Return a write that is made once, and that the process does not live to make again."""
    made: list[Any] = []

    def write(*args: Any, **kwargs: Any) -> Any:
        if made:
            dies()
        made.append(args)
        return real(*args, **kwargs)

    return write


def test_signing_in_for_the_first_time_makes_the_user(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    token = idp.token("00u1", groups=["everybody", "oncall"], name="Grace Hopper", email="grace@example.com")
    found = signed_in(token)
    assert {**found, "actor": ""} == {"tenant": "acme", "actor": "", "role": "responder"}
    user = acme("GET", f"/users/{found['actor']}").body
    assert (user["name"], user["email"], user["role"]) == ("Grace Hopper", "grace@example.com", "responder")
    assert "active" not in user
    assert signed_in(token) == found
    assert len(acme("GET", "/users").body["items"]) == 3


def test_an_e_mail_address_is_nobodys_identity(acme: Caller, idp: Provider) -> None:
    """Bob is bob@example.com; whoever can make a token say so is not Bob for it, nor are two who say the same."""
    configured(acme, idp)
    first = signed_in(idp.token("mallory", groups=["oncall"], email="bob@example.com", email_verified=True))
    second = signed_in(idp.token("bob", groups=["oncall"], email="bob@example.com"))
    assert len({first["actor"], second["actor"], "bob"}) == 3


def test_a_user_without_an_e_mail_address_can_be_changed_and_given_one(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    path = f"/users/{signed_in(idp.token('nomail', groups=['oncall']))['actor']}"
    assert acme("PATCH", path, {"name": "No Mail"}).body["email"] == ""
    assert acme("PATCH", path, {"email": ""}).status == 422
    assert acme("PATCH", path, {"email": "x@example.com"}).body["email"] == "x@example.com"


def test_a_first_sign_in_that_was_cut_short_makes_the_same_user_later(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    token = idp.token("00u2", groups=["oncall"])
    found = signed_in(token)
    directory.delete(keys.user("acme", found["actor"]))
    assert signed_in(token) == found
    assert acme("GET", f"/users/{found['actor']}").status == 200


def test_who_was_deleted_signs_in_as_somebody_new(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    token = idp.token("00u3", groups=["oncall"])
    old = signed_in(token)["actor"]
    acme("PUT", f"/teams/payments/members/{old}", {"role": "admin"})
    assert acme("DELETE", f"/users/{old}").status == 204
    assert signed_in(token)["actor"] != old


def test_who_was_deleted_is_not_who_is_made_with_the_same_id(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    token = idp.token("00u4", groups=["oncall"])
    old = signed_in(token)["actor"]
    assert acme("DELETE", f"/users/{old}").status == 204
    successor = {"user_id": old, "email": "successor@example.com", "role": "admin"}
    assert acme("POST", "/users", successor).status == 201
    assert signed_in(token)["actor"] != old
    assert acme("GET", f"/users/{old}").body["role"] == "admin"


def test_who_has_no_role_is_refused_with_the_reason(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    for claims in ({}, {"groups": []}, {"groups": ["everybody"]}, {"groups": {"admins": True}}, {"groups": 7}):
        assert "groups" in refused(idp.token("norole", **claims), status=403)
    assert len(acme("GET", "/users").body["items"]) == 2, "nobody was made a user"


def test_who_has_several_roles_has_the_highest(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    assert signed_in(idp.token("many", groups=["oncall", "admins", "readers"]))["role"] == "admin"
    assert signed_in(idp.token("one", groups="readers"))["role"] == "viewer"


def test_a_role_may_stand_inside_a_claim_or_under_a_name_with_dots(acme: Caller, idp: Provider) -> None:
    configured(acme, idp, role_claim="realm_access.roles")
    assert signed_in(idp.token("deep", realm_access={"roles": ["admins"]}))["role"] == "admin"
    configured(acme, idp, role_claim="https://acme.example.com/roles")
    assert signed_in(idp.token("named", **{"https://acme.example.com/roles": ["oncall"]}))["role"] == "responder"


def test_a_role_that_was_changed_shows_in_the_user_and_an_older_token_changes_nothing(
    acme: Caller, idp: Provider, now: Any
) -> None:
    configured(acme, idp)
    old = idp.token("riser", groups=["readers"])
    actor = signed_in(old)["actor"]
    directory.update(keys.user("acme", actor), {"role_at": 0})
    assert signed_in(idp.token("riser", groups=["admins"]))["role"] == "admin"
    assert acme("GET", f"/users/{actor}").body["role"] == "admin"
    assert signed_in(old)["role"] == "viewer", "a token says what its holder may do"
    assert acme("GET", f"/users/{actor}").body["role"] == "admin"


def test_nobody_of_a_suspended_company_signs_in(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    token = idp.token("alice", groups=["admins"])
    signed_in(token)
    Caller(tenant="", role="operator")("PATCH", "/companies/acme", {"suspended": True})
    assert "suspended" in refused(token, status=403)


def test_nobody_signs_in_once_the_provider_is_taken_away(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    token = idp.token("alice", groups=["admins"])
    signed_in(token)
    acme("DELETE", "/company/sso")
    assert "issuer" in refused(token)


def test_who_signed_in_is_told_who_they_are(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    found = signed_in(idp.token("alice", groups=["oncall"]))
    acme("PUT", f"/teams/payments/members/{found['actor']}", {"role": "admin"})
    me = Caller(actor=found["actor"], role=found["role"])("GET", "/me").body
    assert me == {
        "company_id": "acme",
        "principal": found["actor"],
        "role": "responder",
        "teams": [{"team_id": "payments", "role": "admin"}],
        "on_call": False,
    }


def test_a_key_is_told_who_it_is_and_the_operator_is_nobody_here(acme: Caller) -> None:
    answer = acme("GET", "/me")
    assert answer.body == {
        "company_id": "acme",
        "principal": "api_key:k1",
        "role": "admin",
        "teams": [],
        "on_call": False,
    }
    assert Caller(tenant="", actor="operator", role="operator")("GET", "/me").status == 403


@pytest.mark.parametrize("team", ["payments", None])
def test_who_is_on_call_is_told_so(acme: Caller, team: str | None) -> None:
    acme("PUT", "/teams/payments/members/ada", {"role": "member"})
    layer = {"users": ["ada"], "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"}
    schedule = {"name": "Primary", "team": team, "time_zone": "UTC", "layers": [layer]}
    assert [Caller(actor=name)("GET", "/me").body["on_call"] for name in ("ada", "bob")] == [False, False]
    assert acme("POST", "/schedules", schedule).status == 201
    assert [Caller(actor=name)("GET", "/me").body["on_call"] for name in ("ada", "bob")] == [True, False]


def test_a_person_acts_under_their_own_name(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    found = signed_in(idp.token("alice", groups=["oncall"]))
    ticket = acme("POST", "/tickets", {"team": "payments", "title": "Down"}).body["ticket_id"]
    alice = Caller(actor=found["actor"], role=found["role"])
    change = {"status": "under_investigation"}
    assert alice("PATCH", f"/tickets/{ticket}", change).body["acknowledged_by"] == found["actor"]


def test_a_token_that_was_seen_before_costs_one_read(
    acme: Caller, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(acme, idp)
    token = idp.token("alice", groups=["admins"])
    signed_in(token)
    reads: list[Any] = []
    real = directory.get_many
    monkeypatch.setattr(directory, "get_many", lambda wanted: reads.append(wanted) or real(wanted))
    monkeypatch.setattr(directory, "get", lambda key: pytest.fail(f"one read too many: {key}"))
    signed_in(token)
    assert len(reads) == 1


def test_no_answer_shows_keys_or_tokens(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    answer = acme("GET", "/company/sso")
    assert answer.body.keys() == {"issuer", "audience", "role_claim", "roles"}
    assert asked("Bearer a.b.c").keys() == {"problem"}


def test_who_signs_in_for_the_first_time_or_in_another_role_is_in_the_audit(acme: Caller, idp: Provider) -> None:
    configured(acme, idp)
    for groups in (["oncall"], ["oncall"], ["admins"]):
        user = signed_in(idp.token("alice", groups=groups))["actor"]
    told = [one for one in acme("GET", "/audit").body["items"] if one["noun"] == "sign_in"]
    assert {(one["actor"], one["method"], one["outcome"]) for one in told} == {(user, None, "done")}
    roles = [(change["before"] or {}).get("role") for one in told for change in one["changes"]]
    assert sorted(map(str, roles)) == ["None", "responder"]
