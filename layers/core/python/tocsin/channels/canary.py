"""The canary's channel: what would reach a person goes into a queue of ours, the sink, where the canary reads it."""

import json

from tocsin import aws
from tocsin.errors import Fault, SendError
from tocsin.letter import Letter
from tocsin.settings import settings


def send(letter: Letter) -> str:
    """Put a letter into the sink and return SQS's message id."""
    try:
        answer = aws.client("sqs").send_message(QueueUrl=settings.canary_sink_url, MessageBody=text(letter))
    except Exception as error:
        raise SendError(str(error), of=Fault.CHANNEL, permanent=False) from error
    return str(answer["MessageId"])


def text(letter: Letter) -> str:
    """Return a letter as JSON: address, title, link (null for a notice)."""
    title, link = (letter.facts.title, letter.facts.link) if letter.facts else (letter.subject, None)
    return json.dumps({"address": letter.address, "title": title, "link": link})
