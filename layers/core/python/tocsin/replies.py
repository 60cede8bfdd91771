"""SMS replies: whose phone it is and which page is meant follow from the number and the code, never from a tenant.

Rows of a number: its reply codes, and one with what is remembered of the number itself (STOP, wrong codes, answers).
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from tocsin import ids, keys, queues, sessions, steering, tickets, times, users
from tocsin.answer import Answer
from tocsin.errors import Conflict, NotFound
from tocsin.queues import Notice
from tocsin.reply import Reply, Word, parse
from tocsin.rows import Row
from tocsin.store import tickets as table
from tocsin.telemetry import about, count, logger
from tocsin.ticket import Status, Ticket

WRONG_CODES, WRONG_WINDOW = 5, timedelta(minutes=10)
ANSWERS, ANSWER_WINDOW = 5, timedelta(hours=1)
LISTED = 5  # tickets that an answer names
SEEN_FOR = timedelta(days=1)  # an inbound SMS is remembered, longer than it may be delivered again

HELP = "Tocsin: reply ACK, RESOLVE or ESCALATE with the 5 digits of a page, ACK ALL, STOP or START."


@dataclass
class Phone:
    """A number: what it has been sent, and what is remembered of it."""

    number: str
    codes: list[Answer]
    memory: Row = field(default_factory=dict)
    known: bool = False
    seen: frozenset[str] = frozenset()  # digests of SMS that were acted on

    def recent(self, name: str, window: timedelta, now: datetime) -> list[str]:
        """Return the times of this kind that are within the window."""
        return [at for at in self.memory.get(name, []) if times.parse(at) > now - window]

    def muted(self, now: datetime) -> bool:
        """Say whether too many wrong codes came from the number."""
        return len(self.recent("wrong_codes", WRONG_WINDOW, now)) >= WRONG_CODES


def run(number: str, text: str, message_id: str | None, now: datetime) -> None:
    """Do what an SMS asks for, and answer it if the number is one that we page.

    An SMS that was delivered before does nothing. It is remembered after it was acted on: who dies in between acts
    twice, which is better than not at all.
    """
    phone = _read(number, now)
    digest = ids.sha256(message_id) if message_id is not None else None
    if digest in phone.seen:
        return
    answer = _act_on(phone, parse(text), now)
    if digest is not None:
        # A row of its own: of two SMS that come at the same time neither may forget the other.
        table.update(keys.seen(number, digest), {"expires": int((now + SEEN_FOR).timestamp())}, when=())
    _close(phone, answer, now)


def _act_on(phone: Phone, reply: Reply, now: datetime) -> str | None:
    """Do what a reply asks for and return what to answer."""
    match reply.word:
        case Word.STOP:
            _remember(phone, {"stopped": True})
            return None
        case Word.START:
            _remember(phone, {"stopped": None})
            _unflag(phone)
            return "Tocsin: you get pages again. Reply STOP to end them."
        case Word.HELP | Word.NONE:
            return HELP
    if phone.muted(now):
        count("RepliesMuted")
        return None
    return _with_code(phone, reply, reply.code, now) if reply.code else _without_code(phone, reply, now)


def _with_code(phone: Phone, reply: Reply, code: str, now: datetime) -> str:
    named = [one for one in phone.codes if one.code == code]
    if named:
        return _act(named[0], named[0].ticket_ids, reply.word, now)
    _remember(phone, {"wrong_codes": [*phone.recent("wrong_codes", WRONG_WINDOW, now), times.text(now)]})
    return f"Tocsin: no page has the code {code[:8]}. Nothing was changed."


def _without_code(phone: Phone, reply: Reply, now: datetime) -> str:
    """Take the only open message of the number; with several nothing changes and the answer lists their pages."""
    open_ = _open(phone.codes, reply.word)
    if not open_:
        return "Tocsin: you have no open page."
    if len(open_) == 1 or reply.all:
        told = [_act(answer, [one.ticket_id for one in about_], reply.word, now) for answer, about_ in open_]
        return told[0] if len(told) == 1 else f"Tocsin: done for {sum(len(about_) for _, about_ in open_)} pages."
    listed = "; ".join(f"{answer.code} {_named(about_)[:40]}" for answer, about_ in open_[:LISTED])
    more = f" and {len(open_) - LISTED} more" if len(open_) > LISTED else ""
    return f"Tocsin: {len(open_)} open pages, which one? {listed}{more}"


def _open(codes: Iterable[Answer], word: Word) -> list[tuple[Answer, list[Ticket]]]:
    """Return the number's messages that a word can be about, newest first, each with the tickets it is the last of."""
    newest: dict[tuple[str, str], Answer] = {}
    for code in sorted(codes, key=lambda one: one.expires_at):
        newest |= {(code.tenant, ticket_id): code for ticket_id in code.ticket_ids}
    rows = [row for tenant, places in groupby(newest, key=itemgetter(0)) for row in _tickets(tenant, places)]
    found: dict[str | None, tuple[Answer, list[Ticket]]] = {}
    for answer, row in zip(newest.values(), rows, strict=True):
        one = Ticket.of(row) if row else None
        if one and (one.status is Status.UNREAD if word is Word.ACKNOWLEDGE else not one.resolved):
            found.setdefault(answer.code, (answer, []))[1].append(one)
    return sorted(found.values(), key=lambda pair: pair[0].expires_at, reverse=True)


