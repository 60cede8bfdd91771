"""A company's people sign in by a real OpenID Connect provider, over HTTP, through the gateway and its authorizer."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from infra.local.client import Client
from infra.local.stack import Stack
from tests.provider import Provider, parts, provider, unsigned

SSO = {"audience": "tocsin", "role_claim": "groups", "roles": {"oncall": "responder"}}


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def token(stack: Stack, idp: Provider) -> str:
    """A token of somebody who was never here, of the provider that the demo company has put."""
    token = idp.token("grace", groups=["oncall"], name="Grace Hopper", email="grace@example.com")
    stack.api.call("PUT", "/company/sso", {**SSO, "issuer": idp.issuer, "token": token})
    return token


def test_who_signs_in_is_a_user_with_a_role(stack: Stack, token: str) -> None:
    grace = Client(stack.url, token)
    me = grace.call("GET", "/me")
    assert (me["role"], me["teams"]) == ("responder", [])
    assert stack.api.call("GET", f"/users/{me['principal']}")["name"] == "Grace Hopper"
    assert grace.request("GET", "/api/v1/tickets").status == 200
    assert grace.request("POST", "/api/v1/teams", {"name": "Mine"}).status == 403


def test_a_forged_token_is_a_401(stack: Stack, token: str) -> None:
    header, claims = parts(token)
    for forged in (unsigned({**header, "alg": "none"}, claims), token[:-8] + "AAAAAAAA"):
        assert Client(stack.url, forged).request("GET", "/api/v1/me").status == 401


def test_the_provider_deactivates_somebody_who_is_refused_then(stack: Stack, idp: Provider, token: str) -> None:
    """The authorizer's answers are kept for five seconds by the gateway: another token of the same person is asked."""
    scim = Client(stack.url, stack.api_key, headers={"Content-Type": "application/scim+json"})
    made = scim.request("POST", "/scim/v2/Users", {"userName": "joan@example.com", "externalId": "joan"})
    assert (made.status, made.headers["content-type"]) == (201, "application/scim+json")
    user_id = made.body["id"]
    wanted = quote('userName eq "JOAN@example.com"')
    found = scim.request("GET", f"/scim/v2/Users?filter={wanted}")
    assert found.body["totalResults"] == 1
    joan = Client(stack.url, idp.token("joan", groups=["oncall"]))
    assert joan.call("GET", "/me")["principal"] == user_id
    operation = {"op": "Replace", "path": "active", "value": "False"}
    assert scim.request("PATCH", f"/scim/v2/Users/{user_id}", {"Operations": [operation]}).status == 200
    again = Client(stack.url, idp.token("joan", groups=["oncall"], nickname="another token"))
    assert again.request("GET", "/api/v1/me").status == 403
