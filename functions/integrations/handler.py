"""HTTPS API: integrations, the other systems that open tickets, and their keys."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from tocsin import api, clock, integrations, keys, resource
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.integration import (
    Integration,
    IntegrationPatch,
    MadeDoorKey,
    MadeIntegration,
    NewDoorKey,
    NewIntegration,
    ShownIntegration,
)

app = Api("integrations")

INTEGRATION = f"{PREFIX}/integrations/<integration_id>"


@app.post(f"{PREFIX}/integrations", summary="Make an integration", responses=api.creates(MadeIntegration))
def create(body: NewIntegration) -> Response[Any]:
    made, new = integrations.create(app.principal.tenant, body, clock.now())
    return api.created(f"/integrations/{made.integration_id}", made, new=new)


@app.get(f"{PREFIX}/integrations", summary="List integrations")
def list_(limit: Limit = 25, cursor: Cursor = None) -> Page[ShownIntegration]:
    tenant = app.principal.tenant
    rows, following = resource.listed(
        tenant,
        keys.listed(tenant, "INTEGRATIONS"),
        lambda name: keys.integration(tenant, name),
        limit=limit,
        after=cursor,
    )
    return Page(items=[Integration.of(row).shown() for row in rows], next_cursor=following)


@app.get(INTEGRATION, summary="Read an integration, without its keys' secrets")
def get(integration_id: str) -> ShownIntegration:
    return Integration.of(resource.get(keys.integration(app.principal.tenant, integration_id))).shown()


@app.patch(INTEGRATION, summary="Change an integration")
def patch(integration_id: str, body: IntegrationPatch) -> ShownIntegration:
    return integrations.change(app.principal.tenant, integration_id, body)


@app.delete(INTEGRATION, summary="Delete an integration", responses=api.DELETES)
def delete(integration_id: str) -> Response[str]:
    integrations.delete(app.principal.tenant, integration_id)
    return api.no_content()


@app.post(
    f"{INTEGRATION}/keys", summary="Make one more key, to change keys without a gap", responses=api.creates(MadeDoorKey)
)
def add_key(integration_id: str, body: Annotated[NewDoorKey | None, Body()] = None) -> Response[Any]:
    made, new = integrations.add_key(app.principal.tenant, integration_id, body or NewDoorKey(), clock.now())
    return api.created(f"/integrations/{integration_id}/keys/{made.key_id}", made, new=new)


@app.delete(f"{INTEGRATION}/keys/<key_id>", summary="Take a key away", responses=api.DELETES)
def remove_key(integration_id: str, key_id: str) -> Response[str]:
    integrations.remove_key(app.principal.tenant, integration_id, key_id)
    return api.no_content()


lambda_handler = app.resolve
