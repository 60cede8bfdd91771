"""How a message is answered: a reply code for one phone number, a link for anybody who has it. Both find its tickets.

Rows under PHONE# and LINK# belong to no tenant: an answer names none. They bind tenant, tickets, pages and person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pydantic import BaseModel

from tocsin import ids, keys, times
from tocsin.errors import ConditionFailed
from tocsin.model import Record
from tocsin.page import Page
from tocsin.store import tickets
from tocsin.times import Moment

GOOD_FOR = timedelta(days=7)
_TRIES = 20  # as many calls at most; a number with few live codes takes one


class Paged(BaseModel, frozen=True):
    """A page that an answer stands for."""

    ticket_id: str
    page: str


class Answer(Record):
    """What a code or a link stands for: the pages that one message told one person of."""

    tenant: str
    user: str
    pages: list[Paged]
    expires_at: Moment
    code: str | None = None

    @property
    def ticket_ids(self) -> list[str]:
        """The tickets it is an answer to, each once, in the order of the message."""
        return list(dict.fromkeys(one.ticket_id for one in self.pages))

    def live(self, now: datetime) -> bool:
        """Say whether it may still be used."""
        return now < self.expires_at


def put_code(pages: Sequence[Page], now: datetime) -> str | None:
    """Make a code for the number that these pages go to, one not in use there, and return its five digits.

    A company has a hundred codes at a number, and so never more that are live. None if they seem to be used up: the
    message goes without one, its link is enough.
    """
    first = pages[0]
    for code in islice(ids.reply_codes(first.tenant, first.address), _TRIES):
        row = {**keys.code(first.address, code), **_row(pages, now), "code": code}
        try:
            tickets.put(row, when=[("expires_at", "missing or <", times.text(now))])
        except ConditionFailed:
            continue
        return code
    return None


def stands_for(code: str, pages: Sequence[Page]) -> bool:
    """Say whether a code of these pages' number was made for all of them, and for no other page."""
    row = tickets.get(keys.code(pages[0].address, code))
    made = [(one.ticket_id, one.page) for one in Answer.of(row).pages] if row else []
    return sorted(made) == sorted((one.ticket_id, one.key["sk"]) for one in pages)


def put_link(pages: Sequence[Page], now: datetime) -> str:
    """Make a link for these pages of one person and return its token; only the token's hash is kept."""
    token = ids.link_token()
    tickets.put({**keys.link(ids.sha256(token)), **_row(pages, now)})
    return token


def _row(pages: Sequence[Page], now: datetime) -> dict[str, Any]:
    expires_at = now + GOOD_FOR
    return {
        "tenant": pages[0].tenant,
        "user": pages[0].user,
        "pages": [{"ticket_id": one.ticket_id, "page": one.key["sk"]} for one in pages],
        "expires_at": times.text(expires_at),
        # The table's time to live, in seconds; an expired row is kept for a while to say "expired", not "unknown".
        "expires": int((expires_at + GOOD_FOR).timestamp()),
    }


def by_link(token: str) -> Answer | None:
    """Return what a link stands for, expired or not; None if there is no such link."""
    row = tickets.get(keys.link(ids.sha256(token)))
    return Answer.of(row) if row else None
