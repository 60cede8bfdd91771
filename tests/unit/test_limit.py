"""How much a company may do."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tocsin import limit
from tocsin.limit import Limits, LimitSettings, OwnLimits
from tocsin.rate import Rate

EVERYBODYS = Limits(tickets_per_second=20, requests_per_second=50, sms_per_day=1000, voice_per_day=100)


def test_what_the_operator_gave_a_company_counts_in_place_of_what_everybody_has() -> None:
    own = OwnLimits(requests_per_second=200)
    assert limit.counting(own, EVERYBODYS) == Limits(
        tickets_per_second=20, requests_per_second=200, sms_per_day=1000, voice_per_day=100
    )
    assert limit.counting(OwnLimits(), EVERYBODYS) == EVERYBODYS


def test_what_was_not_used_of_ten_seconds_may_come_at_once() -> None:
    assert limit.rate(20) == Rate(20, 200)
    tat = None
    for _ in range(200):
        assert limit.rate(20).wait(tat, 0) is None
        tat = limit.rate(20).taken(tat, 0)
    assert limit.rate(20).wait(tat, 0) == timedelta(seconds=1) / 20


@pytest.mark.parametrize(
    "wish",
    [
        {"tickets_per_second": 0},
        {"requests_per_second": 10_001},
        {"sms_per_day": 0},
        {"sms_per_day": 1_000_001},
        {"voice_per_day": 0},
    ],
)
def test_a_limit_that_lets_nothing_through_or_is_none_is_refused(wish: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        LimitSettings.model_validate(wish)
