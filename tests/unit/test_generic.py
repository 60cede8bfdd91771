import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.sources import generic, limits
from tocsin.sources.generic import Action, GenericAlert

EVENTS = Path(__file__).parents[2] / "events" / "ingest"


def read(**fields: Any) -> GenericAlert:
    return generic.read({"title": "Disk full", **fields})


def test_the_sample_is_read() -> None:
    body = json.loads(json.loads((EVENTS / "http_generic_open.json").read_text())["body"])
    assert generic.read(body) == GenericAlert(
        action=Action.OPEN,
        title="Checkout 5xx above 2%",
        description="Since the deployment of 20:15.",
        severity="critical",
        labels={"service": "checkout"},
        links=[{"href": "https://grafana.example.com/d/checkout", "text": "dashboard"}],
        dedup_key="checkout-5xx",
    )


def test_a_title_is_enough_to_open() -> None:
    assert read() == GenericAlert(Action.OPEN, "Disk full", "", None, {}, [], None)


def test_null_is_as_good_as_missing() -> None:
    fields = dict.fromkeys(["description", "severity", "labels", "links", "dedup_key", "action"])
    assert read(**fields) == read()


@pytest.mark.parametrize("action", ["acknowledge", "resolve", "RESOLVE"])
def test_a_key_is_enough_to_close(action: str) -> None:
    alert = generic.read({"action": action, "dedup_key": "disk-1"})
    assert (alert.action, alert.dedup_key) == (action.lower(), "disk-1")


def test_what_closes_needs_nothing_else_and_has_nothing_else() -> None:
    alert = generic.read({"action": "resolve", "dedup_key": "disk-1"})
    assert alert == GenericAlert(Action.RESOLVE, "", "", None, {}, [], "disk-1")


