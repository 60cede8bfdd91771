"""What tests of signing in share: a company's settings, and what the authorizer says of a token."""

from typing import Any

from tests.provider import AUDIENCE, Provider
from tests.world import Caller, handler, request

OTHER = Caller(tenant="other", actor="api_key:k2")
ACME_SSO = {
    "audience": AUDIENCE,
    "role_claim": "groups",
    "roles": {"admins": "admin", "oncall": "responder", "readers": "viewer"},
}


def configured(caller: Caller, idp: Provider, **fields: Any) -> None:
    """Make the provider the company's."""
    audience = fields.get("audience", AUDIENCE)
    token = idp.token("the-one-who-sets-it-up", audience=audience)
    answer = caller("PUT", "/company/sso", {**ACME_SSO, "issuer": idp.issuer, "token": token, **fields})
    assert answer.status == 200, answer.body


def asked(header: str) -> dict[str, str]:
    """Return what the authorizer says of a request with this header."""
    answer = handler("authorizer").lambda_handler(request("GET", "/api/v1/me", headers={"authorization": header}), None)
    assert answer["isAuthorized"] is True
    return dict(answer["context"])


def signed_in(token: str) -> dict[str, str]:
    """Return the principal of a token, which must have one."""
    found = asked(f"Bearer {token}")
    assert "problem" not in found, found
    assert int(found.pop("requests_per_second"))
    return found


def refused(token: str, status: int = 401) -> str:
    """Return why a token is refused, which it must be, by the API with this status."""
    found = asked(f"Bearer {token}")
    answer = handler("me").lambda_handler(request("GET", "/api/v1/me", principal=found), None)
    assert answer["statusCode"] == status, found
    assert "role" not in found
    return found["problem"]
