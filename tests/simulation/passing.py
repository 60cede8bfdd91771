"""Which runs come by the place of a mistake: on all others a run with it is the run without it, and shows nothing."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from typing import Any

from tests.simulation.edit import Bug, Edit, rewritten
from tests.simulation.search import TOGETHER, Job, played, workers

_MARK = "__passed__"
_passed: set[str] = set()  # the mistakes by whose places the run came that is played now


def runs(bugs: Collection[Bug], jobs: Sequence[Job], *, processes: int) -> dict[str, list[Job]]:
    """Play runs without any mistake, and return for each mistake, by name, those that come by its place, in order.

    A constant is everywhere. Raises AssertionError for a run that shows a violation without a mistake.
    """
    found: dict[str, list[Job]] = {one.name: [] for one in bugs}
    everywhere = {one.name for one in bugs if not all(edit.old for edit in one.edits)}
    with _watched(bugs), workers(processes) as pool:
        for job, passed in zip(jobs, pool.imap(_places, jobs, chunksize=TOGETHER), strict=True):
            for name in passed | everywhere:
                found[name].append(job)
    return found


def _places(job: Job) -> frozenset[str]:
    _passed.clear()
    result = played(job)
    assert not result.violations, f"{result.replay} fails without a mistake"
    return frozenset(_passed)


@contextmanager
def _watched(bugs: Collection[Bug]) -> Iterator[None]:
    """Let the places of mistakes tell when they are passed, for a while."""
    places: dict[str, list[tuple[str, Edit]]] = defaultdict(list)
    for one in bugs:
        for edit in one.edits:
            if edit.old:
                places[edit.where].append((one.name, edit))
    with ExitStack() as stack:
        for edits in places.values():
            function = edits[0][1].function
            function.__globals__[_MARK] = _passed.add
            stack.callback(function.__globals__.pop, _MARK, None)
            stack.enter_context(rewritten(function, _marked(edits)))
        yield


def _marked(edits: list[tuple[str, Edit]]) -> ast.Module:
    """Return a function's source with a mark before each statement that one of the edits changes."""
    source = edits[0][1].source
    tree = ast.parse(source)
    for name, edit in edits:
        body, place = _statement(tree, source, edit)
        mark = ast.parse(f"{_MARK}({name!r})").body[0]
        body.insert(place, mark)
    return ast.fix_missing_locations(tree)


def _statement(tree: ast.Module, source: str, edit: Edit) -> tuple[list[Any], int]:
    """Return the innermost list of statements that an edit changes, and where in it; else the function's beginning."""
    pairs = zip(edit.old[:-1], edit.new, strict=False)
    begin = source.index(edit.old) + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    line = source.count("\n", 0, begin) + 1
    column = begin - (source.rfind("\n", 0, begin) + 1)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    found: tuple[list[Any], int] = (function.body, 0)
    for node in ast.walk(function):
        for _, held in ast.iter_fields(node):
            if isinstance(held, list) and held and isinstance(held[0], ast.stmt):
                for place, one in enumerate(held):
                    if (one.lineno, one.col_offset) <= (line, column) < (one.end_lineno, one.end_col_offset):
                        found = held, place
    return found
