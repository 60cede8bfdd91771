"""How tickets, notes, history and pages look in the API: requests as they come, answers as they are shown."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from tocsin import mail, phone, url
from tocsin.duration import Duration, between
from tocsin.errors import Invalid
from tocsin.ids import Id
from tocsin.model import Body
from tocsin.page import Page
from tocsin.rows import Row
from tocsin.rule import Target
from tocsin.ticket import Link, Ticket
from tocsin.times import Moment

Title = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Description = Annotated[str, StringConstraints(max_length=100_000)]
LabelName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
LabelValue = Annotated[str, StringConstraints(max_length=1024)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
DedupKey = Annotated[str, StringConstraints(min_length=1, max_length=512)]
StatusName = Literal["unread", "under_investigation", "pending_fix", "resolved"]
MAX_LABELS = 50
LONGEST_SNOOZE = timedelta(days=7)
LABELS_AND_LINKS = 200_000  # bytes together: a row holds 400 KB, and all of it goes through the stream twice


class NewLink(Body):
    """Something to look at: a web address, and what stands there."""

    href: Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^\s]+$")]
    text: Annotated[str, StringConstraints(max_length=256)] = ""


class NewTicket(Body):
    """`POST /tickets`."""

    team: Id
    title: Title
    severity: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    description: Description | None = None
    labels: Annotated[dict[LabelName, LabelValue], Field(max_length=MAX_LABELS)] = {}
    links: Annotated[list[NewLink], Field(max_length=20)] = []
    dedup_key: DedupKey | None = None
    ticket_id: Id | None = None


class TicketPatch(Body):
    """`PATCH /tickets/{id}`, a JSON Merge Patch. `by`: the user that an API key acts for."""

    # What is left out is not looked at; made by a factory, these defaults are none in the document.
    status: StatusName = Field(default_factory=lambda: "unread")
    severity: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(default_factory=str)
    title: Title = Field(default_factory=str)
    description: Description | None = None
    labels: dict[LabelName, LabelValue | None] | None = None
    by: Id | None = None


class NewNote(Body):
    """`POST /tickets/{id}/notes`."""

    text: Text
    note_id: Id | None = None
    by: Id | None = None


class Snooze(Body):
    """`POST /tickets/{id}/snooze`: exactly one of `for` and `until`."""

    for_: Annotated[Duration, between("1s", "7d")] | None = Field(default=None, alias="for")
    until: Moment | None = Field(default=None, description="7 days from now at most.")
    by: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.for_ is None) == (self.until is None):
            raise ValueError("A snooze has exactly one of for and until.")
        return self

    def end(self, now: datetime) -> datetime:
        """Return when it ends. Raises `Invalid` for a time that is over or too far ahead."""
        if self.for_ is not None:
            return now + self.for_
        if self.until is None or not now < self.until <= now + LONGEST_SNOOZE:
            raise Invalid.at("body", "until", msg="A snooze ends within the next 7 days.")
        return self.until


class Escalation(Body):
    """`POST /tickets/{id}/escalate`: the next step, or the one that is named."""

    step: Annotated[int, Field(ge=1)] | None = None
    by: Id | None = None


class Assignment(Body):
    """`POST /tickets/{id}/reassign`: exactly one of `team` and `user`."""

    team: Id | None = None
    user: Id | None = Field(
        default=None, description="Is paged at once; the rules of the ticket's team 5 minutes later."
    )
    by: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.team is None) == (self.user is None):
            raise ValueError("A ticket is reassigned to exactly one of team and user.")
        return self


class Responders(Target):
    """`POST /tickets/{id}/responders`: exactly one of user, team (of more than 100 its admins) and schedule.

    They are paged until the ticket is resolved, also while it is acknowledged, snoozed or in a maintenance. Who was
    asked for within the last minute is not paged again. A 409 if nobody of them can be reached now.
    """


class TicketView(BaseModel):
    """A ticket as the API shows it."""

    ticket_id: str
    team: str
    title: str
    severity: str
    status: StatusName
    description: str | None
    labels: dict[str, str]
    links: list[Link]
    dedup_key: str | None
    count: int
    source: str
    rule_id: str | None
    step: int
    round: int
    due_at: Moment | None
    assigned_to: list[str]
    acknowledged_by: str | None
    acknowledged_at: Moment | None
    resolved_at: Moment | None
    snoozed_until: Moment | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, ticket: Ticket) -> "TicketView":
        """Return how a ticket is shown."""
        return cls.model_validate(ticket.model_dump(include=set(cls.model_fields)))


class TicketChanges(Body):
    """`POST /tickets/changes`: the same patch for many tickets."""

    ticket_ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
    patch: TicketPatch


class ChangeResult(BaseModel):
    """What became of one ticket of many: the status that a `PATCH` would have had, and the ticket or the problem."""

    ticket_id: str
    status: int
    ticket: TicketView | None = Field(default=None, description="Null too where it would make the answer too long.")
    error: dict[str, Any] | None = Field(default=None, description="A problem document, where the status is no 200.")


class ChangeResults(BaseModel):
    """The results in the order of the ids."""

    results: list[ChangeResult]


class NoteView(BaseModel):
    """A note."""

    note_id: str
    ticket_id: str
    text: str
    actor: str
    created_at: Moment


class EventView(BaseModel):
    """A line of a ticket's history."""

    at: Moment
    kind: str
    actor: str
    text: str
    data: dict[str, Any]


def shortened(channel: str, address: str) -> str:
    """Return as much of an address as is shown: the last three digits, the first letter and the domain, or the host."""
    match channel:
        case "sms" | "voice":
            return phone.masked(address)
        case "webhook":
            return url.masked(address)
        case _:
            return mail.masked(address)


class PageView(BaseModel):
    """A page; of a responder it is of no step, which is then the one that the escalation had come to.

    Of the address only the end of a number, the first letter and the domain, or a URL's host is shown.
    """

    page_id: str
    step: int
    round: int
    user: str
    method_id: str
    channel: str
    address: str
    status: Literal["pending", "sent", "failed", "skipped"]
    attempts: int
    created_at: Moment
    sent_at: Moment | None
    error: str | None

    @classmethod
    def of(cls, row: Row) -> "PageView":
        """Return how a page is shown."""
        page = Page.of(row)
        fields = page.model_dump(include=set(cls.model_fields) - {"address"})
        return cls(**fields, address=shortened(page.channel, page.address), page_id=page.page_id)
