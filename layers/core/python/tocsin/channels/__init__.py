"""The channels: one file each with one function, one line here.

A channel's function takes a `Letter`, hands it to the provider and returns the provider's id of it. It raises
`SendError`, which says what the error is about and whether sending again can help.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.channels import email, sms
from tocsin.letter import Letter


@dataclass(frozen=True)
class Channel:
    """A way to reach a person. `replies`: an answer comes back by it, so a page carries a code."""

    send: Callable[[Letter], str]
    replies: bool = False


CHANNELS: dict[str, Channel] = {
    "sms": Channel(sms.send, replies=True),
    "email": Channel(email.send),
}
