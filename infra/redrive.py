"""A person gives dead letters another try: one function with the rights for it, which nothing calls by itself."""

from collections.abc import Mapping
from dataclasses import replace

import aws_cdk as cdk
from constructs import Construct

from infra.function import Function, Workshop
from infra.places import Located, Place


class Redrive(Construct):
    """The redriver. It knows all dead letters, and the functions that take theirs themselves."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop, *, functions: Mapping[str, Function]) -> None:
        """Make it after everything that has dead letters; `functions` are by their names in the table of rights."""
        super().__init__(scope, name)
        stack = cdk.Stack.of(self)
        letters = {_short(of): queue for of, queue in workshop.operations.dead_letters.items()}
        urls = stack.to_json_string({short: queue.queue_url for short, queue in letters.items()})
        names = stack.to_json_string({of: one.function.function_name for of, one in functions.items()})
        places = {
            **workshop.places,
            Place.ALL_DEAD_LETTERS: Located(
                tuple(queue.queue_arn for queue in letters.values()), {"DEAD_LETTERS": urls}
            ),
            Place.REDRIVEN_FUNCTIONS: Located(
                tuple(one.function.function_arn for one in functions.values()), {"REDRIVEN_FUNCTIONS": names}
            ),
        }
        self.redriver = Function(self, "redriver", replace(workshop, places=places), timeout=cdk.Duration.seconds(110))


def _short(of: str) -> str:
    """Return how a person names the dead letters of `DueQueue`, `Timers`, `Ingest`: due, timers, ingest."""
    return of.removesuffix("Queue").lower()
