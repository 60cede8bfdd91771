"""`docs/mutation.md`: how many mistakes the unit tests notice in each module, and why others live."""

import json
from collections.abc import Iterable
from typing import Any

from tests.mutation.outcome import Mutant
from tests.mutation.reasons import UNKNOWN, reason
from tests.mutation.stage import MODULES
from tests.world import ROOT

DATA = ROOT / "docs" / "mutation.json"
PAGE = ROOT / "docs" / "mutation.md"
ENOUGH = 0.9

HEAD = """\
# Mutation testing of the pure core

Small mistakes are put into the modules that decide (the list `PURE` in `tests/unit/test_architecture.py`), one at a
time, by [mutmut](https://github.com/boxed/mutmut); the unit tests that come by are to notice. `make mutants` looks at
all modules, `make mutants MODULE="decision rule"` at some, and this page is written; `AGAIN=1` tries those alone that
lived, with the tests as they are now. Mistakes are made inside functions only: tables at the top of a module and
functions with decorators are held by the tests alone. A mistake that no test comes by counts as one that lives.

"""


def write(found: Iterable[Mutant], modules: Iterable[str]) -> float:
    """Bring the page up to date for the modules that were looked at. Return the share noticed, of all measured."""
    known: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    by_module: dict[str, list[Mutant]] = {module: [] for module in modules}
    for mutant in found:
        by_module.setdefault(mutant.module, []).append(mutant)
    for module, mutants in by_module.items():
        alive = sorted(mutant.name for mutant in mutants if mutant.alive)
        known[module] = {"mistakes": len(mutants), "alive": alive}
    DATA.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(_page(dict(sorted(known.items()))), encoding="utf-8")
    return _share(known)


def _share(known: dict[str, Any]) -> float:
    made = sum(one["mistakes"] for one in known.values())
    return 1 - sum(len(one["alive"]) for one in known.values()) / made if made else 0.0


def _page(known: dict[str, Any]) -> str:
    rows = [
        f"| `{module}` | {one['mistakes']} | {len(one['alive'])} | {1 - len(one['alive']) / one['mistakes']:.0%} |"
        for module, one in known.items()
        if one["mistakes"]
    ]
    made, alive = sum(one["mistakes"] for one in known.values()), sum(len(one["alive"]) for one in known.values())
    table = ["| module | mistakes | alive | noticed |", "| --- | ---: | ---: | ---: |", *rows]
    table.append(f"| **all** | {made} | {alive} | **{_share(known):.1%}** |")
    none = ", ".join(f"`{module}`" for module, one in known.items() if not one["mistakes"])
    table += ["", f"Nothing to make a mistake in: {none}."] if none else []
    left = ", ".join(f"`{module}`" for module in MODULES if module not in known)
    table += ["", f"Not measured yet: {left}."] if left else []
    return HEAD + "\n".join(table) + "\n\n## What lives, and why\n\n" + "\n".join(_survivors(known)) + "\n"


def _survivors(known: dict[str, Any]) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for one in known.values():
        for name in one["alive"]:
            by_reason.setdefault(reason(name), []).append(name)
    lines = []
    for why, names in sorted(by_reason.items(), key=lambda pair: (pair[0] == UNKNOWN, pair[0])):
        lines += [f"**{why}** ({len(names)})", "", "```", *names, "```", ""]
    return lines
