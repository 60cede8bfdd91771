"""What a page that failed for good asks for: flag the address, try the next method, else hurry the next step.

The page is marked last: a crash in between does all of it again, with the same names.
"""

from datetime import timedelta

from tocsin import clock, keys, page, queues, resource, ticket
from tocsin.errors import ConditionFailed, Fault, NotFound, SendError
from tocsin.page import Draft, Outcome, Page
from tocsin.rows import Row
from tocsin.store import EXISTS, NEW, directory, tickets
from tocsin.telemetry import logger
from tocsin.ticket import Changes, Status, Ticket
from tocsin.user import User

UNCOMMITTED = timedelta(seconds=3)


def give_up(claimed: Page, of: Ticket, error: SendError) -> Outcome:
    """Do what a page that failed for good asks for, and mark it."""
    if error.of is Fault.ADDRESS:
        _flag(claimed, error.detail)
    if of.epoch == claimed.epoch:
        return _put_back(claimed, error)
    last = not _try_next_method(claimed, _step(claimed), of)
    if last:
        _hurry_if_none_is_left(claimed, of)
    outcome = settle(claimed, page.failed(claimed, error.detail, clock.now()), Outcome.FAILED)
    if last:
        # Two that fail at once each saw the other alive before; to hurry twice is to hurry once.
        _hurry_if_none_is_left(claimed, of)
    return outcome


def _hurry_if_none_is_left(claimed: Page, of: Ticket) -> None:
    """Hurry the next step of a rule. What comes after its end keeps its times: it would spin on dead addresses."""
    if not of.beyond and not any(_alive(one, claimed) for one in _step(claimed)):
        _hurry(claimed, of)


def _step(claimed: Page) -> list[Page]:
    rows = tickets.query_all(claimed.key["pk"], begins=f"{keys.PAGES}{claimed.epoch}#")
    return [Page.of(row) for row in rows]


def settle(one: Page, changes: Changes, outcome: Outcome) -> Outcome:
    """Change a page that is still pending. Another who settled it meanwhile is right too."""
    try:
        tickets.update(one.key, changes, when=[("status", "=", page.PageStatus.PENDING.value)])
    except ConditionFailed:
        return Outcome.LEFT
    return outcome


def _alive(sibling: Page, claimed: Page) -> bool:
    return sibling.key != claimed.key and sibling.status in (page.PageStatus.PENDING, page.PageStatus.SENT)


def _flag(claimed: Page, reason: str) -> None:
    """Flag the method, if it still has the address that failed."""

    def flagged(row: Row) -> Changes:
        user = User.of(row)
        method = user.methods.get(claimed.method_id)
        if method is None or method.address != claimed.address or method.flagged:
            return {}
        return user.with_method(method.model_copy(update={"flagged": reason}))

    try:
        resource.change(keys.user(claimed.tenant, claimed.user), flagged)
    except NotFound:
        logger.info("a user is gone", extra={"user": claimed.user})


def _try_next_method(claimed: Page, siblings: list[Page], of: Ticket) -> bool:
    """Page the same user by another method at once. Return whether there was one that nobody has tried in this step."""
    begun = [one for one in siblings if one.user == claimed.user and _follows(one, claimed)]
    if begun:
        # Whoever put it may have died before asking for it; asked for twice, it is sent by who claims it first.
        queues.put_pages([queues.page_message(one) for one in begun])
        return True
    row = directory.get(keys.user(claimed.tenant, claimed.user))
    tried = {one.method_id for one in siblings if one.user == claimed.user}
    method = User.of(row).next_method(tried) if row and of.status is Status.UNREAD else None
    if method is None:
        return False
    draft = Draft(user=claimed.user, method_id=method.method_id, channel=method.channel, address=method.address)
    following = claimed.model_copy(
        update={**draft.model_dump(), "attempts": 0, "created_at": clock.now(), "error": None, "code": None}
    )
    try:
        tickets.put(page.row(following), when=NEW)
    except ConditionFailed:
        return True  # somebody else did, and asked for it to be sent
    queues.put(queues.page_message(following))
    return True


def _follows(sibling: Page, claimed: Page) -> bool:
    """Say whether a page was put because another failed, and still waits to be sent."""
    return sibling.created_at > claimed.created_at and not sibling.settled


def _put_back(claimed: Page, error: SendError) -> Outcome:
    """Come back when the step is committed: only then can the next one be hurried."""
    now = clock.now()
    outcome = settle(claimed, page.put_off(claimed, error.detail, now + UNCOMMITTED, now), Outcome.PUT_OFF)
    if outcome is Outcome.PUT_OFF:
        queues.put(queues.page_message(claimed), delay=round(UNCOMMITTED.total_seconds()))
    return outcome


def _hurry(claimed: Page, of: Ticket) -> None:
    """Make the next step due now, unless somebody acted or it has come already."""
    changes = ticket.hurried(of, "system", clock.now(), "Every page of the step failed.")
    still = [("epoch", "=", claimed.epoch + 1), ("status", "=", Status.UNREAD.value)]
    try:
        tickets.update(of.key, changes, when=[*EXISTS, *still])
    except ConditionFailed:
        logger.info("the ticket moved on before it could be hurried")