def test_a_description_stays_as_it_is_before_the_further_fields() -> None:
    for text in ("  indented", "Xenon is low"):
        assert read(description=text, host="db1").description.startswith(f"{text}\n\nFurther fields:\n")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \n"}, "title"),
        ({"title": None}, "title"),
        ({"title": 5}, "title"),
        ({"title": ["Disk"]}, "title"),
        ({"action": "resolve"}, "dedup_key"),
        ({"action": "acknowledge", "dedup_key": ""}, "dedup_key"),
        ({"title": "a", "action": "close"}, "action"),
        ({"title": "a", "action": 1}, "action"),
        ({"title": "a", "description": {}}, "description"),
        ({"title": "a", "severity": True}, "severity"),
        ({"title": "a", "dedup_key": True}, "dedup_key"),
        ({"title": "a", "labels": ["x"]}, "labels"),
        ({"title": "a", "labels": "x"}, "labels"),
        ({"title": "a", "links": "https://example.com"}, "links"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_field(body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        generic.read(body)
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "title is required to open a ticket"),
        ({"action": "resolve"}, "dedup_key is required to resolve"),
        ({"action": "acknowledge"}, "dedup_key is required to acknowledge"),
        ({"title": "a", "action": "close"}, "action must be one of open, acknowledge, resolve"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(body: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        generic.read(body)
    assert [(error["msg"], error["type"]) for error in caught.value.errors()] == [(told, "generic_alert")]


def test_a_link_of_more_than_2048_characters_is_kept_as_text() -> None:
    longest = "https://a.b/" + "x" * (2_048 - 12)
    alert = read(links=[longest, longest + "x"])
    assert [link["href"] for link in alert.links] == [longest]
    assert json.loads(alert.description.partition("Further fields:\n")[2]) == {"links": [longest + "x"]}


def test_links_beyond_the_fiftieth_are_kept_as_text() -> None:
    links = [f"https://a.b/{number}" for number in range(52)]
    alert = read(links=links)
    assert [link["href"] for link in alert.links] == links[:50]
    assert json.loads(alert.description.partition("Further fields:\n")[2]) == {"links": links[50:]}


def test_a_text_of_a_link_that_is_none_gives_way_to_its_address() -> None:
    for text in ("", None, 5):
        assert read(links=[{"href": "https://a.b", "text": text}]).links == [
            {"href": "https://a.b", "text": "https://a.b"}
        ]


def test_blanks_around_a_title_are_cut_off() -> None:
    assert read(title=" Disk full \n").title == "Disk full"


def test_further_fields_and_links_of_no_use_stand_together_as_they_were_sent() -> None:
    alert = read(host="db1", links=["x"])
    assert alert.description == 'Further fields:\n{\n  "host": "db1",\n  "links": [\n    "x"\n  ]\n}'


def test_of_texts_that_do_not_fit_together_links_are_left_out_from_the_last() -> None:
    wide = "\U0001f525"
    labels = {f"{number:03}": wide * 1_024 for number in range(50)}
    links = [{"href": f"https://a.b/{number}", "text": wide * 1_024} for number in range(50)]
    alert = read(
        title="t", description="d" * 9_000, severity="s" * 100, dedup_key="k" * 1_000, labels=labels, links=links
    )
    assert [link["href"] for link in alert.links] == [link["href"] for link in links[: len(alert.links)]]
    # One link more would have been too much, and what is left of the room is the description's.
    one_more = limits.size(*links[len(alert.links)].values())
    assert total(alert) - len(alert.description) + one_more > 300_000
    assert total(alert) == 300_000


def test_texts_that_just_fit_together_are_all_kept() -> None:
    wide = "\U0001f525"
    labels = {f"{number:03}": wide * 1_024 for number in range(50)}
    links = [{"href": f"https://a.b/{number:02}", "text": wide * 1_024} for number in range(23)]
    used = limits.size("t", *labels, *labels.values(), *(text for link in links for text in link.values()))
    last = {"href": "https://a.b/last", "text": "x" * (300_000 - used - len("https://a.b/last"))}
    alert = read(title="t", labels=labels, links=[*links, last], description="d")
    assert (alert.links, alert.description, total(alert)) == ([*links, last], "", 300_000)
    longer = {**last, "text": last["text"] + "x"}
    assert read(title="t", labels=labels, links=[*links, longer]).links == links
    assert total(read(title="t", labels=labels, links=links, description="d" * 9_000)) == 300_000


def test_unknown_fields_are_kept_in_the_description() -> None:
    alert = read(description="At 98%.", host="db1", values=[1, None])
    assert alert.description.startswith("At 98%.\n\nFurther fields:\n")
    assert json.loads(alert.description.partition("Further fields:\n")[2]) == {"host": "db1", "values": [1, None]}
    assert read(host="db1").description.startswith("Further fields:\n")


def test_numbers_are_taken_for_severities_and_keys() -> None:
    alert = generic.read({"title": "a", "severity": 2, "dedup_key": 417})
    assert (alert.severity, alert.dedup_key) == ("2", "417")


def test_labels_of_any_type_become_text() -> None:
    labels = {"port": 443, "up": False, "none": None, "list": ["\u00e9", 1], "": "nameless", "plain": "x"}
    assert read(labels=labels).labels == {"port": "443", "up": "false", "list": '["\u00e9", 1]', "plain": "x"}


def test_a_link_may_be_a_plain_address() -> None:
    alert = read(
        links=["https://example.com/a", {"href": "http://example.com/b"}, {"href": "HTTPS://x.y", "text": "t"}]
    )
    assert alert.links == [
        {"href": "https://example.com/a", "text": "https://example.com/a"},
        {"href": "http://example.com/b", "text": "http://example.com/b"},
        {"href": "HTTPS://x.y", "text": "t"},
    ]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", {"href": "data:text/html,x"}, {"text": "x"}, 5, None, ["https://a.b"]]
)
def test_a_link_that_must_not_be_clicked_is_kept_as_text(link: Any) -> None:
    alert = read(links=[link, "https://example.com"])
    assert [one["href"] for one in alert.links] == ["https://example.com"]
    assert json.loads(alert.description.partition("Further fields:\n")[2]) == {"links": [link]}


def test_over_long_texts_are_cut() -> None:
    alert = read(
        title="t" * 2_000,
        description="d" * 200_000,
        severity="s" * 2_000,
        dedup_key="k" * 2_000,
        labels={f"{n:03}{'n' * 200}": "v" * 2_000 for n in range(60)},
        links=[{"href": "https://example.com", "text": "x" * 2_000}] * 60,
    )
    assert (len(alert.title), len(alert.description)) == (1_024, 100_000)
    assert alert.title.endswith("...")
    assert (len(alert.labels), len(alert.links)) == (50, 50)
    assert {len(name) for name in alert.labels} == {128}
    assert {len(value) for value in alert.labels.values()} == {1_024}
    assert alert.dedup_key is not None
    assert alert.severity is not None
    assert (len(alert.dedup_key), len(alert.severity)) == (1_024, 128)


def total(alert: GenericAlert) -> int:
    links = [text for link in alert.links for text in link.values()]
    texts = [alert.title, alert.description, *alert.labels, *alert.labels.values(), *links]
    return limits.size(*texts, alert.dedup_key or "", alert.severity or "")


def test_all_together_fit_a_row_and_the_description_gives_way_first() -> None:
    wide = "\U0001f525"
    labels = {f"{n:03}": wide * 1_024 for n in range(50)}
    alert = read(
        title=wide * 1_024, description=wide * 100_000, labels=labels, links=["https://a.b/" + "x" * 2_000] * 10
    )
    assert total(alert) <= 300_000
    assert total(alert) > 299_990
    assert (len(alert.labels), len(alert.links)) == (50, 10)
    crowded = read(description="d", labels=labels, links=[{"href": "https://a.b/", "text": wide * 1_024}] * 50)
    assert total(crowded) <= 300_000
    assert len(crowded.labels) == 50
    assert 0 < len(crowded.links) < 50


def test_half_a_surrogate_pair_is_replaced() -> None:
    alert = generic.read(
        json.loads('{"title":"a\\ud800b","description":"\\udc00","more":"\\ud800","labels":{"x":"\\ud800"}}')
    )
    assert alert.title == "a\ufffdb"
    for text in (alert.description, alert.labels["x"]):
        assert "\ufffd" in text
        assert text.encode()


def test_a_field_nested_without_end_does_not_break_the_door() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    alert = read(deep=deep, labels={"deep": deep})
    assert "too deeply" in alert.description
    assert alert.labels["deep"] == "(nested too deeply to be shown)"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["title", "description", "severity", "labels", "links", "dedup_key", "action"]) | st.text(
    max_size=5
)


@given(st.dictionaries(names, json_values, max_size=6))
def test_any_object_is_read_or_refused(body: dict[str, Any]) -> None:
    try:
        alert = generic.read(body)
    except ValidationError:
        return
    assert total(alert) <= 300_000
    assert all(link["href"].lower().startswith("http") for link in alert.links)


@given(st.text(max_size=20), st.integers(min_value=0, max_value=30))
def test_a_text_cut_to_bytes_keeps_whole_characters(text: str, limit: int) -> None:
    assert len(limits.cut_bytes(text, limit).encode()) <= limit


def test_two_long_keys_that_begin_alike_are_two() -> None:
    """Else the second alert would page nobody, and the end of one would be the end of the other."""
    long = "x" * limits.DEDUP_KEY
    keys = [generic.read({"title": "a", "dedup_key": key}).dedup_key for key in (long, f"{long}1", f"{long}2")]
    assert keys[0] == long
    assert len(set(keys)) == 3
    assert {len(key or "") for key in keys} == {limits.DEDUP_KEY}
