"""How tickets, notes, history and pages look in the API: requests as they come, answers as they are shown."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from tocsin import mail, phone
from tocsin.ids import Id
from tocsin.model import Body
from tocsin.page import Page
from tocsin.rows import Row
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


class PageView(BaseModel):
    """A page. Of the address only the end of a number, or the first letter and the domain, is shown."""

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
        masked = (phone if page.channel == "sms" else mail).masked(page.address)
        fields = page.model_dump(include=set(cls.model_fields) - {"address", "page_id"})
        return cls(**fields, address=masked, page_id=page.page_id)
