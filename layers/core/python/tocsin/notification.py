"""The only way to people: a turn is taken, the message is sent, and then its pages are marked.

To mark a page first would be to lose it in a crash. One message may tell of many pages: those that came for the same
contact method while its last turn was not over.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from tocsin import answer, breakers, clock, due, keys, limits, page, queues, shares, turns
from tocsin.channels import CHANNELS, Channel
from tocsin.errors import Fault, SendError
from tocsin.failure import give_up, hurry_if_none_is_left, settle, try_another_way
from tocsin.keys import Key
from tocsin.letter import Facts, Letter, Told
from tocsin.page import Outcome, Page, PageStatus
from tocsin.queues import Message, Notice, PageMessage, TurnMessage
from tocsin.rows import Row
from tocsin.settings import settings
from tocsin.store import directory, tickets
from tocsin.team import HELD_FOR, Team
from tocsin.telemetry import about, count, logger
from tocsin.ticket import Ticket
from tocsin.turns import Turn, Waiting

READ_AGAIN = timedelta(seconds=2)
LOOKS, SLOW_TABLE = 3, timedelta(seconds=5)
NOTICE_ATTEMPTS, NOTICE_DELAY = 5, 30
LONGEST_OVER_LIMIT = timedelta(minutes=10)  # SQS delays by 15 minutes at most
USED_UP = {
    "sms_per_day": "The company's SMS of a day are used up.",
    "voice_per_day": "The company's calls of a day are used up.",
}
LONGEST_WAIT = 30.0  # seconds beyond a share's own, so that those that wait for one do not all come at once


@dataclass(frozen=True)
class Wanted:
    """A page that is to be sent, and its ticket."""

    page: Page
    of: Ticket


@dataclass(frozen=True)
class Desk:
    """What was read for one message: pages that are wanted, whether the number said STOP, and the sender's breaker."""

    wanted: list[Wanted]
    skipped: int
    stopped: bool
    breaker: Row | None
    read_at: datetime

    @property
    def pages(self) -> list[Page]:
        """The pages alone."""
        return [one.page for one in self.wanted]


def send(message: Message) -> Outcome:
    """Send what a channel's queue asks for. May be called any number of times for the same message."""
    about(message.tenant, message.ticket if isinstance(message, PageMessage) else None)
    match message:
        case Notice():
            outcome = _send_notice(message)
        case PageMessage():
            outcome = _send_page(message)
        case TurnMessage():
            outcome = _send_waiting(message)
    logger.info(message.kind, extra={"channel": message.channel, "outcome": outcome})
    return outcome


# --- notices


def _send_notice(notice: Notice) -> Outcome:
    letter = Letter(address=notice.address, subject=notice.subject, text=notice.text)
    channel = CHANNELS[notice.channel]
    parts = channel.parts(letter)
    wait = shares.take(notice.tenant, notice.channel, parts, clock.now())
    if wait is not None:
        queues.put(notice, delay=ceil(wait.total_seconds()))
        return Outcome.PUT_OFF
    if limits.days_wait(notice.tenant, channel.per_day, parts, clock.now()) is not None:
        return Outcome.SKIPPED  # a code or an answer is of no use hours later
    if channel.replies and not _known_and_willing(notice.address):
        return Outcome.SKIPPED
    try:
        channel.send(letter)
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


# --- pages


def _send_page(message: PageMessage) -> Outcome:
    desk = _read(message, [Waiting(message.ticket, message.page)])
    if not desk.wanted:
        if desk.skipped:
            _ask_for_those_left(message)
        return Outcome.SKIPPED if desk.skipped else Outcome.LEFT
    paused = breakers.paused_until(desk.breaker, clock.now())
    if paused is not None:
        return _pause(desk.wanted[0], paused)
    taken = _turn_or_wait(desk)
    if taken is None:
        return Outcome.PUT_OFF
    others: list[Waiting] = []
    if taken.waited:
        others = turns.waiting(taken.way)
        desk = _read(taken.way, list(dict.fromkeys([Waiting(message.ticket, message.page), *others])), in_turn=True)
    return _hand_over(taken, desk, others)


