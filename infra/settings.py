"""The installation's settings: read from the CDK context (`cdk.json`, or `-c name=value`) and checked, once."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from aws_cdk import aws_logs as logs

LOG_RETENTIONS = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
}
# Five times the share of one of a hundred companies in 1,000 tickets a second. A ticket costs up to 40 writes until it
# is over, and a new table takes 4,000 a second: a company at its limit leaves half of that to the others.
SMS_PER_DAY = 10_000  # about $100
VOICE_PER_DAY = 2_000  # of a minute each, about $30
TICKETS_PER_SECOND = 50
REQUESTS_PER_SECOND = 200  # of the 3,000 that the gateway takes
LARGEST_LIMIT = 10_000
COMPANY_AND_INTEGRATION = re.compile(r"[a-z][a-z0-9-]{0,23}/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PUBLIC_URL = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*[^/?#\s])?")
ARN = re.compile(r"arn:[a-z-]+:(sqs|secretsmanager):[a-z0-9-]+:\d{12}:[A-Za-z0-9:/_+=.@-]+")
RATE = re.compile(r"\d{1,6}(\.\d{1,3})?")
E164 = re.compile(r"\+[1-9]\d{6,14}")


class InvalidSetting(ValueError):
    """A setting of the CDK context is missing or cannot be meant; the message says which and why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"setting {name!r}: {why}")


@dataclass(frozen=True)
class Local:
    """What the embedded AWS needs beside the settings of an installation on AWS.

    `python` is the interpreter that runs the functions (the dependency layer is built for it); the SNS certificate is
    the only one that is trusted for its URL; `api_id` is the id that the HTTP API gets, if it matters;
    `loopback_urls` lets companies name identity providers and webhooks on this machine.
    """

    python: str
    sns_certificate_url: str = ""
    sns_certificate_pem: str = ""
    api_id: str = ""
    loopback_urls: bool = False

    @classmethod
    def from_context(cls, value: object) -> "Local | None":
        """Read a mapping, or JSON text of one (that is all that `-c local=...` can give); empty or missing is None."""
        if not value:
            return None
        try:
            fields = json.loads(value) if isinstance(value, str) else value
            if not isinstance(fields, Mapping):
                raise InvalidSetting("local", "must be a JSON object")
            return cls(**fields)
        except (json.JSONDecodeError, TypeError) as error:
            raise InvalidSetting("local", str(error)) from None


@dataclass(frozen=True)
class Home:
    """An installation that a canary watches from another Region of its account: its URL, sink and operator's secret.

    All three are outputs of its stack.
    """

    url: str
    sink_arn: str
    operator_secret_arn: str

    @classmethod
    def from_context(cls, value: object) -> "Home | None":
        """Read JSON text, or a mapping; empty or missing is None."""
        if not value:
            return None
        try:
            fields = json.loads(value) if isinstance(value, str) else value
            home = cls(**fields) if isinstance(fields, Mapping) else None
        except (json.JSONDecodeError, TypeError) as error:
            raise InvalidSetting("canary_for", str(error)) from None
        if not home or not PUBLIC_URL.fullmatch(home.url):
            raise InvalidSetting("canary_for", "must be a JSON object; its url has no slash at its end")
        if not (ARN.fullmatch(home.sink_arn) and ARN.fullmatch(home.operator_secret_arn)):
            raise InvalidSetting("canary_for", "sink_arn and operator_secret_arn must be ARNs")
        return home

    @property
    def region(self) -> str:
        """The installation's Region."""
        return self.sink_arn.split(":")[3]


