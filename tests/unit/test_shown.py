"""What is shown of what is stored: everything that the API has, and nothing that it keeps to itself."""

import json
from datetime import timedelta

import pytest

from tests.examples import NOW, a_method, a_page, a_ticket, a_user
from tocsin import mail, page, problem, stream, ticket, times
from tocsin.api_key import ApiKey
from tocsin.company import Company
from tocsin.errors import Fault, NotFound, SendError, TooMany
from tocsin.integration import DoorKey, Integration
from tocsin.model import merged
from tocsin.severity import Severities
from tocsin.sources import limits
from tocsin.ticket import Status
from tocsin.ticket_api import PageView, TicketView

EARLIER = NOW - timedelta(minutes=30)
ROW = {"pk": {"S": "p"}, "sk": {"S": "s"}, "rev": {"N": "3"}}


def test_a_company_is_shown_to_the_operator_without_its_severities() -> None:
    company = Company(company_id="acme", name="Acme", created_at=NOW, suspended=True)
    shown = company.shown().model_dump(mode="json")
    assert (shown["company_id"], shown["name"], shown["suspended"]) == ("acme", "Acme", True)
    assert "severities" not in shown


def test_the_keys_of_an_integration_are_shown_oldest_first_and_without_their_hashes() -> None:
    made = {"k2": NOW, "k1": NOW, "k9": NOW - timedelta(days=1)}
    doors = {name: DoorKey(key_id=name, created_at=at, sha256="secret") for name, at in made.items()}
    one = Integration(integration_id="i", type="generic", name="I", team="ops", created_at=NOW, keys=doors)
    shown = one.shown().model_dump(mode="json")
    assert [key["key_id"] for key in shown["keys"]] == ["k9", "k1", "k2"]
    assert (shown["integration_id"], shown["team"]) == ("i", "ops")
    assert "secret" not in json.dumps(shown)
    assert one.has_key("k1")
    assert not one.has_key("k3")


def test_a_key_is_over_at_the_moment_it_expires() -> None:
    key = ApiKey(key_id="k", name="K", role="viewer", created_at=NOW, sha256="", by="ada")
    assert not key.expired(NOW)
    assert key.model_copy(update={"expires_at": NOW}).expired(NOW)
    assert not key.model_copy(update={"expires_at": NOW + timedelta(milliseconds=1)}).expired(NOW)


def test_severities_are_stored_in_the_order_they_were_given() -> None:
    wish = Severities.model_validate({"items": [{"name": "b", "default": True}, {"name": "a", "default": False}]})
    assert [(one["name"], one["default"]) for one in wish.stored()] == [("b", True), ("a", False)]


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [("sms", "+4915112345678", "***678"), ("email", "ada@example.com", "a***@example.com")],
)
def test_of_an_address_that_was_paged_only_the_end_is_shown(channel: str, address: str, shown: str) -> None:
    one = a_page(channel=channel, address=address)
    view = PageView.of({**page.row(one), **one.key})
    assert view.address == shown
    assert view.page_id == one.page_id
    assert (view.user, view.step, view.round, view.method_id) == ("ada", 1, 1, "phone")
    assert (view.status, view.attempts, view.sent_at, view.error, view.created_at) == ("pending", 0, None, None, NOW)


def test_a_ticket_is_shown_without_what_only_the_clock_needs() -> None:
    shown = TicketView.of(a_ticket()).model_dump(mode="json")
    assert (shown["ticket_id"], shown["status"], shown["due_at"]) == ("t1", "unread", times.text(NOW))
    assert not {"epoch", "run", "tenant", "rev"} & set(shown)


def test_a_page_that_is_taken_again_is_as_fresh_as_the_step_that_takes_it() -> None:
    since = NOW + timedelta(minutes=5)
    later = a_page(step=2, round=3, wait=600, created_at=since, not_before=since + timedelta(minutes=2))
    changes = page.renewed(later)
    assert {name: changes[name] for name in ("wait", "step", "round")} == {"wait": 600, "step": 2, "round": 3}
    assert changes["created_at"] == times.text(since)
    assert changes["due_at"] == changes["not_before"] == times.text(since + timedelta(minutes=2))


def test_an_edit_moves_no_clock_but_that_of_a_ticket_that_was_kept_without_paging() -> None:
    later = NOW + timedelta(minutes=1)
    told = ticket.edited(a_ticket(), "ada", later)
    assert told == ticket.marked(ticket.Kind.EDITED, "ada", later)
    kept = a_ticket(due_at=None, rule_id="quiet")
    assert ticket.edited(kept, "ada", later) == {**ticket.moved(kept, later, later), **told}
    answered = a_ticket(due_at=None, rule_id="quiet", status=Status.UNDER_INVESTIGATION)
    assert ticket.edited(answered, "ada", later) == told


