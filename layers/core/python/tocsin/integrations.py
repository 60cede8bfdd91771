"""Integrations in the directory, and their doors: the rows by which a key that comes in finds its tenant."""

from collections.abc import Mapping
from datetime import datetime

from tocsin import ids, keys, resource
from tocsin.company import Company
from tocsin.errors import Conflict, Invalid, NotFound
from tocsin.integration import (
    KEYS_LIMIT,
    DoorKey,
    Integration,
    IntegrationPatch,
    IntegrationSettings,
    MadeDoorKey,
    MadeIntegration,
    NewDoorKey,
    NewIntegration,
    ShownIntegration,
)
from tocsin.rows import Row
from tocsin.settings import settings
from tocsin.store import directory


def create(tenant: str, request: NewIntegration, now: datetime) -> tuple[MadeIntegration, bool]:
    """Make an integration with its first key. Raises `Conflict` if the id is taken, `Invalid` for a wrong reference.

    The door is written first: what the caller is shown works, and a door without its integration opens nothing.
    """
    integration_id = request.integration_id or ids.new()
    key = keys.integration(tenant, integration_id)
    wanted = request.model_dump(exclude={"integration_id"}) | {"name": request.name or integration_id}
    fingerprint = ids.fingerprint(wanted)
    if request.integration_id and (there := directory.get(key)):
        return _compared(there, fingerprint), False
    _check(tenant, request.team, request.severity_map)
    secret, door = _new_door(tenant, integration_id, ids.new(), now)
    made = Integration(integration_id=integration_id, created_at=now, keys={door.key_id: door}, **wanted)
    try:
        row, new = resource.create(
            key, {**made.fields(), **resource.listing(tenant, "INTEGRATIONS", integration_id)}, fingerprint=fingerprint
        )
    except Conflict:
        _close(door)
        raise
    if not new:
        _close(door)
        return MadeIntegration.of(Integration.of(row).shown().model_dump()), False
    shown = made.shown().model_dump() | {"key": secret, "url": _url(made.type, secret)}
    return MadeIntegration.of(shown), True


def _compared(row: Row, fingerprint: str) -> MadeIntegration:
    if row.get("fingerprint") != fingerprint:
        raise Conflict("There is already one with this id, made by another request.")
    return MadeIntegration.of(Integration.of(row).shown().model_dump())


def change(tenant: str, integration_id: str, patch: IntegrationPatch) -> ShownIntegration:
    """Change an integration. Raises `NotFound` and `Invalid`.

    What its map said before may be of a severity that is gone by now: nobody asks for that again.
    """
    told = {name: severity for name, severity in (patch.severity_map or {}).items() if severity is not None}

    def decide(row: Row) -> Row:
        wanted = resource.patched(IntegrationSettings, row, patch)
        _check(tenant, wanted.team, told)
        return wanted.model_dump() | {"name": wanted.name or integration_id}

    return Integration.of(resource.change(keys.integration(tenant, integration_id), decide)).shown()


def delete(tenant: str, integration_id: str) -> None:
    """Delete an integration: its doors, then itself, so that a retry finishes what was cut short. Raises `NotFound`."""
    key = keys.integration(tenant, integration_id)
    for door in Integration.of(resource.get(key)).keys.values():
        _close(door)
    resource.delete(key)


def add_key(tenant: str, integration_id: str, request: NewDoorKey, now: datetime) -> tuple[MadeDoorKey, bool]:
    """Give an integration one more key, beside those it has. Raises `NotFound`, and `Conflict` after ten.

    The same `key_id` again is the key there is, without what was shown once.
    """
    key = keys.integration(tenant, integration_id)
    integration = Integration.of(resource.get(key))
    if request.key_id in integration.keys:
        return MadeDoorKey.of(integration.keys[request.key_id].model_dump()), False
    secret, door = _new_door(tenant, integration_id, request.key_id or ids.new(), now)

    def decide(row: Row) -> Row:
        there = Integration.of(row).keys
        if door.key_id in there:
            raise Conflict("A key with this id was made at the same time.")
        if len(there) >= KEYS_LIMIT:
            raise Conflict(f"An integration has at most {KEYS_LIMIT} keys.")
        return _with_keys({**there, door.key_id: door})

    try:
        resource.change(key, decide)
    except (Conflict, NotFound):
        _close(door)
        raise
    return MadeDoorKey.of(door.model_dump() | {"key": secret, "url": _url(integration.type, secret)}), True


def remove_key(tenant: str, integration_id: str, key_id: str) -> None:
    """Take a key away: its door is shut first. Raises `NotFound`."""

    def decide(row: Row) -> Row:
        there = Integration.of(row).keys
        if key_id not in there:
            raise NotFound("The integration has no such key.")
        _close(there[key_id])
        return _with_keys({name: door for name, door in there.items() if name != key_id})

    resource.change(keys.integration(tenant, integration_id), decide)


def _check(tenant: str, team_id: str, severities: Mapping[str, str]) -> None:
    """Raise `Invalid` unless the tenant has the team and the severities of a map."""
    team, company = directory.get_many([keys.team(tenant, team_id), keys.company(tenant)])
    if team is None:
        raise Invalid.at("body", "team", msg="There is no such team.")
    known = Company.of(company) if company else None
    wrong = [name for name, severity in severities.items() if not (known and known.severity(severity))]
    if wrong:
        raise Invalid(
            [{"loc": ["body", "severity_map", name], "msg": "The company has no such severity."} for name in wrong]
        )


def _new_door(tenant: str, integration_id: str, key_id: str, now: datetime) -> tuple[str, DoorKey]:
    secret = ids.integration_key()
    door = DoorKey(key_id=key_id, created_at=now, sha256=ids.sha256(secret))
    directory.put({**keys.door(door.sha256), "tenant": tenant, "integration_id": integration_id, "key_id": key_id})
    return secret, door


def _close(door: DoorKey) -> None:
    directory.delete(keys.door(door.sha256))


def _with_keys(doors: dict[str, DoorKey]) -> Row:
    return {"keys": {name: door.fields() for name, door in doors.items()}}


def _url(type_: str, secret: str) -> str:
    return f"{settings.public_url}/in/{type_}/{secret}"
