"""HTTPS API: who is asking."""

from tocsin import clock, myself
from tocsin.api import PREFIX, Api
from tocsin.me import Me

app = Api("me")


@app.get(f"{PREFIX}/me", summary="Read who you are, as this request's credential says, and whether you are on call")
def get() -> Me:
    return myself.told(app.principal, clock.now())


lambda_handler = app.resolve
