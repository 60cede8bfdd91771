"""Rules in the directory. What they refer to must exist when they are written; what is deleted later is skipped."""

from datetime import datetime
from typing import Any

from tocsin import ids, keys, resource, targets, times
from tocsin.errors import Invalid
from tocsin.rows import Row
from tocsin.rule import Rule, RuleBody
from tocsin.store import directory
from tocsin.targets import Reference


def create(tenant: str, request: RuleBody, now: datetime) -> tuple[Rule, bool]:
    """Make a rule. Raises `Invalid` for a reference to what does not exist, `Conflict` if the id is taken."""
    rule_id = request.rule_id or ids.new()
    told = request.model_dump(mode="json", exclude={"rule_id"})
    made_before = directory.get(keys.rule(tenant, rule_id)) if request.rule_id is not None else None
    if made_before is None:  # else what it refers to was there then, and need not be any more
        _check(tenant, request)
    row = {**_row(tenant, rule_id, told, now), "created_at": times.text(now)}
    made, new = resource.create(keys.rule(tenant, rule_id), row, fingerprint=ids.fingerprint(told))
    return Rule.of(made), new


def replace(tenant: str, rule_id: str, request: RuleBody, now: datetime) -> Rule:
    """Put another rule in the place of this one. Raises `NotFound`, `Invalid`."""
    if request.rule_id not in {None, rule_id}:
        raise Invalid.at("body", "rule_id", msg="This is another id than the path's.")
    _check(tenant, request)
    told = request.model_dump(mode="json", exclude={"rule_id"})

    def decide(row: Row) -> dict[str, Any]:
        if Rule.of(row).model_dump(include=set(told), mode="json") == told:
            return {}
        return _row(tenant, rule_id, told, now)

    return Rule.of(resource.change(keys.rule(tenant, rule_id), decide))


def _row(tenant: str, rule_id: str, told: dict[str, Any], now: datetime) -> dict[str, Any]:
    place = {"list_pk": keys.rules_of(tenant, told["team"]), "list_sk": rule_id}
    return {**told, "rule_id": rule_id, "updated_at": times.text(now), **place}


def _check(tenant: str, request: RuleBody) -> None:
    """Raise `Invalid` with every user, team and schedule that the tenant does not have, each at its place."""
    wanted: list[Reference] = (
        [(("body", "team"), "team", keys.team(tenant, request.team))] if request.team is not None else []
    )
    for number, step in enumerate(request.steps):
        wanted += targets.references(tenant, step.notify, "body", "steps", number, "notify")
    targets.check(wanted)
