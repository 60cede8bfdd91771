"""What happened to a ticket is written down from the stream."""

from constructs import Construct

from infra.function import Function, Workshop
from infra.queues import FUNCTION_TIMEOUT
from infra.tickets_stream import follow


class History(Construct):
    """The historian reads tickets, pages and notes, and clears away what is left of a ticket that is gone."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop, *, stream: str) -> None:
        super().__init__(scope, name)
        historian = Function(self, "historian", workshop, timeout=FUNCTION_TIMEOUT)
        keys: list[str | dict[str, str]] = ["TICKET", {"prefix": "PAGE#"}, {"prefix": "NOTE#"}]
        follow(stream, historian, keys=keys, removed=["TICKET"], operations=workshop.operations, parallel=4, batch=100)