@dataclass(frozen=True)
class Settings:
    """One installation's settings.

    `email_sender`: an address that SES has verified, with or without a name before it (`Tocsin <tocsin@example.com>`).
    `sms_sender`: the number that messages come from (E.164); empty: SNS chooses.
    `voice_sender`: the number that calls come from (E.164), one of the account's that can make calls; empty: none are.
    `sms_rate`, `voice_rate`, `email_rate`: how many parts of SMS, calls or mails the sender takes in a second, for all
    companies together.
    `public_url`: begins every link, without a slash at its end; empty: the API's own.
    `alarm_integration`: `<company>/<integration>`, gets the account's own alarms; empty: nobody does.
    `operations_email`: is told of alarms about Tocsin itself; empty: who subscribes to the topic otherwise.
    `sms_spend_limit`: of the account, in USD a month: near it there is an alarm; 0: it is not known.
    `log_retention`: of the logs of functions and API.
    `sms_per_day`, `voice_per_day`: how many parts of SMS a company sends in a day, and how many calls it makes, unless
    it has limits of its own.
    `tickets_per_second`: how many a company opens, unless it has a limit of its own.
    `requests_per_second`: how many a company sends with its API keys, unless it has a limit of its own.
    `pager_concurrency`: how many of each function on the way of a page are reserved, 2 or more; 0: none.
    `canary_for`: the installation that a canary alone is deployed for; None: an installation is deployed.
    `canary`: whether the canary runs every minute; without, it is there and nobody calls it.
    """

    email_sender: str
    sms_sender: str = ""
    voice_sender: str = ""
    voice_rate: float = 1  # AWS names no figure: it is seen in the account's service quotas
    sms_rate: float = 3  # of a toll-free number (AWS End User Messaging, "MPS limits")
    email_rate: float = 14  # of a new account in production (SES, "Sending quotas")
    public_url: str = ""
    alarm_integration: str = ""
    operations_email: str = ""
    sms_spend_limit: int = 0
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH
    sms_per_day: int = SMS_PER_DAY
    voice_per_day: int = VOICE_PER_DAY
    tickets_per_second: int = TICKETS_PER_SECOND
    requests_per_second: int = REQUESTS_PER_SECOND
    pager_concurrency: int = 0
    canary: bool = True
    canary_for: Home | None = None
    local: Local | None = None

    @classmethod
    def from_context(cls, get: Callable[[str], Any]) -> "Settings":
        """Read and check all settings; `get` answers None for those that are not set. Raises `InvalidSetting`."""
        return cls(
            email_sender=_email("email_sender", str(get("email_sender") or "")),
            sms_sender=_matching(E164, "sms_sender", get, "must be a number like +14255550182"),
            voice_sender=_matching(E164, "voice_sender", get, "must be a number like +14255550182"),
            voice_rate=_rate("voice_rate", str(get("voice_rate") or cls.voice_rate)),
            sms_rate=_rate("sms_rate", str(get("sms_rate") or cls.sms_rate)),
            email_rate=_rate("email_rate", str(get("email_rate") or cls.email_rate)),
            public_url=_matching(PUBLIC_URL, "public_url", get, "must be an http(s) URL without a slash at its end"),
            alarm_integration=_matching(
                COMPANY_AND_INTEGRATION, "alarm_integration", get, "must be <company>/<integration>"
            ),
            operations_email=_address("operations_email", str(get("operations_email") or "")),
            sms_spend_limit=_whole("sms_spend_limit", str(get("sms_spend_limit") or 0)),
            log_retention=_log_retention(str(get("log_retention_days") or 30)),
            sms_per_day=_limit("sms_per_day", get, SMS_PER_DAY, 1_000_000),
            voice_per_day=_limit("voice_per_day", get, VOICE_PER_DAY, 1_000_000),
            tickets_per_second=_limit("tickets_per_second", get, TICKETS_PER_SECOND),
            requests_per_second=_limit("requests_per_second", get, REQUESTS_PER_SECOND),
            pager_concurrency=_pager_concurrency(str(get("pager_concurrency") or 0)),
            canary=_yes_or_no("canary", get("canary")),
            canary_for=Home.from_context(get("canary_for")),
            local=Local.from_context(get("local")),
        )

    @property
    def email_identities(self) -> tuple[str, ...]:
        """The SES identities that may stand behind the sender: its address, its domain."""
        address = parseaddr(self.email_sender)[1]
        return address, address.partition("@")[2]


def _email(name: str, value: str) -> str:
    user, _, domain = parseaddr(value)[1].partition("@")
    if not user or "." not in domain:
        raise InvalidSetting(name, f"{value!r} is no e-mail address")
    return value


def _address(name: str, value: str) -> str:
    """Return the bare address of a person or list, without a name before it; it may be empty."""
    return parseaddr(_email(name, value))[1] if value else ""


def _limit(name: str, get: Callable[[str], Any], default: int, most: int = LARGEST_LIMIT) -> int:
    number = str(get(name) or default)
    if not number.isdecimal() or not 1 <= int(number) <= most:
        raise InvalidSetting(name, f"must be a number from 1 to {most}, not {number!r}")
    return int(number)


def _pager_concurrency(number: str) -> int:
    # 2 is the least that a queue can be limited to (Lambda API reference, ScalingConfig).
    if not number.isdecimal() or int(number) == 1:
        raise InvalidSetting("pager_concurrency", f"must be 0, or a number from 2, not {number!r}")
    return int(number)


def _yes_or_no(name: str, value: object) -> bool:
    """Return true where nothing is set."""
    known = {"true": True, "false": False, "none": True}
    if str(value).lower() not in known:
        raise InvalidSetting(name, f"must be true or false, not {value!r}")
    return known[str(value).lower()]


def _whole(name: str, number: str) -> int:
    if not number.isdecimal():
        raise InvalidSetting(name, f"must be a whole number, not {number!r}")
    return int(number)


def _rate(name: str, number: str) -> float:
    if not RATE.fullmatch(number) or not float(number):
        raise InvalidSetting(name, f"must be a number above 0, such as 3 or 0.5, not {number!r}")
    return float(number)


def _matching(pattern: re.Pattern[str], name: str, get: Callable[[str], Any], why: str) -> str:
    value = str(get(name) or "")
    if value and not pattern.fullmatch(value):
        raise InvalidSetting(name, f"{why}, not {value!r}")
    return value


def _log_retention(days: str) -> logs.RetentionDays:
    if not days.isdecimal() or int(days) not in LOG_RETENTIONS:
        raise InvalidSetting("log_retention_days", f"must be one of {sorted(LOG_RETENTIONS)}, not {days!r}")
    return LOG_RETENTIONS[int(days)]
