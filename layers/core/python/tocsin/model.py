"""What all models share: requests are read strictly, rows leniently, for another version may have written them."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A request's JSON: an unknown field is an error, and nothing is guessed from another type.

    Its validator is built when it is first used: who pages people reads users and rules, but takes no requests.
    """

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Record(BaseModel):
    """What a row holds of a noun. Keys and marks of the row that are no fields are passed over."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row holds."""
        return cls.model_validate(row)

    def fields(self) -> dict[str, Any]:
        """Return the attributes of a row; what is None is not stored."""
        return self.model_dump(mode="json", exclude_none=True)


def merged(current: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON Merge Patch applied (RFC 7396): null removes, objects merge, everything else replaces."""
    result = dict(current)
    for name, new in patch.items():
        if new is None:
            result.pop(name, None)
        elif isinstance(new, Mapping):
            old = result.get(name)
            result[name] = merged(old if isinstance(old, Mapping) else {}, new)
        else:
            result[name] = new
    return result
