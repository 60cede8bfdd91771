"""Which stack of this checkout is running, if any; and how to clear away what an interrupted one left behind."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from typing import Any

from infra.local.engine import Engine, stop
from infra.local.places import Places
from infra.local.processes import Process, process


@dataclass(frozen=True)
class Record:
    """A stack as its starter wrote it down. The starter of `make run` lives as long as its stack."""

    engine: Engine
    starter: Process
    detached: bool  # begun by `make up`: the starter may go
    ready: bool = False

    @property
    def running(self) -> bool:
        """Somebody still wants it: it is up and detached, or its starter is at work."""
        return self.engine.process.alive and ((self.detached and self.ready) or self.starter.alive)


def write(where: Places, engine: Engine, *, detached: bool, ready: bool) -> None:
    """Write down which stack this is."""
    record = Record(engine, process(os.getpid()), detached, ready)
    where.record.write_text(json.dumps(asdict(record)))


def read(where: Places) -> Record | None:
    """What is written down; None if nothing is, or nothing that can be read."""
    try:
        data = json.loads(where.record.read_text())
        return Record(_engine(data["engine"]), Process(*data["starter"]), data["detached"], data["ready"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _engine(data: dict[str, Any]) -> Engine:
    return Engine(Process(*data["process"]), data["port"], data["front_port"])


def clear(where: Places) -> None:
    """End the stack that is written down, if it still runs, and remove what it left."""
    record = read(where)
    if record:
        stop(record.engine, where)
    shutil.rmtree(where.scratch, ignore_errors=True)
    where.run_file.unlink(missing_ok=True)
    where.record.unlink(missing_ok=True)