def _turn_or_wait(desk: Desk) -> Turn | None:
    """Take the turn for the one page on the desk. Return None if another has it and the page waits for the next."""
    (one,) = desk.pages
    while True:
        taken = turns.take(queues.turn_message(one), clock.now())
        if isinstance(taken, Turn):
            return taken
        if taken - clock.now() > turns.LENGTH + page.SKEW:
            _try_another_way(desk)  # what went before waits for its sender, not for its person
        if turns.wait(one, taken, clock.now()):
            return None


def _ask_for_those_left(message: PageMessage) -> None:
    """Ask for a turn for those that wait for one, though this page is not wanted any more.

    Who had this page in hand before may have taken the turn for all of them, and died: then nobody else asks.
    """
    _, user, method_id = message.page.removeprefix(keys.PAGES).split("#")
    address = {"channel": message.channel, "address": message.address}
    way = TurnMessage(tenant=message.tenant, user=user, method_id=method_id, **address)
    if turns.waiting(way):
        queues.put(way, delay=1)


def _pause(one: Wanted, until: datetime) -> Outcome:
    """Let a page wait until its sender is tried again, and its person be paged another way. The turn stays free."""
    now = clock.now()
    outcome = settle(one.page, page.put_off(one.page, until, now, breakers.PAUSED), Outcome.PUT_OFF)
    if outcome is Outcome.PUT_OFF:
        queues.put(queues.page_message(one.page), delay=ceil((until - now).total_seconds()))
        try_another_way(one.page, one.of)
    return outcome


def _send_waiting(way: TurnMessage) -> Outcome:
    """Send the pages that wait for a turn. If another has taken it, those that it has not sent wait for the next."""
    turn = turns.take(way, clock.now())
    others = turns.waiting(way)
    if not isinstance(turn, Turn):
        if others:
            turns.go_on_waiting(way, turn, clock.now())
        return Outcome.LEFT
    return _hand_over(turn, _read(way, others, in_turn=True), others)


def _read(message: PageMessage | TurnMessage, pages: Sequence[Waiting], *, in_turn: bool = False) -> Desk:
    """Read pages with their tickets, and settle those that nobody wants any more. One call, for the usual page.

    `in_turn`: the caller has the turn that they wait for, though they may not have expected it so soon.
    """
    now = clock.now()
    found = [(keys.ticket(message.tenant, one.ticket_id), one.page) for one in pages]
    places = [key for ticket_key, sk in found for key in (ticket_key, Key(pk=ticket_key["pk"], sk=sk))]
    phone = [keys.phone(message.address)] if CHANNELS[message.channel].replies else []
    broken = breakers.key(message.tenant, message.channel, message.address)
    breaker, *rows = tickets.get_many([broken, *places, *phone])
    stopped = bool(phone and (rows.pop() or {}).get("stopped"))
    coming: list[tuple[Page, Ticket | None]] = []
    for ticket_row, page_row in zip(rows[::2], rows[1::2], strict=True):
        one = Page.of(page_row) if page_row else None
        if one and one.status is PageStatus.FAILED and ticket_row:
            hurry_if_none_is_left(one, Ticket.of(ticket_row))  # who had it in hand may have died before that
        if one and not one.settled and _comes_now(one, message.address, now, in_turn=in_turn):
            coming.append((one, Ticket.of(ticket_row) if ticket_row else None))
    wanted, skipped, known = [], 0, _directory(coming)
    for one, of in coming:
        why = page.unwanted(one, of, _later(of, one), now) or _left(one, known)
        if why or of is None:
            skipped += settle(one, page.skipped(one, why or "", now), Outcome.SKIPPED) is Outcome.SKIPPED
        elif (until := _maintained_until(one, of, known, now)) is not None:
            if settle(one, page.sleeping(one, until, now), Outcome.PUT_OFF) is Outcome.PUT_OFF:
                queues.put(queues.page_message(one), delay=due.delay_seconds(until, now))
        else:
            wanted.append(Wanted(one, of))
    return Desk(wanted, skipped, stopped, breaker, now)


