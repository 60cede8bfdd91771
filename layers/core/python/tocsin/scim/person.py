"""A user as SCIM has it, and what of it becomes the user that is paged.

Providers send whatever they know of somebody. What is kept is what the schema names; everything else is passed over.
Roles are not: they come from the token with which somebody signs in, or from an admin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tocsin import ids, times, user
from tocsin.rows import Row
from tocsin.scim.messages import USER, Unacceptable
from tocsin.user import User

Resource = dict[str, Any]

TEXTS: Final = ("userName", "externalId", "displayName", "locale", "timezone")
NAMES: Final = ("formatted", "familyName", "givenName")
_EMAILS: Final = 10
_LONG: Final = 256  # characters of a text


@dataclass(frozen=True)
class Wanted:
    """What becomes of a resource: what is kept of it, and the attributes of the user's row."""

    kept: Resource
    changes: Row

    @property
    def names(self) -> list[str]:
        """The hashes of the names that are this user's alone."""
        return names(self.kept)


def names(kept: Mapping[str, Any]) -> list[str]:
    """Return the hashes by which a user's `userName` and `externalId` are found."""
    return [digest(name, kept[name]) for name in ("userName", "externalId") if kept.get(name)]


def digest(attribute: str, text: str) -> str:
    """Return the hash of a name; of a `userName` the case does not count (RFC 7643, section 4.1.1)."""
    return ids.sha256(attribute, text.casefold() if attribute == "userName" else text)


def wanted(resource: Mapping[str, Any]) -> Wanted:
    """Read a resource. Raises `Unacceptable` for one without a `userName`, and for what cannot be meant."""
    given = {str(name).lower(): value for name, value in resource.items() if value is not None}
    kept: Resource = {name: _text(given[name.lower()], name) for name in TEXTS if name.lower() in given}
    kept = {name: text for name, text in kept.items() if text}
    if not kept.get("userName"):
        raise Unacceptable("invalidValue", "A user has a userName.")
    if parts := _name(given.get("name")):
        kept["name"] = parts
    if emails := _emails(given.get("emails")):
        kept["emails"] = emails
    active = truth(given.get("active", True))
    return Wanted(kept, {"scim": kept, "active": active, **_of_user(kept)})


def truth(value: object) -> bool:
    """Read a boolean, which Entra may send as a text. Raises `Unacceptable`."""
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise Unacceptable("invalidValue", "active is true or false.")
    return found


def shown(row: Row, base: str) -> Resource:
    """Return a user's row as a SCIM resource. Who was not made by SCIM has the id as `userName`."""
    one, kept = User.of(row), dict(row.get("scim") or {})
    if one.name != _called(kept):  # it was changed here
        kept["displayName"] = one.name
    if one.email and one.email not in {email["value"] for email in kept.get("emails", [])} | {kept.get("userName")}:
        kept["emails"] = [{"value": one.email, "type": "work", "primary": True}]
    created = times.text(one.created_at)
    return {
        "schemas": [USER],
        "id": one.user_id,
        "userName": one.user_id,
        **kept,
        "active": one.active,
        "meta": {
            "resourceType": "User",
            "created": created,
            "lastModified": row.get("provisioned_at", created),
            "location": f"{base}/Users/{one.user_id}",
        },
    }


def _of_user(kept: Resource) -> Row:
    """Return the attributes of a user's row that follow from what is kept."""
    emails = sorted(kept.get("emails", []), key=lambda email: not email.get("primary", False))
    addresses = [
        address for text in (*(email["value"] for email in emails), kept["userName"]) if (address := _address(text))
    ]
    found: Row = {"name": _called(kept), "email": addresses[0] if addresses else ""}
    if zone := _valid(user.known_time_zone, kept.get("timezone")):
        found["time_zone"] = zone
    if locale := _valid(user.known_locale, kept.get("locale")):
        found["locale"] = locale
    return found


def _called(kept: Resource) -> str:
    parts = kept.get("name", {})
    full = " ".join(parts[name] for name in ("givenName", "familyName") if parts.get(name))
    return str(kept.get("displayName") or parts.get("formatted") or full or kept.get("userName", ""))[:_LONG]


def _address(text: str) -> str:
    return _valid(lambda one: user.reachable("email", one), text)


def _valid(check: Any, text: str | None) -> str:
    """Return what a check makes of a text; nothing if there is none, or it does not pass."""
    try:
        return str(check(text)) if text else ""
    except ValueError:
        return ""


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > _LONG:
        raise Unacceptable("invalidValue", f"{name} is a text of at most {_LONG} characters.")
    return value.strip()


def _name(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    given = {str(name).lower(): part for name, part in value.items() if part}
    return {name: _text(given[name.lower()], name) for name in NAMES if name.lower() in given}


def _emails(value: object) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, Mapping) else value
    if not isinstance(found, list):
        return []
    return [_email(one) for one in found[:_EMAILS] if isinstance(one, Mapping) and one.get("value")]


def _email(value: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"value": _text(value["value"], "emails")}
    if value.get("type"):
        found["type"] = _text(value["type"], "emails")
    if value.get("primary") is not None:
        found["primary"] = truth(value["primary"])
    return found
