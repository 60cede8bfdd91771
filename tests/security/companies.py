"""Both companies behind one gateway, and what must hold of every request of either: the other one does not show."""

from types import TracebackType
from typing import Self

from tests.security.company import Company
from tests.security.gateway import Gateway
from tests.simulation.cloud.table import Item
from tests.world import Answer


class Companies:
    """`mine` is who asks, `other` is whom it must never see."""

    def __init__(self) -> None:
        self.gateway = Gateway()
        self.mine = Company("archaeopteryx", 11111111)
        self.other = Company("quetzalcoatlus", 22222222)

    def __enter__(self) -> Self:
        self.gateway.__enter__()
        for company in (self.mine, self.other):
            company.fill(self.gateway)
        self.filled = self.gateway.snapshot()
        self._foreign = self._rows()
        assert len(self._foreign) > 30
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gateway.__exit__(kind, error, trace)

    def restore(self) -> None:
        """Put everything back as it was when both were filled."""
        self.gateway.restore(self.filled)

    def _rows(self) -> dict[tuple[str, str, str], Item]:
        """Return the other company's rows, those that an answer finds it by included."""
        return {
            (table, *key): row
            for table, rows in self.gateway.snapshot().items()
            for key, row in rows.items()
            if key[0].startswith(f"T#{self.other.name}#") or row.get("tenant") == {"S": self.other.name}
        }

    def unchanged(self) -> bool:
        """Say whether the other company's rows are as they were, each of them, and none has been added."""
        return self._rows() == self._foreign

    def told(self, answer: Answer, *, asked: str = "") -> list[str]:
        """Return what an answer tells of the other company that was not in the request itself."""
        text = f"{answer.headers} {answer.body}"
        return [secret for secret in self.other.secrets if secret in text and secret not in asked]
