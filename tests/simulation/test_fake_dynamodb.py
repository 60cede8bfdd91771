"""The DynamoDB in memory is held against moto's, through the store: the same requests have the same answers.

The partitions of an example begin with its number, so that one table serves all examples.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.simulation.cloud.dynamodb import DynamoDB
from tests.simulation.cloud.gate import Client, Gate
from tests.simulation.cloud.table import Table
from tests.simulation.world import layout
from tests.world import ENVIRONMENT, table
from tocsin import aws, store
from tocsin.errors import ConditionFailed
from tocsin.keys import Key
from tocsin.rows import Next
from tocsin.settings import settings as deployment

Operation = Callable[[store.Table], Any]

NUMBERS = count()
SORTS = ["A", "B", "B#1", "B#2", "TICKET"]
TIMES = ["2026-01-05T09:00:00.000Z", "2026-01-05T09:00:01.000Z", "2026-02-01T00:00:00.000Z"]
values: dict[str, st.SearchStrategy[Any]] = {
    "due_shard": st.sampled_from(["DUE#1", "DUE#2"]),
    "look_at": st.sampled_from(TIMES),
    "epoch": st.integers(0, 3),
    "status": st.sampled_from(["unread", "resolved"]),
    "labels": st.dictionaries(st.sampled_from("ab"), st.sampled_from(["", "x"]), max_size=2),
    "links": st.lists(st.one_of(st.booleans(), st.none(), st.just({"n": [1, 2.5]})), max_size=2),
}
sorts = st.sampled_from(SORTS)
rows = st.fixed_dictionaries({"sk": sorts}, optional=values)
changes = st.fixed_dictionaries(
    {}, optional={name: st.one_of(st.none(), strategy) for name, strategy in values.items()}
).flatmap(
    lambda found: st.one_of(
        st.just(found), st.just({**found, "epoch": Next("epoch")}), st.just({"run": Next("epoch", by=5)})
    )
)
names = st.sampled_from(["pk", *values, "never"])
unary = st.tuples(names, st.sampled_from(["exists", "missing"]), st.none())
binary = st.sampled_from(list(values)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(["=", "<>"]), values[name])
)
ordered = st.sampled_from(["look_at", "epoch", "status"]).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(["<", "<=", ">", "missing or <"]), values[name])
)
conditions = st.lists(st.one_of(unary, binary, ordered), max_size=3)


@st.composite
def operations(draw: st.DrawFn) -> Callable[[str], Operation]:
    """Draw a request; it is given the example's prefix."""
    which = draw(
        st.sampled_from([put, update, exchange, delete, get, get_many, put_all, delete_all, query, query_index])
    )
    return which(draw)


def put(draw: st.DrawFn) -> Callable[[str], Operation]:
    row, when, pk = draw(rows), draw(conditions), draw(st.sampled_from("PQ"))
    return lambda prefix: lambda table: table.put({**_at(prefix, pk, row["sk"]), **_shard(prefix, row)}, when=when)


def update(draw: st.DrawFn) -> Callable[[str], Operation]:
    sort, wanted, when = draw(sorts), draw(changes), draw(conditions)
    wanted = wanted or {"epoch": 1}
    return lambda prefix: lambda table: table.update(_at(prefix, "P", sort), _shard(prefix, wanted), when=when)


def exchange(draw: st.DrawFn) -> Callable[[str], Operation]:
    sort, wanted, when = draw(sorts), draw(changes), draw(conditions)
    wanted = wanted or {"epoch": 1}
    return lambda prefix: lambda table: table.exchange(_at(prefix, "P", sort), _shard(prefix, wanted), when=when)


def delete(draw: st.DrawFn) -> Callable[[str], Operation]:
    sort, when = draw(sorts), draw(conditions)
    return lambda prefix: lambda table: table.delete(_at(prefix, "P", sort), when=when)


def get(draw: st.DrawFn) -> Callable[[str], Operation]:
    sort = draw(sorts)
    return lambda prefix: lambda table: table.get(_at(prefix, "P", sort))


