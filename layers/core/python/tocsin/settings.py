"""What the deployment told this function, read once. A function is given only what it uses."""

import json
import os
from functools import cached_property

from pydantic import BaseModel


class Missing(RuntimeError):
    """A function asked for a setting that its deployment did not give it."""


def _need(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise Missing(name)
    return value


def _names(variable: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(_need(variable))
    return found


class Certificate(BaseModel):
    """The one certificate that the local stack trusts for SNS messages: nothing is fetched for it."""

    url: str
    pem: str


class Settings:
    """The environment variables of a function. Reading one that is not set raises `Missing`."""

    @cached_property
    def tickets_table(self) -> str:
        """Name of the table of runtime data."""
        return _need("TICKETS_TABLE")

    @cached_property
    def directory_table(self) -> str:
        """Name of the table of metadata."""
        return _need("DIRECTORY_TABLE")

    @cached_property
    def tenant_role_arn(self) -> str:
        """Role by which the rows of one tenant are reached; empty for functions that work for all tenants."""
        return os.environ.get("TENANT_ROLE_ARN", "")

    @cached_property
    def due_queue_url(self) -> str:
        """Queue of timers that are due within minutes."""
        return _need("DUE_QUEUE_URL")

    @cached_property
    def due_queue_arn(self) -> str:
        """The same queue as a schedule's target."""
        return _need("DUE_QUEUE_ARN")

    @cached_property
    def schedule_group(self) -> str:
        """Group that all one-shot schedules are in."""
        return _need("SCHEDULE_GROUP")

    @cached_property
    def schedule_role_arn(self) -> str:
        """Role with which a schedule sends to the due queue."""
        return _need("SCHEDULE_ROLE_ARN")

    @cached_property
    def schedule_dead_letter_arn(self) -> str:
        """Queue for what a schedule could not deliver."""
        return _need("SCHEDULE_DEAD_LETTER_ARN")

    @cached_property
    def public_url(self) -> str:
        """Beginning of every link that is sent or shown, without a trailing slash."""
        return _need("PUBLIC_URL").rstrip("/")

    @cached_property
    def email_sender(self) -> str:
        """From address of every e-mail."""
        return _need("EMAIL_SENDER")

    @cached_property
    def sms_sender(self) -> str:
        """Origination number of every SMS; empty: what the account has."""
        return os.environ.get("SMS_SENDER", "")

    @cached_property
    def voice_sender(self) -> str:
        """Number that calls come from; empty: this installation makes no calls."""
        return os.environ.get("VOICE_SENDER", "")

    @cached_property
    def sender_rate(self) -> float:
        """How many messages (parts of an SMS) a second the channel's sender takes, for all companies together."""
        return float(_need("SENDER_RATE"))

    @cached_property
    def alarm_integration(self) -> tuple[str, str] | None:
        """Company and integration that get the installation's own CloudWatch alarms."""
        tenant, _, integration_id = os.environ.get("ALARM_INTEGRATION", "").partition("/")
        return (tenant, integration_id) if integration_id else None

    @cached_property
    def sms_per_day(self) -> int:
        """Parts of SMS that a company sends in a day, unless it has a limit of its own."""
        return int(_need("SMS_PER_DAY"))

    @cached_property
    def voice_per_day(self) -> int:
        """Calls that a company makes in a day, unless it has a limit of its own."""
        return int(_need("VOICE_PER_DAY"))

    @cached_property
    def tickets_per_second(self) -> int:
        """How many tickets a company opens in a second, unless it has a limit of its own."""
        return int(_need("TICKETS_PER_SECOND"))

    @cached_property
    def requests_per_second(self) -> int:
        """How many requests a company sends in a second, unless it has a limit of its own."""
        return int(_need("REQUESTS_PER_SECOND"))

    @cached_property
    def operator_secret_arn(self) -> str:
        """Secret that holds the operator's key."""
        return _need("OPERATOR_SECRET_ARN")

    @cached_property
    def canary_sink_url(self) -> str:
        """Queue into which the canary's pages go."""
        return _need("CANARY_SINK_URL")

    @cached_property
    def home_region(self) -> str | None:
        """Region of the installation, told to a canary that watches it from another; None: our own."""
        return os.environ.get("HOME_REGION") or None

    @cached_property
    def canary_secret_arn(self) -> str:
        """Secret in which the canary keeps its API key."""
        return _need("CANARY_SECRET_ARN")

    @cached_property
    def sns_certificate(self) -> Certificate | None:
        """The local stack's certificate of SNS; on AWS there is none, and certificates are fetched."""
        pem = os.environ.get("SNS_CERTIFICATE_PEM", "")
        return Certificate(url=_need("SNS_CERTIFICATE_URL"), pem=pem) if pem else None

    @cached_property
    def loopback_urls(self) -> bool:
        """Whether what companies name may be on this machine, and is asked over HTTP too: in the local stack alone."""
        return os.environ.get("LOOPBACK_URLS", "") == "yes"

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """The channel that this notifier sends by; none where it is not said."""
        return tuple(filter(None, [os.environ.get("CHANNEL", "")]))

    @cached_property
    def dead_letters(self) -> dict[str, str]:
        """URLs of all dead-letter queues by name."""
        return _names("DEAD_LETTERS")

    @cached_property
    def redriven_functions(self) -> dict[str, str]:
        """Names of the functions that dead letters are given to, by the name that the table of rights has."""
        return _names("REDRIVEN_FUNCTIONS")

    def channel_queue_url(self, channel: str) -> str:
        """Queue of a channel, such as SMS_QUEUE_URL for `sms`; `due` is the due queue."""
        return _need(f"{channel.upper()}_QUEUE_URL")


settings = Settings()
