import inspect

import pytest

from tocsin import errors
from tocsin.errors import Invalid, MethodNotAllowed, Overloaded, Problem, TooMany, Unauthorized

PROBLEMS = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Problem)]


def test_every_problem_has_the_status_that_the_tree_in_the_docstring_shows() -> None:
    drawn = errors.__doc__ or ""
    for problem in PROBLEMS:
        line = next(line for line in drawn.splitlines() if f" {problem.__name__} " in line)
        assert problem is Problem or f" {int(problem.status)} " in line


def test_every_error_of_the_module_is_drawn() -> None:
    drawn = errors.__doc__ or ""
    classes = [name for name, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]
    assert [name for name in classes if name not in drawn] == []


def test_a_problem_document_has_what_rfc_9457_names() -> None:
    assert errors.NotFound("There is no such ticket.").document() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such ticket.",
    }


def test_what_is_invalid_says_where() -> None:
    error = Invalid.at("body", "steps", 0, "wait", msg="too short")
    assert error.document()["errors"] == [{"loc": ["body", "steps", 0, "wait"], "msg": "too short"}]
    assert error.detail == "body.steps.0.wait: too short"


@pytest.mark.parametrize(
    ("problem", "headers"),
    [
        (Unauthorized("No."), {"WWW-Authenticate": "Bearer"}),
        (MethodNotAllowed(["GET", "PATCH"]), {"Allow": "GET, PATCH"}),
        (TooMany("Too many.", retry_after=30), {"Retry-After": "30"}),
        (Overloaded(), {"Retry-After": "2"}),
    ],
)
def test_a_refusal_brings_the_header_that_goes_with_it(problem: Problem, headers: dict[str, str]) -> None:
    assert problem.headers == headers
