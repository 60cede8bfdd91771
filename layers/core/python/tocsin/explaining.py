"""Explains what would become of a ticket: reads of the directory what the escalator would read, and writes nothing."""

from datetime import datetime, timedelta

from tocsin import clock, opening, reading, reception
from tocsin.access import Principal
from tocsin.explanation import Explanation, Question, Telling

TIME = timedelta(seconds=5)  # of the function's ten


def explain(who: Principal, question: Question, now: datetime) -> Explanation:
    """Return the plan for a ticket, as far as there is time for it.

    Raises `Invalid` for a team or severity that the company does not have.
    """
    at = question.at or now
    request = reception.imagined(who, question.ticket)
    imagined = opening.draft(request, at).model_copy(update={"description": request.description})
    book = reading.begin(who.tenant, request.team)
    telling = Telling(imagined, book)
    while telling.goes_on and clock.now() - now < TIME:
        reading.answered(who.tenant, book, telling.go_on, since=at)
    return telling.told(at)
