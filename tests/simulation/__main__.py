"""`python -m tests.simulation --mode swarm --seeds 2000`: the search for lost pages. Exits with 1 if one was found."""

# ruff: noqa: T201 - a program for the terminal
import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "layers" / "core" / "python"))
warnings.filterwarnings("ignore")

from tests.simulation import bugs, load, search  # noqa: E402 - the path comes first
from tests.simulation.search import LOAD, MODES, NETS, Result  # noqa: E402

PULL_REQUEST = {
    "load": 10,
    "swarm": 2000,
    "nominal": 500,
    "mild": 500,
    "net_off": 500,
    "net_only": 500,
    "recovery": 500,
}
SHOWN = 20  # failing seeds
P99 = 2.0  # seconds late at most without faults, 99 of 100
DUPLICATES = 0.05  # share of pages that may come twice where faults are rare


def main() -> int:
    """Search, show what was found, and return the exit code."""
    asked = _arguments()
    if asked.bugs:
        return bugs.search(asked.processes, PULL_REQUEST, asked.out)
    modes = PULL_REQUEST if asked.mode == "all" else {asked.mode: asked.seeds}
    begun = time.monotonic()
    jobs = [(mode, seed) for mode, seeds in modes.items() for seed in range(asked.first, asked.first + seeds)]
    results = list(_shown(search.search(jobs, processes=asked.processes), len(jobs)))
    wrong, tables = [], []
    for mode in modes:
        table, of_mode = _summary(mode, [one for one in results if one.mode == mode])
        tables.append(table)
        wrong += of_mode
    tables.append(f"{len(jobs)} seeds in {time.monotonic() - begun:.0f} s, {asked.processes} at a time")
    print("\n" + "\n\n".join(tables))
    if asked.out:
        asked.out.write_text(_page(tables, begins=asked.first))
    failed = sorted((one for one in results if one.violations), key=lambda one: (one.mode, one.seed))
    for result in failed[:SHOWN]:
        print(f"\n{result.replay}")
        for violation in result.violations[:5]:
            print(f"  {violation}")
    print("\n".join(wrong))
    return 1 if failed or wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--mode", choices=[*MODES, LOAD, "all"], default="swarm")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--bugs", action="store_true", help="put known mistakes in, one by one: each must be found")
    parser.add_argument("--out", type=Path, help="a file (Markdown) for the summary")
    return parser.parse_args()


def _page(tables: list[str], *, begins: int) -> str:
    """Return the summary as a page."""
    told = "What `make simulate` found. Times are simulated: how late pages were handed to their provider."
    return f"# The simulation\n\n{told} The first seed was {begins}.\n\n```\n" + "\n\n".join(tables) + "\n```\n"


def _shown(results: Iterable[Result], number: int) -> Iterable[Result]:
    failed = 0
    for done, result in enumerate(results, 1):
        failed += bool(result.violations)
        if sys.stderr.isatty() or done % 100 == 0 or done == number:
            bar = "#" * (40 * done // number)
            end = "\r" if sys.stderr.isatty() and done < number else "\n"
            print(f"[{bar:<40}] {done}/{number} seeds, {failed} failed", end=end, file=sys.stderr, flush=True)
        yield result


def _summary(mode: str, results: list[Result]) -> tuple[str, list[str]]:
    """Return a mode's table, and what is wrong with the whole of it."""
    counts: Counter[str] = Counter()
    late: list[float] = sorted(one for result in results for one in result.lateness)
    for result in results:
        counts.update(result.counts)
    p50, p99, most = (late[min(len(late) - 1, int(len(late) * part))] if late else 0.0 for part in (0.5, 0.99, 1))
    repairs = {name: number for name, number in sorted(counts.items()) if name.startswith(NETS)}
    violations = Counter(violation.invariant for result in results for violation in result.violations)
    rows = {
        "seeds": f"{len(results)}",
        "tickets, pages": f"{counts['tickets']}, {counts['pages']}",
        "lateness p50, p99, max": f"{p50:.2f} s, {p99:.2f} s, {most:.1f} s",
        "duplicates": f"{counts['duplicates']} ({counts['duplicates'] / max(counts['pages'], 1):.1%})",
        "crashes": f"{counts['crashes']}",
        "repairs": ", ".join(f"{name} {number}" for name, number in repairs.items()) or "none",
        "violations": ", ".join(f"{name} {number}" for name, number in violations.items()) or "none",
    }
    besides = list(_besides(results)) if mode == LOAD else []
    rows |= {f"p99 beside {kind}": f"{beside:.2f} s, alone {alone:.2f} s" for kind, _, beside, alone in besides}
    table = "\n".join([mode, *(f"  {name:<24}{shown}" for name, shown in rows.items())])
    wrong = [
        f"load: p99 beside {kind} is {beside:.2f} s, alone {alone:.2f} s"
        for kind, runs, beside, alone in besides
        if runs >= load.ENOUGH and beside > load.SLOWER * alone
    ]
    if mode == "nominal" and p99 > P99:
        wrong.append(f"nominal: p99 of lateness is {p99:.2f} s")
    if mode in ("mild", "recovery") and counts["duplicates"] > DUPLICATES * max(counts["pages"], 1):
        wrong.append(f"{mode}: too many pages came twice")
    return table, wrong


def _besides(results: list[Result]) -> Iterator[tuple[str, int, float, float]]:
    """Yield what was wrong with A, in how many runs, and the p99 of B's lateness in all: beside A, and alone."""
    for kind in load.KINDS:
        runs = [one for one in results if load.kind(one.seed) == kind]
        if runs:
            beside = [late for one in runs for late in one.lateness]
            alone = [late for one in runs for late in one.alone]
            yield kind, len(runs), load.p99(beside), load.p99(alone)


if __name__ == "__main__":
    sys.exit(main())
