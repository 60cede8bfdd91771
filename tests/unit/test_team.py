"""A team's maintenance: when it ends, and how far ahead it may be set."""

from datetime import timedelta

import pytest

from tests.examples import NOW
from tocsin.errors import Invalid
from tocsin.team import Maintenance, NewMaintenance, Team

MOMENT = timedelta(milliseconds=1)


def test_a_team_pauses_until_its_maintenance_ends_and_not_at_that_moment() -> None:
    team = Team(team_id="t", name="T", created_at=NOW, maintenance=Maintenance(until=NOW))
    assert team.pauses(NOW - MOMENT) == NOW
    assert team.pauses(NOW) is None
    assert Team(team_id="t", name="T", created_at=NOW).pauses(NOW) is None


def test_a_maintenance_ends_within_the_next_thirty_days() -> None:
    for ahead in (MOMENT, timedelta(days=30)):
        NewMaintenance(until=NOW + ahead).check(NOW)
    for ahead in (timedelta(0), -MOMENT, timedelta(days=30) + MOMENT):
        with pytest.raises(Invalid) as refused:
            NewMaintenance(until=NOW + ahead).check(NOW)
        assert refused.value.errors == [
            {"loc": ["body", "until"], "msg": "A maintenance ends within the next 30 days."}
        ]
