"""The channels: one file each with one function, one line here.

A channel's function takes a `Letter`, hands it to the provider and returns the provider's id of it. It raises
`SendError`, which says what the error is about and whether sending again can help.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.channels import canary, email, sms
from tocsin.letter import Letter


@dataclass(frozen=True)
class Channel:
    """A way to reach a person. `service`: the AWS service it calls. `replies`: answers come back, a page has a code."""

    send: Callable[[Letter], str]
    service: str
    replies: bool = False


CHANNELS: dict[str, Channel] = {
    "sms": Channel(sms.send, "sns", replies=True),
    "email": Channel(email.send, "sesv2"),
    "canary": Channel(canary.send, "sqs"),
}
