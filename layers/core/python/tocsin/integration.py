"""An integration: another system that opens tickets for a team, by a key of its own in the path it calls."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tocsin.ids import Id
from tocsin.model import Body, Record
from tocsin.times import Moment

KEYS_LIMIT: Final = 10
Type = Literal["cloudwatch", "pagerduty", "opsgenie", "alertmanager", "grafana", "email", "generic"]
BUILT: Final[tuple[Type, ...]] = ("cloudwatch", "generic")


def _built(type_: Type) -> Type:
    if type_ not in BUILT:
        raise ValueError(f"Integrations of the type {type_} are not built yet; there are {' and '.join(BUILT)}.")
    return type_


Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Foreign = Annotated[str, StringConstraints(min_length=1, max_length=128)]
SeverityMap = Annotated[
    dict[Foreign, str],
    Field(
        max_length=100,
        description="The other system's severity to one of the company's; `*` stands for every other.",
        examples=[{"critical": "sev1", "*": "sev3"}],
    ),
]


class ShownDoorKey(Record):
    """A key of an integration, without the key itself."""

    key_id: str
    created_at: Moment


class DoorKey(ShownDoorKey):
    """A key as it is stored: only its hash is kept, by which its door is found."""

    sha256: str


class MadeDoorKey(ShownDoorKey):
    """A new key. `key` and `url` are shown once, when the key was made."""

    key: str | None = Field(default=None, exclude_if=lambda key: key is None)
    url: str | None = Field(default=None, exclude_if=lambda url: url is None)


class _Known(Record):
    integration_id: str
    type: str
    name: str
    team: str
    severity_map: dict[str, str] = Field(default_factory=dict)
    created_at: Moment


class ShownIntegration(_Known):
    """An integration as the API shows it."""

    keys: list[ShownDoorKey]


class MadeIntegration(ShownIntegration):
    """A new integration. `key` and `url` are shown once, when it was made."""

    key: str | None = Field(default=None, exclude_if=lambda key: key is None)
    url: str | None = Field(default=None, exclude_if=lambda url: url is None)


class Integration(_Known):
    """An integration as it is stored, with its keys by id."""

    keys: dict[str, DoorKey] = Field(default_factory=dict)

    def shown(self) -> ShownIntegration:
        """Return what the API shows of it, keys oldest first."""
        in_order = sorted(self.keys.values(), key=lambda key: (key.created_at, key.key_id))
        return ShownIntegration(
            **self.model_dump(exclude={"keys"}), keys=[ShownDoorKey.of(key.model_dump()) for key in in_order]
        )

    def has_key(self, key_id: str) -> bool:
        """Say whether a key is one of the integration's still: a door may outlive it for a moment."""
        return key_id in self.keys


class IntegrationSettings(Body):
    """What of an integration can be changed."""

    name: Name | None = Field(default=None, description="Defaults to the id.")
    team: Id
    severity_map: SeverityMap = Field(default_factory=dict)


class NewIntegration(IntegrationSettings):
    """`POST /integrations`."""

    integration_id: Id | None = None
    type: Annotated[Type, AfterValidator(_built)]


class IntegrationPatch(Body):
    """`PATCH /integrations/{id}`: null puts a field, or an entry of the map, back to its default."""

    name: Name | None = None
    team: str | None = None
    severity_map: dict[str, str | None] | None = None


class NewDoorKey(Body):
    """`POST /integrations/{id}/keys`."""

    key_id: Id | None = None
