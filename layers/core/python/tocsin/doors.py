"""The doors for other systems under /in: the key in the path is the credential, the body is what that system sends."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from tocsin import aws, intake, limits, problem, sessions
from tocsin.errors import (
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Overloaded,
    Problem,
    TooLarge,
    TooMany,
)
from tocsin.intake import Door
from tocsin.settings import settings
from tocsin.sources import cloudwatch, generic, sns
from tocsin.sources.generic import Action
from tocsin.telemetry import logger

BODY_LIMIT = 1024 * 1024

Answer = dict[str, Any]


def answer(request: Mapping[str, Any], now: datetime) -> Answer:
    """Answer a request (HTTP API, payload format 2.0). What is refused is a problem document."""
    try:
        return _answer(request, now)
    except Problem as refusal:
        return problem.answer(refusal)
    except Exception:
        logger.exception("a door failed")
        return problem.answer(Problem("Something failed here. Send it again."))


def _answer(request: Mapping[str, Any], now: datetime) -> Answer:
    kind, key = _place(request["rawPath"])
    if request["requestContext"]["http"]["method"] != "POST":
        raise MethodNotAllowed(["POST"])
    door = intake.by_key(kind, key)
    try:
        with sessions.acting_for(door.tenant):
            return DOORS[kind](door, _body(request), now)
    except TooMany as refusal:
        if kind in GIVES_UP:
            raise Overloaded(refusal.detail, retry_after=refusal.retry_after) from refusal
        raise


def _place(path: str) -> tuple[str, str]:
    """Return which door it is and the key: `/in/<kind>/<key>`."""
    match path.strip("/").split("/"):
        case ["in", kind, key] if kind in DOORS:
            return kind, key
    raise NotFound("There is no such door.")


def _body(request: Mapping[str, Any]) -> dict[str, Any]:
    """Read the body as a JSON object, whatever its type says: SNS sends JSON as text/plain."""
    text = request.get("body") or ""
    try:
        content = b64decode(text, validate=True) if request.get("isBase64Encoded") else text.encode()
        if len(content) > BODY_LIMIT:
            raise TooLarge(f"A body holds at most {BODY_LIMIT} bytes.")
        found = json.loads(content.decode())
    except (ValueError, RecursionError, Base64Error) as error:
        raise Malformed("The body is not JSON.") from error
    if not isinstance(found, dict):
        raise Invalid.at("body", msg="The body must be a JSON object.")
    return found


def _generic(door: Door, body: dict[str, Any], now: datetime) -> Answer:
    try:
        alert = generic.read(body)
    except ValidationError as error:
        raise Invalid([_told(one) for one in error.errors()]) from error
    if alert.action is Action.OPEN:
        limits.admit_ticket(door.company, now)
    return _json(202, {"ticket_id": intake.generic(door, alert, now)})


def _cloudwatch(door: Door, body: dict[str, Any], now: datetime) -> Answer:
    _verify(body, now)
    match body.get("Type"):
        case "SubscriptionConfirmation":
            _confirm(str(body.get("TopicArn")), str(body.get("Token")))
        case "Notification":
            _alarm(door, body, now)
    return _json(200, {})


def _verify(message: Mapping[str, Any], now: datetime) -> None:
    url = message.get("SigningCertURL")
    if not isinstance(url, str):
        raise sns.SignatureError("SigningCertURL is missing")
    sns.verify(message, _certificate(url), at=now)


def _certificate(url: str) -> bytes:
    """Return SNS's certificate. The local stack has one of its own, and there no other is good."""
    only = settings.sns_certificate
    if only is not None:
        if url != only.url:
            raise sns.SignatureError("SigningCertURL is not the one that is trusted here")
        return only.pem.encode()
    try:
        return sns.fetch_certificate(url)
    except OSError as error:
        raise Overloaded("The certificate of SNS cannot be had now. Send it again.") from error


def _confirm(topic: str, token: str) -> None:
    """Confirm a subscription by its token. The URL in the message is not followed: it could lead anywhere.

    Unsigned: the token is the proof. A signed call would be measured by our role and by a foreign topic's policy.
    """
    parts = topic.split(":")
    if len(parts) != 6 or parts[2] != "sns":
        raise Invalid.at("body", "TopicArn", msg="This is no SNS topic.")
    client = aws.unsigned_client("sns", parts[3])
    try:
        client.confirm_subscription(TopicArn=topic, Token=token)
    except client.exceptions.ClientError as error:
        logger.warning("a subscription was not confirmed", extra={"reason": aws.error_code(error)})
        raise Forbidden("SNS did not take the confirmation.") from error


def _alarm(door: Door, message: Mapping[str, Any], now: datetime) -> None:
    region = str(message.get("TopicArn")).split(":")[3:4]
    try:
        change = cloudwatch.from_sns(str(message.get("Message")), region=region[0] if region else "")
    except ValueError as error:
        raise Invalid.at("body", "Message", msg=str(error)) from error
    if change.opens:
        limits.admit_ticket(door.company, now)
    intake.alarm(door, change, now, delivery=message.get("MessageId"))


def _told(error: Mapping[str, Any]) -> dict[str, Any]:
    return {"loc": ["body", *error["loc"]], "msg": error["msg"].removeprefix("Value error, ")}


def _json(status: int, body: Mapping[str, Any]) -> Answer:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


# Senders that take a 4xx for an answer and forget the message: SNS tries again what is refused with a 5xx alone.
GIVES_UP = {"cloudwatch"}
DOORS: dict[str, Callable[[Door, dict[str, Any], datetime], Answer]] = {"generic": _generic, "cloudwatch": _cloudwatch}