def get_many(draw: st.DrawFn) -> Callable[[str], Operation]:
    wanted = draw(st.lists(sorts, min_size=1, max_size=4))
    return lambda prefix: lambda table: table.get_many([_at(prefix, "P", sort) for sort in wanted])


def put_all(draw: st.DrawFn) -> Callable[[str], Operation]:
    several = draw(st.lists(rows, max_size=3, unique_by=lambda row: row["sk"]))
    return lambda prefix: (
        lambda table: table.put_all([{**_at(prefix, "P", row["sk"]), **_shard(prefix, row)} for row in several])
    )


def delete_all(draw: st.DrawFn) -> Callable[[str], Operation]:
    several = draw(st.lists(sorts, max_size=3, unique=True))
    return lambda prefix: lambda table: table.delete_all([_at(prefix, "P", sort) for sort in several])


def query(draw: st.DrawFn) -> Callable[[str], Operation]:
    how: dict[str, Any] = {"forward": draw(st.booleans()), "limit": draw(st.sampled_from([None, 1, 2, 3]))}
    match draw(st.sampled_from(["all", "begins", "between"])):
        case "begins":
            how["begins"] = draw(st.sampled_from(["B", "B#", "T", "Z"]))
        case "between":
            how["between"] = (draw(sorts), "TICKET")
    after = draw(st.one_of(st.none(), sorts))
    return lambda prefix: (
        lambda table: _in_pages(
            lambda start: table.query(f"{prefix}P", **how, after=start), _at(prefix, "P", after) if after else None
        )
    )


def query_index(draw: st.DrawFn) -> Callable[[str], Operation]:
    how: dict[str, Any] = {"index": "due", "hash_name": "due_shard", "range_name": "look_at"}
    how |= {"limit": draw(st.sampled_from([None, 1, 2])), "forward": draw(st.booleans())}
    how["between"] = draw(st.sampled_from([None, ("0", TIMES[1])]))
    return lambda prefix: (
        lambda table: _sorted(_in_pages(lambda start: table.query(f"{prefix}DUE#1", **how, after=start), None))
    )


def _in_pages(query: Callable[[Any], store.Rows], after: Any) -> list[Any]:
    """Return the rows of all pages: at the very end, AWS may or may not say that there is more."""
    found: list[Any] = []
    while True:
        page = query(after)
        found += page.items
        after = page.after
        if after is None:
            return found


def _sorted(found: list[Any]) -> list[Any]:
    # Rows with the same range key have no order of their own in an index.
    return sorted(found, key=lambda row: (row["pk"], row["sk"]))


def _at(prefix: str, pk: str, sort: str) -> Key:
    return Key(pk=prefix + pk, sk=sort)


def _shard(prefix: str, row: dict[str, Any]) -> dict[str, Any]:
    fields = {name: held for name, held in row.items() if name != "sk"}
    return {**fields, **({"due_shard": prefix + row["due_shard"]} if row.get("due_shard") else {})}


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        client = boto3.client("dynamodb")
        client.create_table(**table("Tickets"))
        deployment.__dict__.clear()
        yield client
    deployment.__dict__.clear()


def _outcome(monkeypatch: pytest.MonkeyPatch, client: Any, operation: Operation) -> Any:
    monkeypatch.setattr(aws, "client", lambda service, region=None: client)
    try:
        return operation(store.tickets)
    except ConditionFailed as failure:
        return "condition failed", failure.found
    except ClientError as error:
        return error.response["Error"]["Code"]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(operations(), min_size=1, max_size=12))
def test_the_tables_in_memory_answer_as_moto_does(
    moto: Any, monkeypatch: pytest.MonkeyPatch, wanted: list[Callable[[str], Operation]]
) -> None:
    memory = Client("dynamodb", DynamoDB(Table(**layout("Tickets"))), Gate())
    prefix = f"{next(NUMBERS)}-"
    for make in wanted:
        operation = make(prefix)
        assert _outcome(monkeypatch, memory, operation) == _outcome(monkeypatch, moto, operation)
