"""What people are told: each refusal is one sentence that says what is wrong, and history says what happened."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.examples import NOW, a_page, a_ticket
from tocsin import duration, history, page, pattern, phone, ticket, times
from tocsin.access import Principal, Role, check, principal, refusal
from tocsin.errors import (
    CanaryFailed,
    ConditionFailed,
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    Overloaded,
    Problem,
    TooMany,
    Unauthorized,
)
from tocsin.rows import Row
from tocsin.rows import changed as written
from tocsin.severity import Severities
from tocsin.sources import generic
from tocsin.ticket import Changes, Kind
from tocsin.user import (
    CODES_AN_HOUR,
    ContactMethod,
    NewMethod,
    PatchedUser,
    check_channel,
    code_sent,
    code_tried,
    known_locale,
    known_time_zone,
)

METHOD = ContactMethod(method_id="m", channel="sms", address="+4915112345678", created_at=NOW)
LATER = NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("role", "route", "told"),
    [
        (Role.OPERATOR, "POST /tickets", "The operator's key is good for companies only."),
        (Role.ADMIN, "POST /companies", "Only the operator may do this."),
        (Role.VIEWER, "POST /tickets", "This takes the role responder; yours is viewer."),
        (Role.RESPONDER, "POST /teams", "This takes the role admin; yours is responder."),
    ],
)
def test_who_may_not_do_something_is_told_who_may(role: Role, route: str, told: str) -> None:
    with pytest.raises(Forbidden) as refused:
        check(Principal("acme", "api_key:k", role), route)
    assert refused.value.detail == told


def test_a_person_is_told_of_the_own_things_that_it_may_be_about_and_a_key_is_not() -> None:
    told = "This takes the role admin unless it is about yourself, and takes no field that only admins set; yours is"
    for actor, sentence in (("ada", f"{told} viewer."), ("api_key:k", "This takes the role admin; yours is viewer.")):
        assert refusal(Principal("acme", actor, Role.VIEWER), "PATCH /users/<user_id>").detail == sentence
    assert refusal(Principal("acme", "ada", Role.VIEWER), "POST /teams").detail == (
        "This takes the role admin; yours is viewer."
    )


def test_a_role_may_do_what_takes_just_that_role_or_a_lower_one() -> None:
    for role, route in (("viewer", "GET /rules"), ("responder", "POST /tickets"), ("admin", "GET /tickets")):
        assert check(Principal("acme", "ada", Role(role)), route) is None


@pytest.mark.parametrize(
    ("found", "error", "told"),
    [
        ({"problem": "Later.", "overloaded": "true"}, Overloaded, "Later."),
        ({"problem": "Suspended.", "forbidden": "true"}, Forbidden, "Suspended."),
        ({"problem": "Unknown."}, Unauthorized, "Unknown."),
        ({}, Unauthorized, "There is no credential."),
    ],
)
def test_who_is_nobody_is_told_why(found: dict[str, str], error: type[Problem], told: str) -> None:
    with pytest.raises(error) as refused:
        principal({"requestContext": {"authorizer": {"lambda": found}}})
    assert refused.value.detail == told


@pytest.mark.parametrize(
    ("make", "told", "headers"),
    [
        (lambda: Unauthorized("No."), "No.", {"WWW-Authenticate": "Bearer"}),
        (lambda: MethodNotAllowed(["GET", "PATCH"]), "This path takes GET, PATCH.", {"Allow": "GET, PATCH"}),
        (lambda: TooMany("Too many.", retry_after=7), "Too many.", {"Retry-After": "7"}),
        (Overloaded, "Tocsin has too much to do. Try again.", {"Retry-After": "2"}),
        (lambda: Overloaded("Full.", retry_after=9), "Full.", {"Retry-After": "9"}),
    ],
)
def test_a_refusal_says_what_to_do_in_its_sentence_and_its_header(
    make: Callable[[], Problem], told: str, headers: dict[str, str]
) -> None:
    problem = make()
    assert (problem.detail, str(problem), problem.headers) == (told, told, headers)


BUT = "anything-but takes a string, a list of strings, or an object with one operator"
BUT_PREFIX = "inside anything-but, prefix takes a string or a list of strings, none of them empty"
NUMBERS = "numeric compares with numbers between -1e15 and 1e15, none but 0 nearer to it than 1e-100"
RANGE = "a numeric range goes from the lower bound (> or >=) to the upper one (< or <=)"
ANYTHING_BUT = "inside anything-but stands exactly one of prefix, suffix, equals-ignore-case, wildcard"
FIELDS = "severity, title, description, source, dedup_key, team, status"
OPERATORS = "prefix, suffix, anything-but, exists, numeric, equals-ignore-case, wildcard"


@pytest.mark.parametrize(
    ("when", "loc", "told"),
    [
        ([], (), "a pattern is an object"),
        ({"nosuch": ["x"]}, ("nosuch",), f"a ticket has no such field; there are {FIELDS} and labels"),
        ({"$or": [{}]}, ("$or",), "$or takes a list of two or more patterns"),
        ({"$or": [{}, {"team": ["x"]}]}, ("$or", 0), "each alternative of $or is a pattern that names a field"),
        ({"$or": [{"$or": []}, {"team": ["x"]}]}, ("$or", 0, "$or"), "$or cannot stand inside $or"),
        ({"labels": {}}, ("labels",), "labels takes an object with a list for each label"),
        ({"labels": {"": ["x"]}}, ("labels",), "a label's name is a text of at least one character"),
        ({"team": "x"}, ("team",), "the values to match stand in a list"),
        ({"team": []}, ("team",), "an empty list would match nothing"),
        ({"team": ["\udfff"]}, ("team", 0), "this text holds half of a surrogate pair"),
        ({"team": [5]}, ("team", 0), "a value is a string, or an object with one operator"),
        ({"team": [{}]}, ("team", 0), "an object in the list has exactly one operator"),
        ({"team": [{"nosuch": "x"}]}, ("team", 0), f"there is no such operator; there are {OPERATORS}"),
        ({"team": [{"prefix": 5}]}, ("team", 0), 'prefix and suffix take a string, or {"equals-ignore-case": string}'),
        ({"team": [{"equals-ignore-case": 5}]}, ("team", 0), "equals-ignore-case takes a string"),
        ({"team": [{"wildcard": 5}]}, ("team", 0), "wildcard takes a string"),
        ({"team": [{"wildcard": "\\x"}]}, ("team", 0), "in a wildcard, \\ stands before * or \\ only"),
        ({"team": [{"wildcard": "a**"}]}, ("team", 0), "two * in a row match no more than one"),
        ({"team": [{"anything-but": []}]}, ("team", 0), BUT),
        ({"team": [{"anything-but": {"exists": True}}]}, ("team", 0), ANYTHING_BUT),
        ({"team": [{"anything-but": {"prefix": ""}}]}, ("team", 0), BUT_PREFIX),
        ({"team": [{"numeric": []}]}, ("team", 0), 'numeric takes a list such as ["=", 5] or [">", 0, "<=", 5]'),
        ({"team": [{"numeric": ["=", "5"]}]}, ("team", 0), NUMBERS),
        ({"team": [{"numeric": ["~", 5]}]}, ("team", 0), "numeric compares by one of = < <= > >="),
        ({"team": [{"numeric": ["<", 5, ">", 1]}]}, ("team", 0), RANGE),
        ({"team": [{"exists": "yes"}]}, ("team", 0), "exists takes true or false"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pattern_is_told_with_its_place(when: Any, loc: tuple[Any, ...], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        pattern.validate(when)
    assert [(error["loc"], error["msg"], error["type"]) for error in refused.value.errors()] == [
        (loc, told, "event_pattern")
    ]


@pytest.mark.parametrize("bound", [1e15, -1e15, 1e-100, -1e-100, 0, 1, 0.0])
def test_numbers_are_compared_up_to_where_they_are_exact(bound: float) -> None:
    assert pattern.validate({"team": [{"numeric": ["=", bound]}]})


def test_each_piece_of_a_wildcard_is_looked_for_behind_the_one_before() -> None:
    for wildcard, text, fits in [
        ("*ab*ab*", "xab", False),
        ("*ab*ab*", "abab", True),
        ("*ab*b*", "ab", False),
        ("*aa*aa", "aaa", False),
        ("*aa*aa", "aaaa", True),
        ("a*b*c", "a-c-b-c", True),
        ("*x*", "x", True),
        ("a*a", "a", False),
        ("*\n*", "a\nb", True),
        ("a\\*b*", "a*bc", True),
        ("*abc*c", "abc", False),
    ]:
        assert pattern.matches(pattern.validate({"title": [{"wildcard": wildcard}]}), {"title": text}) == fits, wildcard


def test_a_range_of_numbers_has_two_ends() -> None:
    between = pattern.validate({"title": [{"numeric": [">", 1, "<=", 5]}]})
    assert [pattern.matches(between, {"title": text}) for text in ("1", "2", "5", "6")] == [False, True, True, False]


def test_a_negative_duration_and_a_number_that_is_none_are_told_as_such() -> None:
    with pytest.raises(ValueError, match=r"^a duration cannot be negative$"):
        duration.text(timedelta(seconds=-1))
    with pytest.raises(ValueError, match=r"^not a phone number in E\.164 form, such as \+4915112345678$"):
        phone.e164("12")


class Wait(BaseModel):
    wait: duration.Duration | None = None
    until: times.Moment | None = None


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"wait": 5}, "a duration is a string such as 30s, 5m, 1h30m or 7d"),
        ({"wait": "5"}, "not a duration such as 30s, 5m, 1h30m or 7d (units d, h, m, s in this order)"),
        ({"wait": "999999999d999999999h"}, "the duration is too long"),
        ({"until": 5}, "a time is a string such as 2026-11-22T20:28:28Z"),
        ({"until": "now"}, "not an RFC 3339 time with an offset, such as 2026-11-22T20:28:28Z"),
        ({"until": "2026-02-29T00:00:00Z"}, "there is no such date or time of day"),
    ],
)
def test_what_is_no_duration_or_no_time_is_told_with_one_that_is(wish: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Wait.model_validate(wish)
    assert refused.value.errors()[0]["msg"] == f"Value error, {told}"
    with pytest.raises(ValueError, match=r"^a moment needs a time zone$"):
        times.text(NOW.replace(tzinfo=None))


def test_how_many_codes_an_address_gets_and_when_the_next_may_be_asked_for_is_told() -> None:
    method, at = METHOD, NOW
    for _ in range(CODES_AN_HOUR):
        method, at = code_sent(method, "123456", at), at + timedelta(minutes=1)
    with pytest.raises(TooMany) as refused:
        code_sent(method, "123456", at)
    assert refused.value.detail == "An address gets at most 5 codes an hour."
    assert refused.value.headers == {"Retry-After": str(55 * 60 + 1)}
    assert code_sent(method, "123456", NOW + timedelta(hours=1)).code is not None
    with pytest.raises(Conflict) as none:
        code_tried(METHOD, "123456", NOW)
    assert none.value.detail == "No code is waiting for an answer: ask for a new one."


def test_another_address_is_unproven_and_begins_anew() -> None:
    flagged = code_sent(METHOD, "123456", NOW).model_copy(update={"flagged": "no", "verified": True})
    other = flagged.readdressed("+4915112345679")
    assert (other.address, other.verified, other.flagged, other.code) == ("+4915112345679", False, None, None)
    assert flagged.readdressed(flagged.address) == flagged


def told(changes: Changes, **known: Any) -> list[Row]:
    before = ticket.row(a_ticket(**known))
    return history.rows(before, written(before, changes))


@pytest.mark.parametrize(
    ("kind", "text"), [(Kind.KEPT, "Rule r1 pages nobody."), (Kind.HURRIED, "The next step is due now.")]
)
def test_what_is_not_a_step_is_told_with_its_rule(kind: Kind, text: str) -> None:
    changes = {"rule_id": "r1", **ticket.moved(a_ticket(), LATER, NOW), **ticket.marked(kind, "ada", LATER)}
    (line,) = told(changes)
    assert (line["kind"], line["text"], line["data"]) == (kind.value, text, {"rule_id": "r1"})


def test_steps_that_were_passed_are_told_before_the_one_that_was_taken() -> None:
    move = {"rule_id": "r1", "step": 3, "round": 1, "assigned_to": ["ada"], "passed": [[1, 1], [1, 2, "Off."]]}
    changes = {**ticket.moved(a_ticket(), LATER, NOW), **ticket.marked(Kind.ESCALATED, "system", LATER), **move}
    lines = sorted(told(changes), key=lambda line: str(line["sk"]))
    assert [line["text"] for line in lines] == [
        "Step 1, round 1 of rule r1 reaches nobody and passes.",
        "Step 2, round 1 of rule r1 reaches nobody and passes. Off.",
        "Step 3, round 1 of rule r1: ada.",
    ]
    assert [line["kind"] for line in lines] == ["nobody_reached", "nobody_reached", "escalated"]
    assert lines[0]["data"] == {"rule_id": "r1", "step": 1, "round": 1}
    assert lines[1]["data"] == {"rule_id": "r1", "step": 2, "round": 1, "remark": "Off."}
    assert lines[0]["sk"].endswith("!01.01#nobody_reached")


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        ("sent", "paged", "sms to ada."),
        ("failed", "page_failed", "sms to ada failed"),
        ("skipped", "page_skipped", "sms to ada skipped"),
    ],
)
def test_what_became_of_a_page_is_told_also_if_nobody_said_why(status: str, kind: str, text: str) -> None:
    one = a_page()
    old = {**page.row(one), **one.key}
    (line,) = history.rows(old, {**old, "status": status, "settled_at": times.text(LATER)})
    assert (line["kind"], line["text"], line["data"]["attempts"], line["data"]["round"]) == (kind, text, 0, 1)
    (line,) = history.rows(old, {**old, "status": status, "settled_at": times.text(LATER), "error": "x", "attempts": 2})
    assert line["text"] == (text if status == "sent" else f"{text}: x")
    assert line["data"]["attempts"] == 2


def test_what_a_page_was_settled_with_is_kept_in_its_row() -> None:
    one = a_page()
    assert page.failed(one, "no", NOW)["status"] == "failed"
    assert page.skipped(one, "late", NOW)["status"] == "skipped"
    assert page.skipped(one, "late", NOW)["error"] == "late"


def test_what_a_door_says_of_a_field_that_is_missing() -> None:
    with pytest.raises(ValidationError) as refused:
        generic.read({})
    (error,) = refused.value.errors()
    assert (error["loc"], error["type"]) == (("title",), "generic_alert")
    assert error["msg"].startswith("title ")


def test_a_locale_is_written_with_hyphens_or_refused() -> None:
    assert known_locale("de_DE") == "de-DE"
    assert known_locale("zh-Hant-TW") == "zh-Hant-TW"
    assert known_locale("ab" + "-12345678" * 3 + "-12345") == "ab" + "-12345678" * 3 + "-12345"
    for wrong in ("", "d", "de-", "de DE", "1de", "ab" + "-12345678" * 3 + "-123456", "de-DEx!"):
        with pytest.raises(ValueError, match=r"^A locale is like de-DE\.$"):
            known_locale(wrong)
    with pytest.raises(ValueError, match=r"^There is no such time zone; Europe/Berlin is one\.$"):
        known_time_zone("Europe/Nowhere")


def test_the_canarys_channel_is_the_canarys_alone() -> None:
    for tenant, channel in (("acme", "sms"), ("canary", "canary"), ("canary", "sms")):
        check_channel(tenant, channel)
    with pytest.raises(Invalid) as refused:
        check_channel("acme", "canary")
    unknown = "Input should be 'sms', 'email', 'voice' or 'webhook'"
    assert refused.value.errors == [{"loc": ["body", "channel"], "msg": unknown}]


def test_an_address_is_stored_as_its_channel_has_it_or_refused() -> None:
    wish = {"method_id": "m", "channel": "sms", "address": "+49 151 12345678"}
    assert NewMethod.model_validate(wish).address == "+4915112345678"
    assert NewMethod.model_validate(wish | {"channel": "voice"}).address == "+4915112345678"
    hook = NewMethod.model_validate(wish | {"channel": "webhook", "address": "https://Chat.example.com/Hooks"})
    assert hook.address == "https://chat.example.com/Hooks"
    with pytest.raises(ValidationError):
        NewMethod.model_validate(wish | {"channel": "email"})
    with pytest.raises(ValidationError):
        NewMethod.model_validate(wish | {"channel": "sms", "address": "ada@example.com"})


def test_a_channel_that_there_is_not_is_told_with_those_that_there_are() -> None:
    wish = {"method_id": "m", "channel": "pigeon", "address": "the loft"}
    with pytest.raises(ValidationError) as refused:
        NewMethod.model_validate(wish)
    told = "Value error, Input should be 'sms', 'email', 'voice' or 'webhook'"
    assert [error["msg"] for error in refused.value.errors()] == [told]
    assert NewMethod.model_validate(wish | {"channel": "canary"}).address == "the loft"


def test_who_had_no_email_address_may_go_on_without_one() -> None:
    patched = {"name": "Ada", "role": "viewer"}
    assert PatchedUser.model_validate(patched | {"email": ""}).email == ""
    assert PatchedUser.model_validate(patched | {"email": "ada@EXAMPLE.com"}).email == "ada@example.com"
    with pytest.raises(ValidationError):
        PatchedUser.model_validate(patched | {"email": "ada"})


def test_a_code_is_good_for_nothing_but_where_it_was_sent() -> None:
    sent = code_sent(METHOD, "123456", NOW)
    assert code_tried(sent, "123456", NOW).verified
    for other in ({"address": "+4915112345679"}, {"channel": "voice"}):
        assert not code_tried(sent.model_copy(update=other), "123456", NOW).verified


def test_each_channel_is_named_once() -> None:
    told = "Name each channel once, at least one; null stands for every verified method."
    for channels in ([], ["sms", "sms"]):
        wish = {"items": [{"name": "a", "default": True, "channels": channels}]}
        with pytest.raises(ValidationError) as refused:
            Severities.model_validate(wish)
        assert refused.value.errors()[0]["msg"] == f"Value error, {told}"


def test_errors_say_what_they_are_about_to_who_catches_them() -> None:
    assert ConditionFailed({"a": 1}).found == {"a": 1}
    failed = CanaryFailed("ack", "not silent")
    assert (failed.kind, failed.detail, failed.status, str(failed)) == ("ack", "not silent", 0, "not silent")
    assert CanaryFailed("api", "refused", status=503).status == 503
    assert TooMany("x", retry_after=7).retry_after == 7
    two = Invalid([{"loc": ["body", "a"], "msg": "x"}, {"loc": ["body", "b", 0], "msg": "y"}])
    assert two.detail == "body.a: x; body.b.0: y"
