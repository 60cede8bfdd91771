"""How people answer what they were sent: by SMS with a code or without one, or by the link."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.simulation.trace import Act, Attempt, Trace, code_in
from tests.simulation.world import World
from tests.world import Answer
from tocsin.rows import plain

TRIES = 6
ACK, ALL = "ACK", ("ACK ALL", "AA")


@dataclass
class Answers:
    """What the people of a run answer. `whim`: a chance of its own, for what not every run has."""

    world: World
    trace: Trace
    random: Random
    whim: Random
    later: Callable[..., None]

    def plan(self, tickets: Iterable[Callable[[], str]], length: float) -> None:
        """Plan answers that are given without looking closely. `tickets` tell their keys, once they are there."""
        for ticket in tickets:
            if self.whim.random() < 0.3:
                act = self.whim.choice((self._resolve, self._bare, self._bare, self._all))
                self.later(self.whim.uniform(0, length), act, ticket)

    def plan_stop(self, number: str, length: float) -> None:
        """Let a number say STOP, and perhaps START later."""
        at = self.random.uniform(0, length)
        self.later(at, self.say, number, "STOP")
        if self.random.random() < 0.7:
            self.later(at + self.random.choice((60.0, 900.0)), self.say, number, "START")

    def say(self, number: str, word: str) -> None:
        """Say a word that counts for the number: STOP or START."""
        begun = self.world.seconds
        if self._reply(number, word):
            self._note(Act(begun, self.world.seconds, word, "", number, {}, Answer(200, None)))

    def _resolve(self, ticket: Callable[[], str]) -> None:
        page = self._page(ticket(), "sms", self.whim)
        code = code_in(page.text) if page else None
        if page and code:
            self._by_sms(page, f"R {code}", "resolve by sms", ticket(), self.world.seconds)

    def _bare(self, ticket: Callable[[], str]) -> None:
        """Acknowledge without a code: that is good for the only message with something open, and for nothing else."""
        self._without_code(ticket(), ACK)

    def _all(self, ticket: Callable[[], str]) -> None:
        self._without_code(ticket(), self.whim.choice(ALL))

    def _without_code(self, ticket: str, text: str) -> None:
        page = self._page(ticket, "sms", self.whim)
        if page is None:
            return
        begun, before = self.world.seconds, self._open(page.address)
        taken = self._reply(page.address, text)
        if self.world.seconds != begun or not taken:
            # What was open may have changed meanwhile, and it is for none to say what it was for.
            both = (*before.values(), *self._open(page.address, ever=True).values())
            meant = [place for places in both for place in places]
        else:
            meant = [place for places in before.values() for place in places if len(before) == 1 or text != ACK]
            for pk, _ in meant:
                self._note(Act(begun, begun, "answer", "", "sms", {}, Answer(200, None), pk))
        for pk, user in meant:
            self.trace.tried[pk].append((begun, user))

    def _reply(self, number: str, text: str) -> bool:
        """Send an SMS. What was taken may be delivered again, and is to do nothing then."""
        message_id = f"{self.whim.getrandbits(64):x}"
        begun, taken = self.world.seconds, self.world.reply(number, text, message_id)
        if taken:
            self.trace.said.append((begun, number, text))
        if taken and self.whim.random() < 0.25:
            again = self.world.seconds + self.whim.choice((0.0, 1.0, 45.0, 300.0))
            self.later(again, self.world.reply, number, text, message_id)
        return taken

    def _open(self, number: str, *, ever: bool = False) -> dict[str, list[tuple[str, str]]]:
        """Return the codes of a number with the unread tickets that each was the last for, and whose code it is.

        `ever`: with those too that are not unread.
        """
        rows = [plain(row) for (pk, sk), row in self._rows(f"PHONE#{number}") if sk.startswith("CODE#")]
        newest: dict[str, tuple[str, str]] = {}
        for row in sorted(rows, key=lambda one: str(one["expires_at"])):
            for page in row["pages"]:
                newest[f"T#{row['tenant']}#TICKET#{page['ticket_id']}"] = row["code"], row["user"]
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for pk, (code, user) in newest.items():
            if ever or self.trace.at((pk, "TICKET"), self.world.seconds).get("status") == "unread":
                found[code].append((pk, user))
        return found

    def _rows(self, pk: str) -> Iterable[Any]:
        return [(key, row) for key, row in self.world.tickets.items.items() if key[0] == pk]

    # --- with what a message says

    def reply(self, ticket: str) -> None:
        """Acknowledge by SMS."""
        page = self._page(ticket, self.random.choice(("sms", "sms", "voice")), self.random)
        code = code_in(page.text) if page else None
        if page and code and ticket:
            self._by_sms(page, f"ack {code}", "answer", ticket, self.world.seconds)

    def escalate(self, ticket: str) -> None:
        """Ask for the next step by SMS."""
        page = self._page(ticket, self.random.choice(("sms", "sms", "voice")), self.random)
        code = code_in(page.text) if page else None
        if page and code and ticket:
            self._by_sms(page, f"E {code}", "escalate by sms", ticket, self.world.seconds, tries=0)

    def look(self, ticket: str) -> None:
        """Open a link, and press nothing."""
        page = self._page(ticket, self.random.choice(("sms", "email", "webhook")), self.random)
        link = re.search(r"https://\S+/a/\w{22}", page.text) if page else None
        if link:
            self.world.follow_link(link[0])

    def follow(self, ticket: str, tries: int = TRIES, begun: float | None = None) -> None:
        """Open a link, and acknowledge."""
        page = self._page(ticket, self.random.choice(("sms", "email", "webhook")), self.random)
        link = re.search(r"https://\S+/a/\w{22}", page.text) if page else None
        if not page or not link or not ticket:
            return
        begun = self.world.seconds if begun is None else begun
        self._tries(page)
        answer = self.world.follow_link(link[0], "POST")
        self._note_all(page, begun, "answer", answer)
        if answer.status >= 500 and tries:
            self.later(self.world.seconds + 2, self.follow, ticket, tries - 1, begun)

    def _by_sms(self, page: Attempt, text: str, what: str, ticket: str, begun: float, tries: int = TRIES) -> None:
        self._tries(page)
        if self._reply(page.address, text):
            self._note_all(page, begun, what, Answer(200, None))
        elif tries:
            self.later(self.world.seconds + 20, self._by_sms, page, text, what, ticket, begun, tries - 1)

    def _page(self, ticket: str, channel: str, random: Random) -> Attempt | None:
        """Return a page of a ticket that arrived."""
        found = [page for page in self.trace.attempts if page.accepted and page.channel == channel]
        pages = [page for page in found if any(key[0] == ticket for key in self.trace.pages_in(page))]
        return random.choice(pages) if pages else None

    def _tries(self, page: Attempt) -> None:
        """Note that a person is about to act on all that a message told of, whatever comes of it."""
        for key in self.trace.pages_in(page):
            self.trace.tried[key[0]].append((self.world.seconds, key[1].split("#")[2]))

    def _note_all(self, page: Attempt, begun: float, what: str, answer: Answer) -> None:
        """Note what was answered to a message: it counts for all that the message told of."""
        for pk in dict.fromkeys(key[0] for key in self.trace.pages_in(page)):
            self._note(Act(begun, self.world.seconds, what, "", page.channel, {}, answer, pk))

    def _note(self, act: Act) -> None:
        self.trace.acts.append(act)
