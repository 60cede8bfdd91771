"""What is put into the queues."""

import json
from collections.abc import Iterator

from tests.simulation.trace import Trace, Violation


def each_message_has_its_queue(trace: Trace) -> Iterator[Violation]:
    """I9: a message is in its channel's queue and in its company's group; by these floods are kept from each other."""
    for call in trace.world.gate.calls:
        if not call.operation.startswith("send_message"):
            continue
        queue = call.arguments["QueueUrl"].rpartition("/")[2]
        for entry in call.arguments.get("Entries", [call.arguments]):
            told = json.loads(entry["MessageBody"])
            place = (told.get("channel", "due"), told["tenant"])
            if place != (queue, entry.get("MessageGroupId")):
                yield Violation("I9", queue, f"was given a message of {place} in the group {entry['MessageGroupId']}")