def _tickets(tenant: str, places: Iterable[tuple[str, str]]) -> list[Row | None]:
    with sessions.acting_for(tenant):
        return table.get_many([keys.ticket(*place) for place in places])


def _named(open_: Sequence[Ticket]) -> str:
    return open_[0].title if len(open_) == 1 else f"{len(open_)} tickets: {open_[0].title}"


def _act(answer: Answer, ticket_ids: Sequence[str], word: Word, now: datetime) -> str:
    """Do what is asked for on the tickets of a message and return what to answer."""
    act = {Word.ACKNOWLEDGE: _acknowledge, Word.RESOLVE: _resolve, Word.ESCALATE: _escalate}[word]
    told = []
    for ticket_id in ticket_ids:
        about(answer.tenant, ticket_id)
        with suppress(NotFound), sessions.acting_for(answer.tenant):
            one, state = act(answer.tenant, ticket_id, answer.user, now)
            logger.info("reply", extra={"word": word, "status": one.status})
            told.append(f"{state}: {one.title[:80]}")
    if not told:
        return "Tocsin: that ticket is gone."
    return f"Tocsin: {told[0]}" + (f"; and so on, {len(told)} tickets in all" if len(told) > 1 else "")


def _acknowledge(tenant: str, ticket_id: str, user: str, now: datetime) -> tuple[Ticket, str]:
    one = tickets.acknowledge(tenant, ticket_id, user, now)
    if one.resolved:
        return one, "resolved"
    if one.acknowledged_by in (None, user):
        return one, "acknowledged"
    at = f" at {times.text(one.acknowledged_at)[11:16]} UTC" if one.acknowledged_at else ""
    return one, f"{one.acknowledged_by} was faster{at}"


def _resolve(tenant: str, ticket_id: str, user: str, now: datetime) -> tuple[Ticket, str]:
    return tickets.resolve(tenant, ticket_id, user, now), "resolved"


def _escalate(tenant: str, ticket_id: str, user: str, now: datetime) -> tuple[Ticket, str]:
    try:
        return steering.escalate(tenant, ticket_id, user, now), "the next step comes now"
    except Conflict:
        one = tickets.get(tenant, ticket_id)
        return one, "resolved" if one.resolved else "nothing comes after the last step"


def _read(number: str, now: datetime) -> Phone:
    rows = table.query_all(keys.phone(number)["pk"])
    memory = next((row for row in rows if row["sk"] == keys.phone(number)["sk"]), {})
    codes = [Answer.of(row) for row in rows if row["sk"].startswith(keys.CODES)]
    # A stranger is one to whom nothing was ever sent.
    known = bool(codes) or "known" in memory
    seen = frozenset(row["sk"].removeprefix(keys.SEEN) for row in rows if row["sk"].startswith(keys.SEEN))
    return Phone(number, [code for code in codes if code.live(now)], memory, known, seen)


def _remember(phone: Phone, changes: dict[str, Any]) -> None:
    phone.memory = table.update(keys.phone(phone.number), changes, when=())


def _unflag(phone: Phone) -> None:
    """Take back the flags that a carrier's refusals brought upon the number: it may be written to again."""
    for tenant, user in {(one.tenant, one.user) for one in phone.codes}:
        with suppress(NotFound), sessions.acting_for(tenant):
            users.unflag(tenant, user, phone.number)


def _close(phone: Phone, answer: str | None, now: datetime) -> None:
    """Answer an SMS unless it is a stranger's, after STOP, or past the hour's answers."""
    answered = phone.recent("answers", ANSWER_WINDOW, now)
    welcome = phone.known and not phone.memory.get("stopped") and len(answered) < ANSWERS
    if answer is not None and welcome:
        _remember(phone, {"answers": [*answered, times.text(now)]})
        queues.put(Notice(tenant=_tenant(phone), channel="sms", address=phone.number, subject="", text=answer))


def _tenant(phone: Phone) -> str:
    """Return the group that an answer is queued in: the company that paged the number last; "_..." is no company's."""
    return max(phone.codes, key=lambda one: one.expires_at).tenant if phone.codes else "_replies"
