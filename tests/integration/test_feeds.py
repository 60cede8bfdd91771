"""A schedule as a calendar that others subscribe to, read with the library as they would."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from icalendar import Calendar, vText

from tests.world import Answer, Caller, call, request
from tocsin import clock, keys, times
from tocsin.store import directory

LAYER = {"users": ["ada", "bob"], "rotation": "weekly", "handoff": "09:00", "start": "2026-01-05"}
PRIMARY = {"schedule_id": "primary", "name": "Payments", "time_zone": "Europe/Berlin", "layers": [LAYER]}


@pytest.fixture
def url(acme: Caller, now: Any) -> str:
    assert acme("POST", "/schedules", PRIMARY).status == 201
    made = acme("POST", "/schedules/primary/feed_keys", {"key_id": "k1"})
    assert (made.status, made.headers["location"]) == (201, "/api/v1/schedules/primary/feed_keys/k1")
    return str(made.body["url"])


def fetch(url: str, method: str = "GET", **headers: str) -> Answer:
    return call("feeds", request(method, url.removeprefix("https://tocsin.example.com"), headers=headers))


def events(url: str) -> list[Any]:
    answer = fetch(url)
    assert answer.status == 200
    return list(Calendar.from_ical(answer.body).events)


def test_a_calendar_reads_who_is_on_call_by_name(acme: Caller, url: str) -> None:
    acme("PATCH", "/users/ada", {"name": "Ada, Countess; of Lovelace\n\\"})
    answer = fetch(url)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.body)
    assert (calendar["version"], calendar["x-wr-calname"], calendar["method"]) == ("2.0", "Payments", "PUBLISH")
    found = list(calendar.events)
    assert {str(one["summary"]) for one in found} == {
        "Ada, Countess; of Lovelace\n\\ on call: Payments",
        "bob on call: Payments",
    }
    assert all(one.end - one.start in {timedelta(hours=hours) for hours in (167, 168, 169)} for one in found[:-1])
    assert found[0].start <= clock.now() - timedelta(days=7)
    assert found[0].end > clock.now() - timedelta(days=8)
    assert found[-1].end - clock.now() > timedelta(days=89)
    assert all(earlier.end == later.start for earlier, later in pairwise(found))


@pytest.mark.parametrize(
    "name", ["Night, and; day\\", "Line\nX-OTHER:1", "Line\r\nX-OTHER:1", "Line\rX-OTHER:1", "\0\7"]
)
def test_a_schedule_has_any_name(acme: Caller, url: str, name: str) -> None:
    assert acme("PUT", "/schedules/primary", PRIMARY | {"name": name}).status == 200
    answer = fetch(url)
    assert answer.status == 200
    assert not [one for one in answer.body.replace("\r\n", "") if one < " "]
    calendar = Calendar.from_ical(answer.body)
    assert "x-other" not in calendar
    shown = name.replace("\r\n", "\n").replace("\r", "\n").replace("\0\7", "")
    for named in ("name", "x-wr-calname"):
        assert f"{named.upper()}:{vText(shown).to_ical().decode()}" in answer.body
    assert str(events(url)[0]["summary"]).endswith(f" on call: {shown}")


def test_lines_are_folded_and_end_as_the_standard_has_it(acme: Caller, url: str) -> None:
    acme("PATCH", "/users/ada", {"name": "Ä" * 100})
    lines = fetch(url).body.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert all(len(line.encode()) <= 75 and "\n" not in line for line in lines)


def test_times_are_utc_so_that_no_calendar_needs_to_know_the_zone(url: str) -> None:
    told = [line for line in fetch(url).body.split("\r\n") if line.startswith(("DTSTART", "DTEND", "DTSTAMP"))]
    assert told
    assert all(line.endswith("Z") and "TZID" not in line for line in told)


def test_an_event_keeps_its_name_while_days_go_by_and_when_its_end_moves(acme: Caller, url: str, now: Any) -> None:
    before = {one["uid"]: one.start for one in events(url)}
    assert len(before) == len(events(url))
    now(days=3)
    after = {one["uid"]: one.start for one in events(url)}
    shared = before.keys() & after.keys()
    assert len(shared) >= len(before) - 1
    assert all(before[uid] == after[uid] for uid in shared)
    begin = max(before.values()) + timedelta(hours=5)
    cover = {"user": "bob", "from": times.text(begin), "to": times.text(begin + timedelta(hours=1))}
    assert acme("POST", "/schedules/primary/overrides", cover).status == 201
    assert after.keys() <= {one["uid"] for one in events(url)}


def test_an_override_is_told_whole_however_long_ago_it_began(acme: Caller, url: str, now: Any) -> None:
    today = clock.now().replace(microsecond=0)
    long = {"user": "bob", "from": times.text(today - timedelta(days=40)), "to": times.text(today + timedelta(days=40))}
    later = {
        "user": "ada",
        "from": times.text(today - timedelta(days=50)),
        "to": times.text(today - timedelta(days=30)),
    }
    for cover in (long, later):
        assert acme("POST", "/schedules/primary/overrides", cover).status == 201
    first = events(url)[0]
    assert (first.start, first.end) == (today - timedelta(days=30), today + timedelta(days=40))
    now(days=10)
    assert (events(url)[0]["uid"], events(url)[0].start) == (first["uid"], first.start)


def test_what_did_not_change_is_not_sent_again(acme: Caller, url: str, now: Any) -> None:
    first = fetch(url)
    assert first.headers["cache-control"] == "private, max-age=300"
    now(seconds=1)
    again = fetch(url, **{"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status, again.body) == (304, "")
    acme("PATCH", "/users/ada", {"name": "Countess"})
    assert fetch(url, **{"If-None-Match": first.headers["etag"]}).status == 200


def test_gaps_and_deleted_users_are_no_events(acme: Caller, url: str) -> None:
    acme("DELETE", "/users/ada")
    assert {str(one["summary"]) for one in events(url)} == {"bob on call: Payments"}
    acme("PUT", "/schedules/primary", PRIMARY | {"layers": []})
    assert events(url) == []


def test_the_url_is_shown_once(acme: Caller, url: str) -> None:
    again = acme("POST", "/schedules/primary/feed_keys", {"key_id": "k1"})
    assert again.status == 200
    assert again.body.keys() == {"key_id", "created_at"}
    assert "keys" not in acme("GET", "/schedules/primary").body
    assert "keys" not in acme("PUT", "/schedules/primary", PRIMARY).body


def test_a_key_that_was_taken_away_opens_nothing(acme: Caller, url: str) -> None:
    other = acme("POST", "/schedules/primary/feed_keys").body
    assert acme("DELETE", "/schedules/primary/feed_keys/k1").status == 204
    assert acme("DELETE", "/schedules/primary/feed_keys/k1").status == 404
    assert fetch(url).status == 404
    assert fetch(other["url"]).status == 200


def test_a_door_that_outlived_its_key_opens_nothing(acme: Caller, url: str) -> None:
    row = directory.get(keys.schedule("acme", "primary"))
    assert row
    directory.put(row | {"keys": {}})
    assert fetch(url).status == 404


@pytest.mark.parametrize("what", ["/schedules/primary", "/teams/payments"])
def test_a_deleted_schedule_has_no_feed(acme: Caller, url: str, what: str) -> None:
    assert acme("PUT", "/schedules/primary", PRIMARY | {"team": "payments"}).status == 200
    assert acme("DELETE", what).status == 204
    assert fetch(url).status == 404


def test_a_suspended_companys_feeds_are_refused(acme: Caller, url: str) -> None:
    assert Caller(tenant="", role="operator")("PATCH", "/companies/acme", {"suspended": True}).status == 200
    assert fetch(url).status == 404


def test_ten_keys_are_enough(acme: Caller, url: str) -> None:
    answers = [acme("POST", "/schedules/primary/feed_keys").status for _ in range(10)]
    assert answers == [201] * 9 + [409]


@pytest.mark.parametrize("path", ["/feed/nosuch.ics", "/feed/nosuch", "/feed/.ics", "/feed/a/b.ics", "/feed/%00.ics"])
def test_an_unknown_feed_is_a_problem_in_the_form_of_all(acme: Caller, path: str) -> None:
    answer = call("feeds", request("GET", path))
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.body["title"] == "Not Found"


def test_a_feed_is_read_and_nothing_else(url: str) -> None:
    assert fetch(url, "POST").status == 405
    assert fetch(url, "HEAD").status == 200
