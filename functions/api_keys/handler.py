"""HTTPS API: the company's API keys."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from tocsin import api, api_keys, clock, keys, resource
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.api_key import MadeKey, NewKey, ShownKey

app = Api("api_keys")


@app.post(f"{PREFIX}/api_keys", summary="Make an API key", responses=api.creates(MadeKey))
def create(body: NewKey) -> Response[Any]:
    made, new = api_keys.create(app.principal.tenant, body, app.principal.actor, clock.now())
    return api.created(f"/api_keys/{made.key_id}", made, new=new)


@app.get(f"{PREFIX}/api_keys", summary="List API keys")
def list_(limit: Limit = 25, cursor: Cursor = None) -> Page[ShownKey]:
    tenant = app.principal.tenant
    rows, following = resource.listed(
        tenant, keys.listed(tenant, "KEYS"), lambda name: keys.api_key(tenant, name), limit=limit, after=cursor
    )
    return Page(items=[ShownKey.of(row) for row in rows], next_cursor=following)


@app.get(f"{PREFIX}/api_keys/<key_id>", summary="Read an API key, without its secret")
def get(key_id: str) -> ShownKey:
    return ShownKey.of(resource.get(keys.api_key(app.principal.tenant, key_id)))


@app.delete(f"{PREFIX}/api_keys/<key_id>", summary="Delete an API key", responses=api.DELETES)
def delete(key_id: str) -> Response[str]:
    resource.delete(keys.api_key(app.principal.tenant, key_id))
    return api.no_content()


lambda_handler = app.resolve
