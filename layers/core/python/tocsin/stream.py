"""Records of the Tickets stream, as plain rows."""

from collections.abc import Mapping
from typing import Any

from tocsin.rows import Row, plain


def images(record: Mapping[str, Any]) -> tuple[Row | None, Row | None]:
    """Return a row before and after the write; None where there was, or is, none."""
    change = record["dynamodb"]
    old, new = change.get("OldImage"), change.get("NewImage")
    return plain(old) if old else None, plain(new) if new else None
