import re
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import EPOCH
from tocsin import ids, keys

TENANTS = st.from_regex(r"\A[a-z][a-z0-9-]{0,5}\Z")
IDS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,5}\Z")
EPOCHS = st.integers(EPOCH, 9_999_999_999)
DIGESTS = st.text(string.hexdigits[:16], min_size=64, max_size=64)

# Every kind of row, with what its key is made of.
TICKETS: dict[str, tuple[Callable[..., keys.Key], tuple[st.SearchStrategy[Any], ...]]] = {
    "ticket": (keys.ticket, (TENANTS, IDS)),
    "body": (keys.body, (TENANTS, IDS, DIGESTS)),
    "page": (keys.page, (TENANTS, IDS, EPOCHS, IDS, IDS)),
    "note": (keys.note, (TENANTS, IDS, IDS)),
    "dedup": (keys.dedup, (TENANTS, DIGESTS)),
    "allowance": (keys.allowance, (TENANTS, IDS)),
    "code": (keys.code, (st.just("+4915112345678"), st.text(string.digits, min_size=5, max_size=5))),
    "phone": (keys.phone, (st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z"),)),
    "link": (keys.link, (DIGESTS,)),
}
DIRECTORY: dict[str, tuple[Callable[..., keys.Key], tuple[st.SearchStrategy[Any], ...]]] = {
    "company": (keys.company, (TENANTS,)),
    "api_key": (keys.api_key, (TENANTS, IDS)),
    "user": (keys.user, (TENANTS, IDS)),
    "team": (keys.team, (TENANTS, IDS)),
    "admin": (lambda *parts: keys.member(*parts, admin=True), (TENANTS, IDS, IDS)),
    "member": (lambda *parts: keys.member(*parts, admin=False), (TENANTS, IDS, IDS)),
    "rule": (keys.rule, (TENANTS, IDS)),
    "integration": (keys.integration, (TENANTS, IDS)),
    "door": (keys.door, (DIGESTS,)),
}


def inputs(table: dict[str, Any]) -> st.SearchStrategy[tuple[str, tuple[Any, ...]]]:
    return st.one_of(*(st.tuples(st.just(kind), st.tuples(*parts)) for kind, (_, parts) in table.items()))


def built(table: dict[str, Any], chosen: tuple[str, tuple[Any, ...]]) -> tuple[str, str]:
    kind, parts = chosen
    key = table[kind][0](*parts)
    return key["pk"], key["sk"]


@given(inputs(TICKETS), inputs(TICKETS))
def test_no_two_things_of_the_tickets_table_have_one_key(
    one: tuple[str, tuple[Any, ...]], other: tuple[str, tuple[Any, ...]]
) -> None:
    assert (one == other) == (built(TICKETS, one) == built(TICKETS, other))


@given(inputs(DIRECTORY), inputs(DIRECTORY))
def test_no_two_things_of_the_directory_have_one_key(
    one: tuple[str, tuple[Any, ...]], other: tuple[str, tuple[Any, ...]]
) -> None:
    assert (one == other) == (built(DIRECTORY, one) == built(DIRECTORY, other))


@given(st.tuples(IDS, IDS), st.tuples(IDS, IDS))
def test_the_names_of_users_and_methods_do_not_run_into_each_other(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert (one == other) == (keys.page("a", "t", EPOCH, *one) == keys.page("a", "t", EPOCH, *other))


FOREIGN = ("code", "phone", "link", "door")


@given(inputs({name: how for name, how in (TICKETS | DIRECTORY).items() if name not in FOREIGN}))
def test_what_is_a_tenants_begins_with_the_tenant(chosen: tuple[str, tuple[Any, ...]]) -> None:
    pk, _ = built(TICKETS | DIRECTORY, chosen)
    assert pk.startswith(f"T#{chosen[1][0]}#")


@given(TENANTS, IDS, IDS)
def test_partitions_of_indexes_are_the_tenants_too(tenant: str, team: str, ticket_id: str) -> None:
    mine = f"T#{tenant}#"
    assert keys.open_shard(tenant, ticket_id) in keys.open_shards(tenant)
    assert keys.team_shard(tenant, team, ticket_id) in keys.team_shards(tenant, team)
    partitions = [*keys.open_shards(tenant), *keys.team_shards(tenant, team), keys.listed(tenant, "USERS")]
    partitions += [keys.rules_of(tenant, team), keys.rules_of(tenant, None), keys.teams_of(tenant, team)]
    assert all(name.startswith(mine) for name in partitions)
    assert len(set(partitions)) == len(partitions)


def test_a_companys_own_rules_are_no_teams() -> None:
    assert not re.fullmatch(ids.ID_PATTERN, "")
    assert keys.rules_of("acme", None) != keys.rules_of("acme", "acme")


@given(st.text())
def test_what_is_due_stands_in_one_of_the_shards_that_are_swept(pk: str) -> None:
    assert keys.due_shard(pk) in keys.due_shards()


def test_work_is_spread_over_all_shards() -> None:
    names = [f"T#acme#TICKET#{number}" for number in range(2_000)]
    assert {keys.due_shard(name) for name in names} == set(keys.due_shards())
    assert {keys.open_shard("acme", name) for name in names} == set(keys.open_shards("acme"))
    assert {keys.team_shard("acme", "ops", name) for name in names} == set(keys.team_shards("acme", "ops"))


def test_a_row_stays_in_its_shard_over_a_deployment() -> None:
    assert keys.due_shard("T#acme#TICKET#t1") == "DUE#27"
    assert keys.open_shard("acme", "t1") == "T#acme#OPEN#07"
    assert keys.team_shard("acme", "payments", "t1") == "T#acme#TEAM#payments#03"


def test_pages_sort_by_epoch_and_admins_before_members() -> None:
    assert keys.page("a", "t", EPOCH, "z", "z")["sk"] < keys.page("a", "t", EPOCH + 1, "a", "a")["sk"]
    admin, member = keys.member("a", "t", "zoe", admin=True), keys.member("a", "t", "ada", admin=False)
    assert admin["sk"] < member["sk"] < keys.team("a", "t")["sk"]


@pytest.mark.parametrize("text", ["a", "A-1_b.c", "0", "x" * 64])
def test_what_a_caller_may_choose_is_an_id(text: str) -> None:
    assert re.fullmatch(ids.ID_PATTERN, text)


@pytest.mark.parametrize("text", ["", "-a", ".a", "_built-in", "a b", "a#b", "a/b", "\u00e4", "x" * 65, "a\n"])
def test_what_could_run_into_another_key_is_no_id(text: str) -> None:
    assert not re.fullmatch(ids.ID_PATTERN, text)
