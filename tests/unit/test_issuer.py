"""A company's identity provider: how long its keys are trusted, and what role a token gives."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.examples import NOW
from tocsin import issuer
from tocsin.issuer import Issuer, NewIssuer

MOMENT = timedelta(milliseconds=1)
ROLES = {"readers": "viewer", "oncall": "responder", "admins": "admin"}


def an_issuer(**fields: Any) -> Issuer:
    known = {"issuer": "https://login.example.com", "audience": "tocsin", "role_claim": "groups", "roles": ROLES}
    known |= {"jwks_uri": "https://login.example.com/keys", "keys": [], "fetched_at": NOW, "asked_at": NOW}
    return Issuer.model_validate(known | fields)


def test_keys_are_used_for_ten_minutes_and_for_a_day_if_no_others_can_be_had() -> None:
    one = an_issuer()
    assert [one.fresh(NOW + timedelta(minutes=10) + by) for by in (-MOMENT, timedelta(0))] == [True, False]
    assert [one.usable(NOW + timedelta(days=1) + by) for by in (-MOMENT, timedelta(0))] == [True, False]


def test_an_issuer_is_asked_once_a_minute_at_most() -> None:
    assert [an_issuer().may_ask(NOW + timedelta(minutes=1) + by) for by in (-MOMENT, timedelta(0))] == [False, True]


def test_of_an_identity_provider_its_keys_are_not_shown() -> None:
    shown = an_issuer(keys=[{"kid": "k"}], pairs=["p"]).shown().model_dump()
    assert shown == {
        "issuer": "https://login.example.com",
        "audience": "tocsin",
        "role_claim": "groups",
        "roles": ROLES,
    }


def test_a_pair_of_issuer_and_audience_is_no_other_pair() -> None:
    assert an_issuer().pair == issuer.pair("https://login.example.com", "tocsin")
    assert (
        len(
            {
                issuer.pair("a", "bc"),
                issuer.pair("ab", "c"),
                issuer.pair("a", "b"),
                issuer.pair("b", "a"),
                issuer.pair("c", "a"),
            }
        )
        == 5
    )


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": "oncall"}, "responder"),
        ({"groups": ["oncall"]}, "responder"),
        ({"groups": ["readers", "admins", "oncall"]}, "admin"),
        ({"groups": ["readers", "oncall", "other"]}, "responder"),
        ({"groups": [5, None, ["admins"], "readers"]}, "viewer"),
        ({"groups": ["other"]}, None),
        ({"groups": []}, None),
        ({"groups": {"admins": True}}, None),
        ({"groups": 5}, None),
        ({"Groups": "admins"}, None),
        ({}, None),
    ],
)
def test_the_highest_role_counts_of_those_that_the_company_has_named(claims: dict[str, Any], role: str | None) -> None:
    assert an_issuer().role(claims) == role


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"realm_access": {"roles": ["admins"]}}, "admin"),
        ({"realm_access.roles": ["oncall"], "realm_access": {"roles": ["admins"]}}, "responder"),
        ({"realm_access": ["admins"]}, None),
        ({"realm_access": {}}, None),
        ({"roles": ["admins"]}, None),
    ],
)
def test_a_claim_with_dots_is_looked_for_inside_unless_there_is_one_of_that_name(
    claims: dict[str, Any], role: str | None
) -> None:
    assert an_issuer(role_claim="realm_access.roles").role(claims) == role


def test_an_issuer_is_a_url_without_query_and_fragment() -> None:
    wish = {"audience": "tocsin", "role_claim": "groups", "roles": ROLES, "token": "x"}
    url = "https://login.example.com/realms/acme"
    assert NewIssuer.model_validate({**wish, "issuer": url}).issuer == url
    for wrong in (f"{url}?a=b", f"{url}#a", f"{url}?", "#"):
        with pytest.raises(ValidationError) as refused:
            NewIssuer.model_validate({**wish, "issuer": wrong})
        if wrong != "#":
            told = "Value error, An issuer is a URL without query and fragment."
            assert refused.value.errors()[0]["msg"] == told
