"""Every key as it stands in the tables: rows that an older version wrote must be found by every later one."""

import hashlib
import inspect
import json
import re
from datetime import UTC, datetime

import pytest

from tests.examples import EPOCH
from tocsin import ids, keys

FORMS = {
    "ticket": (lambda: keys.ticket("acme", "t1"), "T#acme#TICKET#t1", "TICKET"),
    "body": (lambda: keys.body("acme", "t1", "d1"), "T#acme#TICKET#t1", "BODY#d1"),
    "page": (lambda: keys.page("acme", "t1", EPOCH, "ada", "phone"), "T#acme#TICKET#t1", f"PAGE#{EPOCH}#ada#phone"),
    "responder": (lambda: keys.page("acme", "t1", 7, "ada", "phone", 1), "T#acme#TICKET#t1", "PAGE#7.R#ada#phone"),
    "again": (lambda: keys.page("acme", "t1", 7, "ada", "phone", 2), "T#acme#TICKET#t1", "PAGE#7.R2#ada#phone"),
    "note": (lambda: keys.note("acme", "t1", "n1"), "T#acme#TICKET#t1", "NOTE#n1"),
    "event": (
        lambda: keys.event("acme", "t1", "at", "00000001", "noted"),
        "T#acme#TICKET#t1",
        "EVENT#at#00000001#noted",
    ),
    "dedup": (lambda: keys.dedup("acme", "d1"), "T#acme#DEDUP#d1", "DEDUP"),
    "allowance": (lambda: keys.allowance("acme", "tickets"), "T#acme#ALLOWANCE#tickets", "ALLOWANCE"),
    "turn": (lambda: keys.turn("acme", "ada", "phone"), "T#acme#USER#ada", "TURN#phone"),
    "waiting": (
        lambda: keys.waiting("acme", "ada", "phone", "t1", "PAGE#1#ada#phone"),
        "T#acme#USER#ada",
        "WAITING#phone#t1#PAGE#1#ada#phone",
    ),
    "code": (lambda: keys.code("+49151", "48213"), "PHONE#+49151", "CODE#48213"),
    "seen": (lambda: keys.seen("+49151", "d1"), "PHONE#+49151", "SEEN#d1"),
    "phone": (lambda: keys.phone("+49151"), "PHONE#+49151", "PHONE"),
    "link": (lambda: keys.link("d1"), "LINK#d1", "LINK"),
    "breaker": (lambda: keys.breaker("acme", "sms", "s1"), "T#acme#SENDER#sms", "BREAKER#s1"),
    "busy": (lambda: keys.busy("sms", "acme"), "SENDER#sms", "BUSY#acme"),
    "company": (lambda: keys.company("acme"), "T#acme#COMPANY", "COMPANY"),
    "api_key": (lambda: keys.api_key("acme", "k1"), "T#acme#KEY#k1", "KEY"),
    "user": (lambda: keys.user("acme", "ada"), "T#acme#USER#ada", "USER"),
    "team": (lambda: keys.team("acme", "ops"), "T#acme#TEAM#ops", "TEAM"),
    "admin": (lambda: keys.member("acme", "ops", "ada", admin=True), "T#acme#TEAM#ops", "ADMIN#ada"),
    "member": (lambda: keys.member("acme", "ops", "ada", admin=False), "T#acme#TEAM#ops", "MEMBER#ada"),
    "rule": (lambda: keys.rule("acme", "r1"), "T#acme#RULE#r1", "RULE"),
    "schedule": (lambda: keys.schedule("acme", "s1"), "T#acme#SCHEDULE#s1", "SCHEDULE"),
    "override": (lambda: keys.override("acme", "s1", "end", "o1"), "T#acme#SCHEDULE#s1", "OVERRIDE#end#o1"),
    "override_name": (lambda: keys.override_name("acme", "s1", "o1"), "T#acme#SCHEDULE#s1", "NAMED#o1"),
    "feed": (lambda: keys.feed("d1"), "FEED#d1", "FEED"),
    "integration": (lambda: keys.integration("acme", "i1"), "T#acme#INTEGRATION#i1", "INTEGRATION"),
    "door": (lambda: keys.door("d1"), "IN#d1", "IN"),
    "issuer": (lambda: keys.issuer("acme"), "T#acme#ISSUER", "ISSUER"),
    "issuer_pair": (lambda: keys.issuer_pair("d1"), "IDP#d1", "IDP"),
    "identity": (lambda: keys.identity("acme", "d1"), "T#acme#IDENTITY#d1", "IDENTITY"),
    "provisioned": (lambda: keys.provisioned("acme", "d1"), "T#acme#PROVISIONED#d1", "PROVISIONED"),
    "audited": (
        lambda: keys.audited("acme", "2026-01-05T09:00:00.000Z", "d1", "DONE"),
        "T#acme#AUDIT#2026-01",
        "2026-01-05T09:00:00.000Z#d1#DONE",
    ),
}
PARTITIONS = {
    "listed": (lambda: keys.listed("acme", "USERS"), "T#acme#USERS"),
    "rules_of": (lambda: keys.rules_of("acme", "ops"), "T#acme#RULES#ops"),
    "rules_of nobody": (lambda: keys.rules_of("acme", None), "T#acme#RULES#"),
    "schedules_of": (lambda: keys.schedules_of("acme", "ops"), "T#acme#SCHEDULES#ops"),
    "schedules_of nobody": (lambda: keys.schedules_of("acme", None), "T#acme#SCHEDULES#"),
    "teams_of": (lambda: keys.teams_of("acme", "ada"), "T#acme#TEAMS-OF#ada"),
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_row_stands_under_the_same_key_in_every_version(kind: str) -> None:
    build, pk, sk = FORMS[kind]
    assert build() == {"pk": pk, "sk": sk}


@pytest.mark.parametrize("kind", PARTITIONS)
def test_a_list_stands_in_the_same_partition_in_every_version(kind: str) -> None:
    build, form = PARTITIONS[kind]
    assert build() == form


def test_every_kind_of_row_has_its_form_here() -> None:
    made = inspect.getmembers(keys, inspect.isfunction)
    rows = {name for name, make in made if make.__annotations__.get("return") is keys.Key and "__" not in name}
    assert rows - {"member"} <= set(FORMS)


def test_a_companys_own_keys_say_whose_they_are_and_the_others_hold_nothing_of_it() -> None:
    for kind, (build, _, _) in FORMS.items():
        foreign = kind in ("code", "seen", "phone", "link", "busy", "feed", "door", "issuer_pair")
        assert build()["pk"].startswith("T#acme#") != foreign


def test_a_move_is_named_for_its_epoch_and_an_ask_for_its_number_too() -> None:
    assert [keys.move(7), keys.move(7, 1), keys.move(7, 2)] == ["7", "7.R", "7.R2"]


def test_a_tenants_session_reads_the_partitions_that_are_some_tenants() -> None:
    for build, pk, _ in FORMS.values():
        assert keys.is_tenants(build()["pk"]) == pk.startswith("T#acme#")
    assert all(keys.is_tenants(build()) for build, _ in PARTITIONS.values())


def test_a_text_can_be_an_id_if_the_pattern_takes_all_of_it() -> None:
    assert [ids.is_one(text) for text in ("a", "a.b-c_D", "0" * 64)] == [True] * 3
    assert [ids.is_one(text) for text in ("", "-a", "a b", "a\n", "0" * 65, "\u00e4")] == [False] * 6


def test_parts_that_are_hashed_together_are_set_apart_by_a_zero_byte() -> None:
    assert ids.sha256("a", "b") == hashlib.sha256(b"a\0b").hexdigest()


def test_a_create_is_known_again_whatever_the_order_of_its_fields() -> None:
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert ids.fingerprint({"b": [1, None], "a": at}) == ids.fingerprint({"a": at, "b": [1, None]})
    assert ids.fingerprint({"b": [1, None], "a": at}) == ids.sha256('{"a":"2026-01-05 09:00:00+00:00","b":[1,null]}')
    assert ids.fingerprint({"a": 1}) != ids.fingerprint({"a": "1"}) != ids.fingerprint(json.loads("[]"))


def test_a_company_has_a_hundred_codes_at_a_number_and_always_the_same() -> None:
    codes = list(ids.reply_codes("acme", "+4915112345678"))
    assert len(codes) == ids.REPLY_CODES
    assert all(re.fullmatch("[1-9][0-9]{4}", code) for code in codes)
    assert set(codes) == set(ids.reply_codes("acme", "+4915112345678"))
    assert len(set(codes)) > 90
    slots = (int(ids.sha256("acme", "+4915112345678", str(slot))[:12], 16) for slot in range(100))
    assert set(codes) == {str(10_000 + slot % 90_000) for slot in slots}
    assert set(codes) != set(ids.reply_codes("other", "+4915112345678"))
    assert set(codes) != set(ids.reply_codes("acme", "+4915112345679"))


def test_codes_come_in_an_order_that_nobody_can_foresee() -> None:
    orders = {tuple(ids.reply_codes("acme", "+4915112345678")) for _ in range(3)}
    assert len(orders) == 3
