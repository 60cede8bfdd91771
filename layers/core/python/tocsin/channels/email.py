"""E-mail by Amazon SES, text and HTML. Nothing a ticket says can become a header or markup."""

from html import escape

from tocsin import aws, times
from tocsin.errors import Fault, SendError
from tocsin.letter import Facts, Letter, Told
from tocsin.settings import settings

_SUBJECT_LIMIT = 200
# Errors of SendEmail, SES API v2 reference. They are about our sender or content as often as about the recipient: this
# message fails, and no address is flagged for it. (An address that does not exist bounces later, and elsewhere.)
_MESSAGE = {"MessageRejected", "BadRequestException"}


def send(letter: Letter) -> str:
    """Send an e-mail and return SES's message id."""
    subject, plain, html = content(letter)
    ses = aws.client("sesv2")
    try:
        answer = ses.send_email(
            FromEmailAddress=settings.email_sender,
            Destination={"ToAddresses": [letter.address]},
            Content={"Simple": {"Subject": _part(subject), "Body": {"Text": _part(plain), "Html": _part(html)}}},
        )
    except ses.exceptions.ClientError as error:
        raise _read(error) from error
    except Exception as error:
        raise SendError(str(error), of=Fault.CHANNEL, permanent=False) from error
    return str(answer["MessageId"])


def content(letter: Letter) -> tuple[str, str, str]:
    """Return subject, text and HTML."""
    facts = letter.facts
    if facts is None:
        return _line(letter.subject), letter.text, _document(f"<p>{_paragraphs(letter.text)}</p>")
    return _line(f"[{facts.severity}] {facts.title} ({facts.team})"), _text(facts), _html(facts)


def _text(facts: Facts) -> str:
    parts = [part for one in facts.tickets for part in (one.title, _about(one))]
    return "\n\n".join([*_number(facts), *parts, *_description(facts), f"Acknowledge: {facts.link}"]) + "\n"


def _html(facts: Facts) -> str:
    number = "".join(f"<p>{part}</p>" for part in _number(facts))
    tickets = "".join(f"<h1>{escape(one.title)}</h1><p>{escape(_about(one))}</p>" for one in facts.tickets)
    description = "".join(f"<p>{_paragraphs(part)}</p>" for part in _description(facts))
    link = f'<p><a href="{escape(facts.link, quote=True)}">Look and acknowledge</a></p>'
    return _document(number + tickets + description + link)


def _number(facts: Facts) -> list[str]:
    return [f"{len(facts.tickets)} tickets, acknowledged together:"] if len(facts.tickets) > 1 else []


def _description(facts: Facts) -> list[str]:
    """Return the description of a single ticket: those of many would make the mail too long."""
    return [one.description for one in facts.tickets if one.description] if len(facts.tickets) == 1 else []


def _about(one: Told) -> str:
    return f"Severity {one.severity}, team {one.team}, since {_since(one)}."


def _document(body: str) -> str:
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body>{body}</body></html>'


def _since(one: Told) -> str:
    return times.text(one.since)[:16].replace("T", " ") + " UTC"


def _paragraphs(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _line(text: str) -> str:
    """Return a subject: one line, no control characters, so that no header can follow it."""
    folded = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return folded if len(folded) <= _SUBJECT_LIMIT else folded[: _SUBJECT_LIMIT - 3] + "..."


def _part(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _read(error: Exception) -> SendError:
    code = aws.error_code(error)
    if code in _MESSAGE:
        return SendError(f"The message was refused ({code}).", of=Fault.MESSAGE, permanent=True)
    return SendError(f"SES could not take it ({code}).", of=Fault.CHANNEL, permanent=False)
