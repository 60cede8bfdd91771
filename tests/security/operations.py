"""The API's operations as the OpenAPI document has them, and requests for them: sound, unsound, about what is there."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import schemathesis
from hypothesis import settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.openapi import from_dict
from schemathesis.schemas import APIOperation

from infra import openapi
from tests.security.company import SHARED, Company
from tests.security.gateway import route

DOCUMENT: dict[str, Any] = json.loads(openapi.TARGET.read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "patch", "delete")
# Fields of bodies and parameters of queries that name something: what they name a company's one thing of the kind.
REFERENCES = {"team": "team", "user": "user", "by": "user", "q": "user", "schedule": "schedule"}


@dataclass(frozen=True)
class Operation:
    """One operation: a path as the document writes it, and a method in capitals."""

    path: str
    method: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def guarded(self) -> bool:
        """Whether it takes an API key."""
        return self.path.startswith("/api/v1/")

    @property
    def of_companies(self) -> bool:
        """Whether it is the operator's, who sees all companies."""
        return self.path.startswith("/api/v1/companies")

    @property
    def noun(self) -> str:
        """The function that answers."""
        return route(self.path)[0]

    @property
    def route(self) -> str:
        """Its name in the table of who may do what."""
        return f"{self.method} {self.path.removeprefix('/api/v1')}".replace("{", "<").replace("}", ">")

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters in the path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def documented(self) -> APIOperation[Any, Any, Any, Any]:
        """What schemathesis makes requests of."""
        return document()[self.path][self.method.lower()]

    def ids(self, company: Company) -> dict[str, str]:
        """Return a company's ids for the parameters of this path."""
        return company.ids | ({"key": company.feed} if self.noun == "feeds" else {})

    def at(self, ids: Mapping[str, str]) -> str:
        """Return the path with these ids in it."""
        return self.path.format(**ids)


OPERATIONS = [
    Operation(path, method.upper())
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if method in METHODS
]
GUARDED = [one for one in OPERATIONS if one.guarded]


@cache
def document() -> schemathesis.BaseSchema:
    """Return the document as schemathesis reads it. Its `app` is to be set to who answers."""
    return from_dict(DOCUMENT)


def examples(number: int) -> int:
    """Return how many examples to look at: so many in every run of the tests, all that a longer search asks for."""
    return number if settings.get_current_profile_name() == "repeatable" else settings().max_examples


@dataclass(frozen=True)
class Request:
    """A request to be sent; `generated`: it is as schemathesis made it, which knows whether it must be refused."""

    case: Case
    generated: bool


def requests(operation: Operation, mine: Company) -> st.SearchStrategy[Request]:
    """Return requests: sound ones and unsound ones by the document, and ones that name things the company has."""
    api, sound = operation.documented, operation.documented.as_strategy(GenerationMode.POSITIVE)
    made = [sound]
    if api.body or api.query or api.path_parameters:
        made.append(api.as_strategy(GenerationMode.NEGATIVE))
    named = st.fixed_dictionaries(
        {name: st.sampled_from([operation.ids(mine)[name], SHARED]) for name in operation.parameters}
    )
    generated = st.builds(Request, st.one_of(*made), st.just(True))
    about = st.builds(_about, st.one_of(*made), named, st.booleans(), st.just(mine))
    return st.one_of(generated, about, about)


def _about(case: Case, named: dict[str, str], refers: bool, mine: Company) -> Request:
    """Let a request name things that there are."""
    case.path_parameters = named
    if refers:
        case.body, case.query = _referring(case.body, mine), _referring(case.query, mine)
    return Request(case, generated=False)


def _referring(value: Any, mine: Company) -> Any:
    match value:
        case dict():
            return {name: _reference(name, part, mine) for name, part in value.items()}
        case list():
            return [_referring(part, mine) for part in value]
    return value


def _reference(name: str, part: Any, mine: Company) -> Any:
    if name in REFERENCES and isinstance(part, str):
        return mine.id(REFERENCES[name])
    return _referring(part, mine)
