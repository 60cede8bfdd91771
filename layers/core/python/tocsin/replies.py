"""SMS replies: whose phone it is and which page is meant follow from the number and the code, never from a tenant.

Rows of a number: its reply codes, and one with what is remembered of the number itself (STOP, wrong codes, answers).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tocsin import keys, queues, tickets, times
from tocsin.answer import Answer
from tocsin.errors import NotFound
from tocsin.queues import Notice
from tocsin.reply import Reply, Word, parse
from tocsin.rows import Row
from tocsin.store import tickets as table
from tocsin.telemetry import about, count, logger
from tocsin.ticket import Status, Ticket

WRONG_CODES, WRONG_WINDOW = 5, timedelta(minutes=10)
ANSWERS, ANSWER_WINDOW = 5, timedelta(hours=1)
LISTED = 5  # tickets that an answer names

HELP = "Tocsin: reply ACK, RESOLVE or ESCALATE with the 5 digits of a page, ACK ALL, STOP or START."


@dataclass
class Phone:
    """A number: what it has been sent, and what is remembered of it."""

    number: str
    codes: list[Answer]
    memory: Row = field(default_factory=dict)
    known: bool = False

    def recent(self, name: str, window: timedelta, now: datetime) -> list[str]:
        """Return the times of this kind that are within the window."""
        return [at for at in self.memory.get(name, []) if times.parse(at) > now - window]

    def muted(self, now: datetime) -> bool:
        """Say whether too many wrong codes came from the number."""
        return len(self.recent("wrong_codes", WRONG_WINDOW, now)) >= WRONG_CODES


def run(number: str, text: str, now: datetime) -> None:
    """Do what an SMS asks for, and answer it if the number is one that we page."""
    phone, reply = _read(number, now), parse(text)
    match reply.word:
        case Word.STOP:
            _remember(phone, {"stopped": True})
        case Word.START:
            _remember(phone, {"stopped": None})
            _answer(phone, "Tocsin: you get pages again. Reply STOP to end them.", now)
        case Word.HELP | Word.NONE:
            _answer(phone, HELP, now)
        case _:
            _command(phone, reply, now)


def _command(phone: Phone, reply: Reply, now: datetime) -> None:
    if phone.muted(now):
        count("RepliesMuted")
        return
    if reply.code is None:
        _without_code(phone, reply, now)
        return
    named = [one for one in phone.codes if one.code == reply.code]
    if named:
        _answer(phone, _act(named[0], reply.word, now), now)
        return
    wrong = [*phone.recent("wrong_codes", WRONG_WINDOW, now), times.text(now)]
    _remember(phone, {"wrong_codes": wrong})
    _answer(phone, f"Tocsin: no page has the code {reply.code[:8]}. Nothing was changed.", now)


def _without_code(phone: Phone, reply: Reply, now: datetime) -> None:
    """Take the only open page of the number; with several nothing changes and the answer lists them."""
    pages = _open_pages(phone.codes, reply.word)
    if not pages:
        _answer(phone, "Tocsin: you have no open page.", now)
    elif len(pages) == 1 or reply.all:
        told = [_act(answer, reply.word, now) for answer, _ in pages]
        _answer(phone, told[0] if len(told) == 1 else f"Tocsin: done for {len(told)} pages.", now)
    else:
        listed = "; ".join(f"{answer.code} {one.title[:40]}" for answer, one in pages[:LISTED])
        more = f" and {len(pages) - LISTED} more" if len(pages) > LISTED else ""
        _answer(phone, f"Tocsin: {len(pages)} open pages, which one? {listed}{more}", now)


def _open_pages(codes: Iterable[Answer], word: Word) -> list[tuple[Answer, Ticket]]:
    """Return the number's pages that a word can be about, one for each ticket, newest first."""
    by_ticket: dict[tuple[str, str], Answer] = {}
    for code in sorted(codes, key=lambda one: one.expires_at):
        by_ticket[code.tenant, code.ticket_id] = code
    newest = list(reversed(by_ticket.values()))
    rows = table.get_many([keys.ticket(one.tenant, one.ticket_id) for one in newest])
    found = [(answer, Ticket.of(row)) for answer, row in zip(newest, rows, strict=True) if row is not None]
    if word is Word.ACKNOWLEDGE:
        return [(answer, one) for answer, one in found if one.status is Status.UNREAD]
    return [(answer, one) for answer, one in found if not one.resolved]


def _act(answer: Answer, word: Word, now: datetime) -> str:
    """Do what is asked for on a ticket and return what to answer."""
    act = {Word.ACKNOWLEDGE: tickets.acknowledge, Word.RESOLVE: tickets.resolve, Word.ESCALATE: tickets.escalate}[word]
    about(answer.tenant, answer.ticket_id)
    try:
        one = act(answer.tenant, answer.ticket_id, answer.user, now)
    except NotFound:
        return "Tocsin: that ticket is gone."
    return f"Tocsin: {_state(one, word, answer.user)}: {one.title[:80]}"


def _state(one: Ticket, word: Word, user: str) -> str:
    if one.resolved:
        return "resolved"
    if word is Word.ESCALATE:
        return "the next step comes now"
    if one.acknowledged_by in (None, user):
        return "acknowledged"
    at = f" at {times.text(one.acknowledged_at)[11:16]} UTC" if one.acknowledged_at else ""
    return f"{one.acknowledged_by} was faster{at}"


def _read(number: str, now: datetime) -> Phone:
    rows = table.query_all(keys.phone(number)["pk"])
    memory = next((row for row in rows if row["sk"] == keys.phone(number)["sk"]), {})
    codes = [Answer.of(row) for row in rows if row["sk"].startswith(keys.CODES)]
    # A stranger is one to whom nothing was ever sent.
    known = bool(codes) or "known" in memory
    return Phone(number, [code for code in codes if code.live(now)], memory, known)


def _remember(phone: Phone, changes: dict[str, Any]) -> None:
    phone.memory = table.update(keys.phone(phone.number), changes, when=())


def _answer(phone: Phone, text: str, now: datetime) -> None:
    """Answer, unless it is a stranger, has said STOP, or had enough answers this hour."""
    if not phone.known or phone.memory.get("stopped"):
        return
    answered = phone.recent("answers", ANSWER_WINDOW, now)
    if len(answered) >= ANSWERS:
        logger.info("a reply gets no answer: enough for this hour")
        return
    _remember(phone, {"answers": [*answered, times.text(now)]})
    queues.put(Notice(tenant=_tenant(phone), channel="sms", address=phone.number, subject="", text=text))


def _tenant(phone: Phone) -> str:
    """Return the group that an answer is queued in: the company that paged the number last."""
    return max(phone.codes, key=lambda one: one.expires_at).tenant if phone.codes else "replies"
