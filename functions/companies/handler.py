"""HTTPS API: companies, for the operator of the installation."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from tocsin import api, api_keys, clock, companies, keys, resource
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.api_key import MadeKey, NewCompanyKey
from tocsin.company import Company, CompanyPatch, MadeCompany, NewCompany, ShownCompany

app = Api("companies")

COMPANY = f"{PREFIX}/companies/<company_id>"


@app.post(f"{PREFIX}/companies", summary="Onboard a company", responses=api.creates(MadeCompany))
def create(body: NewCompany) -> Response[Any]:
    company, new = companies.create(body, app.principal.actor, clock.now())
    return api.created(f"/companies/{company.company_id}", company, new=new)


@app.get(f"{PREFIX}/companies", summary="List companies")
def list_(limit: Limit = 25, cursor: Cursor = None) -> Page[ShownCompany]:
    rows, following = resource.listed(keys.COMPANIES, keys.COMPANIES, keys.company, limit=limit, after=cursor)
    return Page(items=[ShownCompany.of(row) for row in rows], next_cursor=following)


@app.get(COMPANY, summary="Read a company")
def get(company_id: str) -> ShownCompany:
    return Company.of(resource.get(keys.company(company_id))).shown()


@app.patch(COMPANY, summary="Rename, limit, suspend or resume a company")
def patch(company_id: str, body: CompanyPatch) -> ShownCompany:
    return companies.change(company_id, body)


@app.post(f"{COMPANY}/api_keys", summary="Make a key when the first one is lost", responses=api.creates(MadeKey))
def create_key(company_id: str, body: Annotated[NewCompanyKey | None, Body()] = None) -> Response[Any]:
    resource.get(keys.company(company_id))
    made, new = api_keys.create(company_id, body or NewCompanyKey(), app.principal.actor, clock.now())
    return api.created(f"/api_keys/{made.key_id}", made, new=new)


lambda_handler = app.resolve
