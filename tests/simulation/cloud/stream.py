"""The stream of a table and its readers: every write once, in order for each item, again until it is taken.

A reader is a Lambda event source: batches, partial batch failures, halves after an error, few attempts, dead letters
(Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB").
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from tests.simulation.cloud.table import Item
from tests.simulation.timeline import Timeline

Record = dict[str, Any]
Work = Callable[[list[Record]], set[str] | None]
"""Takes a batch. Returns the sequence numbers that failed, None if the whole invocation did."""

LANES = 4
ATTEMPTS = 6  # one and five more
PAUSE = 1.0  # seconds before a batch is tried again


def written(old: Item | None, new: Item | None) -> Item:
    """Return the item of a write: as it is now or, where it was deleted, as it was."""
    return new if new is not None else old or {}


def lane_of(old: Item | None, new: Item | None) -> int:
    """Return the lane, or shard, of a write: all of one partition are in one, in order."""
    return crc32(written(old, new)["pk"]["S"].encode()) % LANES


def record(number: int, old: Item | None, new: Item | None) -> Record:
    """Return the stream record of a write, as NEW_AND_OLD_IMAGES has it."""
    item = written(old, new)
    change: Record = {
        "Keys": {"pk": item["pk"], "sk": item["sk"]},
        "SequenceNumber": f"{number:021d}",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    change |= {"OldImage": old} if old is not None else {}
    change |= {"NewImage": new} if new is not None else {}
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    return {"eventID": str(number), "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change}


@dataclass
class Flaws:
    """What a stream does to its readers: nothing, unless a fault says otherwise."""

    attempts: int = ATTEMPTS
    pause: Callable[[], float] = lambda: 0.0  # how long the reader stands still before it reads on
    drops: Callable[[list[Record]], bool] = lambda batch: False  # given up at once
    repeats: Callable[[list[Record]], bool] = lambda batch: False  # delivered again although it was taken


class Lane:
    """One shard's records on their way to one reader, in order."""

    def __init__(self, timeline: Timeline, work: Work, *, batch: int) -> None:
        self.records: deque[Record] = deque()
        self.read: list[Record] = []
        self.dead: list[Record] = []
        self._timeline, self._work, self._batch = timeline, work, batch
        self._most, self._attempts, self._waking = batch, 0, False
        self._times_lost = 0
        self.flaws = Flaws()

    def add(self, record: Record, latency: float) -> None:
        """Take a record, to be read after `latency` seconds."""
        self.records.append(record)
        self._wake(latency)

    def lose(self) -> None:
        """Forget the place in the stream: what has not been read never will be."""
        self.dead += self.records
        self.records.clear()
        self._most, self._attempts = self._batch, 0
        self._times_lost += 1

    def _wake(self, seconds: float) -> None:
        if not self._waking:
            self._waking = True
            self._timeline.after(seconds, self._read)

    def _read(self) -> None:
        pause = self.flaws.pause()
        if pause:
            self._timeline.after(pause, self._read)
            return
        batch = [self.records[at] for at in range(min(self._most, len(self.records)))]
        if not batch:
            self._waking = False
            return
        before = self._times_lost
        if self.flaws.drops(batch):
            self.dead += batch
            done = len(batch)
        else:
            # Still awake: while a batch is worked on, which may take its time, the next one is not read.
            done = _done(batch, self._work(batch))
            if done == len(batch) and self.flaws.repeats(batch):
                self._work(batch)
        self._waking = False
        if self._times_lost > before:  # while the batch was worked on
            done = len(batch)
        else:
            self.read += [self.records.popleft() for _ in range(done)]
        if done == len(batch):
            self._most, self._attempts = self._batch, 0
        elif done:
            self._attempts = 1
        else:
            self._fail(batch)
        if self.records or self._timeline.spent:  # what comes while the batch is worked on waits for its end
            self._wake(0.0 if done == len(batch) else PAUSE)

    def _fail(self, batch: list[Record]) -> None:
        self._attempts += 1
        self._most = max(1, len(batch) // 2)
        if self._attempts >= self.flaws.attempts:
            self.dead += [self.records.popleft() for _ in range(self._most)]
            self._most, self._attempts = self._batch, 0


def _done(batch: list[Record], failed: set[str] | None) -> int:
    """Return how many records of a batch need not be read again: all before the first that failed."""
    if failed is None:
        return 0
    numbers = [one["dynamodb"]["SequenceNumber"] for one in batch]
    return min((numbers.index(number) for number in failed), default=len(batch))


class Reader:
    """One of the stream's readers: what it filters for, and its lanes."""

    def __init__(
        self, timeline: Timeline, work: Work, *, wanted: Callable[[str], bool], batch: int, latency: Callable[[], float]
    ) -> None:
        self.lanes = [Lane(timeline, work, batch=batch) for _ in range(LANES)]
        self._wanted, self._latency, self._number = wanted, latency, 0
        self.gone: Callable[[str], bool] = wanted  # of which rows it hears that they were deleted

    def hear(self, old: Item | None, new: Item | None) -> None:
        """Take a write of the table."""
        self._number += 1
        if self.is_told(old, new):
            self.lanes[lane_of(old, new)].add(record(self._number, old, new), self._latency())

    def is_told(self, old: Item | None, new: Item | None) -> bool:
        """Say whether a write is one that it filters for."""
        return (self._wanted if new is not None else self.gone)(written(old, new)["sk"]["S"])

    def lose(self) -> None:
        """Forget every place in the stream."""
        for lane in self.lanes:
            lane.lose()

    @property
    def dead(self) -> list[Record]:
        """Records that were given up, or lost."""
        return [one for lane in self.lanes for one in lane.dead]
