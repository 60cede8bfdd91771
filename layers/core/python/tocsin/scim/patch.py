"""SCIM's PATCH (RFC 7644, section 3.5.2), as identity providers really send it.

Okta sends values without a path; Entra capitalises operations, sends booleans as texts, paths with a filter
(`emails[type eq "work"].value`), and values without a path whose names are paths themselves.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from tocsin.scim.messages import USER, Unacceptable
from tocsin.scim.person import NAMES, TEXTS, Resource

OPERATIONS: Final = 100
_PATH: Final = re.compile(
    r"(?P<name>[A-Za-z$][\w$-]*)(?:\[(?P<filter>[^\]]{1,512})\])?(?:\.(?P<part>[A-Za-z$][\w$-]*))?"
)
_FILTER: Final = re.compile(r'(?P<name>\w+)\s+eq\s+(?:"(?P<text>[^"]*)"|(?P<word>true|false))', re.IGNORECASE)
_KEPT: Final = {name.lower(): name for name in (*TEXTS, "name", "emails", "active")}
_READ_ONLY: Final = ("id", "meta", "schemas")


def patched(resource: Resource, body: Mapping[str, Any]) -> Resource:
    """Return a resource with a patch applied. Raises `Unacceptable` for a patch that is none."""
    operations = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(operations, list) or not 0 < len(operations) <= OPERATIONS:
        raise Unacceptable("invalidSyntax", f"A patch has 1 to {OPERATIONS} Operations.")
    result = {**resource, "name": dict(resource.get("name", {})), "emails": [*resource.get("emails", [])]}
    for operation in operations:
        _apply(result, operation)
    return result


def _apply(result: Resource, operation: object) -> None:
    if not isinstance(operation, Mapping):
        raise Unacceptable("invalidSyntax", "An operation is an object.")
    given = {str(name).lower(): value for name, value in operation.items()}
    kind, path, value = str(given.get("op", "")).lower(), given.get("path"), given.get("value")
    if kind not in ("add", "replace", "remove"):
        raise Unacceptable("invalidSyntax", "op is add, replace or remove.")
    if kind == "remove":
        if not path:
            raise Unacceptable("noTarget", "What is to be removed is named by a path.")
        _set(result, str(path), None, adds=False)
        return
    if not path and not isinstance(value, Mapping):
        raise Unacceptable("invalidValue", "Without a path the value is an object.")
    for name, one in {str(path): value}.items() if path else dict(value or {}).items():
        _set(result, str(name), one, adds=kind == "add")


def _set(result: Resource, path: str, value: Any, *, adds: bool) -> None:
    """Set what a path names; None takes it away. What is not kept is passed over."""
    if path.lower() == USER.lower() and isinstance(value, Mapping):
        for name, one in value.items():
            _set(result, str(name), one, adds=adds)
        return
    if path.lower().startswith("urn:") and not path.lower().startswith(f"{USER.lower()}:"):
        return  # of another schema, such as the enterprise's
    found = _PATH.fullmatch(path[len(USER) + 1 :] if path.lower().startswith("urn:") else path)
    if not found:
        raise Unacceptable("invalidPath", "This path cannot be read.")
    name = _KEPT.get(found["name"].lower())
    if found["name"].lower() == "id" and value != result.get("id"):
        raise Unacceptable("mutability", "An id cannot be changed.")
    if name == "active" and value is None:
        raise Unacceptable("mutability", "Everybody is active or not: replace it.")
    match name:
        case "emails":
            _set_emails(result, found["filter"], found["part"], value, adds=adds)
        case "name":
            _set_name(result, found["part"], value, adds=adds)
        case str():
            _set_plain(result, name, value)


def _set_plain(result: Resource, name: str, value: Any) -> None:
    if value is None or value == "":
        result.pop(name, None)
    else:
        result[name] = value[0] if isinstance(value, list) and len(value) == 1 else value


def _set_name(result: Resource, part: str | None, value: Any, *, adds: bool) -> None:
    if part is None:
        result["name"] = {**(result["name"] if adds else {}), **_parts({} if value is None else value, "name")}
        return
    known = next((name for name in NAMES if name.lower() == part.lower()), None)
    if known:
        result["name"] = {name: text for name, text in {**result["name"], known: value}.items() if text}


def _set_emails(result: Resource, condition: str | None, part: str | None, value: Any, *, adds: bool) -> None:
    emails: list[dict[str, Any]] = [dict(one) for one in result["emails"]]
    if condition is None and part is None:
        given = value if isinstance(value, list) else [] if value is None else [value]
        new = [_parts(one, "emails") for one in given]
        there = {one.get("value") for one in new}
        result["emails"] = [*([one for one in emails if one.get("value") not in there] if adds else []), *new]
        return
    wanted = _condition(condition)
    fit = [one for one in emails if all(_same(one.get(name), text) for name, text in wanted.items())]
    if value is None and part in (None, "value"):
        result["emails"] = [one for one in emails if one not in fit]
        return
    if not fit:
        fit = [{**wanted}]
        emails += fit
    for one in fit:
        one.update({part.lower(): value} if part else _parts(value, "emails"))
    result["emails"] = emails


def _parts(value: Any, of: str) -> Mapping[str, Any]:
    """Return the parts of what is made of some. Raises `Unacceptable` for what is none: it would take away what is."""
    if not isinstance(value, Mapping):
        raise Unacceptable("invalidValue", f"{of} is made of parts: it takes an object.")
    return value


def _condition(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    found = _FILTER.fullmatch(text.strip())
    if not found:
        raise Unacceptable("invalidFilter", 'A path\'s filter is like type eq "work".')
    return {found["name"].lower(): found["text"] if found["text"] is not None else found["word"].lower() == "true"}


def _same(value: object, wanted: object) -> bool:
    return str(value).lower() == str(wanted).lower()
