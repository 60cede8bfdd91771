"""The channels: one file each with one function, one line here.

A channel's function takes a `Letter`, hands it to the provider and returns the provider's id of it. It raises
`SendError`, which says what the error is about and whether sending again can help.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin import url
from tocsin.channels import canary, email, sms, voice, webhook
from tocsin.letter import Letter
from tocsin.limit import PerDayLimit
from tocsin.settings import settings


@dataclass(frozen=True)
class Channel:
    """A way to reach a person.

    `through`: whom a message to an address goes through, and so what fails when it fails. `services`: those of AWS that
    it calls. `replies`: it reaches a phone, whose answers come back: a page has a code. `parts`: how many messages of
    the sender's rate a letter takes. `per_day`: the limit that says how many of them a company sends in a day.
    """

    send: Callable[[Letter], str]
    through: Callable[[str], str]
    services: tuple[str, ...] = ()
    replies: bool = False
    parts: Callable[[Letter], int] = lambda _: 1
    per_day: PerDayLimit | None = None


CHANNELS: dict[str, Channel] = {
    "sms": Channel(
        sms.send, lambda _: settings.sms_sender, ("sns",), replies=True, parts=sms.parts, per_day="sms_per_day"
    ),
    "voice": Channel(
        voice.send,
        lambda _: settings.voice_sender,
        ("pinpoint-sms-voice-v2",),
        replies=True,
        per_day="voice_per_day",
    ),
    "email": Channel(email.send, lambda _: settings.email_sender, ("sesv2",)),
    "webhook": Channel(webhook.send, url.host),
    "canary": Channel(canary.send, lambda _: "canary", ("sqs",)),
}
