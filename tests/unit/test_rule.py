from typing import Any

import pytest

from tests.examples import NOW, a_rule, a_step, a_ticket
from tocsin import times


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({"severity": ["sev1"]}, True),
        ({"severity": ["sev2"]}, False),
        ({"labels": {"service": [{"prefix": "check"}]}}, True),
        ({"labels": {"region": [{"exists": False}]}}, True),
        ({"team": ["payments"], "title": [{"wildcard": "*5xx"}]}, True),
        ({"dedup_key": [{"exists": True}]}, False),
    ],
)
def test_a_rule_is_for_the_tickets_that_its_pattern_matches(when: dict[str, Any], matches: bool) -> None:
    ticket = a_ticket(labels={"service": "checkout"})
    assert a_rule(a_step("ada"), when=when).matches(ticket, NOW) == matches


@pytest.mark.parametrize(
    ("active", "at", "matches"),
    [
        ([{"from": "09:00", "to": "18:00", "time_zone": "Europe/Berlin"}], "2026-03-28T08:00:00Z", True),
        ([{"from": "09:00", "to": "18:00", "time_zone": "Europe/Berlin"}], "2026-03-28T07:59:59Z", False),
        ([{"from": "09:00", "to": "18:00", "time_zone": "Europe/Berlin"}], "2026-03-29T07:00:00Z", True),  # summer time
        ([{"from": "09:00", "to": "18:00", "time_zone": "Europe/Berlin"}], "2026-03-29T16:00:00Z", False),
        ([{"from": "02:00", "to": "03:00", "time_zone": "Europe/Berlin"}], "2026-03-29T01:00:00Z", False),  # left out
        ([{"from": "02:00", "to": "03:00", "time_zone": "Europe/Berlin"}], "2026-10-25T01:59:00Z", True),  # comes twice
        ([{"days": ["sat"], "from": "22:00", "to": "06:00"}], "2026-03-29T05:59:00Z", True),
        ([{"days": ["sun"], "from": "22:00", "to": "06:00"}], "2026-03-29T05:59:00Z", False),
        ([{"days": ["mon"]}, {"days": ["sun"], "time_zone": "Asia/Tokyo"}], "2026-03-28T15:00:00Z", True),
        ([{"days": ["mon"]}, {"days": ["sun"], "time_zone": "Asia/Tokyo"}], "2026-03-28T14:59:00Z", False),
    ],
)
def test_a_rule_is_active_while_the_clock_of_one_of_its_time_zones_shows_it(
    active: list[dict[str, Any]], at: str, matches: bool
) -> None:
    rule = a_rule(a_step("ada"), active=active)
    assert rule.matches(a_ticket(), times.parse(at)) == matches
    assert not a_rule(a_step("ada"), active=active, when={"title": ["other"]}).matches(a_ticket(), times.parse(at))


def test_a_rule_that_is_none_for_a_ticket_says_what_of_it_does_not_fit() -> None:
    ticket = a_ticket(labels={"service": "checkout", "env": "prod"})
    when = {"severity": ["sev2"], "title": ["Checkout 5xx"], "labels": {"service": ["search"], "env": ["prod"]}}
    rule = a_rule(a_step("ada"), when=when)
    assert rule.misfit(ticket, NOW) == "Its pattern does not match: severity, labels.service."
    absent = a_rule(a_step("ada"), when={"labels": {"region": [{"exists": True}]}, "dedup_key": ["x"]})
    assert absent.misfit(a_ticket(), NOW) == "Its pattern does not match: dedup_key, labels.region."
    either = a_rule(a_step("ada"), when={"$or": [{"severity": ["sev2"]}, {"team": ["search"]}]})
    assert either.misfit(ticket, NOW) == "Its pattern does not match: $or."


def test_a_rule_that_sleeps_says_so_and_one_that_is_one_for_the_ticket_says_nothing() -> None:
    other = [{"from": "00:00", "to": "06:00"}]
    assert a_rule(a_step("ada"), active=other).misfit(a_ticket(), NOW) == "It is not active at that time."
    both = a_rule(a_step("ada"), active=other, when={"severity": ["sev2"]})
    assert both.misfit(a_ticket(), NOW) == "It is not active at that time."
    assert a_rule(a_step("ada"), when={"severity": ["sev1"]}).misfit(a_ticket(), NOW) is None
    assert a_rule(a_step("ada")).misfit(a_ticket(), NOW) is None
