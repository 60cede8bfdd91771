"""The channels: one file each with one function, one line here.

A channel's function takes a `Letter`, hands it to the provider and returns the provider's id of it. It raises
`SendError`, which says what the error is about and whether sending again can help.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.channels import canary, email, sms
from tocsin.letter import Letter
from tocsin.settings import settings


@dataclass(frozen=True)
class Channel:
    """A way to reach a person.

    `service`: the AWS service it calls. `sender`: whom its messages come from. `replies`: answers come back, a page has
    a code. `parts`: how many messages of the sender's rate a letter takes. `paid`: a company has so many of them a day.
    """

    send: Callable[[Letter], str]
    service: str
    sender: Callable[[], str]
    replies: bool = False
    parts: Callable[[Letter], int] = lambda _: 1
    paid: bool = False


CHANNELS: dict[str, Channel] = {
    "sms": Channel(sms.send, "sns", lambda: settings.sms_sender, replies=True, parts=sms.parts, paid=True),
    "email": Channel(email.send, "sesv2", lambda: settings.email_sender),
    "canary": Channel(canary.send, "sqs", lambda: "canary"),
}
