"""HTTPS API: a company as its own people see it."""

from tocsin import keys, limits, resource
from tocsin.api import PREFIX, Api
from tocsin.company import Company, OwnCompany

app = Api("company")


@app.get(f"{PREFIX}/company", summary="Read the own company and its limits")
def get() -> OwnCompany:
    company = Company.of(resource.get(keys.company(app.principal.tenant)))
    return OwnCompany.of({**company.fields(), "limits": limits.of(company).fields()})


lambda_handler = app.resolve
