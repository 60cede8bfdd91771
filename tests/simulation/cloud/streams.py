"""DynamoDB Streams as it is read by hand: iterators into a shard, pages of records (DynamoDB Streams API reference)."""
# ruff: noqa: N803 - arguments are named as AWS names them

from collections.abc import Callable
from typing import Any

from tests.simulation.cloud import errors
from tests.simulation.cloud.errors import Exceptions
from tests.simulation.cloud.stream import LANES, Record, lane_of, record
from tests.simulation.cloud.table import Item
from tests.simulation.timeline import START

ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/Tickets/stream/2026-01-05T09:00:00.000"


class Streams:
    """The service, with the stream of one table: every write, whoever reads it. `page`: how many records come next.

    A page may be empty though there is more behind it.
    """

    exceptions = Exceptions("TrimmedDataAccessException", "ResourceNotFoundException")

    def __init__(self, page: Callable[[], int]) -> None:
        self._shards: list[list[Record]] = [[] for _ in range(LANES)]
        self._number, self._page = 0, page

    def hear(self, old: Item | None, new: Item | None) -> None:
        """Take a write of the table, as its readers do: it has the same number and is in the same shard."""
        self._number += 1
        self._shards[lane_of(old, new)].append(record(self._number, old, new))

    def get_shard_iterator(
        self, *, StreamArn: str, ShardId: str, ShardIteratorType: str, SequenceNumber: str
    ) -> dict[str, Any]:
        assert ShardIteratorType == "AT_SEQUENCE_NUMBER", "no other is modelled"
        if StreamArn != ARN or ShardId not in map(str, range(LANES)):
            raise errors.error("ResourceNotFoundException", "GetShardIterator", ShardId)
        numbers = [one["dynamodb"]["SequenceNumber"] for one in self._shards[int(ShardId)]]
        return {"ShardIterator": f"{ShardId} {numbers.index(SequenceNumber)}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:
        shard, place = map(int, ShardIterator.split())
        found = self._shards[shard][place : place + min(Limit, self._page())]
        records = [
            {**one, "dynamodb": {**one["dynamodb"], "ApproximateCreationDateTime": START}, "awsRegion": "eu-central-1"}
            for one in found
        ]
        return {"Records": records, "NextShardIterator": f"{shard} {place + len(found)}"}
