"""SMS by Amazon SNS: one GSM segment where it can be."""

from typing import Any

from tocsin import aws, gsm, times
from tocsin.errors import Fault, SendError
from tocsin.letter import Letter
from tocsin.settings import settings

# Errors of Publish, SNS API reference. An invalid parameter may be the number, and may be our own sender: it flags
# nobody. What is not named here is about the channel, and may pass.
_ADDRESS = {"OptedOut", "OptedOutException", "EndpointDisabled", "EndpointDisabledException"}
_MESSAGE = {"InvalidParameter", "InvalidParameterException", "ParameterValueInvalid", "InvalidParameterValueException"}


def send(letter: Letter) -> str:
    """Send an SMS and return SNS's message id."""
    sns = aws.client("sns")
    try:
        answer = sns.publish(PhoneNumber=letter.address, Message=text(letter), MessageAttributes=_attributes())
    except sns.exceptions.ClientError as error:
        raise _read(error) from error
    except Exception as error:
        raise SendError(str(error), of=Fault.CHANNEL, permanent=False) from error
    return str(answer["MessageId"])


def text(letter: Letter) -> str:
    """Return what the phone shows."""
    facts = letter.facts
    if facts is None:
        return gsm.to_gsm(letter.text)
    since = times.text(facts.since)[11:16] + " UTC"
    return gsm.page_text(title=facts.title, severity=facts.severity, since=since, code=facts.code, link=facts.link)


def parts(letter: Letter) -> int:
    """Return how many parts an SMS takes: a sender's rate counts those."""
    return gsm.segments(text(letter))


def _attributes() -> dict[str, Any]:
    attributes = {"AWS.SNS.SMS.SMSType": "Transactional"}
    if settings.sms_sender:
        attributes["AWS.MM.SMS.OriginationNumber"] = settings.sms_sender
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def _read(error: Exception) -> SendError:
    code = aws.error_code(error)
    if code in _ADDRESS:
        return SendError(f"The number cannot be reached ({code}).", of=Fault.ADDRESS, permanent=True)
    if code in _MESSAGE:
        return SendError(f"The message was refused ({code}).", of=Fault.MESSAGE, permanent=True)
    return SendError(f"SNS could not take it ({code}).", of=Fault.CHANNEL, permanent=False)
