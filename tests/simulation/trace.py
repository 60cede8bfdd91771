"""What happened in a run: every write of a ticket, a page or a phone, all that was handed to providers, every answer.

Nothing here knows how the product decides. Invariants are said of this alone.
"""

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

from tests.simulation.cloud.gate import Call
from tests.simulation.cloud.table import Item
from tests.simulation.faults import EVERYTHING, Weather
from tests.simulation.timeline import START
from tests.simulation.world import World
from tests.world import Answer
from tocsin import times
from tocsin.rows import Row

Key = tuple[str, str]
CALLER = "api_key:k1"  # who calls the API in a run


@dataclass(frozen=True)
class Image:
    """A row as it was from a time on; an empty one was deleted."""

    at: float
    row: Row


@dataclass
class Attempt:
    """Something that was handed to a provider: a page or a notice."""

    at: float
    channel: str
    address: str
    text: str
    accepted: bool = False


@dataclass(frozen=True)
class Act:
    """What a caller did and was answered. `what` names it, `ticket` is a partition key where there is one."""

    begun: float
    ended: float
    what: str
    tenant: str
    path: str
    body: Any
    answer: Answer
    ticket: str = ""


@dataclass
class Violation:
    """An invariant that did not hold."""

    invariant: str
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.about}: {self.text}"


