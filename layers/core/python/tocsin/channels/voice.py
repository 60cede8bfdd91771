"""Calls by AWS End User Messaging: a voice reads the page, twice. No key can be pressed: the answer is an SMS."""

import re
from typing import Any

from tocsin import aws, times
from tocsin.errors import Fault, SendError
from tocsin.letter import Letter
from tocsin.settings import settings

_TITLE_LIMIT = 300  # characters: about twenty seconds
_RING_FOR = 600  # seconds that AWS may take until the phone rings; by then another page has come
# Reasons of SendVoiceMessage, End User Messaging SMS and voice v2 API reference. What the number itself is to blame for
# flags it; a country that is blocked may be opened by the operator, and then the number is as good as ever.
_ADDRESS = {"DESTINATION_PHONE_NUMBER_OPTED_OUT"}
_MESSAGE = {
    "COUNTRY_NOT_ENABLED",
    "DESTINATION_COUNTRY_BLOCKED",
    "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
    "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",
    "DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
    "INTERNATIONAL_SENDING_NOT_SUPPORTED",
    "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY",
    "PRICE_OVER_THRESHOLD",
}


def send(letter: Letter) -> str:
    """Let a number be called and return AWS's message id."""
    calls = aws.client("pinpoint-sms-voice-v2")
    try:
        answer = calls.send_voice_message(
            DestinationPhoneNumber=letter.address,
            OriginationIdentity=settings.voice_sender,
            MessageBody=text(letter),
            MessageBodyTextType="TEXT",
            TimeToLive=_RING_FOR,
        )
    except calls.exceptions.ClientError as error:
        raise _read(error) from error
    except Exception as error:
        raise SendError(str(error), of=Fault.CHANNEL, permanent=False) from error
    return str(answer["MessageId"])


def text(letter: Letter) -> str:
    """Return what is read out: all of it twice, for who was woken by it."""
    facts = letter.facts
    if facts is None:
        return _twice(letter.text)
    since = times.text(facts.since)[11:16]
    what = f"Tocsin. {facts.severity}. {_cut(facts.title)}. Team {facts.team}. Since {since} U T C."
    answer = f" To acknowledge, text A C K {facts.code} to the number that calls you." if facts.code else ""
    return _twice(what + answer)


def _twice(said: str) -> str:
    spoken = re.sub(r"\d{4,}", lambda digits: ", ".join(digits[0]), " ".join(said.split()))
    return f"{spoken} Again: {spoken}"


def _cut(title: str) -> str:
    return title if len(title) <= _TITLE_LIMIT else f"{title[:_TITLE_LIMIT]} and so on"


def _read(error: Any) -> SendError:
    code, reason = aws.error_code(error), str(error.response.get("Reason", ""))
    about = f"{code}, {reason}" if reason else code
    if reason in _ADDRESS:
        return SendError(f"The number cannot be called ({about}).", of=Fault.ADDRESS, permanent=True)
    if reason in _MESSAGE:
        return SendError(f"The call was refused ({about}).", of=Fault.MESSAGE, permanent=True)
    return SendError(f"The call could not be made ({about}).", of=Fault.CHANNEL, permanent=False)
