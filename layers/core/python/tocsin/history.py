"""The history of a ticket, told from its rows before and after a write. Pure; names follow from what is told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tocsin import keys
from tocsin.rows import Row
from tocsin.ticket import Kind

_EDITABLE = ("title", "severity", "description", "body", "labels", "links")
_FROM_PAGE = {"sent": Kind.PAGED, "failed": Kind.PAGE_FAILED, "skipped": Kind.PAGE_SKIPPED}


@dataclass(frozen=True)
class Line:
    """One line: when, what kind, who did it, a sentence, and its facts. `name` tells lines of one moment apart."""

    at: str
    name: str
    kind: Kind
    actor: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


def rows(old: Row | None, new: Row) -> list[Row]:
    """Return the history rows for a write of a ticket, a page or a note: none if it changed nothing that is told."""
    tenant, ticket_id = new["tenant"], new["ticket_id"]
    return [
        {
            **keys.event(tenant, ticket_id, line.at, line.name, line.kind.value),
            "at": line.at,
            "kind": line.kind.value,
            "actor": line.actor,
            "text": line.text,
            "data": dict(line.data),
        }
        for line in _lines(old, new)
    ]


def _lines(old: Row | None, new: Row) -> Iterator[Line]:
    if new["sk"] == "TICKET":
        yield from _of_ticket(old, new)
    elif new["sk"].startswith(keys.PAGES):
        yield from _of_page(old, new)
    elif new["sk"].startswith(keys.NOTES) and old is None:
        yield Line(
            new["created_at"], new["note_id"], Kind.NOTED, new["actor"], new["text"], {"note_id": new["note_id"]}
        )


def _of_ticket(old: Row | None, new: Row) -> Iterator[Line]:
    if old is not None and old["rev"] == new["rev"]:
        return  # an index was tended, nothing happened
    kind = Kind(new["change"])
    for round_, step, *why in new.get("passed") or []:
        told = " ".join([f"Step {step}, round {round_} of rule {new.get('rule_id')} reaches nobody and passes.", *why])
        place = {"rule_id": new.get("rule_id"), "step": step, "round": round_, **({"remark": why[0]} if why else {})}
        # "!" sorts before the "#" that ends the name of the move itself: what was passed comes first.
        yield replace(_line(new, Kind.NOBODY_REACHED, told, place), name=f"{new['rev']:08d}!{round_:02d}.{step:02d}")
    remark = new.get("remark")
    text = " ".join(part for part in (_told(kind, old, new), remark) if part)
    yield _line(new, kind, text, {**_data(kind, old, new), **({"remark": remark} if remark else {})})
    edited = _changed(old, new) if old is not None else []
    if edited and kind is not Kind.EDITED:
        yield _line(new, Kind.EDITED, _edited(edited), {"fields": _shown(edited)})


def _line(new: Row, kind: Kind, text: str, data: Mapping[str, Any]) -> Line:
    return Line(new["updated_at"], f"{new['rev']:08d}", kind, new["changed_by"], text, data)


def _told(kind: Kind, old: Row | None, new: Row) -> str:
    before = old or {}
    if kind in _SENTENCES:
        return _SENTENCES[kind](before, new)
    if before.get("status") == new["status"]:
        return "Acknowledged again."
    return f"{before.get('status')} to {new['status']}."


def _step(_: Row, new: Row) -> str:
    return f"Step {new.get('step', 0)}, round {new.get('round', 0)} of rule {new.get('rule_id')}: {_who(new)}."


def _who(row: Row) -> str:
    return ", ".join(row.get("assigned_to") or []) or "nobody"


def _whose(row: Row) -> str:
    user = row.get("handed_to")
    return f"{user}, and after that team {row['team']}" if user else f"team {row['team']}"


_SENTENCES: Final[Mapping[Kind, Callable[[Row, Row], str]]] = {
    Kind.OPENED: lambda _, new: f"Opened for team {new['team']} with severity {new['severity']}.",
    Kind.DEDUPLICATED: lambda _, new: f"The same again: {new['count']} times now.",
    Kind.ESCALATED: _step,
    Kind.REPEATED: _step,
    Kind.LAST_RESORT: lambda _, new: f"The rule has ended, the last resort is paged: {_who(new)}.",
    Kind.REMINDED: lambda _, new: f"Still unread: {_who(new)} reminded.",
    Kind.NOBODY_REACHED: lambda *_: "Nobody could be reached.",
    Kind.KEPT: lambda _, new: f"Rule {new.get('rule_id')} pages nobody.",
    Kind.HURRIED: lambda *_: "The next step is due now.",
    Kind.EDITED: lambda old, new: _edited(_changed(old, new)),
    Kind.SNOOZED: lambda _, new: f"Snoozed until {new['snoozed_until']}.",
    Kind.SNOOZE_ENDED: lambda *_: "The snooze has ended: it is unread, and begins anew.",
    Kind.ACK_EXPIRED: lambda old, _: f"{old.get('acknowledged_by')}'s acknowledgement has expired: it is unread again.",
    Kind.REASSIGNED: lambda _, new: f"Reassigned to {_whose(new)}.",
    Kind.HELD: lambda *_: "Nobody is paged for now.",
    Kind.RESPONDERS_ADDED: lambda _, new: f"Asked for too: {', '.join(new['added']['users'])}.",
    Kind.ASSIGNED: lambda _, new: f"{_who(new)} is paged; the team's rules come after.",
}


def _data(kind: Kind, old: Row | None, new: Row) -> dict[str, Any]:
    match kind:
        case Kind.OPENED:
            return {"team": new["team"], "severity": new["severity"], "source": new["source"]}
        case Kind.DEDUPLICATED:
            return {"count": new["count"]}
        case Kind.ACKNOWLEDGED | Kind.STATUS_CHANGED | Kind.RESOLVED | Kind.SNOOZE_ENDED | Kind.ACK_EXPIRED:
            return {"from": (old or {}).get("status"), "to": new["status"]}
        case Kind.EDITED:
            return {"fields": _shown(_changed(old or {}, new))}
        case Kind.HURRIED | Kind.KEPT:
            return {"rule_id": new.get("rule_id")}
        case Kind.SNOOZED:
            return {"until": new["snoozed_until"], "status": new["status"]}
        case Kind.RESPONDERS_ADDED:
            return dict(new["added"])
        case Kind.REASSIGNED:
            return {"from": (old or {}).get("team"), "team": new["team"], "user": new.get("handed_to")}
    names = ("rule_id", "step", "round", "due_at")
    return {"users": new.get("assigned_to") or [], **{name: new.get(name) for name in names}}


def _changed(old: Row, new: Row) -> list[str]:
    return [name for name in _EDITABLE if old.get(name) != new.get(name)]


def _edited(names: list[str]) -> str:
    return f"Changed: {', '.join(_shown(names))}."


def _shown(names: list[str]) -> list[str]:
    return list(dict.fromkeys("description" if name == "body" else name for name in names))


def _of_page(old: Row | None, new: Row) -> Iterator[Line]:
    kind = _FROM_PAGE.get(new["status"])
    if kind is None or (old is not None and old["status"] == new["status"]):
        return
    about = f"{new['channel']} to {new['user']}"
    why = f": {new['error']}" if new.get("error") else ""
    text = {
        Kind.PAGED: f"{about}.",
        Kind.PAGE_FAILED: f"{about} failed{why}",
        Kind.PAGE_SKIPPED: f"{about} skipped{why}",
    }
    data = {"user": new["user"], "method_id": new["method_id"], "channel": new["channel"], "step": new["step"]}
    data |= {"round": new["round"], "attempts": new.get("attempts", 0)}
    yield Line(new["settled_at"], new["sk"].removeprefix(keys.PAGES), kind, "system", text[kind], data)
