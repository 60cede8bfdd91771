"""The audit in the directory: who changed what of it on whose behalf. Rows are added, and never changed.

What is about to be changed is written down before the first write (`ASKED`), what came of it after the last (`DONE`),
in rows of their own: whatever was changed, by a request that was cut short too, has at least the first. A request that
writes nothing leaves neither.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tocsin import cursor, entry, ids, keys, resource, times
from tocsin.access import Principal
from tocsin.entry import Change, Entry
from tocsin.errors import ConditionFailed, Invalid
from tocsin.keys import Key
from tocsin.rows import Row
from tocsin.store import NEW, Table, directory
from tocsin.telemetry import logger

MONTHS: Final = 12  # that one request looks into
ONBOARDING: Final = timedelta(minutes=1)  # at most, from when a company was asked for until its row is made
PAGES: Final = 2  # of a megabyte: an answer of Lambda holds six
_PLACE: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])[ -~]*")

_rows = Table("directory_table")  # the same table, without anybody watching


@dataclass
class _Writer:
    """Writes an entry, of what it is told of writes."""

    who: Principal
    told: dict[str, str | None]
    at: datetime
    audit_id: str
    tenant: str = ""
    changes: list[Change] = field(default_factory=list)

    def before(self, key: Key) -> None:
        """Write down what is asked for, before anything is changed."""
        if not self.tenant:
            # The operator has none: what is changed is the company's.
            self.tenant = self.who.tenant or keys.tenant_of(key)
            self._put("ASKED", {})

    def after(self, key: Key, old: Row | None, new: Row | None) -> None:
        """Note what was changed."""
        change = entry.change(key, old, new)
        if change:
            self.changes.append(change)

    def close(self) -> None:
        """Write down what came of it. Who asked is answered all the same: the change is made."""
        if not self.tenant:
            return
        try:
            self._put("DONE", entry.kept(self.changes))
        except Exception:
            logger.exception("the audit has who asked for a change, and not what came of it")

    def _put(self, part: str, more: Row) -> None:
        at = times.text(self.at)
        row = {**self.told, "audit_id": self.audit_id, "at": at, "actor": self.who.actor, "role": self.who.role.value}
        try:
            _rows.put({**keys.audited(self.tenant, at, self.audit_id, part), **row, **more}, when=NEW)
        except ConditionFailed:
            logger.info("the audit has this already")  # the same event was delivered twice


@contextmanager
def kept(
    who: Principal, noun: str, request: str, now: datetime, *, method: str | None = None, path: str | None = None
) -> Iterator[None]:
    """Audit all changes of the directory that are made meanwhile. `request` names the request: it has one entry."""
    told = {"noun": noun, "method": method, "path": path}
    writer = _Writer(who, told, now, ids.sha256(request, method or "", path or "")[:32])
    directory.watch = writer
    try:
        yield
    except Exception:
        writer.close()
        raise
    finally:
        directory.watch = None
    writer.close()


@dataclass(frozen=True)
class Wanted:
    """Which entries are wanted; None: all."""

    actor: str | None = None
    noun: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def has(self, row: Row) -> bool:
        """Say whether an entry is wanted, and tells anything: what was asked for may have been refused."""
        told = "changes" not in row or bool(row["changes"])
        return told and self.actor in (None, row["actor"]) and self.noun in (None, row["noun"])


def listed(
    tenant: str, wanted: Wanted, *, limit: int, after: str | None, now: datetime
) -> tuple[list[Entry], str | None]:
    """Return a page of entries, newest first, and the cursor of the next. Raises `NotFound`, `Invalid`."""
    latest = f"{times.text(now)[:7]}~"
    until = min(times.text(wanted.until), latest) if wanted.until else latest  # there is nothing of months to come
    made = times.parse(resource.get(keys.company(tenant))["created_at"])
    begin = times.text(max(made - ONBOARDING, wanted.since or made - ONBOARDING))
    rows, following = _read(tenant, _place(tenant, after) or until, begin, 2 * limit)
    names = list(dict.fromkeys(_name(row) for row in rows))
    if len(names) > limit:
        names, following = names[:limit], f"{names[limit - 1]}#"
    newest = {_name(row): row for row in reversed(rows)}  # of each entry the row that says what came of it
    found = [_entry(newest[name]) for name in names if wanted.has(newest[name])]
    return found, cursor.write(tenant, "audit", following) if following else None


def _read(tenant: str, before: str, begin: str, most: int) -> tuple[list[Row], str | None]:
    """Return rows before a place, the newest first, and the place to go on from, None if there is nothing more."""
    rows: list[Row] = []
    pages, place = 0, before if before > begin else None
    for _ in range(MONTHS):
        if place is None or len(rows) >= most or pages >= PAGES:
            break
        partition = keys.audit(tenant, place[:7])
        page = _rows.query(partition, between=(begin, place), forward=False, limit=most - len(rows))
        rows += page.items
        pages += bool(page.items)
        place = f"{_name(page.items[-1])}#" if page.after else _month_before(place, begin)
    return rows, place


def _month_before(place: str, begin: str) -> str | None:
    year, month = int(place[:4]), int(place[5:7])
    before = f"{year - (month == 1):04}-{(month - 2) % 12 + 1:02}"
    return f"{before}~" if before >= begin[:7] else None


def _place(tenant: str, after: str | None) -> str | None:
    place = cursor.read(tenant, "audit", after)
    if place is not None and not _PLACE.fullmatch(place):
        raise Invalid.at("query", "cursor", msg="This is not a cursor of this list.")
    return place


def _name(row: Row) -> str:
    return str(row["sk"]).rpartition("#")[0]


def _entry(row: Row) -> Entry:
    outcome: dict[str, Any] = {"outcome": "done"} if "changes" in row else {"outcome": "unknown", "changes": []}
    return Entry.of({**row, **outcome})
