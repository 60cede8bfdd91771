"""How a page is answered: a reply code for one phone number, a link for anybody who has it. Both find a ticket.

Rows under PHONE# and LINK# belong to no tenant: an answer names none. They bind tenant, ticket, page and person.
"""

from datetime import datetime, timedelta
from itertools import islice

from tocsin import ids, keys, times
from tocsin.errors import ConditionFailed
from tocsin.model import Record
from tocsin.page import Page
from tocsin.store import tickets
from tocsin.times import Moment

GOOD_FOR = timedelta(days=7)
_TRIES = 20  # as many calls at most; a number with few live codes takes one


class Answer(Record):
    """What a code or a link stands for."""

    tenant: str
    ticket_id: str
    page: str
    user: str
    expires_at: Moment
    code: str | None = None

    def live(self, now: datetime) -> bool:
        """Say whether it may still be used."""
        return now < self.expires_at


def put_code(page: Page, now: datetime) -> str | None:
    """Make a code for a page's number, one that is not in use there, and return its five digits.

    A company has a hundred codes at a number, and so never more that are live. None if they seem to be used up: the
    page goes without one, its link is enough.
    """
    for code in islice(ids.reply_codes(page.tenant, page.address), _TRIES):
        row = {**keys.code(page.address, code), **_row(page, now), "code": code}
        try:
            tickets.put(row, when=[("expires_at", "missing or <", times.text(now))])
        except ConditionFailed:
            continue
        return code
    return None


def put_link(page: Page, now: datetime) -> str:
    """Make a link for a page and return its token; only the token's hash is kept."""
    token = ids.link_token()
    tickets.put({**keys.link(ids.sha256(token)), **_row(page, now)})
    return token


def _row(page: Page, now: datetime) -> dict[str, str | int]:
    expires_at = now + GOOD_FOR
    return {
        "tenant": page.tenant,
        "ticket_id": page.ticket_id,
        "page": page.key["sk"],
        "user": page.user,
        "expires_at": times.text(expires_at),
        # The table's time to live, in seconds; an expired row is kept for a while to say "expired", not "unknown".
        "expires": int((expires_at + GOOD_FOR).timestamp()),
    }


def by_link(token: str) -> Answer | None:
    """Return what a link stands for, expired or not; None if there is no such link."""
    row = tickets.get(keys.link(ids.sha256(token)))
    return Answer.of(row) if row else None
