"""What goes wrong: each kind of fault at a rate of its own, all from the world's one generator, until it is calm.

Every fault says which tickets it touched and until when, so that lateness can be held against it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulation.cloud import errors
from tests.simulation.cloud.gate import Call, Killed
from tests.simulation.cloud.scheduler import Schedule
from tests.simulation.cloud.sqs import Message
from tests.simulation.cloud.stream import Flaws, Record
from tests.simulation.timeline import START
from tests.simulation.world import Invocation, World
from tocsin import keys
from tocsin.due import MAX_DELAY, Due
from tocsin.fetch import FetchError
from tocsin.rows import plain

CALLS = {
    "kill_before": (0.001, 0.04),
    "kill_after": (0.001, 0.04),
    "timeout": (0.0005, 0.01),
    "slow": (0.005, 0.15),
    "throttle": (0.002, 0.08),  # DynamoDB, before the effect
    "ambiguous": (0.001, 0.03),  # DynamoDB, an error although it took effect
    "unprocessed": (0.02, 0.3),
    "queue_error": (0.005, 0.1),
    "queue_refuses": (0.02, 0.3),
    "provider_error": (0.02, 0.4),
    "provider_after": (0.01, 0.15),  # accepted, and then an error
}
SERVICES = {
    "scheduler_throttled": (0.02, 0.6),
    "scheduler_twice": (0.05, 0.6),
    "scheduler_never": (0.02, 0.4),
    "scheduler_stubborn": (0.05, 0.8),  # fires after it was deleted
    "queue_late": (0.02, 0.3),
    "queue_twice": (0.02, 0.4),
    "queue_disorder": (0.1, 1.0),
    "queue_returns": (0.01, 0.2),  # a message comes back although it was worked off
    "stream_pause": (0.01, 0.1),
    "stream_twice": (0.02, 0.4),
    "stream_gives_up": (0.005, 0.08),
    "index_lag": (0.05, 0.6),
    "skew": (0.2, 1.0),  # seconds
    "outage": (0.2, 1.0),
    "hot": (0.3, 1.0),  # a partition of the due index, for minutes
    "bad_address": (0.1, 0.5),
}
KINDS = {**CALLS, **SERVICES}
MENDED_BY_RETRIES = KINDS.keys() - {"scheduler_never", "stream_gives_up", "outage"}
BAD = {
    "sms": ("OptedOut", "InvalidParameter"),
    "voice": ("DESTINATION_PHONE_NUMBER_OPTED_OUT", "DESTINATION_COUNTRY_BLOCKED"),
    "email": ("BadRequestException",),
    "webhook": ("404", "403"),
}
PROVIDERS = ("sns", "sesv2", "pinpoint-sms-voice-v2", "webhook")

TIMEOUTS = {"sweeper": 55.0, "clock": 25.0, "escalator": 25.0, "notifier": 25.0, "historian": 25.0, "replies": 10.0}
API_TIMEOUT = 10.0
DEEPEST = 3  # functions at work within each other's calls
EVERYTHING = ""
MOMENT = 1e-6  # seconds
MINUTE = timedelta(minutes=1)

Interval = tuple[float, float]


def nominal(random: Random) -> dict[str, float]:
    """Nothing goes wrong."""
    return {}


def mild(random: Random) -> dict[str, float]:
    """Everything goes wrong, but rarely."""
    return {kind: low / 2 for kind, (low, _) in KINDS.items()} | {"bad_address": 0.15}


def swarm(random: Random) -> dict[str, float]:
    """Some kinds go wrong, each as badly as may be: combinations that a fixed mix never makes."""
    share = random.choice((0.15, 0.3, 0.5))
    chosen = [kind for kind in KINDS if random.random() < share]
    return {kind: low * (high / low) ** random.random() for kind in chosen for low, high in [KINDS[kind]]}


def mended_by_retries(random: Random) -> dict[str, float]:
    """Go wrong as the swarm does, but for what only a net can catch."""
    return {kind: min(rate, 0.2) for kind, rate in swarm(random).items() if kind in MENDED_BY_RETRIES}


class Weather:
    """The faults of one run. It stands at the world's gate, and in its queues, stream, indexes and schedules."""

    def __init__(self, world: World, rates: Mapping[str, float], *, patient: bool = False) -> None:
        """Hang the faults into a world. `patient`: a stream and a queue are tried again without end."""
        self.world, self.rates, self.random = world, dict(rates), world.random
        self.calm = False
        self.struck: dict[str, list[Interval]] = defaultdict(list)
        self.repeats: dict[str, int] = defaultdict(int)  # by ticket: sends that may have happened without our knowing
        self.outages: list[tuple[str, float, float]] = []
        self.hot = ("", 0.0, 0.0)
        self.slowest = self.fastest = 0.0  # seconds by which any machine's clock was behind, or ahead, at any time
        self._lagging: dict[tuple[str, str], float] = {}
        self._hang_in(patient)

    # --- what was touched

    def touch(self, tickets: Iterable[str], until: float | None = None) -> None:
        """Note that a fault touched these tickets."""
        interval = (self.world.seconds, self.world.seconds if until is None else until)
        for ticket in tickets:
            self.struck[ticket].append(interval)

    def strikes(self, kind: str, tickets: Callable[[], Iterable[str]] = tuple, seconds: float = 0.0) -> bool:
        """Say whether a fault of this kind happens now: most do not, so the tickets are asked for only then."""
        rate = self.rates.get(kind)
        if not rate or self.calm or self.random.random() >= rate:
            return False
        self.touch(tickets(), self.world.seconds + seconds)
        return True

    def _tickets(self) -> set[str]:
        if not self.world.at_work:
            return {EVERYTHING}
        return tickets_of(self.world.at_work[-1]) | self._waiting(self.world.at_work[-1])

    def _waiting(self, one: Invocation) -> set[str]:
        """Return the tickets whose pages wait for a turn that a page's message may have taken: it has them in hand."""
        found: set[str] = set()
        for record in one.event.get("Records", ()):
            page = _PAGE.search(record.get("body", ""))
            if page:
                pk, begins = f"T#{page[1]}#USER#{page[2]}", f"WAITING#{page[3]}#"
                rows = self.world.tickets.primary.between(pk, begins, begins + "\U0010ffff")
                found |= {f"T#{page[1]}#TICKET#{sk.removeprefix(begins).split('#')[0]}" for sk, *_ in rows}
        return found

    # --- calls

    def before(self, call: Call) -> None:
        """Let a call fail, or take its time, before it takes effect."""
        if not call.function:
            return
        self._check_time()
        if self.outages and self._down(call.function):
            self.touch(self._tickets())
            raise Killed
        if self.calm:
            return
        if self.strikes("kill_before"):
            self._kill()
        if self.strikes("timeout"):
            self.wait(60)
        if self.random.random() < 0.5:
            self._slow()
        self._refuse(call)

    def after(self, call: Call) -> None:
        """Let the answer of a call be lost, or late."""
        if not call.function or self.calm:
            return
        if self.strikes("kill_after"):
            self._kill()
        self._slow()
        if call.service == "dynamodb" and self.strikes("ambiguous"):
            self._fail("InternalServerError", call)
        if call.service in PROVIDERS and self.strikes("provider_after"):
            for ticket in self._tickets():
                self.repeats[ticket] += 1
            self._fail("InternalError", call)

    def _kill(self) -> None:
        self.touch(self._tickets())
        for ticket in self._tickets():
            self.repeats[ticket] += 1
        raise Killed

    def _fail(self, code: str, call: Call) -> None:
        self.touch(self._tickets())
        for ticket in self._tickets():
            self.repeats[ticket] += 1
        raise FetchError(code) if call.service == "webhook" else errors.error(code, call.operation)

    def _refuse(self, call: Call) -> None:
        match call.service:
            case "dynamodb" if call.operation == "query" and self._is_hot(call):
                raise errors.error("ProvisionedThroughputExceededException", call.operation)
            case "dynamodb" if self.strikes("throttle"):
                self._fail("ProvisionedThroughputExceededException", call)
            case "sqs" if self.strikes("queue_error"):
                self._fail("RequestThrottled", call)
            case "scheduler" if self._has_another_way(call) and self.strikes("scheduler_throttled"):
                self._fail("ThrottlingException", call)
            case service if service in PROVIDERS and self.strikes("provider_error"):
                self._fail(self.random.choice(("Throttling", "InternalError", "ServiceUnavailable")), call)

    def _is_hot(self, call: Call) -> bool:
        partition, start, end = self.hot
        asked = call.arguments["ExpressionAttributeValues"][":v0"]["S"]
        if asked != partition or not start <= self.world.seconds < end:
            return False
        self.touch({pk for _, pk, _ in self.world.tickets.indexes["due"].partitions.get(partition, ())})
        return True

    def _has_another_way(self, call: Call) -> bool:
        """Say whether a sweeper, or the queue, does what Scheduler refuses (timers.py)."""
        if self.world.sweeper or call.operation != "create_schedule":
            return True
        due_at = Due.model_validate_json(call.arguments["Target"]["Input"]).due_at
        return due_at - self.world.timeline.now() < MAX_DELAY - MINUTE

    def _slow(self) -> None:
        if self.strikes("slow"):
            self.wait(self.random.choice((0.05, 0.3, 1.0, 3.0, 8.0)) * self.random.random())

    def wait(self, seconds: float) -> None:
        """Let time pass within a call: others do their work meanwhile."""
        if len(self.world.at_work) >= DEEPEST:
            return
        left = self._deadline() - self.world.seconds
        self.touch(self._tickets(), self.world.seconds + min(seconds, left))
        self.world.run(min(seconds, left + 0.001))
        self._check_time()

    def _deadline(self) -> float:
        one = self.world.at_work[-1]
        return one.since + TIMEOUTS.get(one.function, API_TIMEOUT)

    def _check_time(self) -> None:
        if self.world.at_work and self.world.seconds > self._deadline():
            self._kill()

    def _down(self, function: str) -> bool:
        return any(name == function and start <= self.world.seconds < end for name, start, end in self.outages)

    # --- services

    def _hang_in(self, patient: bool) -> None:
        world, random = self.world, self.random
        world.gate.faults.append(self)
        world.scheduler.firings = self._firings
        world.comes_back = lambda message: self.strikes("queue_returns", lambda: named(message.body), 180)
        world.dynamodb.leaves = lambda number: (
            random.randint(1, number) if self.strikes("unprocessed", self._tickets) else 0
        )
        world.sqs.refuses = lambda body: self.strikes("queue_refuses", lambda: named(body))
        for table in (world.tickets, world.directory):
            table.lag = self._lag
        for queue in world.queues.values():
            queue.latency, queue.again, queue.choose = self._latency, self._again, self._choose
            queue.most_receives = 1000 if patient else queue.most_receives
        for reader in (world.clock, world.historian):
            for lane in reader.lanes:
                lane.flaws = Flaws(
                    attempts=1_000_000 if patient else lane.flaws.attempts,
                    pause=self._pause,
                    drops=lambda batch: self.strikes("stream_gives_up", lambda: recorded(batch)),
                    repeats=lambda batch: self.strikes("stream_twice", lambda: recorded(batch)),
                )

    def begin(self, within: float) -> None:
        """Set clocks wrong, refuse addresses, and let some functions die at their first call for minutes."""
        largest = self.rates.get("skew", 0.0)
        if largest:
            names = (*TIMEOUTS, "tickets", "links")
            for name in names:
                self._set_clock(name, self.random.uniform(-largest, largest) / 2)
            clocks = Random(f"clocks {self.world.seed} {largest}")  # noqa: S311 - so that a seed plays all else alike
            if clocks.random() < 0.5:
                self._move_elsewhere(clocks, largest)
        for channel, address in self._addresses():
            if self.strikes("bad_address"):
                self.world.refusals[channel].refuse(address, self.random.choice(BAD[channel]))
        while self.strikes("outage") and len(self.outages) < 3:
            start, length = self.random.uniform(0, within), self.random.choice((60, 300, 1200))
            function = self.random.choice(("clock", "escalator", "notifier", "sweeper", "historian"))
            self.outages.append((function, start, min(start + length, within)))
            self.struck[EVERYTHING].append((start, min(start + length, within)))
        if self.strikes("hot"):
            start = self.random.uniform(0, within)
            self.hot = (
                self.random.choice(keys.due_shards()),
                start,
                min(start + self.random.choice((300, 1200)), within),
            )

    def _set_clock(self, name: str, skew: float) -> None:
        self.world.skew[name] = skew
        self.slowest, self.fastest = min(self.slowest, skew), max(self.fastest, skew)

    def _move_elsewhere(self, clocks: Random, largest: float) -> None:
        """Let a function run on another machine from now on, whose clock is another; and so on."""
        name = clocks.choice(("notifier", "notifier", "escalator", "sweeper", "clock"))
        self._set_clock(name, clocks.uniform(-largest, largest) / 2)
        self.world.timeline.after(clocks.uniform(1, 40), lambda: self._move_elsewhere(clocks, largest))

    def _addresses(self) -> list[tuple[str, str]]:
        rows = self.world.directory.items.values()
        users = [plain(row)["methods"].values() for row in rows if "methods" in row]
        return sorted({(one["channel"], one["address"]) for methods in users for one in methods})

    def _firings(self, schedule: Schedule) -> list[float]:
        late = self.random.uniform(0, 60)

        def tickets() -> list[str]:
            return named(schedule.body)

        if self.strikes("scheduler_never", tickets):
            gone = (schedule.at - START).total_seconds() + 60 - self.world.seconds
            self.world.timeline.after(gone, lambda: self.world.scheduler.forget(schedule))
            return []
        schedule.stubborn = self.strikes("scheduler_stubborn", tickets)
        if self.strikes("scheduler_twice", tickets):
            schedule.stubborn = True
            return [late, late + self.random.choice((0.0, 5.0, 200.0))]
        return [late]

    def _latency(self) -> float:
        # A late message touches whoever it is about; the bound of a ticket's lateness has room for half a minute.
        return self.random.uniform(0, 30) if self.strikes("queue_late") else self.random.uniform(0.01, 0.1)

    def _again(self, body: str) -> list[float]:
        again = self.strikes("queue_twice", lambda: named(body))
        return [self.random.choice((0.0, 1.0, 30.0, 300.0))] if again else []

    def _choose(self, visible: dict[str, Message]) -> str:
        if len(visible) > 1 and self.strikes("queue_disorder"):
            return self.random.choice(list(visible))
        return next(iter(visible))

    def _pause(self) -> float:
        if not self.strikes("stream_pause"):
            return 0.0
        seconds = self.random.choice((1.0, 20.0, 300.0)) * self.random.random()
        self.touch([EVERYTHING], self.world.seconds + seconds)
        return seconds

    def _lag(self, key: tuple[str, str], tell: Any) -> None:
        """Tell an index of a write later, but never before an earlier write of the same item."""
        now, clear = self.world.seconds, self._lagging.get(key, -1.0)
        if self.strikes("index_lag", lambda: [key[0]]):
            clear = max(clear, now + self.random.choice((0.1, 2.0, 15.0)) * self.random.random())
        if clear + MOMENT < now:
            tell()
            return
        clear = max(clear, now) + MOMENT  # two that come at one time keep their order, however times are rounded
        self._lagging[key] = clear
        self.world.timeline.after(clear - now, tell)


_PAGE = re.compile(r'"tenant":"([^"]+)".*?"page":"PAGE#[^#"]+#([^#"]+)#([^#"]+)"')
_NAMED = re.compile(r'"tenant":"([^"]+)".*?"ticket":"([^"]+)"')


def named(body: str) -> list[str]:
    """Return the ticket that a message is about, as its partition key; a turn may be about any."""
    found = _NAMED.search(body)
    if '"kind":"turn"' in body:
        return [EVERYTHING]
    return [f"T#{found[1]}#TICKET#{found[2]}"] if found else []


def recorded(batch: Iterable[Record]) -> list[str]:
    """Return the tickets that stream records are about."""
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in batch]


def tickets_of(one: Invocation) -> set[str]:
    """Return the tickets that an invocation is about; everything, if it does not say."""
    records = one.event.get("Records", ())
    found = {pk for record in records if "dynamodb" in record for pk in recorded([record])}
    found |= {pk for record in records if "body" in record for pk in named(record["body"])}
    return found or {EVERYTHING} if one.function in ("sweeper", "redriver") else found
