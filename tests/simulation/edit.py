"""A mistake that is put into the product while a search lasts: some words of a source in the place of others."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from types import FunctionType
from typing import Any


@dataclass(frozen=True)
class Edit:
    """Words of a function's source (`module.function`), and what stands there instead. A constant has no words."""

    where: str
    old: str
    new: str

    @contextmanager
    def made(self) -> Iterator[None]:
        """Make the edit, for a while. Raises AssertionError if the words are not there: the product has changed."""
        if self.old:
            with rewritten(self.function, self.source.replace(self.old, self.new)):
                yield
            return
        owner, name = self._owner()
        kept = getattr(owner, name)
        setattr(owner, name, eval(self.new, vars(owner)))  # noqa: S307 - written below
        try:
            yield
        finally:
            setattr(owner, name, kept)

    @property
    def function(self) -> FunctionType:
        """The function, or that of a property."""
        owner, name = self._owner()
        found: FunctionType = _function(getattr(owner, name))
        return found

    @property
    def source(self) -> str:
        """The function's source, which has the words once."""
        found = textwrap.dedent(inspect.getsource(self.function))
        assert found.count(self.old) == 1, f"{self.where} does not say {self.old!r} once"
        return found

    def _owner(self) -> tuple[Any, str]:
        module, *path, name = self.where.split(".")
        return reduce(getattr, path, import_module(f"tocsin.{module}")), name


@contextmanager
def rewritten(function: FunctionType, source: str | ast.Module) -> Iterator[None]:
    """Let a function do what another source says, for a while."""
    made: dict[str, Any] = {}
    exec(compile(source, function.__qualname__, "exec"), dict(function.__globals__), made)  # noqa: S102 - of our own
    (edited,) = (one for one in map(_function, made.values()) if isinstance(one, FunctionType))
    kept, function.__code__ = function.__code__, edited.__code__
    try:
        yield
    finally:
        function.__code__ = kept


def _function(made: Any) -> Any:
    return getattr(made, "fget", made)


@dataclass(frozen=True)
class Bug:
    """A mistake by name."""

    name: str
    edits: tuple[Edit, ...]

    @contextmanager
    def made(self) -> Iterator[None]:
        """Have the mistake in the product, for a while."""
        if not self.edits:
            yield
            return
        with self.edits[0].made(), Bug(self.name, self.edits[1:]).made():
            yield


def bug(name: str, where: str, old: str, new: str, *more: Edit) -> Bug:
    """Return a mistake."""
    return Bug(name, (Edit(where, old, new), *more))
