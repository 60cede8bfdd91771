"""Opaque cursors of lists. A cursor holds a position inside a partition that the server names, never the partition."""

import base64
import binascii
import json

from tocsin.errors import Invalid


def write(tenant: str, *position: str) -> str:
    """Return the cursor for a position of this tenant's list: the parts of the last item's place in it."""
    text = json.dumps([tenant, *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(tenant: str, text: str | None, *, parts: int) -> list[str] | None:
    """Return the position that a cursor stands for. Raises `Invalid` for one that this tenant was never given."""
    if text is None:
        return None
    try:
        found = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    well_formed = isinstance(found, list) and len(found) == parts + 1 and all(_sound(part) for part in found)
    if not well_formed or found[0] != tenant:
        raise Invalid.at("query", "cursor", msg="This is not a cursor of this list.")
    return [str(part) for part in found[1:]]


def _sound(part: object) -> bool:
    return isinstance(part, str) and 0 < len(part) <= 256 and part.isascii()
