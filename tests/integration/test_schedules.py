"""Schedules over the API, on tables: made, changed, asked, overridden."""

from typing import Any

import pytest

from tests.integration.asking import locs
from tests.world import Caller
from tocsin import keys, schedules
from tocsin.store import directory

LAYER: dict[str, Any] = {"users": ["ada", "bob"], "rotation": "daily", "handoff": "09:00", "start": "2026-01-05"}
PRIMARY: dict[str, Any] = {
    "schedule_id": "primary",
    "name": "Payments, first",
    "team": "payments",
    "time_zone": "Europe/Berlin",
    "layers": [LAYER | {"restrict": [{"days": ["mon", "tue"], "from": "09:00", "to": "18:00"}]}],
}
SIMPLE = PRIMARY | {"layers": [LAYER]}
NIGHT = {"from": "2026-03-28T09:00:00+01:00", "to": "2026-03-30T09:00:00+02:00"}
COVER = {"override_id": "o1", "user": "bob", "from": "2026-03-28T10:00:00Z", "to": "2026-03-28T12:00:00Z"}


@pytest.fixture
def primary(acme: Caller) -> Caller:
    assert acme("POST", "/schedules", SIMPLE).status == 201
    return acme


def shifts(caller: Caller, schedule: str = "primary", **query: Any) -> list[tuple[str, str, str | None]]:
    answer = caller("GET", f"/schedules/{schedule}/shifts", query=NIGHT | query)
    assert answer.status == 200
    return [(one["from"][5:16], one["to"][5:16], one["user"]) for one in answer.body["items"]]


def on_call(caller: Caller, **query: Any) -> list[tuple[str, str | None, str | None]]:
    items = caller("GET", "/oncall", query={"team": "payments"} | query).body["items"]
    return [(one["schedule_id"], one["user"], one["until"]) for one in items]


# --- the resource


def test_a_schedule_that_was_made_can_be_read_listed_replaced_and_deleted(acme: Caller) -> None:
    made = acme("POST", "/schedules", PRIMARY)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/schedules/primary")
    told = {"created_at": made.body["created_at"], "updated_at": made.body["created_at"]}
    assert made.body == PRIMARY | told
    assert acme("GET", "/schedules/primary").body == made.body
    assert acme("GET", "/schedules", query={"team": "payments"}).body == {"items": [made.body], "next_cursor": None}
    assert acme("GET", "/schedules").body["items"] == []
    put = acme("PUT", "/schedules/primary", {"time_zone": "Asia/Kathmandu", "layers": []})
    assert (put.status, put.body["name"], put.body["team"], put.body["layers"]) == (200, "primary", None, [])
    assert put.body["created_at"] == made.body["created_at"]
    assert acme("GET", "/schedules").body["items"] == [put.body]
    assert acme("DELETE", "/schedules/primary").status == 204
    assert acme("DELETE", "/schedules/primary").status == 404
    assert acme("GET", "/schedules/primary").status == 404
    assert acme("PUT", "/schedules/primary", SIMPLE).status == 404


def test_what_is_left_out_has_its_default(acme: Caller) -> None:
    layer = {"users": ["ada"], "start": "2026-01-05", "restrict": [{"days": ["sat"]}, {"from": "22:00"}]}
    made = acme("POST", "/schedules", {"schedule_id": "least", "layers": [layer]}).body
    assert (made["name"], made["team"], made["time_zone"]) == ("least", None, "UTC")
    everyday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert made["layers"] == [
        {
            "users": ["ada"],
            "rotation": "weekly",
            "handoff": "00:00",
            "start": "2026-01-05",
            "restrict": [
                {"days": ["sat"], "from": "00:00", "to": "24:00"},
                {"days": everyday, "from": "22:00", "to": "24:00"},
            ],
        }
    ]


def test_the_same_create_again_is_the_schedule_and_another_is_a_conflict(primary: Caller) -> None:
    primary("PUT", "/schedules/primary", SIMPLE | {"name": "New"})
    primary("DELETE", "/users/bob")
    again = primary("POST", "/schedules", SIMPLE)
    assert (again.status, again.body["name"]) == (200, "New")
    assert primary("POST", "/schedules", SIMPLE | {"time_zone": "UTC"}).status == 409


