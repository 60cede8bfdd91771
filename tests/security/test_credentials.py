"""Without a good key there is nothing to see, and a key opens what its role may, no more."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security.companies import Companies
from tests.security.gateway import API, OPERATOR_KEY
from tests.security.operations import GUARDED, OPERATIONS, Operation, examples
from tocsin import ids, times
from tocsin.access import TABLE, Role

RANKS = [Role.VIEWER, Role.RESPONDER, Role.ADMIN]


def bad_headers(companies: Companies) -> dict[str, str | None]:
    """Return credentials that are none, by what is wrong with them."""
    mine, other = companies.mine.keys["admin"], companies.other.keys["admin"]
    secret = mine.rpartition("_")[2]
    return {
        "none": None,
        "empty": "",
        "another scheme": f"Basic {mine}",
        "no scheme": mine,
        "cut": f"Bearer {mine[:-1]}",
        "longer": f"Bearer {mine}A",
        "the right key's wrong secret": f"Bearer {mine[: -len(secret)]}{secret[::-1]}",
        "my secret under the other's name": f"Bearer {other.rpartition('_')[0]}_{secret}",
        "the other's secret under my name": f"Bearer {mine.rpartition('_')[0]}_{other.rpartition('_')[2]}",
        "a key that there is not": f"Bearer tsk_{companies.mine.name}_nokey_{secret}",
        "a company that there is not": f"Bearer tsk_nocompany_admin_{secret}",
        "the hash in the place of the secret": f"Bearer {ids.sha256(mine)}",
        "part of the operator's key": f"Bearer {OPERATOR_KEY[:-1]}",
        "a token of an identity provider": "Bearer eyJhbGciOiJub25lIn0.e30.",
        "two keys": f"Bearer {mine} {mine}",
        "a NUL": f"Bearer {mine}\0",
    }


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_a_bad_credential_is_401_on_every_route(operation: Operation, companies: Companies) -> None:
    path = operation.at(companies.mine.ids)
    for wrong, header in bad_headers(companies).items():
        headers = {} if header is None else {"authorization": header}
        answer = companies.gateway.send(operation.method, path, headers, b"{")
        assert answer.status == 401, wrong
        assert companies.mine.name not in answer.body
        assert companies.gateway.snapshot() == companies.filled


@pytest.mark.parametrize("path", [f"{API}/nosuch", f"{API}/ticketsx/t1", f"{API}/tickets/t1/nosuch"])
def test_what_paths_there_are_is_told_to_nobody_without_a_key(path: str, companies: Companies) -> None:
    assert companies.gateway.ask("GET", path, key="nokey").status == 401
    assert companies.gateway.ask("GET", path, key=companies.mine.keys["viewer"]).status == 404


def test_no_text_is_a_key(companies: Companies) -> None:
    @settings(max_examples=examples(200))
    @given(st.text() | st.builds("tsk_{}_{}".format, st.sampled_from([companies.mine.name, "x"]), st.text()))
    def hold(text: str) -> None:
        assert companies.gateway.ask("GET", f"{API}/teams", key=text).status == 401

    hold()


@pytest.mark.parametrize("operation", GUARDED, ids=str)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_says_and_no_more(operation: Operation, role: Role, companies: Companies) -> None:
    needed = TABLE[operation.route].role
    allowed = role is needed or (role in RANKS and needed in RANKS and RANKS.index(role) >= RANKS.index(needed))
    key = OPERATOR_KEY if role is Role.OPERATOR else companies.mine.keys[role]
    # Nobody's ids and a body that cannot be read: who may ask at all learns that, the others learn nothing.
    path = operation.at(companies.mine.ids | dict.fromkeys(operation.parameters, "nosuch"))
    answer = companies.gateway.send(operation.method, path, {"authorization": f"Bearer {key}"}, b"\xff")
    assert (answer.status != 403) == allowed
    assert answer.status in ((403,) if not allowed else (200, 400, 404, 415))


def test_only_these_operations_need_no_key() -> None:
    assert {one.path for one in OPERATIONS if not one.guarded} == {
        "/health",
        "/openapi.json",
        "/in/generic/{key}",
        "/in/cloudwatch/{key}",
        "/a/{token}",
        "/feed/{key}.ics",
    }


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_the_keys_of_a_suspended_company_open_nothing(operation: Operation, companies: Companies) -> None:
    suspended = companies.gateway.ask(
        "PATCH", f"{API}/companies/{companies.mine.name}", {"suspended": True}, key=OPERATOR_KEY
    )
    assert suspended.status == 200
    path = operation.at(companies.mine.ids)
    assert companies.gateway.ask(operation.method, path, key=companies.mine.keys["admin"]).status == 403
    if not operation.of_companies and operation.method == "GET":
        theirs = operation.at(companies.other.ids)
        assert companies.gateway.ask("GET", theirs, key=companies.other.keys["admin"]).status != 403


def test_a_key_is_good_until_it_expires_and_until_it_is_deleted(companies: Companies) -> None:
    mine, gateway = companies.mine, companies.gateway
    until = times.text(gateway.world.now() + timedelta(hours=1))
    made = mine(gateway, "POST", "/api_keys", {"name": "x", "role": "viewer", "expires_at": until}).body
    assert gateway.ask("GET", f"{API}/teams", key=made["secret"]).status == 200
    assert mine(gateway, "DELETE", f"/api_keys/{made['key_id']}").status == 204
    assert gateway.ask("GET", f"{API}/teams", key=made["secret"]).status == 401
    made = mine(gateway, "POST", "/api_keys", {"name": "x", "role": "viewer", "expires_at": until}).body
    gateway.world.run(3600)
    assert gateway.ask("GET", f"{API}/teams", key=made["secret"]).status == 401
