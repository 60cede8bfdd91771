"""Dead letters, and a person who has them redriven before long. Where no sweeper runs nothing else brings them back."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from random import Random
from typing import Any

from tests.simulation.cloud.errors import Exceptions
from tests.simulation.cloud.gate import Client
from tests.simulation.cloud.scheduler import Schedule
from tests.simulation.cloud.sqs import Queue, queue_url
from tests.simulation.cloud.stream import ATTEMPTS, Lane, Record
from tests.simulation.cloud.streams import ARN, Streams
from tests.simulation.faults import Weather, named, recorded
from tests.simulation.timeline import START
from tests.simulation.trace import Violation
from tests.simulation.world import QUEUES, World

EVERY = 30.0  # seconds until somebody looks for letters again
ENDLESS = 1_000_000  # receives
GIVEN_UP = 0.05  # share of schedules that reach no queue, and of batches that are not read


class Letters:
    """Lets messages, schedules and batches be given up sooner, and their letters come back by the redriver alone."""

    def __init__(self, world: World, weather: Weather, random: Random) -> None:
        """Hang it into a world, after its weather."""
        self.world, self.weather, self.random = world, weather, random
        names = (*QUEUES, "timers", "historian")
        self.dead = {name: Queue(f"{name}-dead", world.timeline, most_receives=ENDLESS) for name in names}
        world.sqs.queues |= {queue_url(queue.name): queue for queue in self.dead.values()}
        streams = Streams(lambda: random.choice((0, 1, 2, 1000)))
        world.tickets.listeners.append(streams.hear)
        world.clients["dynamodbstreams"] = Client("dynamodbstreams", streams, world.gate)
        world.clients["lambda"] = Client("lambda", Lambda(world), world.gate)
        os.environ["DEAD_LETTERS"] = json.dumps({name: queue_url(queue.name) for name, queue in self.dead.items()})
        os.environ["REDRIVEN_FUNCTIONS"] = json.dumps({"historian": "historian"})
        for queue in world.queues.values():
            queue.most_receives = random.choice((1, 2, 5))
        for lane in world.historian.lanes:
            lane.flaws = replace(lane.flaws, attempts=random.choice((1, ATTEMPTS)), drops=self._drops)
        world.scheduler.firings = partial(self._firings, world.scheduler.firings)
        world.timeline.after(random.uniform(0, EVERY), self._redrive)

    def left(self) -> Iterator[Violation]:
        """Yield the letters that are left at the end: all that they need has been mended long ago."""
        for queue in self.dead.values():
            for letter in queue.messages:
                yield Violation("L", queue.name, f"{letter.body} of {letter.sent_at:.0f} s is left")

    def _drops(self, batch: list[Record]) -> bool:
        if self.weather.calm or self.random.random() >= GIVEN_UP:
            return False
        self.weather.touch(recorded(batch))
        return True

    def _firings(self, firings: Any, schedule: Schedule) -> Iterable[float]:
        late = firings(schedule)
        if not late or self.weather.calm or self.random.random() >= GIVEN_UP:
            return late
        at = (schedule.at - START).total_seconds() + late[0]
        self.world.timeline.after(at - self.world.seconds, lambda: self._give_up(schedule))
        return ()

    def _give_up(self, schedule: Schedule) -> None:
        """Let a schedule that is due reach no queue: Scheduler has tried, and leaves a letter."""
        if self.world.scheduler.schedules.get(schedule.name) is not schedule:
            return
        self.world.scheduler.forget(schedule)
        self.weather.touch(named(schedule.body))
        call = json.dumps({"MessageBody": schedule.body, "QueueUrl": queue_url("due")})
        self.dead["timers"].put(self.random.choice((schedule.body, call)), "")

    def _redrive(self) -> None:
        self.world.timeline.after(EVERY, self._redrive)
        for name, queue in self.world.queues.items():
            while queue.dead:
                message = queue.dead.pop()
                self.dead[name].put(message.body, message.group)
        for shard, lane in enumerate(self.world.historian.lanes):
            if lane.dead:
                self.dead["historian"].put(_letter(shard, lane), "")
        for name, queue in self.dead.items():
            if queue.messages:
                report = self.world.invoke("redriver", {"redrive": name}) or {"redriven": 0}
                self.world.counted[f"Redriven_{name}"] += report["redriven"]


def _letter(shard: int, lane: Lane) -> str:
    """Return what Lambda leaves of batches that it gave up (Lambda developer guide, "Retain discarded records")."""
    numbers = [one["dynamodb"]["SequenceNumber"] for one in lane.dead]
    lane.dead.clear()
    place = {"shardId": str(shard), "startSequenceNumber": min(numbers), "endSequenceNumber": max(numbers)}
    return json.dumps({"DDBStreamBatchInfo": {"streamArn": ARN, "batchSize": len(numbers), **place}})


@dataclass
class Lambda:
    """The service, for calls that wait for an answer."""

    world: World
    exceptions = Exceptions()

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - as AWS names them
        """Call a function (Lambda API reference)."""
        answer = self.world.invoke(FunctionName, json.loads(Payload))
        failed = {"FunctionError": "Unhandled"} if answer is None else {}
        return {**failed, "Payload": BytesIO(json.dumps(answer or {"errorMessage": "killed"}).encode())}