def test_putting_what_is_there_changes_nothing(primary: Caller) -> None:
    before = primary("GET", "/schedules/primary").body
    assert primary("PUT", "/schedules/primary", SIMPLE).body == before


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"team": "nosuch"}, ["body", "team"]),
        ({"layers": [LAYER, LAYER | {"users": ["ada", "eve"]}]}, ["body", "layers", 1, "users", 1]),
        ({"layers": [LAYER | {"users": []}]}, ["body", "layers", 0, "users"]),
        ({"layers": [LAYER | {"rotation": "monthly"}]}, ["body", "layers", 0, "rotation"]),
        ({"layers": [LAYER | {"rotation": "hours:0"}]}, ["body", "layers", 0, "rotation"]),
        ({"layers": [LAYER | {"rotation": "hours:9000"}]}, ["body", "layers", 0, "rotation"]),
        ({"layers": [LAYER | {"handoff": "24:00"}]}, ["body", "layers", 0, "handoff"]),
        ({"layers": [LAYER | {"handoff": "9:00"}]}, ["body", "layers", 0, "handoff"]),
        ({"layers": [LAYER | {"start": "2026-02-30"}]}, ["body", "layers", 0, "start"]),
        ({"layers": [LAYER | {"start": "0001-01-01"}]}, ["body", "layers", 0, "start"]),
        ({"layers": [LAYER | {"restrict": [{"days": ["mon", "mon"]}]}]}, ["body", "layers", 0, "restrict", 0, "days"]),
        ({"layers": [LAYER | {"restrict": [{"to": "24:01"}]}]}, ["body", "layers", 0, "restrict", 0, "to"]),
        ({"layers": [LAYER | {"restrict": [{"begin": "09:00"}]}]}, ["body", "layers", 0, "restrict", 0, "begin"]),
        ({"time_zone": "Europe/Nowhere"}, ["body", "time_zone"]),
        ({"time_zone": "../../etc/passwd"}, ["body", "time_zone"]),
        ({"color": "red"}, ["body", "color"]),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(acme: Caller, change: dict[str, Any], loc: list[Any]) -> None:
    for method, path in (("POST", "/schedules"), ("POST", "/schedules/preview")):
        assert loc in locs(acme(method, path, SIMPLE | change)), path
    acme("POST", "/schedules", SIMPLE)
    assert loc in locs(acme("PUT", "/schedules/primary", SIMPLE | change))


def test_another_companys_schedules_are_not_there(primary: Caller) -> None:
    other = Caller(tenant="beta")
    assert other("GET", "/schedules/primary").status == 404
    assert other("GET", "/schedules/primary/shifts").status == 404
    assert other("GET", "/schedules/primary/overrides").status == 404
    assert other("POST", "/schedules/primary/overrides", COVER).status == 404
    assert other("POST", "/schedules/primary/feed_keys").status == 404
    assert other("DELETE", "/schedules/primary").status == 404
    assert other("GET", "/schedules", query={"team": "payments"}).body["items"] == []
    assert other("GET", "/oncall", query={"team": "payments"}).body["items"] == []


def test_a_team_that_is_deleted_takes_its_schedules_along(primary: Caller) -> None:
    assert primary("DELETE", "/teams/payments").status == 204
    assert primary("GET", "/schedules/primary").status == 404


# --- shifts, on call, preview


def test_shifts_follow_the_wall_through_the_night_on_which_clocks_change(primary: Caller) -> None:
    assert shifts(primary) == [("03-28T08:00", "03-29T07:00", "ada"), ("03-29T07:00", "03-30T07:00", "bob")]


def test_gaps_are_marked(acme: Caller) -> None:
    acme("POST", "/schedules", PRIMARY)
    asked = {"from": "2026-03-30T00:00:00Z", "to": "2026-03-31T00:00:00Z"}
    items = acme("GET", "/schedules/primary/shifts", query=asked).body["items"]
    assert [(one["from"][11:16], one["user"], one["gap"]) for one in items] == [
        ("00:00", None, True),
        ("07:00", "ada", False),
        ("16:00", None, True),
    ]
    assert items[-1]["to"] == "2026-03-31T00:00:00.000Z"


def test_who_is_on_call_and_until_when(primary: Caller) -> None:
    primary("POST", "/schedules", {"schedule_id": "alone", "team": "payments", "layers": [LAYER | {"users": ["bob"]}]})
    primary("POST", "/schedules", {"schedule_id": "empty", "team": "payments"})
    assert on_call(primary, at="2026-03-29T06:59:59Z") == [
        ("alone", "bob", None),
        ("empty", None, None),
        ("primary", "ada", "2026-03-29T07:00:00.000Z"),
    ]
    first = primary("GET", "/oncall", query={"team": "payments", "limit": 2}).body
    assert len(first["items"]) == 2
    assert len(on_call(primary, cursor=first["next_cursor"])) == 1