def _comes_now(one: Page, address: str, now: datetime, *, in_turn: bool) -> bool:
    """Say whether a page is one for this message. One that is not has a message of its own, or is given one."""
    if one.sleeps(now):
        queues.put(queues.page_message(one), delay=due.delay_seconds(one.begins_at, now))
        return False
    if one.waits(now) and not in_turn:
        return False
    if one.address != address:  # the method had another then
        queues.put(queues.page_message(one), delay=due.delay_seconds(one.due_at or now, now))
        return False
    return True


def _directory(coming: Sequence[tuple[Page, Ticket | None]]) -> dict[str, Row | None]:
    """Return users and teams, by partition key, of pages that waited for their time: in one call, however many.

    They may have waited for a night: long enough to leave. A step that pages at once has just looked.
    """
    waited = [(one, of) for one, of in coming if one.not_before is not None]
    places = [keys.user(one.tenant, one.user) for one, _ in waited]
    places += [keys.team(one.tenant, of.team) for one, of in waited if of]
    wanted = {key["pk"]: key for key in places}
    return dict(zip(wanted, directory.get_many(list(wanted.values())), strict=True)) if wanted else {}


def _left(one: Page, known: dict[str, Row | None]) -> str | None:
    """Return why a page that waited for its time has nobody to go to; None if there is somebody, or it never waited."""
    if one.not_before is None:
        return None
    row = known[keys.user(one.tenant, one.user)["pk"]]
    return None if row and row.get("active", True) else f"{one.user} is not active any more."


def _maintained_until(one: Page, of: Ticket, known: dict[str, Row | None], now: datetime) -> datetime | None:
    """Return until when a page that waited for its time waits on, for the team is in maintenance; None: it does not.

    A step is not taken in a maintenance, and needs not be looked at. As one, it is asked again before long.
    """
    if one.not_before is None or one.ask:
        return None
    row = known[keys.team(one.tenant, of.team)["pk"]]
    end = Team.of(row).pauses(now) if row else None
    return min(end, now + HELD_FOR) if end else None


def _later(of: Ticket | None, one: Page) -> list[Page]:
    """Return the pages after this one's step. None can be there while the ticket has not moved past it."""
    if of is None or one.ask or of.epoch <= one.epoch + 1:
        return []
    rows = tickets.query_all(one.key["pk"], between=(f"{keys.PAGES}{one.epoch + 1}", "PAGE$"))
    return [Page.of(row) for row in rows]


def _hand_over(turn: Turn, desk: Desk, others: Sequence[Waiting]) -> Outcome:
    """Use a turn: send what is wanted in one message, mark its pages, and take all that waited off the list."""
    outcome = _try(turn, desk) if desk.wanted else Outcome.LEFT
    if outcome is Outcome.PUT_OFF:
        return outcome  # they are on the list again
    turns.forget(turn, others)
    more = len(others) >= turns.room(turn.way)
    if outcome is not Outcome.SENT:
        turns.give_back(turn, clock.now(), more=more)
    elif more:
        turns.ask_again(turn, clock.now())
    return outcome


def _try(turn: Turn, desk: Desk) -> Outcome:
    if desk.stopped:
        return _give_up_stopped(desk)
    now = clock.now()
    channel = CHANNELS[turn.way.channel]
    until = breakers.closed_to(desk.breaker, now)
    if until is not None:
        _try_another_way(desk)
        turns.put_off(turn, desk.pages, until, now, breakers.PAUSED)
        return Outcome.PUT_OFF
    # Told apart from the letter that goes out by its link and code alone, which are made once there is a share.
    parts = channel.parts(_letter(desk, f"{settings.public_url}/a/{'x' * 22}", "00000"))
    wait = shares.take(turn.way.tenant, turn.way.channel, parts, now, tries=turn.way.tries)
    if wait is not None:
        return _wait_for_share(turn, desk, wait)
    wait = limits.days_wait(turn.way.tenant, channel.per_day, parts, now)
    if channel.per_day and wait is not None:
        _try_another_way(desk)
        turns.put_off(turn, desk.pages, now + min(wait, LONGEST_OVER_LIMIT), now, USED_UP[channel.per_day])
        return Outcome.PUT_OFF
    return _send(turn, desk, channel)


