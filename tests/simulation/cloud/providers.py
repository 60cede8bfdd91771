"""Who reaches people: SNS, SES, End User Messaging for calls, webhooks. What they sent stays; refusals can be set."""
# ruff: noqa: N803 - arguments are named as AWS names them

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.cloud import errors
from tests.simulation.cloud.errors import Exceptions
from tests.simulation.timeline import Timeline
from tocsin.fetch import FetchError


@dataclass(frozen=True)
class Sent:
    """What arrived: when (seconds since the start), how, where, and what it says."""

    at: float
    channel: str
    address: str
    text: str


@dataclass
class Refusals:
    """Errors by address (`*`: any). A code that is refused so many times, None: always."""

    codes: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def refuse(self, address: str, code: str, *, times: int | None = None) -> None:
        """Refuse what goes to an address from now on."""
        self.codes[address] = (code, times)

    def check(self, address: str, operation: str) -> None:
        """Raise the error that is set for an address."""
        for key in (address, "*"):
            code, left = self.codes.get(key, ("", 0))
            if code and left != 0:
                self.codes[key] = (code, left and left - 1)
                raise errors.error(code, operation)

    def code(self, address: str) -> str:
        """Return the error that is set for an address, for this time; empty if it is taken."""
        try:
            self.check(address, "")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""


class Outbox:
    """All that reached people, in order."""

    def __init__(self, timeline: Timeline) -> None:
        self.sent: list[Sent] = []
        self._timeline = timeline

    def add(self, channel: str, address: str, text: str) -> str:
        """Let something arrive. Return the provider's id of it."""
        self.sent.append(Sent(self._timeline.seconds, channel, address, text))
        return f"{channel}-{len(self.sent)}"


class SNS:
    """SMS by Publish."""

    exceptions = Exceptions("OptedOutException", "ThrottledException", "InvalidParameterException")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox, self.refusals = outbox, Refusals()

    def publish(self, *, PhoneNumber: str, Message: str, MessageAttributes: dict[str, Any]) -> dict[str, Any]:
        if not Message or len(Message) > 1600:
            raise errors.error("InvalidParameterValue", "Publish")
        self.refusals.check(PhoneNumber, "Publish")
        return {"MessageId": self._outbox.add("sms", PhoneNumber, Message)}


class SES:
    """E-mail by SendEmail, API v2."""

    exceptions = Exceptions("MessageRejected", "TooManyRequestsException", "BadRequestException")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox, self.refusals = outbox, Refusals()

    def send_email(
        self, *, FromEmailAddress: str, Destination: dict[str, list[str]], Content: dict[str, Any]
    ) -> dict[str, Any]:
        (address,) = Destination["ToAddresses"]
        self.refusals.check(address, "SendEmail")
        simple = Content["Simple"]
        text = f"{simple['Subject']['Data']}\n\n{simple['Body']['Text']['Data']}"
        return {"MessageId": self._outbox.add("email", address, text)}


class Calls:
    """Calls by SendVoiceMessage, End User Messaging SMS and voice v2. A refusal is named by its reason."""

    exceptions = Exceptions("ConflictException", "ThrottlingException", "InternalServerException")

    def __init__(self, outbox: Outbox) -> None:
        self._outbox, self.refusals = outbox, Refusals()

    def send_voice_message(
        self,
        *,
        DestinationPhoneNumber: str,
        OriginationIdentity: str,
        MessageBody: str,
        MessageBodyTextType: str,
        TimeToLive: int,
    ) -> dict[str, Any]:
        if not OriginationIdentity or not MessageBody.strip() or len(MessageBody) > 3000:
            raise errors.error("ValidationException", "SendVoiceMessage", Reason="INVALID_PARAMETER")
        reason = self.refusals.code(DestinationPhoneNumber)
        if reason:
            raise errors.error("ConflictException", "SendVoiceMessage", Reason=reason)
        return {"MessageId": self._outbox.add("voice", DestinationPhoneNumber, MessageBody)}


class Answered(Exception):
    """A webhook did not take what was posted, and answered with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Hooks:
    """Webhooks, in the place of `fetch.post`. A refusal is a status; one that is no number is no answer at all."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox, self.refusals = outbox, Refusals()

    def post(self, url: str, body: bytes) -> int:
        """Take what is posted, and answer."""
        code = self.refusals.code(url)
        if code:
            raise Answered(int(code)) if code.isdecimal() else FetchError(code)
        self._outbox.add("webhook", url, body.decode())
        return 200
