"""HTTPS API: the company's identity provider, by whose tokens its people sign in."""

from aws_lambda_powertools.event_handler import Response

from tocsin import api, clock, issuers
from tocsin.api import PREFIX, Api
from tocsin.issuer import NewIssuer, ShownIssuer

app = Api("sso")

SSO = f"{PREFIX}/company/sso"


@app.get(SSO, summary="Read the company's identity provider")
def get() -> ShownIssuer:
    return issuers.get(app.principal.tenant).shown()


@app.put(SSO, summary="Let people sign in by an OpenID Connect provider, in place of the one there was")
def put(body: NewIssuer) -> ShownIssuer:
    return issuers.put(app.principal.tenant, body, clock.now()).shown()


@app.delete(SSO, summary="Let nobody sign in any more; API keys go on", responses=api.DELETES)
def delete() -> Response[str]:
    issuers.delete(app.principal.tenant)
    return api.no_content()


lambda_handler = app.resolve
