"""Processes of ours, told apart from whatever got the same number later."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process by its number and the moment it began, as the system writes it."""

    pid: int
    began: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.began) and began(self.pid) == self.began


def process(pid: int) -> Process:
    """The process that has the number now."""
    return Process(pid, began(pid))


def began(pid: int) -> str:
    """When the process began; empty if there is none, or only a dead one that nobody has asked after."""
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]  # starttime, in ticks since the machine came up: proc(5)
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, moment = answer.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else moment.strip()


def end(target: Process, *, patience: float = 5.0) -> None:
    """End the process and its group: kindly, then not. One that is somebody else's by now is left alone."""
    if not target.alive:
        return
    _signal(target, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while target.alive and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(target.pid, os.WNOHANG)
        time.sleep(0.02)
    if target.alive:
        os.killpg(target.pid, signal.SIGKILL)


def _signal(target: Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(target.pid, number)
