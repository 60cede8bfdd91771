"""A mistake that is put into the product while a search lasts: some words of a source in the place of others."""

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
        owner, name = self._owner()
        if not self.old:
            kept = getattr(owner, name)
            setattr(owner, name, eval(self.new, vars(owner)))  # noqa: S307 - written below
            try:
                yield
            finally:
                setattr(owner, name, kept)
            return
        function = getattr(owner, name)
        function = function.fget if isinstance(function, property) else function
        code = function.__code__
        function.__code__ = self._edited(function)
        try:
            yield
        finally:
            function.__code__ = code

    def _owner(self) -> tuple[Any, str]:
        module, *path, name = self.where.split(".")
        return reduce(getattr, path, import_module(f"tocsin.{module}")), name

    def _edited(self, function: FunctionType) -> Any:
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.old) == 1, f"{self.where} does not say {self.old!r} once"
        made: dict[str, Any] = {}
        exec(compile(source.replace(self.old, self.new), self.where, "exec"), dict(function.__globals__), made)  # noqa: S102 - as above
        functions = (getattr(one, "fget", one) for one in made.values())
        (edited,) = (one for one in functions if isinstance(one, FunctionType))
        return edited.__code__


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
