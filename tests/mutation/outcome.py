"""What became of the mistakes, read from what mutmut leaves behind: killed, or alive, and which line they changed."""

import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from tests.mutation import stage

# Exit codes of pytest under a mistake, as mutmut's `stats` has them. A mistake that lets a test run on for ever or
# crash the interpreter is noticed as well as one that fails it.
KILLED = (1, 3)
NO_TEST = 33
ALIVE = (0, NO_TEST)
NOT_ASKED = (None, 2)


@dataclass(frozen=True)
class Mutant:
    """A mistake: the function it was made in, the line as it is and as it was made. `alive`: no test noticed it."""

    module: str
    function: str
    before: str
    after: str
    alive: bool
    tested: bool

    @property
    def name(self) -> str:
        """Return what tells it from others, also after lines above it have changed."""
        return f"{self.module}.{self.function}: {self.before} -> {self.after}"


def read(modules: list[str], place: Path = stage.STAGE) -> list[Mutant]:
    """Return all mistakes that were tried in these modules."""
    return [mutant for module in modules for mutant in _module(module, place / "mutants")]


def forget_the_living(modules: list[str], place: Path = stage.STAGE) -> None:
    """Let those mistakes be tried again that no test noticed."""
    metas = (_mutated(module, place / "mutants").with_suffix(".py.meta") for module in modules)
    for meta in (one for one in metas if one.exists()):
        known = json.loads(meta.read_text(encoding="utf-8"))
        codes = known["exit_code_by_key"]
        known["exit_code_by_key"] = {key: None if code in ALIVE else code for key, code in codes.items()}
        meta.write_text(json.dumps(known, indent=4), encoding="utf-8")


def _mutated(module: str, mutants: Path) -> Path:
    file = mutants / stage.source(module)
    return file if file.exists() else mutants / stage.source(f"{module}.__init__")


def _module(module: str, mutants: Path) -> list[Mutant]:
    file = _mutated(module, mutants)
    codes = _json(file, ".meta")["exit_code_by_key"]
    if not codes:
        return []
    lines, spans = file.read_text(encoding="utf-8").splitlines(), _json(file, ".spans")["spans"]

    def text(name: str) -> list[str]:
        begin, end = spans[name]
        return [line.strip().replace(name, "f") for line in lines[begin - 1 : end]]

    found = []
    for key, code in codes.items():
        if code in NOT_ASKED:
            continue
        name = key.rpartition(".")[2]
        generic = name.partition("__mutmut_")[0]
        before, after = _changed(text(f"{generic}__mutmut_orig"), text(name))
        alive = code in ALIVE
        found.append(Mutant(module, _function(generic), before, after, alive, tested=code != NO_TEST))
    return found


def _json(file: Path, kind: str) -> dict[str, dict[str, int]]:
    path = file.with_name(file.name + kind)
    found: dict[str, dict[str, int]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _function(mangled: str) -> str:
    """Return `function` or `Class.method`; mutmut writes `x_function` and `x\u01c1Class\u01c1method`."""
    return mangled.removeprefix("x_").replace("x\u01c1", "", 1).replace("\u01c1", ".")


def _changed(before: list[str], after: list[str]) -> tuple[str, str]:
    lines = list(difflib.ndiff(before, after))
    return " ".join(line[2:] for line in lines if line[0] == "-"), " ".join(
        line[2:] for line in lines if line[0] == "+"
    )
