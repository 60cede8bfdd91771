"""What a page that failed asks for: flag the address, try the person's next method, else hurry the next step.

The page is marked last: a crash in between does all of it again, with the same names. A responder's page is of no
step: it asks for that person's next method alone.
"""

import random
from datetime import timedelta

from tocsin import clock, due, keys, page, queues, resource, ticket
from tocsin.errors import ConditionFailed, Fault, NotFound, SendError
from tocsin.page import Draft, Outcome, Page
from tocsin.rows import Row
from tocsin.store import EXISTS, NEW, directory, tickets
from tocsin.telemetry import logger
from tocsin.ticket import Changes, Status, Ticket
from tocsin.user import User


def give_up(failing: Page, of: Ticket, error: SendError) -> Outcome:
    """Do what a page that failed for good asks for, and mark it."""
    if error.of is Fault.ADDRESS:
        _flag(failing, error.detail)
    if not failing.ask and of.epoch == failing.epoch:
        return _put_back(failing, error)
    if not try_another_way(failing, of):
        hurry_if_none_is_left(failing, of)
    outcome = settle(failing, page.failed(failing, error.detail, clock.now()), Outcome.FAILED)
    # Two that fail at once each saw the other alive, or took it for another way; to hurry twice is to hurry once. Who
    # dies here is given the page again, which has failed by then.
    hurry_if_none_is_left(failing, of)
    return outcome


def hurry_if_none_is_left(failing: Page, of: Ticket) -> None:
    """Hurry the next step of a rule. What comes after its end keeps its times: it would spin on dead addresses."""
    waits = of.epoch == failing.epoch + 1 and of.status is Status.UNREAD and not of.beyond
    if waits and not failing.ask and not any(_alive(one, failing) for one in _step(failing)):
        _hurry(failing, of)


def _step(failing: Page) -> list[Page]:
    """Return the pages of its step; of a responder's, those of the same ask."""
    rows = tickets.query_all(failing.key["pk"], begins=f"{keys.PAGES}{failing.made_by}#")
    return [Page.of(row) for row in rows]


def settle(one: Page, changes: Changes, outcome: Outcome) -> Outcome:
    """Change a page that is still pending. Another who settled it meanwhile is right too."""
    try:
        tickets.update(one.key, changes, when=page.PENDING)
    except ConditionFailed:
        return Outcome.LEFT
    return outcome


def _alive(sibling: Page, failing: Page) -> bool:
    """Say whether another page of the step may still reach somebody, while it is their turn."""
    in_time = sibling.begins_at <= sibling.created_at + timedelta(seconds=sibling.wait)
    pending = sibling.status is page.PageStatus.PENDING and in_time
    return sibling.key != failing.key and (pending or sibling.status is page.PageStatus.SENT)


def _flag(failing: Page, reason: str) -> None:
    """Flag the method, if it still has the address that failed."""

    def flagged(row: Row) -> Changes:
        user = User.of(row)
        method = user.methods.get(failing.method_id)
        if method is None or method.address != failing.address or method.flagged:
            return {}
        return user.with_method(method.model_copy(update={"flagged": reason}))

    try:
        resource.change(keys.user(failing.tenant, failing.user), flagged)
    except NotFound:
        logger.info("a user is gone", extra={"user": failing.user})


def try_another_way(failing: Page, of: Ticket) -> bool:
    """Page the same user by another method at once. Return whether there was one that nobody has tried in this step."""
    siblings = _step(failing)
    others = [one for one in siblings if one.user == failing.user and one.key != failing.key]
    begun = [one for one in others if one.instead and not one.settled]
    if begun:
        # Whoever put it may have died before asking for it; asked for twice, it is sent by who claims it first.
        queues.put_pages(begun, clock.now())
        return True
    row = directory.get(keys.user(failing.tenant, failing.user))
    tried = {one.method_id for one in siblings if one.user == failing.user}
    wanted = not of.resolved if failing.ask else of.status is Status.UNREAD
    method = User.of(row).next_method(tried) if row and wanted else None
    if method is None:
        return False
    draft = Draft(user=failing.user, method_id=method.method_id, channel=method.channel, address=method.address)
    following = failing.model_copy(
        update={
            **draft.model_dump(),
            "attempts": 0,
            "not_before": None,
            "instead": True,
            "created_at": clock.now(),
            "error": None,
            "code": None,
        }
    )
    try:
        tickets.put(page.row(following), when=NEW)
    except ConditionFailed:
        return True  # somebody else did, and asked for it to be sent
    queues.put(queues.page_message(following))
    return True


def _put_back(failing: Page, error: SendError) -> Outcome:
    """Come back when the step is committed: only then can the next one be hurried. It may be long, so less and less."""
    now = clock.now()
    until = now + page.retry_delay(failing, random.SystemRandom())
    outcome = settle(failing, page.put_off(failing, until, now, error.detail), Outcome.PUT_OFF)
    if outcome is Outcome.PUT_OFF:
        queues.put(queues.page_message(failing), delay=due.delay_seconds(until, now))
    return outcome


def _hurry(failing: Page, of: Ticket) -> None:
    """Make the next step due now, unless somebody acted or it has come already: either began another epoch."""
    changes = ticket.woken(of, "system", clock.now(), "Every page of the step failed.")
    try:
        tickets.update(of.key, changes, when=[*EXISTS, ("epoch", "=", failing.epoch + 1)])
    except ConditionFailed:
        logger.info("the ticket moved on before it could be hurried")
