"""HTTPS API: who is asking."""

from tocsin import teams
from tocsin.api import PREFIX, Api
from tocsin.me import Me

app = Api("me")


@app.get(f"{PREFIX}/me", summary="Read who you are, as this request's credential says")
def get() -> Me:
    who = app.principal
    return Me(company_id=who.tenant, principal=who.actor, role=who.role, teams=teams.of_user(who.tenant, who.actor))


lambda_handler = app.resolve