def _wait_for_share(turn: Turn, desk: Desk, wait: timedelta) -> Outcome:
    """Let all of a turn's pages wait until the tenant may send again; others may be as many, so not all at one time."""
    longest = min(2.0**turn.way.tries - 1, LONGEST_WAIT)
    wait += timedelta(seconds=random.SystemRandom().uniform(0, longest))
    again = replace(turn, way=turn.way.model_copy(update={"tries": turn.way.tries + 1}))
    count("WaitedForShare")
    now = clock.now()
    turns.put_off(again, desk.pages, now + wait, now)
    return Outcome.PUT_OFF


def _send(turn: Turn, desk: Desk, channel: Channel) -> Outcome:
    for _ in range(LOOKS):
        # Anew for what is left after another look: what a message does not tell of is not answered by it.
        now = clock.now()
        code = (_known_code(desk) or answer.put_code(desk.pages, now)) if channel.replies else None
        link = f"{settings.public_url}/a/{answer.put_link(desk.pages, now)}"
        if clock.now() - desk.read_at <= READ_AGAIN:
            break
        desk = _read(turn.way, [Waiting(one.ticket_id, one.key["sk"]) for one in desk.pages], in_turn=True)
        if not desk.wanted:
            return Outcome.SKIPPED
        if desk.stopped:
            return _give_up_stopped(desk)
    else:
        # The table answers so slowly that nobody knows what is wanted now: of half as many it may be known in time.
        now = clock.now()
        fewer = replace(turn, way=turn.way.model_copy(update={"halved": turn.way.halved + 1}))
        turns.put_off(fewer, desk.pages, now + SLOW_TABLE, now, "The table was too slow to say whether it is wanted.")
        return Outcome.PUT_OFF
    tried = [one.tried().model_copy(update={"code": code}) for one in desk.pages]
    desk = replace(desk, wanted=[Wanted(one, of.of) for one, of in zip(tried, desk.wanted, strict=True)])
    try:
        provider_id = channel.send(_letter(desk, link, code))
    except SendError as error:
        return _failed(turn, desk, error)
    for one in desk.pages:
        about(one.tenant, one.ticket_id)
        outcome = settle(one, page.sent(one, provider_id, code, clock.now()), Outcome.SENT)
        logger.info("handed over", extra={"page": one.page_id, "outcome": outcome, "provider_id": provider_id})
    breakers.worked(desk.breaker)
    return Outcome.SENT


def _give_up_stopped(desk: Desk) -> Outcome:
    tried = [Wanted(one.page.tried(), one.of) for one in desk.wanted]
    # The flag is the number's, whatever the company: the method is none the worse when START takes it back.
    return _give_up(
        replace(desk, wanted=tried), SendError("The number has said STOP.", of=Fault.MESSAGE, permanent=True)
    )


def _known_code(desk: Desk) -> str | None:
    """Return the code of an earlier attempt, if it was made for these pages and no other: they need no new one."""
    codes = {one.code for one in desk.pages}
    code = codes.pop() if len(codes) == 1 else None
    return code if code and answer.stands_for(code, desk.pages) else None


def _letter(desk: Desk, link: str, code: str | None) -> Letter:
    by_ticket = {one.of.ticket_id: one.of for one in desk.wanted}
    told = tuple(
        Told(
            of.ticket_id,
            of.title,
            of.severity,
            of.team,
            f"{of.description}..." if of.body else of.description or "",
            of.created_at,
        )
        for of in by_ticket.values()
    )
    return Letter(address=desk.pages[0].address, facts=Facts(told, link, code))


def _failed(turn: Turn, desk: Desk, error: SendError) -> Outcome:
    count("SendFailed")
    logger.warning("a message was not sent", extra={"reason": error.detail})
    if error.permanent:
        return _give_up(desk, error)
    now = clock.now()
    is_open = breakers.failed(turn.way, desk.breaker, now)
    delay = page.retry_delay(desk.pages[0], random.SystemRandom())
    if is_open:
        _try_another_way(desk)
    turns.put_off(turn, desk.pages, now + delay, now, error.detail)
    return Outcome.PUT_OFF


def _try_another_way(desk: Desk) -> None:
    for one in desk.wanted:
        try_another_way(one.page, one.of)


def _give_up(desk: Desk, error: SendError) -> Outcome:
    for one in desk.wanted:
        give_up(one.page, one.of, error)
    return Outcome.FAILED
