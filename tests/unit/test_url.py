"""URLs that a company names are read in one way, and those that lead to us are refused before they are ever asked."""

import re
from ipaddress import ip_address

import pytest

from tocsin import url


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Chat.Example.COM/Hooks/A?b=C", "https://chat.example.com/Hooks/A?b=C"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com", "https://example.com"),
    ],
)
def test_of_a_url_the_host_alone_is_the_same_in_small_letters(given: str, kept: str) -> None:
    assert url.normal(given) == kept


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("ftp://example.com/", "can be fetched"),
        ("https://user@example.com/", "can be fetched"),
        ("https://example.com/#part", "can be fetched"),
        ("https://example.com\\@127.0.0.1/", "can be fetched"),
        ("https://example.com:99999/", "no such port"),
    ],
)
def test_a_url_that_can_be_read_in_two_ways_is_none(given: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        url.normal(given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("http://example.com/", "must begin with https"),
        ("http://127.0.0.1/", "must begin with https"),
        ("https://127.0.0.1/", "not public"),
        ("https://10.1.2.3/", "not public"),
        ("https://169.254.169.254/", "not public"),
        ("https://[::1]/", "not public"),
        ("https://localhost/", "not public"),
    ],
)
def test_what_leads_to_us_is_refused(given: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        url.check(given, loopback=False)


def test_a_name_is_looked_at_when_it_is_asked() -> None:
    url.check("https://example.com/", loopback=False)
    url.check("https://8.8.8.8/", loopback=False)


def test_in_the_local_stack_this_machine_may_be_asked_and_no_other_of_its_network() -> None:
    for given in ("http://127.0.0.1:8080/", "http://localhost:8080/", "https://[::1]/"):
        url.check(given, loopback=True)
    for given in ("http://10.1.2.3/", "https://10.1.2.3/", "http://example.com/"):
        with pytest.raises(ValueError, match=r"https|public"):
            url.check(given, loopback=True)


def test_what_fails_with_one_url_fails_with_all_of_its_host_and_port() -> None:
    assert url.host("https://chat.example.com:8443/a?b") == "chat.example.com:8443"


def test_of_a_url_that_may_be_a_secret_the_host_is_shown() -> None:
    assert url.masked("https://chat.example.com/hooks/secret") == "https://chat.example.com/***"


def test_path_and_query_are_what_is_asked_for() -> None:
    assert url.Place.of("https://example.com/a?b=c") == url.Place(True, "example.com", 443, "/a?b=c")
    assert url.Place.of("http://example.com:81?b") == url.Place(False, "example.com", 81, "/?b")
    assert url.Place.of("http://example.com") == url.Place(False, "example.com", 80, "/")


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),  # a carrier's network
        ("224.0.0.251", False),
        ("233.252.0.1", False),
        ("240.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - asked, not bound
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("4000::1", False),  # space that nobody was given
        ("::ffff:93.184.216.34", False),
        ("64:ff9b::5db8:d822", False),
        ("2002:5db8:d822::1", False),  # 6to4
        ("2001:0:5db8:d822::1", False),  # Teredo
    ],
)
def test_an_address_is_public_if_it_can_only_be_a_strangers(address: str, fine: bool) -> None:
    assert url.public(ip_address(address)) == fine


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ftp://example.com", "This is not a URL that can be fetched."),
        ("https://example.com/a\\b", "This is not a URL that can be fetched."),
        ("https://example.com:70000/", "There is no such port."),
        ("http://example.com/", "The URL must begin with https://."),
        ("https://10.0.0.1/", "The name leads to an address that is not public."),
    ],
)
def test_a_url_that_is_never_asked_is_told_why(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        url.check(text, loopback=False)
