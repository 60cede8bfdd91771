"""The main job, played on a running stack: an alarm, a page that nobody answers, a second one that somebody does.

It is told at the terminal by `make run`, and its outcome is what the end-to-end test asserts on.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from infra.local import demo, inbox
from infra.local.alarm import raise_alarm, reply
from infra.local.aws import client
from infra.local.errors import NothingCame
from infra.local.inbox import Message
from infra.local.stack import Stack
from infra.local.terminal import Terminal

ALARM = "checkout-5xx"
WAITS = ("20s", "10m", "30m")
PATIENCE = 60.0  # seconds for anything that should take two
SILENCE = 3.0  # seconds after the acknowledgement in which nobody may be paged

SPOKEN = {"sms": "SMS", "email": "e-mail"}

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What happened, for a test to look at. Times in seconds."""

    ticket: dict[str, Any]
    history: list[dict[str, Any]]
    first: list[Message]
    first_after: float
    second: list[Message]
    second_late: float
    schedule: dict[str, Any]
    schedules_left: list[str]
    after_acknowledgement: list[Message]


class Story:
    """One playing of it: what it has to work with, and where it is told."""

    def __init__(self, stack: Stack, terminal: Terminal) -> None:
        self.stack = stack
        self.terminal = terminal
        self.sns = client("sns", stack.endpoint)
        self.scheduler = client("scheduler", stack.endpoint)

    def play(self) -> Outcome:
        """All of it, in order; about half a minute, most of it waiting for an answer that does not come."""
        ada, grace, edsger = demo.PEOPLE
        self.hire()
        self.explain()
        began = time.time()
        self.raise_alarm()
        first = self.paged(ada, began)
        ticket = self.ticket()
        second = self.paged(grace, _moment(ticket["due_at"]).timestamp(), event="the step was due")
        schedule = self.schedule(ticket, edsger)
        acknowledged = self.acknowledge(grace, second[0], ticket)
        left = self.silence(acknowledged)
        return Outcome(
            ticket=acknowledged,
            history=self.history(acknowledged),
            first=first,
            first_after=first[0].at.timestamp() - began,
            second=second,
            second_late=second[0].at.timestamp() - _moment(ticket["due_at"]).timestamp(),
            schedule=schedule,
            schedules_left=left,
            after_acknowledgement=self.pages_after(acknowledged),
        )

    def hire(self) -> None:
        """Ada, Grace, Edsger, their rotation, and the rule: Ada, who is on call (that is Grace), Edsger."""
        ada, grace, edsger = demo.PEOPLE
        with self.terminal.step("Three people in the team, a rotation, and a rule") as notes:
            demo.employ(self.stack.api)
            rotation = demo.rotation(demo.TEAM, (grace, edsger), datetime.now(UTC).date())
            self.stack.api.call("POST", "/schedules", rotation)
            targets = ({"user": ada.user_id}, {"schedule": rotation["schedule_id"]}, {"user": edsger.user_id})
            self.stack.api.call("POST", "/rules", demo.rule(demo.TEAM, targets, WAITS))
            notes.append(f"{ada.name}, {WAITS[0]} later who is on call, {WAITS[1]} later {edsger.name}")
        with self.terminal.step("Who is on call") as notes:
            (on_call,) = self.stack.api.call("GET", f"/oncall?team={demo.TEAM}")["items"]
            notes.append(f"{on_call['user']}, until {on_call['until'][:16].replace('T', ' ')} UTC")

    def explain(self) -> None:
        """Who would be paged when, by what and because of what, if nobody answered: asked before anything happens."""
        ticket = {"team": demo.TEAM, "title": "Checkout 5xx"}
        told = self.stack.api.call("POST", "/rules/explain", {"ticket": ticket})
        self.terminal.heading("The plan, if nobody answers (POST /rules/explain)")
        pages = [page for page in told["plan"] if page["round"] == 1]
        rows = [(page["at"][11:19], page["user"], SPOKEN[page["channel"]], page["because"]) for page in pages]
        self.terminal.table(("at (UTC)", "user", "by", "because"), rows)

    def raise_alarm(self) -> None:
        """CloudWatch tells the alarm topic."""
        with self.terminal.step("A CloudWatch alarm arrives over SNS") as notes:
            raise_alarm(self.sns, self.stack.outputs["AlarmTopicArn"], ALARM)
            notes.append(ALARM)

    def paged(self, person: demo.Person, since: float, event: str = "the alarm") -> list[Message]:
        """Wait for the person's SMS and e-mail, and say how long after `since` they came."""
        messages = [
            inbox.wait(
                self.stack.endpoint,
                lambda message, to=address: message.to == to,  # type: ignore[misc]  # bound early on purpose
                seconds=PATIENCE,
                what=f"The {channel} to {person.name}",
            )
            for channel, address in (("SMS", person.phone), ("e-mail", person.email))
        ]
        for message in messages:
            seconds = message.at.timestamp() - since
            self.terminal.line(f"{person.name} is paged by {SPOKEN[message.channel]}", f"{seconds:.2f} s after {event}")
            self.tell(message)
        return messages

    def tell(self, message: Message) -> None:
        """Show what somebody got."""
        shown = message.subject if message.channel == "email" else message.text
        self.terminal.say(f"      {message.to}: {self.terminal.bold(shown)}")

    def ticket(self) -> dict[str, Any]:
        """The ticket that the alarm opened, once its first step is done."""

        def opened() -> dict[str, Any] | None:
            tickets = self.stack.api.call("GET", f"/tickets?team={demo.TEAM}")["items"]
            return next((each for each in tickets if ALARM in each["title"] and each["step"] == 1), None)

        ticket = self.until(opened, "the ticket's first step")
        self.terminal.line("Nobody answers", f"the next is due at {ticket['due_at']}")
        return ticket

    def schedule(self, ticket: dict[str, Any], person: demo.Person) -> dict[str, Any]:
        """The schedule that will wake the escalation for the third person."""

        def of_ticket() -> dict[str, Any] | None:
            return next((each for each in self.schedules() if ticket["ticket_id"] in each["Target"]["Input"]), None)

        schedule = self.until(of_ticket, f"the schedule for {person.name}")
        self.terminal.line(f"{person.name}'s turn is a schedule", schedule["ScheduleExpression"])
        self.terminal.say(f"      {schedule['Name']}")
        return schedule

    def schedules(self) -> list[dict[str, Any]]:
        """All one-shot schedules, with their targets."""
        listed = [
            each for page in self.scheduler.get_paginator("list_schedules").paginate() for each in page["Schedules"]
        ]
        details = [self.scheduler.get_schedule(Name=each["Name"], GroupName=each["GroupName"]) for each in listed]
        return [each for each in details if each["ScheduleExpression"].startswith("at(")]

    def acknowledge(self, person: demo.Person, page: Message, ticket: dict[str, Any]) -> dict[str, Any]:
        """Answer the page by SMS, with the code that it names."""
        code = re.search(r"ACK (\d{5})", page.text)
        if code is None:
            raise NothingCame(f"a page without a reply code: {page.text!r}")
        path = f"/tickets/{ticket['ticket_id']}"
        with self.terminal.step(f"{person.name} replies by SMS: ACK {code[1]}") as notes:
            topic = self.stack.outputs["SmsReplyTopicArn"]
            reply(self.sns, topic, sender=person.phone, to=demo.OUR_NUMBER, text=f"ACK {code[1]}")

            def acknowledged() -> dict[str, Any] | None:
                read: dict[str, Any] = self.stack.api.call("GET", path)
                return read if read["status"] == "under_investigation" else None

            found = self.until(acknowledged, "the acknowledgement")
            notes.append(f"{found['status']}, by {found['acknowledged_by']}")
        return found

    def silence(self, ticket: dict[str, Any]) -> list[str]:
        """Wait until the ticket's schedule is gone; answers the names of what is left of it."""
        with self.terminal.step("The schedule is gone") as notes:

            def left() -> list[str]:
                return [each["Name"] for each in self.schedules() if ticket["ticket_id"] in each["Target"]["Input"]]

            self.until(lambda: not left() or None, "the end of the schedule")
            notes.append("nothing waits for this ticket any more")
        with self.terminal.step("Silence") as notes:
            time.sleep(SILENCE)
            notes.append(f"{len(self.pages_after(ticket))} pages after the acknowledgement")
        return left()

    def pages_after(self, ticket: dict[str, Any]) -> list[Message]:
        """What went out to the three after the acknowledgement, answers to replies apart."""
        addresses = {address for person in demo.PEOPLE for address in (person.phone, person.email)}
        pages = [each for each in inbox.messages(self.stack.endpoint) if each.to in addresses and "/a/" in each.text]
        return [page for page in pages if page.at > _moment(ticket["acknowledged_at"])]

    def history(self, ticket: dict[str, Any]) -> list[dict[str, Any]]:
        """The ticket's history, as a table."""

        def complete() -> list[dict[str, Any]] | None:
            items: list[dict[str, Any]] = self.stack.api.call("GET", f"/tickets/{ticket['ticket_id']}/history")["items"]
            return items if any(item["kind"] == "acknowledged" for item in items) else None

        items = self.until(complete, "the history")
        self.terminal.heading("The ticket's history")
        rows = [(item["at"][11:23], item["kind"], item["actor"] or "", item["text"] or "") for item in items]
        self.terminal.table(("at (UTC)", "kind", "actor", "text"), rows)
        return items

    @staticmethod
    def until(look: Callable[[], T | None], what: str) -> T:
        """What `look` finds, as soon as it finds something."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(inbox.POLL)
        raise NothingCame(f"{what}: not within {PATIENCE:.0f} s")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
