"""What is said to one person at one address. How it looks is the channel's business."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Told:
    """What a page tells of a ticket: which, what is wrong, how bad, whose, since when."""

    ticket_id: str
    title: str
    severity: str
    team: str
    description: str
    since: datetime


@dataclass(frozen=True)
class Facts:
    """What a message tells: of one ticket or of several, and how to answer for all (`code`: where one can reply)."""

    tickets: tuple[Told, ...]
    link: str
    code: str | None

    @property
    def title(self) -> str:
        """The ticket's title; of several, how many there are and what they are called."""
        titles = [one.title for one in self.tickets]
        return titles[0] if len(titles) == 1 else f"{len(titles)} tickets: {'; '.join(titles)}"

    @property
    def severity(self) -> str:
        """The severity, or all that there are."""
        return ", ".join(sorted({one.severity for one in self.tickets}))

    @property
    def team(self) -> str:
        """The team, or all that there are."""
        return ", ".join(sorted({one.team for one in self.tickets}))

    @property
    def since(self) -> datetime:
        """When the first of them was opened."""
        return min(one.since for one in self.tickets)


@dataclass(frozen=True)
class Letter:
    """A page (`facts`), or a notice in plain words (`subject`, `text`)."""

    address: str
    subject: str = ""
    text: str = ""
    facts: Facts | None = None
