"""`make up` and `make down`: what they leave, what they say, and what happens after an interruption."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import recovery
from infra.local.client import Client
from infra.local.engine import start, stop
from infra.local.places import ROOT, Places
from infra.local.processes import Process, process
from tests.e2e.toy import until

Command = Callable[[str], str]

KEYS = {
    "url",
    "operator_key",
    "company",
    "api_key",
    "aws_endpoint",
    "region",
    "account",
    "alarm_topic_arn",
    "sms_reply_topic_arn",
    "tickets_table",
    "directory_table",
    "sns_signing_key",
    "sns_signing_cert_url",
}


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Places]:
    places = Places(tmp_path)
    yield places
    recovery.clear(places)


@pytest.fixture
def local(where: Places) -> Command:
    """Run a command of the local stack in a state of its own; answers what it said."""

    def run(command: str) -> str:
        environment = {**os.environ, "TOCSIN_LOCAL_STATE": str(where.folder)}
        answer = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-m", "infra.local", command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    return run


def test_up_leaves_a_run_file_for_its_owner_alone_and_down_leaves_nothing(where: Places, local: Command) -> None:
    local("up")
    run = json.loads(where.run_file.read_text())
    assert set(run) == KEYS
    assert stat.S_IMODE(where.run_file.stat().st_mode) == 0o600
    assert not run["url"].endswith("/")
    assert Client(run["url"]).request("GET", "/health").status == 200
    assert Client(run["url"], run["operator_key"]).call("GET", "/companies")["items"]
    assert Client(run["url"], run["api_key"]).call("GET", "/teams")["items"]
    assert "Up already" in local("up")
    record = recovery.read(where)
    assert record is not None
    local("down")
    assert not record.engine.process.alive
    assert not where.run_file.exists()
    assert not where.scratch.exists()


def test_an_interrupted_stack_is_noticed_and_cleared_away(where: Places, local: Command) -> None:
    engine = start(where, leash=False)
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    recovery.write(where, engine, detached=False, ready=False)
    record = json.loads(where.record.read_text())
    record["starter"] = [int(dead.stdout), "long ago"]
    where.record.write_text(json.dumps(record))
    assert "interrupted" in local("up")
    assert not engine.process.alive
    stop(engine, where)


def test_a_server_on_a_leash_ends_with_its_starter_however_that_ends(tmp_path: Path) -> None:
    program = f"""
import sys, pathlib
from infra.local.engine import start
from infra.local.places import Places
engine = start(Places(pathlib.Path({str(tmp_path)!r})), leash=True)
print(*engine.process, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        pid, began = starter.stdout.readline().split()
        server = Process(int(pid), began)
        assert server.alive
        os.kill(starter.pid, signal.SIGKILL)
    until(lambda: not server.alive or None, "the end of the server")


def test_a_process_that_only_has_the_same_number_is_left_alone() -> None:
    us = process(os.getpid())
    assert us.alive
    assert not Process(us.pid, "at another time").alive
