"""An entry of the audit: who asked for which change of the directory, and what it changed, as rows say it.

What is secret is not told, nor its hash; nor what only machinery reads. A change of nothing else is none.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from tocsin import keys, url
from tocsin.keys import Key
from tocsin.model import Record
from tocsin.rows import Row
from tocsin.times import Moment

LARGEST: Final = 300_000  # characters of JSON; an item of DynamoDB holds 400 KB
MOST: Final = 200  # changes told of one request

_UNTOLD: Final = {
    "pk",
    "sk",
    "list_pk",
    "list_sk",
    "version",
    "fingerprint",
    "sha256",
    "codes_sent",
    "identities",
    "pairs",
    "jwks_uri",
    "asked_at",
    "fetched_at",
    "role_at",
    "provisioned_at",
    "onboarded",
    "updated_at",
}
_PARTS: Final = {"methods": "contact_methods", "keys": "keys"}  # things within a row, by id; how they are called
_UNTOLD_OF_PARTS: Final = {"sha256", "fingerprint", "code", "code_times"}


class Change(Record):
    """What became of one thing. Created: `before` is null; deleted: `after` is null; else both hold what differs."""

    kind: str = Field(description="What it is: user, team, member, rule, schedule, override, ...")
    name: str = Field(description="Its id; of a member and an override after that of the team or schedule.")
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    cut: bool = Field(default=False, description="There was too much to keep: `after` is left out, or both are.")


class Entry(Record):
    """Who changed what, and when."""

    audit_id: str
    at: Moment
    actor: str = Field(description="A user's id, `api_key:<id>`, or `operator`.")
    role: str = Field(description="As what the actor asked: admin, responder, viewer, operator.")
    noun: str = Field(description="What was called: users, teams, rules, ...; `sign_in` where a token said it.")
    method: str | None = Field(default=None, description="Of the call; null where there was none.")
    path: str | None = None
    outcome: Literal["done", "unknown"] = Field(
        description="`unknown`: it is under way, or was cut short; what is asked for may or may not be changed."
    )
    changes: list[Change]
    more: int = Field(default=0, description="Things that were changed beside these.")


def change(key: Key, old: Row | None, new: Row | None) -> Change | None:
    """Return what a write of a row changed, None if that is nothing that is told."""
    named = keys.thing(key)
    if named is None:
        return None
    before, after = _told(old), _told(new)
    if before is not None and after is not None:
        before, after = _difference(before, after)
        if before == after:
            return None
    return Change(kind=named[0], name=named[1], before=_masked(before), after=_masked(after))


def kept(changes: list[Change]) -> dict[str, Any]:
    """Return what a row keeps of changes: as much as fits."""
    told, room = [], LARGEST
    for one in changes[:MOST]:
        fitting = _fitting(one, room)
        room -= _size(fitting)
        told.append(fitting.model_dump(mode="json"))
    return {"changes": told, "more": len(changes) - len(told)}


def _fitting(change: Change, room: int) -> Change:
    """Leave out what does not fit: first what comes after, for the next entry or the thing itself tells it too."""
    for shorter in (change, change.model_copy(update={"after": None, "cut": True})):
        if _size(shorter) <= room:
            return shorter
    return change.model_copy(update={"before": None, "after": None, "cut": True})


def _size(change: Change) -> int:
    return len(json.dumps(change.model_dump(mode="json")))


def _told(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    told = {name: value for name, value in row.items() if name not in _UNTOLD and name not in _PARTS}
    for name, called in _PARTS.items():
        if isinstance(row.get(name), Mapping):
            told[called] = {part: _part(fields) for part, fields in row[name].items()}
    return told


def _part(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in _UNTOLD_OF_PARTS}


def _masked(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """Leave out of contact methods what is secret: whoever has the whole URL of a webhook may post to it."""
    if told is None or "contact_methods" not in told:
        return told
    shown = {
        name: {**one, "address": url.masked(str(one.get("address")))} if one.get("channel") == "webhook" else one
        for name, one in told["contact_methods"].items()
    }
    return {**told, "contact_methods": shown}


def _difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that differ, as they were and as they are; of things within a row those that differ."""
    differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    was = {name: before[name] for name in differing if name in before}
    then = {name: after[name] for name in differing if name in after}
    for name in set(_PARTS.values()) & set(differing):
        old, new = was.get(name, {}), then.get(name, {})
        was[name] = {part: fields for part, fields in old.items() if new.get(part) != fields}
        then[name] = {part: fields for part, fields in new.items() if old.get(part) != fields}
    return was, then
