"""Load, I9: what one company sends, or its phones that do not answer, must not make another one's pages late.

Two companies share the carrier, the queues and the functions. B does what it always does; A opens a hundred times as
many tickets for a while. The same B, of the same seed, is played alone and beside A, and its 99th percentile may be a
fifth higher at most. In every other seed A's phones are dead besides: calls to them are not answered until they time
out.

One or two of a hundred pages find no room and wait, a whole second at least, whatever A does. So the hundredth of a
single run is a throw of dice, and the fifth is held over the pages of several; a single run may be a wait longer.
"""

from dataclasses import dataclass
from functools import cache
from random import Random

from tests.simulation.cloud.fair import Fairness
from tests.simulation.cloud.pace import Pace
from tests.simulation.faults import Weather
from tests.simulation.trace import Trace, Violation
from tests.simulation.world import Rows, World
from tocsin import clock, keys

A, B = "acme", "bolt"
PEOPLE = {A: 150, B: 40}  # each the one admin of a team, with a phone and a mailbox
SLOTS = {"due": 100, "sms": 10, "email": 20}  # infra/escalation.py, infra/notification.py
RATE = 0.4  # tickets a second of B
TIMES = 100  # as many come of A
FLOOD = 10.0  # seconds; what is left of it to send takes more than two minutes
LENGTH, TAIL = 180.0, 90.0
SLOWER, ENOUGH = 1.2, 5  # times as late as alone, at the 99th percentile of so many runs
WAIT = 2.0  # seconds
KINDS = ("a flood", "dead phones")


@dataclass(frozen=True)
class Shown:
    """How late B's pages were, in seconds, sorted; and what else there was to see."""

    lateness: list[float]
    tickets: int
    pages: int
    sent: int
    refused: int

    @property
    def p99(self) -> float:
        """The lateness that one page of a hundred exceeds."""
        return p99(self.lateness)


def p99(lateness: list[float]) -> float:
    """Return the lateness that one page of a hundred exceeds."""
    return sorted(lateness)[min(len(lateness) - 1, int(len(lateness) * 0.99))]


def kind(seed: int) -> str:
    """Return what is wrong with A in a seed."""
    return KINDS[seed % 2]


def number(tenant: str, person: int) -> str:
    """Return a person's phone number."""
    return f"+49151{1 if tenant == A else 2}{person:06d}"


@cache
def companies() -> Rows:
    """Return the rows of both companies, made once over the API."""
    with World() as world:
        for tenant, people in PEOPLE.items():
            admin = {"user_id": "p0", "email": f"p0@{tenant}.example.com"}
            body = {"company_id": tenant, "name": tenant, "admin": admin}
            assert world.api("POST", "/companies", body, tenant="", role="operator").status == 201
            for person in range(people):
                _add(world, tenant, person)
        return dict(world.directory.items)


def _add(world: World, tenant: str, person: int) -> None:
    name, mail = f"p{person}", f"p{person}@{tenant}.example.com"
    wanted = [
        ("POST", "/users", {"user_id": name, "email": mail, "role": "responder"}),
        ("POST", "/teams", {"team_id": name, "name": name}),
        ("PUT", f"/teams/{name}/members/{name}", {"role": "admin"}),
    ]
    for channel, address in (("sms", number(tenant, person)), ("email", mail)):
        method = {"method_id": channel, "channel": channel, "address": address, "verified": True}
        wanted.append(("POST", f"/users/{name}/contact_methods", method))
    for method_, path, body in wanted[not person :]:
        answer = world.api(method_, path, body, tenant=tenant)
        assert answer.status in (200, 201), answer


def check(seed: int) -> tuple[list[Violation], Shown, Shown]:
    """Play B alone and beside A. Return what violates I9, and both."""
    alone, beside = play(seed, flood=False), play(seed, flood=True)
    found = []
    if beside.p99 > SLOWER * alone.p99 + WAIT:
        found.append(Violation("I9", kind(seed), f"B's p99 is {beside.p99:.2f} s beside A, {alone.p99:.2f} s alone"))
    return found, alone, beside


def play(seed: int, *, flood: bool) -> Shown:
    """Play a seed with or without A's flood."""
    dead = kind(seed) == "dead phones" and flood
    with World(seed, directory=companies()) as world:
        world.put(keys, "DUE_SHARDS", 4)
        world.put(clock, "pause", world.timeline.spend)
        world.slots = SLOTS
        trace = Trace(world, "load", 0.0)
        trace.weather = Weather(world, {})
        pace = Pace(world.timeline, world.random, lambda to: dead and to.startswith(number(A, 0)[:7]))
        world.gate.faults.append(pace)
        for queue in world.queues.values():
            queue.choose = Fairness(queue).choose
        _plan(world, B, Random(f"B {seed}"), 0.0, LENGTH, RATE)  # noqa: S311 - a simulation is to be repeatable
        if flood:
            _plan(world, A, Random(f"A {seed}"), 30.0, 30.0 + FLOOD, RATE * TIMES)  # noqa: S311 - as above
        world.run(LENGTH + TAIL)
        return _shown(trace, pace)


def _plan(world: World, tenant: str, random: Random, start: float, end: float, rate: float) -> None:
    """Open tickets at random times, for one person after the other."""
    at, opened = start + random.expovariate(rate), 0
    while at < end:
        body = {"team": f"p{opened % PEOPLE[tenant]}", "title": f"Z{opened:04d} disk full"}
        world.timeline.after(at, lambda body=body: world.api("POST", "/tickets", body, tenant=tenant))
        at, opened = at + random.expovariate(rate), opened + 1


def _shown(trace: Trace, pace: Pace) -> Shown:
    """Return how late each page of B was handed over; one that was not is as late as the end."""
    late = []
    for key, images in trace.pages.items():
        page = images[0].row
        if page["tenant"] == B:
            handed = (one.at for one in trace.paged.get(key, ()) if one.accepted)
            late.append(next(handed, trace.end) - trace.due[key[0], page["epoch"]])
    return Shown(sorted(late), len(trace.tickets), len(trace.pages), len(trace.world.sent), pace.refused)
