"""What is said to one person at one address. How it looks is the channel's business."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Facts:
    """What a page tells: what is wrong, how bad, whose, since when, and how to answer (`code`: where one can reply)."""

    title: str
    severity: str
    team: str
    description: str
    since: datetime
    link: str
    code: str | None


@dataclass(frozen=True)
class Letter:
    """A page (`facts`), or a notice in plain words (`subject`, `text`)."""

    address: str
    subject: str = ""
    text: str = ""
    facts: Facts | None = None
