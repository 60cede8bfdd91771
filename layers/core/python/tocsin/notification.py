"""The only way to people: a page is claimed, sent, and then marked. To mark it first would be to lose it in a crash."""

import random
from datetime import datetime, timedelta

from tocsin import answer, clock, keys, page, queues
from tocsin.channels import CHANNELS
from tocsin.errors import ConditionFailed, Fault, SendError
from tocsin.failure import give_up, settle
from tocsin.letter import Facts, Letter
from tocsin.page import Outcome, Page
from tocsin.queues import Notice, PageMessage
from tocsin.rows import Row
from tocsin.settings import settings
from tocsin.store import tickets
from tocsin.telemetry import about, count, logger
from tocsin.ticket import Ticket

READ_AGAIN = timedelta(seconds=2)
NOTICE_ATTEMPTS, NOTICE_DELAY = 5, 30


def send(message: PageMessage | Notice) -> Outcome:
    """Send what a channel's queue asks for. May be called any number of times for the same message."""
    if isinstance(message, Notice):
        about(message.tenant)
        outcome = _send_notice(message)
    else:
        about(message.tenant, message.ticket)
        outcome = _send_page(message)
    logger.info(message.kind, extra={"channel": message.channel, "outcome": outcome})
    return outcome


def _send_notice(notice: Notice) -> Outcome:
    letter = Letter(address=notice.address, subject=notice.subject, text=notice.text)
    if notice.channel == "sms" and not _known_and_willing(notice.address):
        return Outcome.SKIPPED
    try:
        CHANNELS[notice.channel].send(letter)
    except SendError as error:
        count("SendFailed")
        logger.warning("a notice was not sent", extra={"reason": error.detail})
        if error.permanent or notice.attempt >= NOTICE_ATTEMPTS:
            return Outcome.FAILED
        queues.put(notice.model_copy(update={"attempt": notice.attempt + 1}), delay=NOTICE_DELAY * notice.attempt)
        return Outcome.PUT_OFF
    return Outcome.SENT


def _known_and_willing(number: str) -> bool:
    """Remember that we wrote to a number, so that it is answered; say whether it may be written to."""
    phone = tickets.update(keys.phone(number), {"known": True}, when=())
    return not phone.get("stopped")


def _send_page(message: PageMessage) -> Outcome:
    now = clock.now()
    of, one, phone = _read(message)
    if one is None or one.settled or one.claimed(now):
        return Outcome.LEFT
    why = page.unwanted(one, of, _later(of, one), now)
    if why or of is None:
        return settle(one, page.skipped(one, why or "", now), Outcome.SKIPPED)
    try:
        claimed = Page.of(tickets.update(one.key, page.claim(one, now), when=_still_due(now)))
    except ConditionFailed:
        return Outcome.LEFT
    if phone and phone.get("stopped"):
        # The flag is the number's, whatever the company: the method is none the worse when START takes it back.
        error = SendError("The number has said STOP.", of=Fault.MESSAGE, permanent=True)
        return give_up(claimed, of, error)
    return _hand_over(message, claimed, of, read_at=now)


def _hand_over(message: PageMessage, claimed: Page, of: Ticket, *, read_at: datetime) -> Outcome:
    """Send a claimed page and mark it."""
    channel = CHANNELS[claimed.channel]
    now = clock.now()
    code = (claimed.code or answer.put_code(claimed, now)) if channel.replies else None
    claimed = claimed.model_copy(update={"code": code})  # another attempt needs no other code
    link = f"{settings.public_url}/a/{answer.put_link(claimed, now)}"
    if clock.now() - read_at > READ_AGAIN:
        again, _, _ = _read(message)
        why = page.unwanted(claimed, again, _later(again, claimed), clock.now())
        if why or again is None:
            return settle(claimed, page.skipped(claimed, why or "", clock.now()), Outcome.SKIPPED)
        of = again
    try:
        provider_id = channel.send(Letter(address=claimed.address, facts=_facts(of, link, code)))
    except SendError as error:
        count("SendFailed")
        logger.warning("a page was not sent", extra={"reason": error.detail})
        return give_up(claimed, of, error) if error.permanent else _retry(message, claimed, error)
    return settle(claimed, page.sent(claimed, provider_id, code, clock.now()), Outcome.SENT)


def _read(message: PageMessage) -> tuple[Ticket | None, Page | None, Row | None]:
    ticket_key = keys.ticket(message.tenant, message.ticket)
    page_key = keys.Key(pk=ticket_key["pk"], sk=message.page)
    wanted = [ticket_key, page_key, *([keys.phone(message.address)] if message.channel == "sms" else [])]
    of, one, *phone = tickets.get_many(wanted)
    return Ticket.of(of) if of else None, Page.of(one) if one else None, phone[0] if phone else None


def _later(of: Ticket | None, one: Page) -> list[Page]:
    """Return the pages after this one's step. None can be there while the ticket has not moved past it."""
    if of is None or of.epoch <= one.epoch + 1:
        return []
    rows = tickets.query_all(one.key["pk"], between=(f"{keys.PAGES}{one.epoch + 1}", "PAGE$"))
    return [Page.of(row) for row in rows]


def _still_due(now: datetime) -> list[tuple[str, str, str]]:
    return [("status", "=", page.PageStatus.PENDING.value), ("due_at", "<=", page.latest_due(now))]


def _facts(of: Ticket, link: str, code: str | None) -> Facts:
    description = f"{of.description}..." if of.body else of.description or ""
    return Facts(of.title, of.severity, of.team, description, of.created_at, link, code)


def _retry(message: PageMessage, claimed: Page, error: SendError) -> Outcome:
    changes, delay = page.retried(claimed, error.detail, clock.now(), random.SystemRandom())
    outcome = settle(claimed, changes, Outcome.PUT_OFF)
    if outcome is Outcome.PUT_OFF:
        queues.put(message, delay=delay)
    return outcome
