"""HTTPS API: how bad things can be, in the company's own words."""

from tocsin import keys, resource
from tocsin.api import PREFIX, Api
from tocsin.company import Company
from tocsin.severity import Severities, ShownSeverities

app = Api("severities")


@app.get(f"{PREFIX}/severities", summary="Read the severities, most urgent first")
def get() -> ShownSeverities:
    company = Company.of(resource.get(keys.company(app.principal.tenant)))
    return ShownSeverities(items=company.severities)


@app.put(f"{PREFIX}/severities", summary="Replace the severities")
def put(body: Severities) -> ShownSeverities:
    row = resource.change(keys.company(app.principal.tenant), lambda _: {"severities": body.stored()})
    return ShownSeverities(items=Company.of(row).severities)


lambda_handler = app.resolve
