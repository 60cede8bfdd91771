"""Opaque cursors: a place in one list of one tenant. The server names the list, so a cursor leads nowhere else."""

import base64
import binascii
import json

from tocsin import ids
from tocsin.errors import Invalid


def write(tenant: str, of: str, position: str) -> str:
    """Return the cursor for a position, the last item's place, in the list `of` this tenant."""
    text = json.dumps([_list(tenant, of), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(tenant: str, of: str, text: str | None, *, within: tuple[str, str] | None = None) -> str | None:
    """Return the position that a cursor stands for. Raises `Invalid` for one that this list never gave.

    `within`: from where to where the list goes. DynamoDB takes no other place to go on from.
    """
    if text is None:
        return None
    try:
        found = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    match found:
        case [str(named), str(position)] if named == _list(tenant, of) and _sound(position):
            if within is None or within[0] <= position <= within[1]:
                return position
    raise Invalid.at("query", "cursor", msg="This is not a cursor of this list.")


def _list(tenant: str, of: str) -> str:
    return ids.sha256(tenant, of)[:16]


def _sound(position: str) -> bool:
    return 0 < len(position) <= 256 and position.isascii() and position.isprintable()
