"""A place to make mistakes in: a copy of the core and of its unit tests, laid out as mutmut wants it.

mutmut (3.8) takes names of modules from their place below `src`, and works in the directory that it is called in.
"""

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.unit.test_architecture import PURE
from tests.world import ROOT

STAGE = ROOT / ".build" / "mutation"
MODULES = PURE.split()
# They look at the repository as a whole, which is not in this place.
NOT_OF_THE_CORE = ("test_architecture.py", "test_openapi.py", "test_root.py")

CONFIGURATION = """\
[tool.mutmut]
source_paths = ["src"]
also_copy = ["events", "functions", "infra"]
only_mutate = [{modules}]
pytest_add_cli_args_test_selection = ["tests/unit"]
use_git_change_detection = false
track_dependencies = false
timeout_constant = 2.0
timeout_multiplier = 3.0

[tool.pytest.ini_options]
pythonpath = ["src", "."]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:anyio"]
filterwarnings = ["error", "ignore:No application metrics to publish"]
"""


def prepare(modules: Iterable[str]) -> None:
    """Make the place anew; mistakes are made in these modules alone."""
    shutil.rmtree(STAGE, ignore_errors=True)
    _fill(modules)


def renew(modules: Iterable[str]) -> None:
    """Bring the place up to date with the core and the tests; what became of mistakes before is kept."""
    for tests in (STAGE / "tests", STAGE / "mutants" / "tests"):
        shutil.rmtree(tests, ignore_errors=True)
    # What no mistakes are made in is copied anew where mutmut works.
    for file in (STAGE / "mutants" / "src").rglob("*.py"):
        if not file.with_name(f"{file.name}.meta").exists():
            file.unlink()
    # Which tests come by which function is found out anew.
    (STAGE / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    _fill(modules)


def _fill(modules: Iterable[str]) -> None:
    nothing_compiled = shutil.ignore_patterns("__pycache__", *NOT_OF_THE_CORE)
    core = ROOT / "layers" / "core" / "python"
    shutil.copytree(core, STAGE / "src", ignore=nothing_compiled, dirs_exist_ok=True)
    shutil.copytree(ROOT / "tests" / "unit", STAGE / "tests" / "unit", ignore=nothing_compiled)
    for folder in ("events", "functions", "infra"):  # the table of rights is held against the functions' routes
        shutil.copytree(ROOT / folder, STAGE / folder, ignore=nothing_compiled, dirs_exist_ok=True)
    for file in (ROOT / "tests").glob("*.py"):
        shutil.copy(file, STAGE / "tests")
    files = ", ".join(f'"{path}"' for name in modules for path in (source(name), source(f"{name}.__init__")))
    (STAGE / "pyproject.toml").write_text(CONFIGURATION.format(modules=files), encoding="utf-8")


def source(module: str) -> Path:
    """Return where a module's file stands in this place, and in mutmut's copy of it."""
    return Path("src", "tocsin", *module.split(".")).with_suffix(".py")


def command(processes: int) -> list[str]:
    """Return the command that makes the mistakes and runs the tests, to be called in this place."""
    return [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(processes)]
