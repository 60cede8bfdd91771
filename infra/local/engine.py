"""The embedded AWS as a process: start it on free ports, wait until it answers, stop it."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from infra.local import places
from infra.local.errors import StartFailed
from infra.local.places import Places
from infra.local.processes import Process, end, process

REGION = "us-east-1"
ACCOUNT = "111122223333"
PORT = 4566  # the usual one of embedded AWSs
FRONT_PORT = 8088
PATIENCE = 30.0  # seconds for a start that takes a third of one

# Servers that this process started. To forget one is to let go of its leash.
_started: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Engine:
    """A running server: its process, the AWS endpoint, and the root of the HTTP API."""

    process: Process
    port: int
    front_port: int

    @property
    def endpoint(self) -> str:
        """Where AWS answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where the HTTP API answers; no slash at its end."""
        return f"http://127.0.0.1:{self.front_port}"


def start(where: Places, *, leash: bool) -> Engine:
    """Start the server and wait until it answers.

    With `leash` it ends together with this process, however that ends. Raises StartFailed.
    """
    shutil.rmtree(where.scratch, ignore_errors=True)
    where.scratch.mkdir(parents=True)
    with _listener(PORT) as aws, _listener(FRONT_PORT) as front, where.log.open("wb") as log:
        port, front_port = _port(aws), _port(front)
        # A session of its own: Ctrl-C at the terminal is for the program that started it, which then ends it in order.
        server = subprocess.Popen(
            _command(aws, front, leash=leash),
            cwd=places.ROOT,
            env=_environment(where, port),
            pass_fds=(aws.fileno(), front.fileno()),
            stdin=subprocess.PIPE if leash else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started[server.pid] = server
    engine = Engine(process(server.pid), port, front_port)
    _wait(server, engine, where)
    return engine


def stop(engine: Engine, where: Places) -> None:
    """End the server and everything that it started, and wipe its temporary files."""
    end(engine.process)
    server = _started.pop(engine.process.pid, None)
    if server:
        with server:  # waits, and closes the leash
            pass
    shutil.rmtree(where.scratch, ignore_errors=True)


def _listener(preferred: int) -> socket.socket:
    """A socket that listens at the preferred port, or, if somebody else does, at one that the system gives.

    The server inherits it: nobody can take the port in between.
    """
    for port in (preferred, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
        except OSError:
            listener.close()
        else:
            return listener
    raise StartFailed("no port is free on 127.0.0.1")


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _command(aws: socket.socket, front: socket.socket, *, leash: bool) -> list[str]:
    return [
        str(places.EMBEDDED_AWS_PYTHON),
        "-m",
        "infra.local.server",
        f"--aws={aws.fileno()}",
        f"--front={front.fileno()}",
        f"--front-port={_port(front)}",
        f"--runtime={places.RUNTIME_PYTHON}",
        f"--layers={places.CACHE / 'layers'}",
        f"--signing={places.SIGNING}",
        *(["--leash"] if leash else []),
    ]


def _environment(where: Places, port: int) -> dict[str, str]:
    """Of this machine's environment the path alone: functions inherit it, and must find no credentials or settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(where.scratch),
        "TMPDIR": str(where.scratch),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": "true",  # every role has its own rights and no others, as on AWS
        "LAMBDA_ACCOUNT_CONCURRENCY": "64",  # calls above it fail, they do not wait
    }


def _wait(server: subprocess.Popen[bytes], engine: Engine, where: Places) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"{engine.endpoint}/_ministack/health", timeout=5
            ):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    end(engine.process)
    raise StartFailed(f"The embedded AWS did not start. Its last words ({where.log}):\n{where.log.read_text()[-2000:]}")
