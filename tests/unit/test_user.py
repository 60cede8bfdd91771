"""Users, their addresses, and the life of a code."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.errors import Conflict, NotFound, TooMany
from tocsin.user import CODE_LIFE, ContactMethod, NewUser, User, code_sent, code_tried

NOW = datetime(2026, 11, 22, 20, 28, tzinfo=UTC)
PHONE = ContactMethod(method_id="phone", channel="sms", address="+4915123456789", created_at=NOW)
ADA = User(user_id="ada", name="Ada", email="ada@example.com", role="admin", created_at=NOW, methods={"phone": PHONE})

codes = st.integers(100_000, 999_999).map(str)


def test_a_user_is_read_from_the_row_it_was_written_to() -> None:
    assert User.of({**ADA.fields(), "pk": "x", "sk": "y", "version": 3}) == ADA


def test_what_is_shown_holds_no_code() -> None:
    method = code_sent(PHONE, "123456", NOW)
    shown = ADA.model_copy(update={"methods": {"phone": method}}).shown().model_dump(mode="json")
    assert set(shown["contact_methods"][0]) == {
        "method_id",
        "channel",
        "address",
        "verified",
        "flagged",
        "created_at",
    }


def test_methods_are_shown_in_the_order_they_were_made() -> None:
    older = PHONE.model_copy(update={"method_id": "zz", "created_at": NOW - timedelta(days=1)})
    user = ADA.model_copy(update={"methods": {"phone": PHONE, "zz": older}})
    assert [method.method_id for method in user.in_order()] == ["zz", "phone"]
    with pytest.raises(NotFound):
        user.method("nothing")


@given(codes)
def test_the_code_that_was_sent_verifies(digits: str) -> None:
    method = code_tried(code_sent(PHONE, digits, NOW), f" {digits} ", NOW + CODE_LIFE - timedelta(seconds=1))
    assert (method.verified, method.code) == (True, None)


@given(codes, codes)
def test_no_other_code_verifies(digits: str, other: str) -> None:
    method = code_tried(code_sent(PHONE, digits, NOW), other, NOW)
    assert method.verified is (digits == other)


def test_after_five_tries_or_ten_minutes_no_code_is_live() -> None:
    method = code_sent(PHONE, "123456", NOW)
    with pytest.raises(Conflict):
        code_tried(method, "123456", NOW + CODE_LIFE)
    for _ in range(5):
        method = code_tried(method, "000000", NOW)
    with pytest.raises(Conflict):
        code_tried(method, "123456", NOW)


@given(st.lists(st.integers(0, 3 * 3600), min_size=1, max_size=30))
def test_never_more_than_five_codes_within_an_hour(seconds: list[int]) -> None:
    method, sent = PHONE, []
    for second in sorted(seconds):
        now = NOW + timedelta(seconds=second)
        try:
            method = code_sent(method, "123456", now)
        except TooMany as refusal:
            wait = int(refusal.headers["Retry-After"])
            assert code_sent(method, "123456", now + timedelta(seconds=wait)).code
        else:
            sent.append(now)
    for start in sent:
        assert len([at for at in sent if start <= at < start + timedelta(hours=1)]) <= 5


def test_a_flag_falls_away_when_the_address_proves_good() -> None:
    flagged = PHONE.model_copy(update={"flagged": "opted out"})
    assert code_tried(code_sent(flagged, "123456", NOW), "123456", NOW).flagged is None


def test_the_same_address_keeps_what_is_known_of_it() -> None:
    verified = PHONE.model_copy(update={"verified": True, "flagged": "full"})
    assert verified.readdressed(PHONE.address) == verified
    assert verified.readdressed("+4915123456780").verified is False


@pytest.mark.parametrize("zone", sorted(available_timezones())[::40])
def test_every_time_zone_is_taken(zone: str) -> None:
    assert NewUser(email="ada@example.com", role="admin", time_zone=zone).time_zone == zone


@given(st.text(max_size=30))
def test_a_time_zone_is_one_or_refused(text: str) -> None:
    try:
        assert NewUser(email="ada@example.com", role="admin", time_zone=text)
    except ValidationError:
        assert text not in available_timezones()


def test_who_is_not_active_has_no_way_to_be_reached() -> None:
    there = ADA.model_copy(update={"methods": {"phone": PHONE.model_copy(update={"verified": True})}})
    assert [one.method_id for one in there.usable(None)] == ["phone"]
    assert there.next_method(set())
    away = there.model_copy(update={"active": False})
    assert away.usable(None) == []
    assert away.next_method(set()) is None


MAIL = ContactMethod(method_id="mail", channel="email", address="ada@example.com", created_at=NOW)


def test_flags_are_taken_from_all_methods_of_an_address_and_from_no_other() -> None:
    call = PHONE.model_copy(update={"method_id": "call", "channel": "voice", "flagged": "opted out"})
    text, mail = PHONE.model_copy(update={"flagged": "opted out"}), MAIL.model_copy(update={"flagged": "full"})
    user = ADA.model_copy(update={"methods": {"phone": text, "call": call, "mail": mail}})
    cleared = user.unflagged(PHONE.address)
    assert set(cleared) == {"methods"}
    after = User.of({**user.fields(), **cleared}).methods
    assert {name: one.flagged for name, one in after.items()} == {"phone": None, "call": None, "mail": "full"}
    assert {**after, "phone": text, "call": call} == user.methods


def test_where_no_method_of_an_address_is_flagged_nothing_is_changed() -> None:
    user = ADA.model_copy(update={"methods": {"phone": PHONE, "mail": MAIL.model_copy(update={"flagged": "full"})}})
    assert user.unflagged(PHONE.address) == user.unflagged("+4915123456780") == {}


def test_codes_count_for_the_address_that_they_were_sent_to_and_not_for_the_method() -> None:
    earlier = NOW - timedelta(minutes=5)
    sent = code_sent(PHONE, "123456", NOW)
    moved = sent.readdressed("+4915123456780")
    user = ADA.model_copy(update={"methods": {"phone": sent}, "codes_sent": {"+4915123456780": [earlier]}})
    after = User.of({**user.fields(), **user.with_method(moved)})
    assert after.methods["phone"].code_times == [earlier]
    assert after.codes_sent[PHONE.address] == [NOW]
    fresh = ADA.model_copy(update={"methods": {"phone": sent}})
    assert User.of({**fresh.fields(), **fresh.with_method(moved)}).methods["phone"].code_times == []
    same = User.of({**fresh.fields(), **fresh.with_method(sent.model_copy(update={"verified": True}))})
    assert (same.methods["phone"].code_times, same.codes_sent) == ([NOW], {})


@pytest.mark.parametrize("name", ["system", "operator"])
def test_nobody_is_called_as_those_are_who_do_things_without_being_anybody(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NewUser.model_validate({"user_id": name, "email": "ada@example.com", "role": "admin"})
    told = f"{name} is not a user: it is who does things by itself, or has the operator's key."
    assert refused.value.errors()[0]["msg"] == f"Value error, {told}"
