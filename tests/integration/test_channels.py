"""SMS, calls and e-mail as their providers take them, and what their refusals are about."""

import json
from typing import Any

import pytest

from tests.examples import NOW
from tests.integration.refusing import TIMEOUT, answered, refused
from tests.world import ENVIRONMENT
from tocsin import aws
from tocsin.channels import CHANNELS
from tocsin.channels.sms import text
from tocsin.errors import Fault, SendError
from tocsin.letter import Facts, Letter, Told
from tocsin.settings import settings

TOLD = Told("t1", "Checkout 5xx", "sev1", "payments", "5 % fail.", NOW)
FACTS = Facts((TOLD,), "https://tocsin.example.com/a/x", "48213")
OPERATIONS = {
    "sms": ("sns", "Publish"),
    "voice": ("pinpoint-sms-voice-v2", "SendVoiceMessage"),
    "email": ("sesv2", "SendEmail"),
}


def an_sms() -> Letter:
    return Letter("+4915112345678", facts=FACTS)


def an_email() -> Letter:
    return Letter("ada@example.com", facts=FACTS)


LETTERS = {"sms": an_sms(), "voice": an_sms(), "email": an_email()}


def sent_sms() -> list[tuple[str, str]]:
    from moto.sns.models import sns_backends  # noqa: PLC0415 - the one way to see them

    return list(sns_backends["123456789012"][ENVIRONMENT["AWS_DEFAULT_REGION"]].sms_messages.values())


def test_an_sms_goes_to_its_number() -> None:
    assert CHANNELS["sms"].send(an_sms())
    assert sent_sms() == [("+4915112345678", text(an_sms()))]


@pytest.mark.parametrize("sender", ["", "+12125550101"])
def test_an_sms_has_the_sender_that_is_set(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("SMS_SENDER", sender)
    with refused("sns", "Publish", "X") as calls, pytest.raises(SendError):
        CHANNELS["sms"].send(an_sms())
    body = str(calls[0]["body"])
    assert "Transactional" in body
    assert ("AWS.MM.SMS.OriginationNumber" in body) == bool(sender)
    assert sender in body


def test_a_call_goes_from_the_number_that_is_set_and_says_the_page() -> None:
    with refused(*OPERATIONS["voice"], "X") as calls, pytest.raises(SendError):
        CHANNELS["voice"].send(an_sms())
    sent = json.loads(calls[0]["body"])
    assert (sent["OriginationIdentity"], sent["DestinationPhoneNumber"]) == (settings.voice_sender, "+4915112345678")
    assert "Checkout 5xx" in sent["MessageBody"]
    assert sent["MessageBodyTextType"] == "TEXT"


def test_a_call_that_aws_took_has_its_id() -> None:
    with answered(*OPERATIONS["voice"], {"MessageId": "m-1"}):
        assert CHANNELS["voice"].send(an_sms()) == "m-1"


@pytest.mark.parametrize(
    ("code", "reason", "of", "permanent"),
    [
        ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", Fault.ADDRESS, True),
        ("ConflictException", "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION", Fault.MESSAGE, True),
        ("ValidationException", "DESTINATION_COUNTRY_BLOCKED", Fault.MESSAGE, True),
        ("ValidationException", "PRICE_OVER_THRESHOLD", Fault.MESSAGE, True),
        ("ConflictException", "RESOURCE_NOT_ACTIVE", Fault.CHANNEL, False),
        ("ValidationException", "VOICE_CAPABILITY_NOT_AVAILABLE", Fault.CHANNEL, False),
        ("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE", Fault.CHANNEL, False),
        ("AccessDeniedException", "ACCOUNT_DISABLED", Fault.CHANNEL, False),
    ],
)
def test_why_a_call_was_refused_stands_in_its_reason(code: str, reason: str, of: Fault, permanent: bool) -> None:
    with refused(*OPERATIONS["voice"], code, Reason=reason), pytest.raises(SendError) as failed:
        CHANNELS["voice"].send(an_sms())
    assert (failed.value.of, failed.value.permanent) == (of, permanent)
    assert reason in failed.value.detail


def test_an_email_goes_from_the_sender_that_is_set_as_text_and_html() -> None:
    with refused("sesv2", "SendEmail", "X") as calls, pytest.raises(SendError):
        CHANNELS["email"].send(an_email())
    body = calls[0]["body"].decode()
    assert settings.email_sender in body
    for part in (
        "ada@example.com",
        "[sev1] Checkout 5xx (payments)",
        '"Text"',
        '"Html"',
        "https://tocsin.example.com/a/x",
    ):
        assert part in body


def test_an_email_that_ses_took_has_its_id() -> None:
    aws.client("sesv2").create_email_identity(EmailIdentity="pages@tocsin.example.com")
    assert CHANNELS["email"].send(an_email())


def failure(channel: str, code: str) -> SendError:
    service, operation = OPERATIONS[channel]
    with refused(service, operation, code), pytest.raises(SendError) as raised:
        CHANNELS[channel].send(LETTERS[channel])
    return raised.value


@pytest.mark.parametrize(
    ("channel", "code", "of"),
    [
        ("sms", "OptedOut", Fault.ADDRESS),
        ("sms", "EndpointDisabled", Fault.ADDRESS),
        ("sms", "InvalidParameter", Fault.MESSAGE),
        ("email", "MessageRejected", Fault.MESSAGE),
        ("email", "BadRequestException", Fault.MESSAGE),
    ],
)
def test_a_refusal_for_good_says_what_it_is_about(channel: str, code: str, of: Fault) -> None:
    error = failure(channel, code)
    assert (error.of, error.permanent) == (of, True)
    assert code in error.detail


CHANNEL_ERRORS: list[tuple[str, str]] = [
    *(("sms", code) for code in ("Throttled", "AuthorizationError", "InternalError", "KMSThrottling", TIMEOUT)),
    *(("voice", code) for code in ("ThrottlingException", "InternalServerException", TIMEOUT)),
    *(
        ("email", code)
        for code in ("TooManyRequestsException", "SendingPausedException", "AccountSuspendedException", "LimitExceeded")
    ),
    *(("email", code) for code in ("MailFromDomainNotVerifiedException", "AccessDeniedException", TIMEOUT)),
]


@pytest.mark.parametrize(("channel", "code"), CHANNEL_ERRORS)
def test_any_other_refusal_is_about_the_channel_and_may_pass(channel: str, code: str) -> None:
    error: Any = failure(channel, code)
    assert (error.of, error.permanent) == (Fault.CHANNEL, False)


@pytest.mark.parametrize("service", ["sns", "pinpoint-sms-voice-v2", "sesv2", "scheduler"])
def test_what_may_have_been_sent_and_what_is_throttled_is_not_tried_again_in_place(service: str) -> None:
    assert aws.client(service).meta.config.retries["total_max_attempts"] == 1
