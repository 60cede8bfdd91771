"""Webhooks: a page is posted as JSON to a URL of the person's own, of a chat or of a program.

    {"kind": "page", "text": "Checkout 5xx above 2%. sev1, team payments, since 20:28 UTC. Acknowledge: https://...",
     "title": "Checkout 5xx above 2%", "severity": "sev1", "team": "payments", "link": "https://...",
     "tickets": [{"ticket_id", "title", "severity", "team", "description", "since"}]}
    {"kind": "notice", "text": "...", "title": "..."}

`text` alone says all that there is to say: incoming webhooks of Slack and Mattermost show it. It may come twice, like
every page; any 2xx takes it.
"""

import json
from http import HTTPStatus
from typing import Any

from tocsin import fetch, times
from tocsin.errors import Fault, SendError
from tocsin.fetch import FetchError
from tocsin.letter import Facts, Letter, Told

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
# Whoever answers so asks to be tried again (RFC 9110, RFC 6585, RFC 8470).
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def send(letter: Letter) -> str:
    """Post a letter and return the status that took it, the only name that the receiver gives."""
    try:
        status = fetch.post(letter.address, json.dumps(content(letter)).encode())
    except FetchError as error:
        of = Fault.MESSAGE if error.permanent else Fault.CHANNEL
        raise SendError(error.detail, of=of, permanent=error.permanent) from error
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return f"HTTP {status}"
    raise _read(status)


def content(letter: Letter) -> dict[str, Any]:
    """Return what is posted."""
    facts = letter.facts
    if facts is None:
        return {"kind": "notice", "text": letter.text, "title": letter.subject}
    since = times.text(facts.since)[11:16]
    about = f"{facts.title}. {facts.severity}, team {facts.team}, since {since} UTC."
    return {
        "kind": "page",
        "text": f"{about} Acknowledge: {facts.link}",
        "title": facts.title,
        "severity": facts.severity,
        "team": facts.team,
        "link": facts.link,
        "tickets": [_ticket(one, facts) for one in facts.tickets],
    }


def _ticket(one: Told, facts: Facts) -> dict[str, str]:
    # Descriptions of many would make it too long for some.
    description = {"description": one.description} if len(facts.tickets) == 1 else {}
    return {
        "ticket_id": one.ticket_id,
        "title": one.title,
        "severity": one.severity,
        "team": one.team,
        **description,
        "since": times.text(one.since),
    }


def _read(status: int) -> SendError:
    said = f"The webhook answered {status}."
    if status in _GONE:
        return SendError(said, of=Fault.ADDRESS, permanent=True)
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SendError(said, of=Fault.CHANNEL, permanent=False)
    return SendError(said, of=Fault.MESSAGE, permanent=True)
