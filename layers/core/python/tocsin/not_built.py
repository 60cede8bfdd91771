"""What the contract names and this version does not do yet: a clear refusal instead of a field that is ignored."""

from typing import Any

from pydantic import BeforeValidator


def not_built(what: str) -> BeforeValidator:
    """Return a validator that lets only null pass: `Annotated[None, not_built("Schedules")]`."""

    def refuse(value: Any) -> None:
        if value is not None:
            raise ValueError(f"{what}: not built yet.")

    return BeforeValidator(refuse)
