"""Known mistakes in what people make of an escalation, in times that compete for a ticket's clock, and in turns."""

from tests.simulation.edit import Edit, bug

STEERING = (
    bug(
        "a snooze leaves the run, and pages of before it go out",
        "ticket.snoozed",
        '"run": Next("epoch")',
        '"remark": None',
        Edit("page.unwanted", "if ticket.snoozed_until is not None:", "if False:"),
    ),
    bug("the end of a snooze is dropped", "escalation._run", "if ended:", "if ended and overdue.status == 'unread':"),
    bug(
        "a snooze begins with the step after the last one",
        "ticket.rung",
        '{**restarted(ticket, now), **marked(Kind.SNOOZE_ENDED, "system", now)}',
        '{**hurried(ticket, "system", now), **marked(Kind.SNOOZE_ENDED, "system", now)}',
    ),
    bug(
        "an acknowledgement expires from the time it was given first",
        "ticket._expiry",
        "return now +",
        "return (ticket.acknowledged_at or now) +",
    ),
    bug(
        "an acknowledgement that is given again has no longer", "ticket._renewed", "**moved(ticket, expiry, now), ", ""
    ),
    bug(
        "the expiry of an acknowledgement is forgotten",
        "ticket._seen",
        "until or _expiry(ticket, status, now)",
        "until",
    ),
    bug("an automatic resolve is no due time", "ticket.moved", "(at, resolve_at and max(resolve_at, now))", "(at,)"),
    bug("what is due is taken for a resolve", "ticket.rung", "ticket.resolve_at <= ticket.due_at", "ticket.resolve_at"),
    bug(
        "a user who gets a ticket is not paged",
        "decision.decide",
        "handed = _handed_over(ticket, book, now)",
        "handed = Reached()",
    ),
    bug(
        "a responder is left alone while the ticket is acknowledged",
        "page.unwanted",
        "if page.ask and not ticket.resolved:",
        "if page.ask and ticket.status is Status.UNREAD:",
    ),
    bug(
        "who is asked for is found by the sweeper alone", "responders.add", "if _put(one, now)", "if not _put(one, now)"
    ),
    bug(
        "who is asked for is asked each time",
        "responders._ask",
        "any(not one.settled or one.created_at > now - AGAIN for one in last)",
        "False",
    ),
    bug(
        "a responder has one way to be reached",
        "failure.try_another_way",
        "not of.resolved if failing.ask else",
        "False if failing.ask else",
    ),
    bug("an ask for a responder moves the clock", "ticket.joined", "**marked(", '"epoch": Next("epoch"), **marked('),
    bug("a maintenance is not asked for", "decision._held", "if end is None:", "if True:"),
    bug("what a maintenance holds has no next time", "decision._held", "min(end, now + HELD_FOR)", "None"),
    bug(
        "a reassigned ticket keeps its place", "ticket.reassigned", "restarted(ticket, now)", "moved(ticket, now, now)"
    ),
    bug("a further round begins at the first step", "decision._positions", "plan.repeat_from - 1", "0"),
    bug("a turn is never over", "decision.rung_at", "if not rung.in_turn:", "if True:"),
    bug("all who take turns are paged", "decision._next_in_turn", "return [user.user_id]", "return queue"),
    bug("whose turn it is counts alone", "decision._next_in_turn", "(queue[:1], queue[1:])", "(queue[:1],)"),
    bug("turns begin with another member each time", "decision._next_in_turn", "+ rung.turn", "+ ticket.epoch"),
)
