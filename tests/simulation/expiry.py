"""Years later: the table deletes tickets that are over, and what is left of them is cleared away, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from tests.simulation.cloud.gate import CrashOnce, Meanwhile
from tests.simulation.cloud.stream import Record, record
from tests.simulation.cloud.table import Item
from tests.simulation.trace import Trace, Violation
from tests.simulation.world import World
from tests.world import Answer
from tocsin import clearing, keys
from tocsin.rows import Row

OPERATIONS = ("query", "get_item", "delete_item", "batch_write_item")
EXPIRED = 401 * 86_400.0  # seconds
TRIES = 500  # calls of the historian; more is no end


def check(world: World, trace: Trace, random: Random) -> Iterator[Violation]:
    """Let tickets expire at the end of a run, in some of all runs, and yield what is wrong then."""
    gone = [images[-1].row for images in trace.tickets.values() if images[-1].row["status"] == "resolved"]
    if gone and random.random() < 0.25:
        with _aside(world, random) as records:
            yield from _check(world, records, gone, random)


@contextmanager
def _aside(world: World, random: Random) -> Iterator[list[Record]]:
    """Let what happens be of no run, and yield the list that takes the stream's records."""
    records: list[Record] = []
    numbers = count()

    def hear(old: Item | None, new: Item | None) -> None:
        if world.historian.is_told(old, new):
            records.append(record(next(numbers), old, new))

    items, lost, seconds = dict(world.tickets.items), list(world.lost), world.seconds
    world.timeline.seconds += EXPIRED  # nothing that is planned happens meanwhile
    world.tickets.listeners[:] = [hear]
    world.gate.faults[:] = [CrashOnce(("historian",), random.randrange(8), random.choice(("before", "after")))]
    world.put(clearing, "ROWS", random.choice((10, 100)))
    world.put(clearing, "TIME", random.choice((timedelta(0), clearing.TIME)))
    yield records
    world.timeline.seconds = seconds
    world.tickets.items.clear()
    world.tickets.items.update(items)
    world.lost[:] = lost


def _check(world: World, records: list[Record], gone: list[Row], random: Random) -> Iterator[Violation]:
    was = dict(world.tickets.items)
    for row in gone:
        if random.random() < 0.3:  # its line comes in one batch with the end of the ticket
            world.api("POST", f"/tickets/{row['ticket_id']}/notes", {"text": "late"}, tenant=row["tenant"])
        world.tickets.delete(row["pk"], row["sk"])
    free = [row for row in gone if _has_its_key(world, row)]
    again = random.choice(free) if free and random.random() < 0.5 else None
    if again:
        _open_meanwhile(world, records, again, random)
        yield from _is_there(world, again, was.keys())
    if not _told(world, records):
        yield Violation("C", "the historian", "does not come to an end")
    pks = {row["pk"] for row in gone}
    for key, item in world.tickets.items.items():
        if _of(key, item) in pks - {again["pk"] if again else ""}:
            yield Violation("C", key[0], f"{key[1]} is left of a ticket that is gone")
    for key in was.keys() - world.tickets.items.keys():
        if _of(key, was[key]) not in pks:
            yield Violation("C", key[0], f"{key[1]} was cleared away, and is of no ticket that is gone")


def _has_its_key(world: World, row: Row) -> bool:
    """Say whether no other ticket has come with the dedup key of one."""
    there = world.tickets.get(**keys.dedup(row["tenant"], row["dedup"])) if "dedup" in row else None
    return "dedup" not in row or (there is not None and there["ticket_id"]["S"] == row["ticket_id"])


def _open_meanwhile(world: World, records: list[Record], row: Row, random: Random) -> None:
    """Open a ticket with the id of one that is gone in the middle of its clearing, or clear in the middle of that."""
    answers: list[Answer] = []
    body = _body(row)

    def come() -> None:
        answers.append(world.api("POST", "/tickets", body, tenant=row["tenant"]))

    if random.random() < 0.5:
        world.gate.faults.append(Meanwhile("historian", random.choice(OPERATIONS), come))
        _told(world, records)
    else:
        number = random.randrange(3)
        world.gate.faults.append(Meanwhile("tickets", "put_item", lambda: _told(world, records), number))
    if not answers:
        come()
    _told(world, records)


def _told(world: World, records: list[Record]) -> bool:
    """Give records to the historian until it has taken all. Say whether it has."""
    for _ in range(TRIES):
        if not records:
            return True
        batch = records[:100]
        answer = world.invoke("historian", {"Records": batch})
        if answer is not None:
            numbers = [one["dynamodb"]["SequenceNumber"] for one in batch]
            failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
            del records[: numbers.index(failed[0]) if failed else len(batch)]
    return False


def _of(key: tuple[str, str], item: Item) -> str:
    """Return the partition key of the ticket that a row is of."""
    tenant, is_dedup, _ = key[0].partition("#DEDUP#")
    return f"{tenant}#TICKET#{item['ticket_id']['S']}" if is_dedup else key[0]


def _body(row: Row) -> dict[str, Any]:
    body = {name: row[name] for name in ("team", "ticket_id", "dedup_key") if name in row}
    return {**body, "title": "Z900 again", "description": "again " * 1000}


def _is_there(world: World, row: Row, before: Any) -> Iterator[Violation]:
    """Yield what a ticket has not that was opened with the id of one that is gone."""
    shown = world.api("GET", f"/tickets/{row['ticket_id']}", tenant=row["tenant"])
    if shown.status != 200 or shown.body["description"] != _body(row)["description"]:
        yield Violation("C", row["pk"], f"was opened again, and is shown as {shown}")
    new = [sk for pk, sk in world.tickets.items.keys() - before if pk == row["pk"] and sk.endswith("#opened")]
    if not new:
        yield Violation("C", row["pk"], "was opened again, and its history does not say so")
    body = _body(row)
    if "dedup_key" in body:
        del body["ticket_id"]
    counted = world.api("POST", "/tickets", body, tenant=row["tenant"])
    if counted.status != 200 or counted.body["ticket_id"] != row["ticket_id"]:
        yield Violation("C", row["pk"], f"was opened again, and then once more: {counted}")