def test_without_a_time_it_is_now(primary: Caller, now: Any) -> None:
    (before,) = on_call(primary)
    now(days=1)
    (after,) = on_call(primary)
    assert {before[1], after[1]} == {"ada", "bob"}


@pytest.mark.parametrize("deleted", [True, False])
def test_who_was_deleted_or_deactivated_is_missed(primary: Caller, deleted: bool) -> None:
    if deleted:
        primary("DELETE", "/users/ada")
    else:
        directory.update(keys.user("acme", "ada"), {"active": False})
    items = primary("GET", "/schedules/primary/shifts", query=NIGHT).body["items"]
    assert [(one["user"], one["gap"], one["missing"]) for one in items] == [(None, True, "ada"), ("bob", False, None)]
    asked = {"team": "payments", "at": "2026-03-28T12:00:00Z"}
    (told,) = primary("GET", "/oncall", query=asked).body["items"]
    assert (told["user"], told["missing"], told["until"]) == (None, "ada", "2026-03-29T07:00:00.000Z")


def test_a_schedule_is_previewed_without_being_saved(primary: Caller) -> None:
    primary("POST", "/schedules/primary/overrides", COVER)
    wanted = SIMPLE | {"layers": [LAYER | {"users": ["bob", "ada"]}]}
    found = primary("POST", "/schedules/preview", wanted, query=NIGHT).body["items"]
    assert [one["user"] for one in found] == ["bob", "ada"]
    assert primary("GET", "/schedules/primary").body["layers"][0]["users"] == ["ada", "bob"]
    unsaved = primary("POST", "/schedules/preview", SIMPLE | {"schedule_id": "new"}, query=NIGHT).body["items"]
    assert [one["user"] for one in unsaved] == ["ada", "bob"]
    assert primary("GET", "/schedules/new").status == 404


def test_a_schedule_may_be_called_preview(acme: Caller) -> None:
    assert acme("POST", "/schedules", SIMPLE | {"schedule_id": "preview"}).status == 201
    assert acme("GET", "/schedules/preview").body["schedule_id"] == "preview"
    assert acme("DELETE", "/schedules/preview").status == 204


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-30T00:00:00Z", "to": "2026-03-30T00:00:00Z"},
        {"from": "2026-03-30T00:00:00Z", "to": "2027-04-01T00:00:00Z"},
        {"from": "0001-01-01T00:00:00Z"},
        {"to": "9999-01-01T00:00:00Z"},
        {"from": "yesterday"},
        {"begin": "2026-03-30T00:00:00Z"},
    ],
)
def test_a_time_that_cannot_be_shown_is_refused(primary: Caller, query: dict[str, str]) -> None:
    assert primary("GET", "/schedules/primary/shifts", query=query).status == 422
    assert primary("POST", "/schedules/preview", SIMPLE, query=query).status == 422


def test_more_shifts_than_can_be_shown_are_refused(acme: Caller) -> None:
    hours = [{"from": f"{hour:02d}:00", "to": f"{hour:02d}:30"} for hour in range(20)]
    acme("POST", "/schedules", SIMPLE | {"layers": [LAYER | {"rotation": "hours:1", "restrict": hours}]})
    year = {"from": "2026-02-01T00:00:00Z", "to": "2027-02-01T00:00:00Z"}
    assert locs(acme("GET", "/schedules/primary/shifts", query=year)) == [["query", "to"]]


def test_a_year_of_shifts_is_answered_whole(primary: Caller) -> None:
    year = {"from": "2026-02-01T00:00:00Z", "to": "2027-02-01T00:00:00Z"}
    found = shifts(primary, **year)
    assert len(found) == 366
    assert found[0][0] == "02-01T00:00"
    assert found[-1][1] == "02-01T00:00"


# --- overrides


def test_an_override_takes_everybodys_place_until_it_is_deleted(primary: Caller) -> None:
    made = primary("POST", "/schedules/primary/overrides", COVER)
    assert (made.status, made.headers["location"]) == (201, "/api/v1/schedules/primary/overrides/o1")
    assert made.body["from"] == "2026-03-28T10:00:00.000Z"
    assert [one[2] for one in shifts(primary)] == ["ada", "bob", "ada", "bob"]
    assert on_call(primary, at="2026-03-28T11:00:00Z") == [("primary", "bob", "2026-03-28T12:00:00.000Z")]
    listed = primary("GET", "/schedules/primary/overrides").body
    assert listed == {"items": [made.body], "next_cursor": None}
    assert primary("DELETE", "/schedules/primary/overrides/o1").status == 204
    assert primary("DELETE", "/schedules/primary/overrides/o1").status == 404
    assert [one[2] for one in shifts(primary)] == ["ada", "bob"]
    assert primary("POST", "/schedules/primary/overrides", COVER | {"user": "ada"}).status == 201


