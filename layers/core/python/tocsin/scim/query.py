"""What a list of SCIM resources is asked for: a filter, or a page (RFC 7644, section 3.4.2)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from tocsin.scim.messages import PAGE, USER, Unacceptable

FURTHEST: Final = 10_000  # the last user that can be reached by number: who is further is found by a filter
_FILTER: Final = re.compile(r'\s*(?P<name>[\w.:]+)\s+eq\s+(?P<text>"(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)
_ALWAYS: Final = {"id", "schemas"}
_FILTERS: Final = {name.lower(): name for name in ("userName", "externalId", "id")}


@dataclass(frozen=True)
class Query:
    """`where` is an attribute and its value; without it, `count` users from number `start` on."""

    where: tuple[str, str] | None
    start: int
    count: int

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """Read a request's parameters. Raises `Unacceptable`."""
        given = {name.lower(): text for name, text in parameters.items()}
        start, count = max(_number(given, "startindex", 1), 1), max(_number(given, "count", PAGE), 0)
        if start > FURTHEST:
            raise Unacceptable("tooMany", f"Users are listed up to number {FURTHEST}: use a filter.")
        return cls(_where(given.get("filter")), start, min(count, PAGE))


def selected(resource: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return of a resource what is asked for by `attributes` or `excludedAttributes`; what names it always is."""
    given = {name.lower(): _attributes(text) for name, text in parameters.items()}
    only, without = given.get("attributes"), given.get("excludedattributes", set()) - _ALWAYS
    return {
        name: value
        for name, value in resource.items()
        if name.lower() not in without and (only is None or name.lower() in only | _ALWAYS)
    }


def _attributes(text: str) -> set[str]:
    """Return the attributes of a list of them; parts of one stand for the whole."""
    names = (one.strip().lower().removeprefix(f"{USER.lower()}:") for one in text.split(","))
    return {name.partition(".")[0] for name in names}


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise Unacceptable("invalidValue", f"{name} is a whole number.")
    return int(text)


def _where(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    found = _FILTER.fullmatch(text)
    name = _FILTERS.get(found["name"].lower().removeprefix(f"{USER.lower()}:")) if found else None
    if not found or not name:
        raise Unacceptable(
            "invalidFilter", 'A filter is like userName eq "ada"; so can externalId and id be asked for.'
        )
    try:
        wanted = str(json.loads(found["text"]))
        wanted.encode()  # no half of a surrogate pair
    except ValueError:
        raise Unacceptable("invalidFilter", "The filter's text cannot be read.") from None
    return name, wanted
