"""Event sources as AWS runs them: every DynamoDB stream in a thread of its own, and no record lost.

The embedded AWS reads all streams in its one polling thread and takes any answer of the function for success. Here a
batch that fails is tried again from its first failed record, halved if the mapping says so, and after the last attempt
told to the failure destination. (AWS Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB", error handling.)
"""

# ruff: noqa: SLF001  # what is to be mended is private

import importlib
import time
from typing import Any

POLL = 0.05  # seconds between two looks when nothing woke the poller: how late a delayed queue message may be
PAUSE = 0.5  # seconds before a failed batch is tried again

Record = dict[str, Any]


class Reader:
    """How far one event source mapping has read its table's stream, and how the attempts at its next batch went."""

    def __init__(self, mapping: dict[str, Any]) -> None:
        self.lambdas: Any = importlib.import_module("ministack.services.lambda_svc")
        self.tables: Any = importlib.import_module("ministack.services.dynamodb")
        self.mapping = mapping
        self.table = mapping["EventSourceArn"].split("table/")[1].split("/")[0]
        from_start = mapping.get("StartingPosition") == "TRIM_HORIZON"
        start = self.tables.stream_start_position if from_start else self.tables.stream_end_position
        self.position: int = start(self.table)
        self.attempts = 0
        self.size = 0  # as the mapping says; else the halved size
        self.not_before = 0.0

    def begin(self) -> bool:
        """Begin a batch if there are records and none is under way. True if one was begun."""
        mapping = self.mapping
        function, _ = self.lambdas._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
        if function is None or self.lambdas._esm_inflight.get(mapping["UUID"], 0) or self.not_before > time.time():
            return False
        self.position = max(self.position, self.tables.stream_start_position(self.table))
        size = self.size or int(mapping.get("BatchSize", 100))
        records = self.tables.stream_records_since(self.table, self.position, size)
        if records:
            self.lambdas._dispatch_esm_batch(mapping["UUID"], self._run, function, records)
        return bool(records)

    def _run(self, function: Any, records: list[Record]) -> None:
        wanted = self.lambdas._apply_filter_criteria(records, self.mapping)
        result = self.lambdas._execute_function(function, {"Records": wanted}) if wanted else {}
        failed = _first_failed(result, wanted)
        if failed is None:
            self._advance_to(self.position + len(records))
            return
        done = next(index for index, record in enumerate(records) if record is failed)
        if done:
            self._advance_to(self.position + done)
        self._try_again_or_give_up(function, records[done:], result)

    def _try_again_or_give_up(self, function: Any, records: list[Record], result: Any) -> None:
        self.attempts += 1
        self.not_before = time.time() + PAUSE
        limit = int(self.mapping.get("MaximumRetryAttempts", -1))
        if self.mapping.get("BisectBatchOnFunctionError") and len(records) > 1:
            self.size, self.attempts = len(records) // 2, 0
        elif 0 <= limit < self.attempts:
            source = self.mapping["EventSourceArn"]
            self.lambdas._send_ddb_stream_failure_record(
                self.mapping, function, records, source, result, "RetryAttemptsExhausted"
            )
            self._advance_to(self.position + len(records))

    def _advance_to(self, position: int) -> None:
        self.position, self.attempts, self.size, self.not_before = position, 0, 0, 0.0


def _first_failed(result: Any, records: list[Record]) -> Record | None:
    """The record from which to try again; None if all went well."""
    if result.get("error"):
        return records[0]
    body = result.get("body")
    failures = body.get("batchItemFailures") if isinstance(body, dict) else None
    numbers = {failure.get("itemIdentifier") for failure in failures or []}
    return next((record for record in records if record["dynamodb"]["SequenceNumber"] in numbers), None)


class Streams:
    """The readers of all streams, in the place of the server's own."""

    def __init__(self) -> None:
        self.lambdas: Any = importlib.import_module("ministack.services.lambda_svc")
        self.responses: Any = importlib.import_module("ministack.core.responses")
        self.readers: dict[str, Reader] = {}

    def poll(self) -> bool:
        """Let every reader begin what it can. True if any had something to do."""
        begun = [self._poll(*each) for each in self.lambdas._iter_all_esms()]
        return any(begun)

    def _poll(self, account: str, region: str, mapping: dict[str, Any]) -> bool:
        if ":dynamodb:" not in mapping.get("EventSourceArn", "") or not mapping.get("Enabled", True):
            return False
        with self.responses.request_scope(account, region):
            if mapping["UUID"] not in self.readers:
                self.readers[mapping["UUID"]] = Reader(mapping)
            return self.readers[mapping["UUID"]].begin()


def patch() -> None:
    """Put these readers in the place of the server's, and let it look often enough for delayed messages."""
    streams = Streams()
    streams.lambdas._poll_dynamodb_streams = streams.poll
    wake = streams.lambdas._esm_wake
    wait = wake.wait
    # The poller waits up to a second for something new; a delayed message becoming visible is nothing new to it.
    wake.wait = lambda timeout=None: wait(POLL if timeout is None else min(timeout, POLL))
