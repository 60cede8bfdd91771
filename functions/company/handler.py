"""HTTPS API: a company as its own people see it."""

from tocsin import companies
from tocsin.api import PREFIX, Api
from tocsin.own_company import OwnCompany, OwnPatch

app = Api("company")


@app.get(f"{PREFIX}/company", summary="Read the own company and its limits")
def get() -> OwnCompany:
    return companies.own(app.principal.tenant)


@app.patch(f"{PREFIX}/company", summary="Change the own company")
def patch(body: OwnPatch) -> OwnCompany:
    return companies.change_own(app.principal.tenant, body)


lambda_handler = app.resolve
