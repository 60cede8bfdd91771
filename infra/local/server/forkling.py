"""Runs on the functions' interpreter: imports what all functions import, and forks a worker from that whenever asked.

    python forkling.py SOCKET LAYERS

SOCKET is the descriptor of a Unix socket; each request on it is the path of a JSON file {script, cwd, environment},
with four descriptors: the worker's standard streams, and one that it holds open as long as it lives. The answer is
the worker's process id, four bytes. Standard library only; nothing else is there.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

# What costs most of a cold start. Those that a layer does not have are passed over.
COSTLY = (
    "boto3",
    "botocore.client",
    "botocore.handlers",
    "botocore.httpsession",
    "pydantic",
    "pydantic.deprecated.decorator",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
)


def main() -> None:
    """Import, then fork until the other end of the socket is closed."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    path = list(sys.path)
    sys.path[:0] = [str(Path(layer) / "python") for layer in sys.argv[2].split(os.pathsep)]
    for name in COSTLY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.path[:] = path  # a worker finds its layers by itself
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here asks how a worker ended
    while True:
        request, streams, _flags, _address = socket.recv_fds(requests, 4096, 4)
        if not request:
            return
        if (pid := os.fork()) == 0:
            requests.close()
            _become_worker(json.loads(Path(request.decode()).read_text()), streams)
        for stream in streams:
            os.close(stream)
        requests.sendall(pid.to_bytes(4, "big"))


def _become_worker(request: dict[str, object], streams: list[int]) -> NoReturn:
    """Be what `python script` would be, in that folder and environment."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in range(3):
        os.dup2(streams[number], number)
        os.close(streams[number])
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]  # of names and values, as JSON had them
    os.chdir(str(request["cwd"]))
    script = str(request["script"])
    sys.argv, sys.path[0] = [script], str(Path(script).parent)
    code = 1
    try:
        runpy.run_path(script, run_name="__main__")
        code = 0
    except BaseException:  # noqa: BLE001  # as an interpreter does at its end
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
