"""What an integration may be, and what of its keys is shown."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tests.examples import NOW
from tocsin.integration import DoorKey, Integration, NewIntegration


def test_an_integration_is_of_a_type_that_is_built() -> None:
    assert NewIntegration.model_validate({"type": "cloudwatch", "team": "ops"}).type == "cloudwatch"
    with pytest.raises(ValidationError) as refused:
        NewIntegration.model_validate({"type": "opsgenie", "team": "ops"})
    told = "Integrations of the type opsgenie are not built yet; there are cloudwatch and generic."
    assert refused.value.errors()[0]["msg"] == f"Value error, {told}"


def test_a_key_is_shown_by_its_name_and_when_it_was_made() -> None:
    made = {"b": NOW, "a": NOW, "z": NOW - timedelta(days=1)}
    keys = {name: DoorKey(key_id=name, created_at=at, sha256="secret") for name, at in made.items()}
    known = {"integration_id": "i", "type": "generic", "name": "I", "team": "ops", "created_at": NOW}
    one = Integration.model_validate(known | {"severity_map": {"*": "sev3"}, "keys": keys})
    assert one.shown().model_dump() == {
        **one.model_dump(exclude={"keys"}),
        "keys": [{"key_id": name, "created_at": one.keys[name].model_dump()["created_at"]} for name in ("z", "a", "b")],
    }
    assert one.shown().severity_map == {"*": "sev3"}
    assert (one.has_key("a"), one.has_key("c")) == (True, False)
