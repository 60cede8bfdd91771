"""What a provider asks of a list of users."""

import pytest

from tocsin.scim import query
from tocsin.scim.messages import USER, Unacceptable
from tocsin.scim.query import Query

RESOURCE = {"schemas": [USER], "id": "ada", "userName": "ada", "emails": [], "meta": {"location": "x"}}


def refusal(**parameters: str) -> tuple[str, str]:
    with pytest.raises(Unacceptable) as refused:
        Query.of(parameters)
    return refused.value.scim_type, refused.value.detail


def test_without_parameters_the_first_hundred_are_listed() -> None:
    assert Query.of({}) == Query(None, 1, 100)


@pytest.mark.parametrize(
    ("start", "count", "found"),
    [
        ("3", "7", (3, 7)),
        ("0", "0", (1, 0)),
        ("-5", "-1", (1, 0)),
        ("1", "100", (1, 100)),
        ("1", "101", (1, 100)),
        ("10000", "1", (10_000, 1)),
    ],
)
def test_a_page_begins_at_the_first_user_at_least_and_holds_a_hundred_at_most(
    start: str, count: str, found: tuple[int, int]
) -> None:
    asked = Query.of({"startIndex": start, "COUNT": count})
    assert (asked.start, asked.count) == found


def test_users_who_are_further_are_found_by_a_filter_alone() -> None:
    assert refusal(startIndex="10001") == ("tooMany", "Users are listed up to number 10000: use a filter.")


@pytest.mark.parametrize("text", ["", "x", "1.5", " 1", "1\n", "+1", "1" * 10, "\u0661"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    assert refusal(startIndex=text) == ("invalidValue", "startindex is a whole number.")
    assert refusal(count=text) == ("invalidValue", "count is a whole number.")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('userName eq "ada"', ("userName", "ada")),
        ('USERNAME EQ "Ada"', ("userName", "Ada")),
        ('  externalid   eq\t"00u1"  ', ("externalId", "00u1")),
        ('id eq ""', ("id", "")),
        (f'{USER}:userName eq "ada"', ("userName", "ada")),
        (f'{USER.upper()}:id eq "ada"', ("id", "ada")),
        (r'userName eq "a\"b\\c\u00e9"', ("userName", 'a"b\\c\u00e9')),
    ],
)
def test_a_filter_asks_for_one_name(text: str, where: tuple[str, str]) -> None:
    assert Query.of({"filter": text}).where == where
    assert Query.of({"Filter": text}).where == where


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        'userName co "a"',
        'userName eq "a" and id eq "b"',
        'name eq "a"',
        "userName eq ada",
        'userName eq "a" x',
    ],
)
def test_another_filter_is_refused_with_what_can_be_asked(text: str) -> None:
    told = 'A filter is like userName eq "ada"; so can externalId and id be asked for.'
    assert refusal(filter=text) == ("invalidFilter", told)


@pytest.mark.parametrize("text", [r'userName eq "\x"', 'userName eq "a\tb"'])
def test_a_text_that_is_no_json_is_refused(text: str) -> None:
    assert refusal(filter=text) == ("invalidFilter", "The filter's text cannot be read.")


def selected(**parameters: str) -> set[str]:
    return set(query.selected(RESOURCE, parameters))


def test_all_of_a_user_is_shown_where_nothing_is_asked_for() -> None:
    assert query.selected(RESOURCE, {}) == query.selected(RESOURCE, {"count": "5"}) == RESOURCE


def test_what_names_a_user_is_shown_whatever_is_asked_for() -> None:
    assert selected(attributes="userName") == {"schemas", "id", "userName"}
    assert selected(ATTRIBUTES=" Emails.value , nosuch") == {"schemas", "id", "emails"}
    assert selected(attributes=f"{USER}:userName,{USER.lower()}:meta") == {"schemas", "id", "userName", "meta"}
    assert selected(excludedAttributes="id, schemas,USERNAME ,meta.location") == {"schemas", "id", "emails"}
    assert selected(attributes="emails,meta", excludedAttributes="meta") == {"schemas", "id", "emails"}