def test_the_same_override_again_is_the_one_there_is(primary: Caller) -> None:
    made = primary("POST", "/schedules/primary/overrides", COVER).body
    again = primary("POST", "/schedules/primary/overrides", COVER | {"from": "2026-03-28T11:00:00+01:00"})
    assert (again.status, again.body) == (200, made)
    assert primary("POST", "/schedules/primary/overrides", COVER | {"user": "ada"}).status == 409


def test_an_override_that_was_cut_short_is_made_whole_by_the_next_try(primary: Caller) -> None:
    made = primary("POST", "/schedules/primary/overrides", COVER).body
    directory.delete(keys.override("acme", "primary", made["to"], "o1"))
    assert [one[2] for one in shifts(primary)] == ["ada", "bob"]
    assert primary("POST", "/schedules/primary/overrides", COVER).status == 200
    assert [one[2] for one in shifts(primary)] == ["ada", "bob", "ada", "bob"]


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"user": "eve"}, ["body", "user"]),
        ({"to": COVER["from"]}, ["body"]),
        ({"to": "2027-04-28T10:00:00Z"}, ["body"]),
        ({"to": "2026-03-28"}, ["body", "to"]),
        ({"from": "1800-03-28T10:00:00Z"}, ["body", "from"]),
        ({"begin": "2026-03-28T10:00:00Z"}, ["body", "begin"]),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(primary: Caller, change: dict[str, str], loc: list[str]) -> None:
    assert loc in locs(primary("POST", "/schedules/primary/overrides", COVER | change))


def test_overrides_are_listed_by_their_end_and_for_a_time(primary: Caller) -> None:
    for name, begin, end in (("c", 1, 9), ("a", 2, 4), ("b", 6, 8)):
        times = {"from": f"2026-03-0{begin}T00:00:00Z", "to": f"2026-03-0{end}T00:00:00Z"}
        primary("POST", "/schedules/primary/overrides", {"override_id": name, "user": "ada"} | times)

    def listed(**query: Any) -> list[str]:
        body = primary("GET", "/schedules/primary/overrides", query=query).body
        names = [one["override_id"] for one in body["items"]]
        more = body["next_cursor"]
        return names + (listed(**query | {"cursor": more}) if more else [])

    assert listed() == listed(limit=1) == ["a", "b", "c"]
    during = {"from": "2026-03-04T00:00:00Z", "to": "2026-03-06T00:00:00Z"}
    assert listed(**during) == ["c"]
    assert listed(**{"from": "2026-03-05T00:00:00Z"}) == listed(**{"from": "2026-03-05T00:00:00Z", "limit": 1})
    assert primary("GET", "/schedules/nosuch/overrides").status == 404


def test_a_schedule_has_so_many_overrides_that_are_not_over(primary: Caller, monkeypatch: Any, now: Any) -> None:
    monkeypatch.setattr("tocsin.overrides.OVERRIDES_LIMIT", 1)
    soon = {"user": "ada", "from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}
    assert primary("POST", "/schedules/primary/overrides", COVER).status == 201  # over long ago, or soon
    now(days=365)
    assert primary("POST", "/schedules/primary/overrides", soon).status == 201
    assert primary("POST", "/schedules/primary/overrides", soon).status == 409


def test_overrides_that_are_over_are_not_read(primary: Caller, now: Any) -> None:
    primary("POST", "/schedules/primary/overrides", COVER)
    found = schedules.overriding("acme", "primary", *map(schedules.times.parse, NIGHT.values()))
    assert [one.override_id for one in found] == ["o1"]
    now(days=365)
    rota = schedules.current("acme", "primary", schedules.times.parse("2027-03-28T12:00:00Z"))
    assert rota
    assert rota.overrides == ()


def test_a_deleted_schedule_leaves_nothing_behind(primary: Caller) -> None:
    primary("POST", "/schedules/primary/overrides", COVER)
    primary("POST", "/schedules/primary/feed_keys")
    primary("DELETE", "/schedules/primary")
    assert directory.query_all(keys.schedule("acme", "primary")["pk"]) == []
    primary("POST", "/schedules", SIMPLE)
    assert [one[2] for one in shifts(primary)] == ["ada", "bob"]
