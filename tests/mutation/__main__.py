"""`python -m tests.mutation --module decision`: make small mistakes in the pure core, count those that nobody notices.

Brings `docs/mutation.json` up to date for the modules that were looked at, and writes `docs/mutation.md` from it.
Exits with 1 if less than nine of ten mistakes were noticed.
"""

# ruff: noqa: T201 - a program for the terminal
import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "layers" / "core" / "python"))

from tests.mutation import outcome, report, stage


def main() -> int:
    """Make the mistakes, write what became of them, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument(
        "--module",
        nargs="+",
        choices=stage.MODULES,
        default=stage.MODULES,
        help="these alone; missing: all that are pure",
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="those alone that lived, or were not tried yet")
    asked = parser.parse_args()
    modules = asked.module
    if asked.again:
        stage.renew(modules)
        outcome.forget_the_living(modules)
    else:
        stage.prepare(modules)
    done = subprocess.run(stage.command(asked.processes), cwd=stage.STAGE, check=False)  # noqa: S603 - our own tool
    if done.returncode:
        return done.returncode
    found = outcome.read(modules)
    alive = [mutant for mutant in found if mutant.alive]
    for mutant in alive:
        print(f"alive: {mutant.name}")
    share = report.write(found, modules)
    print(f"{len(found)} mistakes, {len(found) - len(alive)} noticed; of all that were measured {share:.1%}")
    return 0 if share >= report.ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
