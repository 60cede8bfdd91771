"""Workers as forks of a process that has done the imports: tens of milliseconds each instead of most of a second.

On AWS many instances start side by side; on two cores they queue behind each other, and a burst of requests, or the
first call of all functions, would be seconds of nothing but imports.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

PROGRAM = Path(__file__).with_name("forkling.py")


class Worker:
    """A forked worker, with as much of `subprocess.Popen` as the server uses."""

    def __init__(self, pid: int, streams: tuple[IO[str], IO[str], IO[str]], life: int) -> None:
        self.pid = pid
        self.stdin, self.stdout, self.stderr = streams
        self.returncode: int | None = None
        self._life = life  # readable, at its end, when nobody holds the other end any more

    def poll(self) -> int | None:
        """None as long as it lives."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        if self.returncode is None:
            poll = select.poll()  # select() takes no file number over 1023, and a burst has more
            poll.register(self._life, select.POLLIN)
            if not poll.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("worker", timeout or 0)
            self.returncode = -1  # how it ended is not known, and nobody asks
            os.close(self._life)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Nursery:
    """The process that all workers of a set of layers are forked from."""

    def __init__(self, python: Path, layers: str) -> None:
        ours, theirs = socket.socketpair()
        command = [str(python), str(PROGRAM), str(theirs.fileno()), layers]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        theirs.close()
        self._requests = ours
        self._one_at_a_time = threading.Lock()

    def fork(self, script: str, cwd: str, environment: dict[str, str]) -> Worker:
        """A worker that runs the script. Raises OSError if the nursery is gone."""
        request = Path(f"{script}.json")
        request.write_text(json.dumps({"script": script, "cwd": cwd, "environment": environment}))
        pipes = [os.pipe() for _ in range(4)]  # standard input, output, error, life
        theirs = [pipes[0][0], *(pipe[1] for pipe in pipes[1:])]
        try:
            with self._one_at_a_time:
                socket.send_fds(self._requests, [str(request).encode()], theirs)
                pid = int.from_bytes(self._requests.recv(4), "big")
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        if pid == 0:
            raise BrokenPipeError("the nursery is gone")
        streams = (
            os.fdopen(pipes[0][1], "w", buffering=1, encoding="utf-8"),
            os.fdopen(pipes[1][0], encoding="utf-8"),
            os.fdopen(pipes[2][0], encoding="utf-8"),
        )
        return Worker(pid, streams, pipes[3][0])


def patch() -> None:
    """Let workers of functions with layers be forked; all others are started as before."""
    nurseries: dict[str, Nursery] = {}
    lock = threading.Lock()

    def nursery(python: str, layers: str) -> Nursery:
        with lock:
            if layers not in nurseries or nurseries[layers].process.poll() is not None:
                nurseries[layers] = Nursery(Path(python), layers)
            return nurseries[layers]

    def popen(command: list[str], *, cwd: str, env: dict[str, str], **options: Any) -> Any:
        layers = env.get("_LAMBDA_LAYERS_DIRS")
        if not layers or not command[-1].endswith("_worker.py"):
            return subprocess.Popen(command, cwd=cwd, env=env, **options)
        return nursery(command[0], layers).fork(command[-1], cwd, env)

    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    runtime.subprocess = SimpleNamespace(Popen=popen, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired)
