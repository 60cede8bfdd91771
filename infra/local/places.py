"""Where the local stack keeps what it needs. All of it is below `.local/`, which git ignores."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
CACHE = LOCAL / "cache"  # shared by all stacks of this checkout; everything in it is named by what it was made from
EMBEDDED_AWS_PYTHON = LOCAL / "ministack" / "bin" / "python"
RUNTIME_PYTHON = LOCAL / "runtime" / "bin" / "python"
SIGNING = LOCAL / "sns"


@dataclass(frozen=True)
class Places:
    """The files of one stack."""

    folder: Path

    @property
    def run_file(self) -> Path:
        """What other programs need to drive the stack."""
        return self.folder / "run.json"

    @property
    def record(self) -> Path:
        """Which process the stack is, so that it can be found again."""
        return self.folder / "stack.json"

    @property
    def log(self) -> Path:
        """What the server and the functions said."""
        return self.folder / "server.log"

    @property
    def scratch(self) -> Path:
        """The temporary folder of the server and of all functions; wiped at the start and at the end."""
        return self.folder / "tmp"


def of_checkout() -> Places:
    """The places of the stack that `make` drives."""
    return Places(Path(os.environ.get("TOCSIN_LOCAL_STATE", LOCAL)))