@dataclass
class Trace:
    """Listens to a world. Stands at its gate before all faults."""

    world: World
    mode: str
    bound: float
    rows: dict[Key, list[Image]] = field(default_factory=lambda: defaultdict(list))
    users: dict[Key, list[Image]] = field(default_factory=lambda: defaultdict(list))
    attempts: list[Attempt] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    # when somebody acted on a ticket, and who
    tried: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    said: list[tuple[float, str, str]] = field(default_factory=list)  # by SMS: when, from which number, what
    seen: list[Violation] = field(default_factory=list)  # what can only be seen while it happens
    on_duty: dict[tuple[str, str, float], frozenset[str | None]] = field(default_factory=dict)  # what was worked out
    told: dict[Key, Row] = field(default_factory=dict)  # what each link and code stands for, or stood
    weather: Weather = field(init=False)
    _under_way: dict[int, Attempt] = field(default_factory=dict)
    _faults: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world.gate.faults.insert(0, self)
        for (pk, sk), item in self.world.directory.items.items():
            self.users[pk, sk].append(Image(0.0, self.world.row(item)))
        self.world.tickets.listeners.insert(0, self._written)
        self.world.directory.listeners.append(self._directed)

    # --- listening

    def before(self, call: Call) -> None:
        """Note what is about to be sent."""
        told = _told(call)
        if told is None:
            return
        attempt = Attempt(self.world.seconds, *told)
        self.attempts.append(attempt)
        self._under_way[call.number] = attempt

    def after(self, call: Call) -> None:
        """Note what was accepted."""
        if call.number in self._under_way:
            self._under_way.pop(call.number).accepted = True

    def _written(self, old: Item | None, new: Item | None) -> None:
        item = new if new is not None else old or {}
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        if new is None and "#TICKET#" in pk:  # no run lasts for 400 days
            self.seen.append(Violation("I7", pk, f"{sk} was taken away"))
        if new is not None and (sk == "LINK" or sk.startswith("CODE#")):
            self.told[pk, sk] = self.world.row(new)
        if sk == "TICKET" or sk.startswith("PAGE#") or sk == "PHONE":
            row = self.world.row(new) if new is not None else {}
            self.rows[pk, sk].append(Image(self.world.seconds, row))
            if sk == "TICKET" and old is not None and old["epoch"] != item["epoch"]:
                self._watch_schedule(self.world.row(old))

    def _directed(self, old: Item | None, new: Item | None) -> None:
        item = new if new is not None else old or {}
        row = self.world.row(new) if new is not None else {}
        self.users[item["pk"]["S"], item["sk"]["S"]].append(Image(self.world.seconds, row))

    def _watch_schedule(self, old: Row) -> None:
        """Look in a while whether the schedule of an epoch that is over is gone (I5)."""
        if "due_at" not in old:
            return
        begun = self.world.seconds

        def look() -> None:
            for schedule in self.world.scheduler.schedules.values():
                told = f'"ticket":"{old["ticket_id"]}","epoch":{old["epoch"]},'
                if f'"tenant":"{old["tenant"]}"' in schedule.body and told in schedule.body:
                    struck = self._between(old["pk"], begun - 5, self.world.seconds)
                    if not struck:
                        self.seen.append(Violation("I5", old["pk"], f"schedule {schedule.name} outlives its epoch"))

        self.world.timeline.after(180, look)

    def _between(self, ticket: str, start: float, end: float) -> bool:
        return any(s <= end and e >= start for s, e in self.faults(ticket))

    # --- reading

    def faults(self, ticket: str) -> Sequence[tuple[float, float]]:
        """Return when faults touched a ticket, or everything, in order."""
        struck = (self.weather.struck.get(ticket, ()), self.weather.struck.get(EVERYTHING, ()))
        known = self._faults.get(ticket, ())
        if len(known) < len(struck[0]) + len(struck[1]):  # it only grows
            known = self._faults[ticket] = sorted([*struck[0], *struck[1]])
        return known

    def limit(self, key: Key, start: float) -> float:
        """Return until when something that is due at `start` must have been done, whatever faults came between.

        Each fault that comes in time moves the limit. Where the sweeper has looked already, it comes back at the row's
        `look_at`, later each time: a fault may cost as much.
        """
        t = start
        for begun, ended in self.faults(key[0]):
            if begun > t + self.bound:
                break
            if ended > t:
                t = max(t, ended, self._next_look(key, ended))
        return t + self.bound

    def _next_look(self, key: Key, at: float) -> float:
        row = self.at(key, at)
        return min(seconds(row["look_at"]), at + 3600) if (row.get("looks") or 0) >= 2 and "look_at" in row else at

    def at(self, key: Key, moment: float) -> Row:
        """Return a row as it was at a time."""
        images = self.rows.get(key, [])
        before = bisect_right(images, moment, key=attrgetter("at"))
        return images[before - 1].row if before else {}

    @cached_property
    def tickets(self) -> dict[str, list[Image]]:
        """The images of each ticket, by partition key."""
        return {pk: images for (pk, sk), images in self.rows.items() if sk == "TICKET"}

    @cached_property
    def pages(self) -> dict[Key, list[Image]]:
        """The images of each page."""
        return {key: images for key, images in self.rows.items() if key[1].startswith("PAGE#")}

    def pages_of(self, ticket: str, epoch: int) -> list[tuple[Key, list[Image]]]:
        """Return the pages of one move, without those of responders."""
        return self._moves.get((ticket, epoch), [])

    @cached_property
    def _moves(self) -> dict[tuple[str, int], list[tuple[Key, list[Image]]]]:
        found: dict[tuple[str, int], list[tuple[Key, list[Image]]]] = defaultdict(list)
        for key, images in self.pages.items():
            if not images[0].row.get("ask"):
                found[key[0], images[0].row["epoch"]].append((key, images))
        return dict(found)

    @cached_property
    def asked(self) -> dict[Key, list[Image]]:
        """The images of each responder's page."""
        return {key: images for key, images in self.pages.items() if images[0].row.get("ask")}

    @cached_property
    def paged(self) -> dict[Key, list[Attempt]]:
        """The attempts for each page; what its link stands for tells which a message was about."""
        by_page: dict[Key, list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            for page in self.pages_in(attempt):
                by_page[page].append(attempt)
        return by_page

    def pages_in(self, attempt: Attempt) -> list[Key]:
        """Return the keys of the pages that a message told of by its link, or a call by its code; none for a notice."""
        if attempt.channel == "voice":
            return self.answered_by(attempt) or []
        found = re.search(r"/a/(\w{22})", attempt.text)
        digest = hashlib.sha256(found[1].encode()).hexdigest() if found else ""
        return self._stands_for(f"LINK#{digest}", "LINK")

    def answered_by(self, attempt: Attempt) -> list[Key] | None:
        """Return the keys of the pages that a message's code stands for, None if it has none."""
        code = code_in(attempt.text)
        return self._stands_for(f"PHONE#{attempt.address}", f"CODE#{code}") if code else None

    def _stands_for(self, pk: str, sk: str) -> list[Key]:
        row = self.told.get((pk, sk), {})
        return [(f"T#{row['tenant']}#TICKET#{one['ticket_id']}", one["page"]) for one in row.get("pages", ())]

    def begun(self, key: Key) -> float | None:
        """Return from when a page could be sent: its step was due, and the last turn of its person over."""
        asked = self.asked.get(key)
        due = asked[0].at if asked else self.due.get((key[0], self.pages[key][0].row["epoch"]))
        return due if due is None else max([due, self.put_off(key)])

    def put_off(self, key: Key) -> float:
        """Return until when a page was put off, for its person's sake, a turn or after an error; 0 if it was not."""
        images = self.pages[key]
        images = images if "not_before" in images[0].row else images[1:]
        return max((seconds(one.row["due_at"]) for one in images if "due_at" in one.row), default=0.0)

    @cached_property
    def due(self) -> dict[tuple[str, int], float]:
        """When each epoch of each ticket was due."""
        found: dict[tuple[str, int], float] = {}
        for pk, images in self.tickets.items():
            for image in images:
                if "due_at" in image.row:
                    found.setdefault((pk, image.row["epoch"]), seconds(image.row["due_at"]))
        return found

    @property
    def end(self) -> float:
        """When the run ended."""
        return self.world.seconds

    @property
    def skew(self) -> float:
        """How far two clocks were apart, in seconds."""
        return self.weather.fastest - self.weather.slowest


def code_in(text: str) -> str | None:
    """Return the code by which an SMS, or a call, is answered."""
    found = re.search(r"ACK (\d{5})|A C K (\d(?:, \d){4})", text)
    return (found[1] or found[2].replace(", ", "")) if found else None


def _told(call: Call) -> tuple[str, str, str] | None:
    """Return channel, address and text of what is handed to a provider, None if a call is something else."""
    given = call.arguments
    match call.service:
        case "sns":
            return "sms", given["PhoneNumber"], given["Message"]
        case "pinpoint-sms-voice-v2":
            return "voice", given["DestinationPhoneNumber"], given["MessageBody"]
        case "webhook":
            return "webhook", given["url"], given["body"].decode()
        case "sesv2":
            content = given["Content"]["Simple"]
            text = content["Subject"]["Data"] + "\n" + content["Body"]["Text"]["Data"]
            return "email", given["Destination"]["ToAddresses"][0], text
    return None


def seconds(text: str) -> float:
    """Return a stored time in seconds since the start."""
    return (times.parse(text) - START).total_seconds()
