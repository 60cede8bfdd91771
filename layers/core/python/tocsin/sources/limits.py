"""What a door cuts an alert to: a ticket's limits, for senders that know nothing of them."""

import json
from collections.abc import Iterable
from typing import Any

from tocsin import ids

TITLE = 1_024  # characters, as all below
DESCRIPTION = 100_000
SEVERITY = 128
LABELS = 50  # of them
LABEL_NAME = 128
LABEL_VALUE = 1_024
LINKS = 50  # of them
LINK_HREF = 2_048
LINK_TEXT = 1_024
DEDUP_KEY = 1_024
TOGETHER = 300_000  # bytes of all texts of a ticket: a row of the table takes 400 KB


def whole(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can name and no database takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cut(text: str, limit: int) -> str:
    """Cut a text to `limit` characters, the last three of them dots."""
    text = whole(text)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def key(text: str) -> str:
    """Cut a dedup key so that two that are not alike stay so: what is cut off is told by a hash."""
    text = whole(text)
    return text if len(text) <= DEDUP_KEY else f"{text[: DEDUP_KEY - 67]}...{ids.sha256(text)}"


def labels(items: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Make labels of names and any values; the first of a name stays, null and nameless ones do not."""
    found: dict[str, str] = {}
    for name, value in items:
        if name and value is not None and len(found) < LABELS:
            text = value if isinstance(value, str) else written(value)
            found.setdefault(cut(name, LABEL_NAME), cut(text, LABEL_VALUE))
    return found


def written(value: Any, *, indent: int | None = None) -> str:
    """Write any JSON value as text."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent)
    except RecursionError:
        return "(nested too deeply to be shown)"


def size(*texts: str) -> int:
    """Count the bytes of texts in UTF-8."""
    return sum(len(text.encode()) for text in texts)


def cut_bytes(text: str, limit: int) -> str:
    """Cut a text to `limit` bytes of UTF-8, at least 0, whole characters only."""
    data = text.encode()
    return text if len(data) <= limit else data[: max(0, limit - 3)].decode("utf-8", "ignore") + "..."[: max(0, limit)]
