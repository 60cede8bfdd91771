"""API keys in the directory."""

from datetime import datetime

from tocsin import api_key, ids, keys, resource
from tocsin.api_key import ApiKey, MadeKey, NewCompanyKey, NewKey
from tocsin.errors import Invalid
from tocsin.store import directory


def create(tenant: str, request: NewKey | NewCompanyKey, by: str, now: datetime) -> tuple[MadeKey, bool]:
    """Make a key; the answer alone holds its secret. Raises `Conflict` if the id is taken, `Invalid` for a past end."""
    key_id = request.key_id or ids.new()
    key = keys.api_key(tenant, key_id)
    if request.expires_at and request.expires_at <= now and directory.get(key) is None:
        raise Invalid.at("body", "expires_at", msg="This is in the past.")
    secret = api_key.token(tenant, key_id)
    settings = request.model_dump(exclude={"key_id"})
    made = ApiKey(key_id=key_id, created_at=now, sha256=ids.sha256(secret), by=by, **settings)
    row, new = resource.create(
        key,
        {**made.fields(), **resource.listing(tenant, "KEYS", key_id)},
        fingerprint=ids.fingerprint(request.model_dump(mode="json", exclude={"key_id"})),
    )
    return MadeKey.of({**row, "secret": secret if new else None}), new
