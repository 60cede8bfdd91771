"""Start the embedded AWS, mended, on given sockets. Ends on SIGTERM, and with `--leash` if its starter is gone."""

import argparse
import asyncio
import contextlib
import importlib
import os
import resource
import signal
import sys
import threading
from pathlib import Path

from hypercorn.asyncio import serve  # type: ignore[import-not-found]  # of the embedded AWS's environment
from hypercorn.config import Config  # type: ignore[import-not-found]

from infra.local.server import calls, front, patches
from infra.local.signing import signing_key


def main() -> None:
    """Mend, serve, and leave no process behind."""
    arguments = _arguments()
    patches.apply(runtime=arguments.runtime, layers=arguments.layers, key=signing_key(arguments.signing))
    _allow_many_files()
    config = Config()
    config.bind = [f"fd://{arguments.aws}", f"fd://{arguments.front}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    config.loglevel = "WARNING"
    embedded = calls.application(importlib.import_module("ministack.app").app)
    asyncio.run(_serve(front.application(embedded, arguments.front_port), config, leash=arguments.leash))
    importlib.import_module("ministack.core.lambda_runtime").reset()
    os._exit(0)  # its threads, some of them asleep for a while, have nothing to finish


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aws", type=int, required=True, help="descriptor of the socket of the AWS endpoint")
    parser.add_argument("--front", type=int, required=True, help="descriptor of the socket of the HTTP API")
    parser.add_argument("--front-port", type=int, required=True, help="where the latter listens")
    parser.add_argument("--runtime", type=Path, required=True, help="the interpreter that runs the functions")
    parser.add_argument("--layers", type=Path, required=True, help="where layers are unpacked")
    parser.add_argument("--signing", type=Path, required=True, help="the folder of the signing key")
    parser.add_argument("--leash", action="store_true", help="end when standard input is closed")
    return parser.parse_args()


def _allow_many_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(application: front.Application, config: Config, *, leash: bool) -> None:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if leash:
        threading.Thread(target=_watch_leash, args=(loop, end), daemon=True).start()
    await serve(application, config, shutdown_trigger=end.wait)


def _watch_leash(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(end.set)


if __name__ == "__main__":
    main()
