"""The one gate through which every call of a handler leaves: counted here, and here faults come in.

A fault sees each call before and after it takes effect. It raises an error of the service, or `Killed`, or lets time
pass; what it does to one call it does in the life of one function that is called by name.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from tests.simulation.cloud.errors import Exceptions

ENDLESS = 5_000  # calls of one function; they take milliseconds each
ENDLESS_RUN = 100_000  # calls of a run: more than twice as many as in any that comes to its end


class Killed(BaseException):
    """The process is gone, in the middle of whatever it did. No handler can catch it."""


class Endless(BaseException):
    """The run goes round in circles. No handler can catch it."""


class Call(NamedTuple):
    """One call: the how-manieth of all, by which function (empty: a test), to what, with what."""

    number: int
    function: str
    service: str
    operation: str
    arguments: Mapping[str, Any]
    tenant: str = ""  # whose session it was made by; by none, it was the function itself


class Fault(Protocol):
    """Something that goes wrong with calls."""

    def before(self, call: Call) -> None:
        """Raise, and the call has no effect."""

    def after(self, call: Call) -> None:
        """Raise, and the call took effect but its answer is lost."""


class Gate:
    """Counts calls and lets faults at them."""

    def __init__(self) -> None:
        self.function = ""
        self.calls: list[Call] = []
        self._begun = 0  # how many calls there were when the function began
        self.faults: list[Fault] = []

    @contextmanager
    def inside(self, function: str) -> Iterator[None]:
        """Calls in this block are made by `function`."""
        before = self.function, self._begun
        self.function, self._begun = function, len(self.calls)
        try:
            yield
        finally:
            self.function, self._begun = before

    def of(self, *functions: str) -> list[Call]:
        """Return the calls that these functions made."""
        return [call for call in self.calls if call.function in functions]

    def pass_(
        self, service: str, operation: str, arguments: dict[str, Any], effect: Callable[..., Any], tenant: str = ""
    ) -> Any:
        """Make a call. A function that never comes to an end is killed, as by its time-out. Raises `Endless`."""
        if len(self.calls) > ENDLESS_RUN:
            raise Endless(f"{ENDLESS_RUN} calls were made, the last ones by the {self.function or 'API'}")
        if self.function and len(self.calls) > self._begun + ENDLESS:
            raise Killed
        call = Call(len(self.calls), self.function, service, operation, arguments, tenant)
        self.calls.append(call)
        for fault in self.faults:
            fault.before(call)
        answer = effect(**arguments)
        for fault in self.faults:
            fault.after(call)
        return answer


class Client:
    """A client as boto3 has it: an attribute for each operation that the service models, and `exceptions`."""

    def __init__(self, name: str, service: Any, gate: Gate, tenant: str = "") -> None:
        self._name, self._service, self._gate, self._tenant = name, service, gate, tenant
        self.exceptions: Exceptions = service.exceptions

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        effect = getattr(self._service, operation)

        def call(**arguments: Any) -> Any:
            return self._gate.pass_(self._name, operation, arguments, effect, self._tenant)

        setattr(self, operation, call)
        return call


@dataclass
class CrashOnce:
    """Kills the process once: at the `number`-th call that these functions make, before it or after it."""

    functions: tuple[str, ...]
    number: int
    when: str = "before"
    seen: int = 0
    done: Call | None = None

    def before(self, call: Call) -> None:
        if call.function in self.functions:
            self._at(call, "before")

    def after(self, call: Call) -> None:
        if call.function in self.functions:
            self._at(call, "after")
            self.seen += 1

    def _at(self, call: Call, when: str) -> None:
        if self.done is None and self.seen == self.number and self.when == when:
            self.done = call
            raise Killed


@dataclass(frozen=True)
class Outage:
    """Kills every process of these functions at its first call."""

    functions: tuple[str, ...]

    def before(self, call: Call) -> None:
        if call.function in self.functions:
            raise Killed

    def after(self, call: Call) -> None:
        """An outage lets nothing through, so nothing comes back."""


@dataclass(eq=False)
class Meanwhile:
    """Lets something happen in the middle of a function, once: before its call of this operation and number (from 0).

    `counts`: whether a call is one of those that are numbered.
    """

    function: str
    operation: str
    happens: Callable[[], object]
    number: int = 0
    counts: Callable[[], bool] = lambda: True
    done: bool = False

    def before(self, call: Call) -> None:
        """Let it happen, if this is the call."""
        if self.done or (call.function, call.operation) != (self.function, self.operation) or not self.counts():
            return
        if self.number:
            self.number -= 1
        else:
            self.done = True
            self.happens()

    def after(self, call: Call) -> None:
        """Nothing more happens."""