def test_a_record_of_the_stream_shows_a_row_before_and_after() -> None:
    plain = {"pk": "p", "sk": "s", "rev": 3}
    assert stream.images({"dynamodb": {"NewImage": ROW}}) == (None, plain)
    assert stream.images({"dynamodb": {"OldImage": ROW}}) == (plain, None)
    new = {**ROW, "rev": {"N": "4"}}
    assert stream.images({"dynamodb": {"OldImage": ROW, "NewImage": new}}) == (plain, {**plain, "rev": 4})


def test_a_refusal_is_a_problem_document_with_the_headers_that_go_with_it() -> None:
    told = problem.answer(TooMany("Too many.", retry_after=3))
    assert told["statusCode"] == 429
    assert told["headers"] == {"Content-Type": "application/problem+json", "Retry-After": "3"}
    assert json.loads(told["body"]) == TooMany("Too many.", retry_after=3).document()


def test_what_a_provider_refused_is_told_with_what_it_was_about() -> None:
    error = SendError("no such number", of=Fault.ADDRESS, permanent=True)
    assert (error.detail, error.of, error.permanent, str(error)) == (
        "no such number",
        Fault.ADDRESS,
        True,
        "no such number",
    )


def test_a_person_is_reached_by_the_next_method_that_was_not_tried_flagged_ones_last() -> None:
    sms, mail, unproven = a_method("sms", flagged="no"), a_method("email"), a_method("voice", verified=False)
    user = a_user("ada", sms, mail, unproven)
    assert user.next_method(set()) == mail
    assert user.next_method({"email"}) == sms
    assert user.next_method({"email", "sms"}) is None


def test_a_method_is_found_by_channel_and_address() -> None:
    user = a_user("ada", a_method("sms"), a_method("email"))
    found = user.at("email", "email address")
    assert found is not None
    assert found.method_id == "email"
    assert user.at("sms", "email address") is None


def test_a_method_is_put_into_the_row_and_taken_out_of_it() -> None:
    sms, mail = a_method("sms"), a_method("email", code_times=[NOW])
    user = a_user("ada", mail)
    assert user.with_method(sms) == {"methods": {"email": mail.fields(), "sms": sms.fields()}}
    gone = user.model_copy(update={"codes_sent": {"old": [NOW], "none": []}}).without_method("email")
    assert gone["methods"] == {}
    assert gone["codes_sent"] == {"old": [times.text(NOW)], "email address": [times.text(NOW)]}
    with pytest.raises(NotFound, match=r"^The user has no such contact method\.$"):
        user.without_method("sms")


def test_a_method_that_gets_another_address_leaves_its_codes_to_the_one_it_had() -> None:
    mail = a_method("email", code_times=[NOW])
    user = a_user("ada", mail).model_copy(update={"codes_sent": {"other": [EARLIER]}})
    moved = user.with_method(mail.model_copy(update={"address": "other"}))
    assert moved["codes_sent"] == {"other": [times.text(EARLIER)], "email address": [times.text(NOW)]}
    assert moved["methods"]["email"]["code_times"] == [times.text(EARLIER)]


def test_addresses_that_codes_were_sent_to_are_remembered_up_to_as_many_as_a_user_may_have() -> None:
    many = {f"a{number}": [NOW] for number in range(30)}
    user = a_user("ada", a_method("email", code_times=[NOW])).model_copy(update={"codes_sent": many})
    kept = user.without_method("email")["codes_sent"]
    assert list(kept) == [*list(many)[-19:], "email address"]


def test_a_patch_of_an_object_leaves_what_it_does_not_name() -> None:
    assert merged({"a": {"x": 1, "y": 2}, "b": 3}, {"a": {"x": None, "z": 4}}) == {"a": {"y": 2, "z": 4}, "b": 3}
    assert merged({"a": 5}, {"a": {"x": 1}}) == {"a": {"x": 1}}


def test_of_an_address_with_two_signs_the_last_one_counts() -> None:
    assert mail.masked('"a@b"@example.com') == '"***@example.com'


def test_a_text_that_just_fits_is_not_cut() -> None:
    assert [limits.cut(text, 5) for text in ("abcde", "abcdef")] == ["abcde", "ab..."]
    assert [limits.cut_bytes(text, 5) for text in ("abcde", "abcdef", "\u00e4\u00e4\u00e4")] == [
        "abcde",
        "ab...",
        "\u00e4...",
    ]
    assert limits.written({"a": "\u00e4"}, indent=2) == '{\n  "a": "\u00e4"\n}'


def test_a_row_holds_moments_as_text() -> None:
    assert a_method().fields()["created_at"] == times.text(NOW)
