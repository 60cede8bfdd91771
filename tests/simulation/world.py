"""The whole installation in memory: the real handlers, fed as the deployment feeds them, on virtual time.

    with World(seed=1) as world:
        world.api("POST", "/tickets", {...})
        world.run(600)

While the block lasts, the clients, the clock and the randomness of `tocsin` are the world's. One at a time.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from inspect import signature
from random import Random
from types import FunctionType, ModuleType, TracebackType
from typing import Any, Self

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from aws_lambda_powertools.metrics import MetricUnit

from tests.simulation.chance import Seeded
from tests.simulation.cloud.dynamodb import DynamoDB
from tests.simulation.cloud.gate import Client, Gate, Killed
from tests.simulation.cloud.providers import SES, SNS, Answered, Calls, Hooks, Outbox, Sent
from tests.simulation.cloud.scheduler import Scheduler
from tests.simulation.cloud.sqs import ARN, SQS, Message, Queue, queue_url, record
from tests.simulation.cloud.stream import Reader, Record
from tests.simulation.cloud.sts import STS
from tests.simulation.cloud.table import Item, ReadOnce, Table
from tests.simulation.timeline import Timeline
from tests.world import ENVIRONMENT, Answer, Context, handler, request, table
from tocsin import aws, clock, fetch, ids, leases, limits, reading, sessions, shares, store, stream, telemetry, times
from tocsin.settings import settings

QUEUES = {
    "due": ("escalator", 5),
    "sms": ("notifier", 5),
    "voice": ("notifier", 5),
    "email": ("notifier", 5),
    "webhook": ("notifier", 1),
    "canary": ("notifier", 5),
}
"""Work queues: who works them off, and how many messages at once (infra/escalation.py, infra/notification.py)."""

NOBODY = ""  # for whom a process acts when it begins
Rows = dict[tuple[str, str], Item]


@dataclass(frozen=True)
class Invocation:
    """A function at work: what it was given, and since when."""

    function: str
    event: dict[str, Any]
    since: float


class World:
    """An installation. `sweeper=False` takes the net away that would hide what the first line loses."""

    def __init__(self, seed: int = 0, *, sweeper: bool = True, directory: Rows | None = None) -> None:
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - a simulation is to be repeatable
        self.timeline = Timeline()
        self.gate = Gate()
        self.sweeper = sweeper
        self.counted: Counter[str] = Counter()
        self.at_work: list[Invocation] = []  # the innermost last: others run while a call of theirs takes its time
        self.skew: dict[str, float] = {}  # seconds by which a function's clock is ahead
        self.lost: list[str] = []  # functions that were killed, or failed as a whole
        self.tickets = Table(**layout("Tickets"))
        self.directory = Table(**layout("Directory"))
        self.directory.load(directory or {})
        self.row = ReadOnce()
        self.outbox = Outbox(self.timeline)
        self.sns, self.ses = SNS(self.outbox), SES(self.outbox)
        self.calls, self.hooks = Calls(self.outbox), Hooks(self.outbox)
        providers = {"sms": self.sns, "voice": self.calls, "email": self.ses, "webhook": self.hooks}
        self.refusals = {channel: provider.refusals for channel, provider in providers.items()}
        self.queues = {name: self._queue(name) for name in QUEUES}
        self.scheduler = Scheduler(
            self.timeline, lateness=self._lateness, deliver=self._deliver, group=ENVIRONMENT["SCHEDULE_GROUP"]
        )
        self.clock = self._reader("clock", lambda sort: sort == "TICKET", batch=25)
        self.historian = self._reader(
            "historian", lambda sort: sort == "TICKET" or sort.startswith(("PAGE#", "NOTE#")), batch=100, gone=True
        )
        self.slots: dict[str, int] = {}  # how many of a queue's function run at once; any number if it is not said
        self._busy: Counter[str] = Counter()
        self.comes_back: Callable[[Message], bool] = lambda message: False  # although it was worked off
        self.clients = self._clients()
        self._lent: dict[str, Client] = {}
        self.timeline.after(self.random.uniform(0, 60), self._tick)
        self.timeline.after(1800, self._audit)
        self._kept: list[Callable[[], None]] = []

    # --- time

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.timeline.seconds

    def run(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.timeline.run(seconds)

    def run_until(self, happened: Callable[[], bool], *, within: float = 3600) -> None:
        """Let time pass until something has happened."""
        self.timeline.run_until(happened, within=within)

    # --- callers

    def api(
        self, method: str, path: str, body: Any = None, *, tenant: str = "acme", role: str = "admin", **how: Any
    ) -> Answer:
        """Call the HTTPS API. A function that is killed is a 503 of the gateway."""
        principal = {"tenant": tenant, "actor": "api_key:k1", "role": role}
        event = request(method, f"/api/v1{path}", body, principal=principal, **how)
        return self._call(path.split("/")[1].split("?", maxsplit=1)[0], event)

    def follow_link(self, url: str, method: str = "GET") -> Answer:
        """Open a link that was sent, or (POST) press its button."""
        return self._call("links", request(method, url.removeprefix(ENVIRONMENT["PUBLIC_URL"])))

    def reply(self, number: str, text: str, message_id: str | None = None) -> bool:
        """Answer by SMS. Say whether the function took it."""
        sms = {"originationNumber": number, "destinationNumber": "+4915200000000", "messageBody": text}
        sms |= {"inboundMessageId": message_id} if message_id else {}
        event = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(sms)}}]}
        return self.invoke("replies", event) is not None

    def scim(self, method: str, path: str, body: Any = None, *, tenant: str = "acme") -> Any:
        """Ask as a company's identity provider, and return the function's answer; None: it was killed."""
        principal = {"tenant": tenant, "actor": "api_key:idp", "role": "admin"}
        event = request(method, f"/scim/v2{path}", body, principal=principal)
        event["headers"] = {"content-type": "application/scim+json"}
        return self.invoke("scim", event)

    def alert(self, door: str, body: dict[str, Any]) -> Answer:
        """Send an alert to a door, a path with its key."""
        return self._call("ingest", request("POST", door, body))

    def alarm(self, event: dict[str, Any]) -> bool:
        """Give an alarm of the installation's own account, as SNS or EventBridge do. Say whether it was taken."""
        return self.invoke("ingest", event) is not None

    def _call(self, function: str, event: dict[str, Any]) -> Answer:
        try:
            with self._working(function, event) as process:
                return _answer(process.lambda_handler(event, Context()))
        except Killed:
            self._die("api")
            return Answer(503, None)

    @property
    def sent(self) -> list[Sent]:
        """All that reached people."""
        return self.outbox.sent

    # --- functions

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function as Lambda does; None if it was killed or failed."""
        try:
            with self._working(function, event) as process:
                return process.lambda_handler(event, Context()) or {}
        except Killed:
            self._die(function)
        except Exception as error:  # noqa: BLE001 - Lambda too takes any error for a failed invocation
            self.lost.append(f"{function}: {error!r}")
        return None

    @contextmanager
    def _working(self, function: str, event: dict[str, Any]) -> Iterator[ModuleType]:
        """Give a process of a function that is not at work."""
        number = sum(one.function == function for one in self.at_work)
        router = vars(BaseRouter).get("current_event"), vars(BaseRouter).get("lambda_context")
        watch, store.directory.watch = store.directory.watch, None  # another process is not watched with this one
        self.at_work.append(Invocation(function, event, self.seconds))
        try:
            with self.gate.inside(function), sessions.acting_for(NOBODY):
                yield _process(function, number)
        finally:
            self.at_work.pop()
            store.directory.watch = watch
            if self.at_work:  # Powertools keeps a request where all processes of this one see it
                BaseRouter.current_event, BaseRouter.lambda_context = router  # type: ignore[assignment]

    def now(self) -> datetime:
        """Return the time by the clock of the function at work."""
        skew = self.skew.get(self.gate.function)
        return self.timeline.now() + timedelta(milliseconds=int(skew * 1000)) if skew else self.timeline.now()

    def _die(self, function: str) -> None:
        self.lost.append(f"{function}: killed")
        _forget()  # the next process remembers nothing

    def _tick(self) -> None:
        """Sweep, unless the index holds nothing to look at: a sweep reads that alone, and would do nothing."""
        self.timeline.after(60, self._tick)
        earliest = self.tickets.indexes["due"].earliest() if self.sweeper else None
        if earliest is not None and _parse(earliest) <= self.timeline.now():
            self.invoke("sweeper", {})

    def _audit(self) -> None:
        """Hold schedules against the table, unless there are neither. Every second hour: a tenth of a run's calls."""
        self.timeline.after(7200, self._audit)
        if self.sweeper and (self.scheduler.schedules or self.tickets.indexes["due"].earliest() is not None):
            self.invoke("auditor", {})

    def _queue(self, name: str) -> Queue:
        queue = Queue(name, self.timeline, latency=lambda: self.random.uniform(0.01, 0.1))
        queue.arrive = lambda: self.timeline.after(0, lambda: self.work_off(name))
        return queue

    def lose_everything(self) -> None:
        """Lose all queues, all schedules and the places in the stream; the tables are left."""
        for queue in self.queues.values():
            queue.clear()
        self.scheduler.clear()
        for reader in (self.clock, self.historian):
            reader.lose()

    def expire(self) -> None:
        """Let the table delete what has expired (DynamoDB developer guide, "Using time to live")."""
        for (pk, sk), item in list(self.tickets.items.items()):
            if "expires" in item and int(item["expires"]["N"]) < self.timeline.now().timestamp():
                self.tickets.delete(pk, sk)

    def work_off(self, name: str) -> None:
        """Let a queue's function take what is visible there."""
        queue, (function, batch) = self.queues[name], QUEUES[name]
        messages = queue.receive(batch) if self._busy[name] < self.slots.get(name, 1_000_000) else []
        if not messages:
            return
        answer = self.invoke(function, {"Records": [record(queue.name, message) for message in messages]})
        if self.timeline.spent:
            self._busy[name] += 1
            self.timeline.after(0.0, lambda: self._free(name, messages, answer))
        else:
            self._worked_off(queue, messages, answer)

    def _free(self, name: str, messages: list[Message], answer: Any) -> None:
        self._busy[name] -= 1
        self._worked_off(self.queues[name], messages, answer)
        self.work_off(name)

    def _worked_off(self, queue: Queue, messages: list[Message], answer: Any) -> None:
        if answer is None:
            return
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for message in messages:
            if message.message_id not in failed and not self.comes_back(message):
                queue.delete(message.message_id)

    def _reader(self, function: str, wanted: Callable[[str], bool], *, batch: int, gone: bool = False) -> Reader:
        """Make a reader of the stream as infra/tickets_stream.py does. `gone`: it is told of tickets that are."""

        def work(records: list[Record]) -> set[str] | None:
            answer = self.invoke(function, {"Records": records})
            return None if answer is None else {one["itemIdentifier"] for one in answer["batchItemFailures"]}

        latency = lambda: self.random.uniform(0.05, 0.4)  # noqa: E731
        reader = Reader(self.timeline, work, wanted=wanted, batch=batch, latency=latency)
        reader.gone = (lambda sort: sort == "TICKET") if gone else (lambda sort: False)
        self.tickets.listeners.append(reader.hear)
        return reader

    def _lateness(self) -> float:
        return self.random.uniform(0, 60)

    def _deliver(self, arn: str, body: str) -> None:
        # Scheduler's templated SQS target cannot set a group on a standard queue.
        self.queues[arn.removeprefix(ARN)].put(body, "")

    # --- the seams

    def _clients(self) -> dict[str, Client]:
        self.dynamodb = DynamoDB(self.tickets, self.directory)
        self.sqs = SQS({queue_url(name): queue for name, queue in self.queues.items()})
        services = {
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "scheduler": self.scheduler,
            "sns": self.sns,
            "sesv2": self.ses,
            "pinpoint-sms-voice-v2": self.calls,
            "sts": STS(),
        }
        return {name: Client(name, service, self.gate) for name, service in services.items()}

    def _post(self, url: str, body: bytes) -> int:
        try:
            status: int = self.gate.pass_("webhook", "post", {"url": url, "body": body}, self.hooks.post)
        except Answered as refusal:
            return refusal.status
        return status

    def lent(self, tenant: str) -> Client:
        """Return the client whose calls are signed by a tenant's session."""
        if tenant not in self._lent:
            self._lent[tenant] = Client("dynamodb", self.dynamodb, self.gate, tenant)
        return self._lent[tenant]

    def __enter__(self) -> Self:
        urls = {f"{name.upper()}_QUEUE_URL": queue_url(name) for name in QUEUES}
        self._kept = [settings.__dict__.clear, _forget, partial(_restore, os.environ.copy())]
        os.environ.update(ENVIRONMENT | urls | {"ALARM_INTEGRATION": "acme/watch"})
        self.put(aws, "client", lambda service, region=None: self.clients[service])
        self.put(aws, "lent_client", lambda service, credentials: self.lent(credentials.token))
        self.put(fetch, "post", self._post)
        self.put(clock, "now", self.now)
        self.put(times, "parse", _parse)
        self.put(store, "plain", self.row)
        self.put(stream, "plain", self.row)
        self.put(clock, "pause", self.run)
        self.put(ids, "secrets", Seeded(self.random))
        self.put(ids, "new", lambda: f"01SIM{self.random.getrandbits(100):021X}")
        self.put(random, "SystemRandom", lambda: self.random)
        self.put(telemetry, "_put", self._count)
        self.put(telemetry.metrics.provider, "flush_metrics", lambda **how: None)
        level = telemetry.logger.log_level
        telemetry.logger.setLevel(os.environ.get("SIMULATION_LOG", "CRITICAL"))
        self._kept.append(lambda: telemetry.logger.setLevel(level))
        settings.__dict__.clear()
        _forget()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for put_back in reversed(self._kept):
            put_back()

    def put(self, owner: Any, name: str, new: Any) -> None:
        """Put something in another's place, for as long as the world lasts."""
        old = getattr(owner, name)
        setattr(owner, name, new)
        self._kept.append(lambda: setattr(owner, name, old))

    def _count(self, name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
        self.counted["_".join([name, *dimensions.values()])] += int(value) if unit is MetricUnit.Count else 1


def _forget() -> None:
    """Let go of what processes keep in memory."""
    reading.forget()
    leases.forget()
    sessions.forget()
    shares.forget()
    limits.forget()


_parse = lru_cache(1_000)(times.parse)  # the same few times are read again and again


@cache
def _process(function: str, number: int) -> ModuleType:
    """Return one of a function's processes, each with module objects of its own."""
    process = handler.__wrapped__(function) if number else handler(function)
    for one in vars(process).values():
        if isinstance(one, FunctionType):  # Powertools asks for it at every call
            one.__signature__ = signature(one)  # type: ignore[attr-defined]
    return process


def _answer(found: dict[str, Any]) -> Answer:
    text = found.get("body")
    headers = {name.lower(): value for name, value in (found.get("headers") or {}).items()}
    for name, values in (found.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = values[0]
    is_json = "json" in headers.get("content-type", "")
    return Answer(found["statusCode"], json.loads(text) if text and is_json else text, headers)


def _restore(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def layout(name: str) -> dict[str, Any]:
    """Return a table's name, indexes and their projection, from the request that creates it."""
    wanted = table(name)["GlobalSecondaryIndexes"]
    indexes = {index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"]) for index in wanted}
    return {"name": name, "indexes": indexes, "projection": wanted[0]["Projection"]["ProjectionType"]}
