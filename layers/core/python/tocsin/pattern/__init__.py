"""EventBridge event patterns over a ticket's fields: the `when` of a rule.

    {"severity": ["sev1", "sev2"], "labels": {"service": [{"prefix": "checkout"}], "env": [{"anything-but": "test"}]}}

Every named field must match one entry of its list. The operators and their meaning are EventBridge's (Amazon
EventBridge user guide, comparison operators in event patterns), with two differences: all fields of a ticket are
strings, so `numeric` reads strings that are numbers; and a field that is null counts as missing. A missing field is
matched by `{"exists": false}` alone. `$or` takes two or more whole patterns, at the top only.

Matching takes time in proportion to the text: there is no backtracking.
"""

from itertools import islice
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from tocsin.pattern.checking import FIELDS, problems
from tocsin.pattern.matching import failing, matches

__all__ = ["FIELDS", "EventPattern", "failing", "matches", "validate"]

_MOST_PROBLEMS = 50  # of one pattern are reported


def validate(pattern: Any) -> dict[str, Any]:
    """Check a pattern and return it.

    Raises:
        ValidationError: a ValueError with one entry a mistake; `loc` is the place inside the pattern, such as
            `("labels", "service", 0)`. Inside a model's validator, pydantic puts the model's own place before it.
    """
    found = list(islice(problems(pattern), _MOST_PROBLEMS))
    if found:
        raise ValidationError.from_exception_data(
            "event pattern",
            [
                InitErrorDetails(type=PydanticCustomError("event_pattern", "{why}", {"why": why}), loc=loc, input=None)
                for loc, why in found
            ],
        )
    return dict(pattern)


EventPattern = Annotated[
    dict[str, Any],
    AfterValidator(validate),
    WithJsonSchema(
        {
            "type": "object",
            "description": "An EventBridge event pattern over the ticket's fields "
            f"({', '.join(FIELDS)}, labels): lists of exact values or of prefix, suffix, anything-but, exists, numeric "
            "(reads strings that are numbers), equals-ignore-case, wildcard.",
            "examples": [{"severity": ["sev1", "sev2"], "labels": {"service": [{"prefix": "checkout"}]}}],
        }
    ),
]
"""A field that holds a valid pattern."""
