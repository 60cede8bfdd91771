"""The commands behind `make run`, `make up`, `make down`, `make watch` and `make bench`."""

import argparse
import json
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from infra.local import demo, inbox, places, recovery
from infra.local.bench import bench
from infra.local.errors import LocalError
from infra.local.inbox import Message
from infra.local.places import Places
from infra.local.recovery import Record
from infra.local.stack import Stack, bring_up
from infra.local.story import Story
from infra.local.terminal import Terminal


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    # SIGINT too: a shell that starts a program in the background lets it ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        command(places.of_checkout(), Terminal())
    except KeyboardInterrupt:
        sys.exit(130)
    except LocalError as error:
        sys.exit(f"\n{error}")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def run(where: Places, terminal: Terminal) -> None:
    """Everything from nothing, the story, and then a stack to play with until Ctrl-C."""
    began = time.monotonic()
    terminal.heading("Tocsin on this machine")
    _make_room(where, terminal)
    stack = bring_up(where, terminal, detached=False)
    try:
        terminal.line("Ready", "", time.monotonic() - began)
        terminal.heading("An alarm, and who hears of it")
        Story(stack, terminal).play()
        _invite(stack, terminal)
        _show_pages(stack.endpoint, terminal)
    except KeyboardInterrupt:
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # once is enough; a second must not leave anything behind
        stack.stop()
        terminal.say("\nStopped. Nothing is left behind.")


def up(where: Places, terminal: Terminal) -> None:
    """A stack in the background."""
    record = recovery.read(where)
    if record and record.running and record.detached and record.ready:
        terminal.say(f"Up already, at {record.engine.url}. (`make down` stops it.)")
        return
    _make_room(where, terminal)
    stack = bring_up(where, terminal, detached=True)
    terminal.say(f"\nUp, at {stack.url}. What other programs need: {where.run_file}")


def down(where: Places, terminal: Terminal) -> None:
    """Stop the stack of this checkout, whoever started it."""
    record = recovery.read(where)
    running = record is not None and record.engine.process.alive
    recovery.clear(where)
    terminal.say("Stopped." if running else "Nothing was running.")


def watch(where: Places, terminal: Terminal) -> None:
    """Show pages as they are sent."""
    terminal.say("Pages appear here as they are sent. Ctrl-C ends the watching.\n")
    _show_pages(_running(where).engine.endpoint, terminal)


def measure(where: Places, terminal: Terminal) -> None:
    """Load on the running stack, and how it fares."""
    _running(where)
    bench(where, terminal)


def _running(where: Places) -> Record:
    record = recovery.read(where)
    if record is None or not record.running:
        sys.exit("No stack of this checkout is running: `make up` first.")
    return record


def _make_room(where: Places, terminal: Terminal) -> None:
    """See to it that no other stack of this checkout is there, and say what was done for it."""
    record = recovery.read(where)
    if record is None:
        return
    if record.running and not record.detached:
        sys.exit(
            f"`make run` of this checkout is at work in another terminal, at {record.engine.url}. End it there first."
        )
    if record.running:
        terminal.say(f"Stopping what `make up` started, at {record.engine.url}.\n")
    else:
        terminal.say("The last run was interrupted; clearing away what it left.\n")
    recovery.clear(where)


def _invite(stack: Stack, terminal: Terminal) -> None:
    header = f"-H 'Authorization: Bearer {stack.api_key}'"
    ticket = json.dumps({"team": demo.TEAM, "title": "The cellar is under water"})
    terminal.heading("It stays up: try it")
    terminal.say(f"  base URL  {stack.url}\n  API key   {stack.api_key}\n")
    terminal.say(f"  curl -s '{stack.url}/api/v1/tickets?team={demo.TEAM}' {header}")
    terminal.say(f"  curl -s {stack.url}/api/v1/tickets {header} -H 'Content-Type: application/json' -d '{ticket}'")
    terminal.say(f"  curl -s {stack.url}/openapi.json")
    terminal.say("\n  Pages appear below as they are sent. Ctrl-C stops everything.\n")


def _show_pages(endpoint: str, terminal: Terminal) -> None:
    """Whatever is sent from now on, until Ctrl-C or the end of the stack."""
    try:
        shown = set(inbox.messages(endpoint))
        while True:
            for message in inbox.messages(endpoint):
                if message not in shown:
                    shown.add(message)
                    terminal.say(_page(message))
            time.sleep(inbox.POLL)
    except OSError:
        terminal.say("The stack was stopped.")


def _page(message: Message) -> str:
    text = message.text if not message.subject else f"{message.subject} | {' '.join(message.text.split())}"
    return f"{message.at:%H:%M:%S}  {message.channel:5}  {message.to:20}  {text}"


COMMANDS = {"run": run, "up": up, "down": down, "watch": watch, "bench": measure}

if __name__ == "__main__":
    main()
