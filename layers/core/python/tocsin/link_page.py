"""What a browser sees under a link: the ticket and a button, or why there is none. Plain HTML, no script."""

from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Any

from tocsin import links, times
from tocsin.errors import MethodNotAllowed, NotFound, Problem
from tocsin.links import Seen
from tocsin.telemetry import logger
from tocsin.ticket import Status, Ticket

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    # The address is the credential: nothing is loaded from elsewhere, nothing is kept, nobody is told it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:8vh auto;padding:0 1rem;overflow-wrap:anywhere}"
    "button{font:inherit;padding:.8rem 1.6rem;border:0;border-radius:.5rem;background:#b3261e;color:#fff}"
    "small{color:#555}"
)


def answer(request: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Answer a request for `/a/{token}` (HTTP API, payload format 2.0)."""
    method = request["requestContext"]["http"]["method"]
    try:
        return _page(HTTPStatus.OK, _body(method, _token(request["rawPath"]), now))
    except Problem as problem:
        return _page(problem.status, f"<h1>{escape(problem.detail)}</h1>", problem.headers)
    except Exception:
        logger.exception("a link failed")
        return _page(HTTPStatus.INTERNAL_SERVER_ERROR, "<h1>Something failed here. Please try again.</h1>")


def _body(method: str, token: str, now: datetime) -> str:
    match method:
        case "GET" | "HEAD":
            return _shown(links.show(token, now))
        case "POST":
            return _shown(links.acknowledge(token, now))
    raise MethodNotAllowed(["GET", "HEAD", "POST"])


def _token(path: str) -> str:
    match path.strip("/").split("/"):
        case ["a", token] if token.isascii() and token.isalnum() and len(token) == 22:
            return token
    raise NotFound("There is no such link.")


def _shown(seen: Seen) -> str:
    several = len(seen.tickets) > 1
    unread = any(one.status is Status.UNREAD for one in seen.tickets)
    label = "Acknowledge all" if several else "Acknowledge"
    button = f'<form method="post"><button>{label}</button></form>' if unread else ""
    if not several:
        return _ticket(seen.tickets[0], seen.user, button)
    # Descriptions of many would be more than a phone shows, and than Lambda answers with (6 MB).
    short = [one.model_copy(update={"description": None}) for one in seen.tickets]
    return f"<h1>{len(short)} tickets</h1>{button}" + "".join(_ticket(one, seen.user, "") for one in short)


def _ticket(ticket: Ticket, user: str, button: str) -> str:
    since = times.text(ticket.created_at)[:16].replace("T", " ")
    about = f"<p>{escape(ticket.severity)}, team {escape(ticket.team)}, since {since} UTC</p>"
    description = f"<p>{escape(ticket.description).replace(chr(10), '<br>')}</p>" if ticket.description else ""
    return f"<h1>{escape(ticket.title)}</h1>{about}{button}{_state(ticket, user)}{description}"


def _state(ticket: Ticket, user: str) -> str:
    if ticket.status is Status.UNREAD:
        return ""
    who = "you" if ticket.acknowledged_by == user else ticket.acknowledged_by
    at = times.text(ticket.acknowledged_at)[:16].replace("T", " ") + " UTC" if ticket.acknowledged_at else ""
    by = f" by {escape(who)}, {at}" if who else ""
    return f"<p><strong>{_NAMES[ticket.status]}{by}.</strong></p>"


_NAMES = {
    Status.UNDER_INVESTIGATION: "Acknowledged",
    Status.PENDING_FIX: "Waiting for a fix",
    Status.RESOLVED: "Resolved",
}


def _page(status: int, body: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tocsin</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
    )
    html = f"{head}<body>{body}<p><small>Tocsin</small></p></body></html>"
    return {"statusCode": int(status), "headers": {**_HEADERS, **(headers or {})}, "body": html}
