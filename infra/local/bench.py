"""Open tickets at a running stack as fast as some clients can, and say how long answers and pages took.

One machine that is server and client at once: good for comparing two states of the code, not for promises.
"""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

from infra.local import demo, inbox
from infra.local.client import Client
from infra.local.demo import Person
from infra.local.places import Places
from infra.local.terminal import Terminal

TICKETS = 200
CLIENTS = 8
PATIENCE = 120.0  # seconds for the last page


def bench(where: Places, terminal: Terminal) -> None:
    """Open the tickets in a team of its own, whose one member is paged by e-mail."""
    run = json.loads(where.run_file.read_text())
    api = Client(run["url"], run["api_key"])
    name = f"bench-{uuid.uuid4().hex[:8]}"
    person = Person(name, "Bench", "+12025550188", f"{name}@example.com")
    _prepare(api, name, person)
    with terminal.step(f"{TICKETS} tickets by {CLIENTS} clients") as notes:
        began = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as pool:
            opened = list(pool.map(lambda _: _open(api, name), range(TICKETS)))
        notes.append(f"{TICKETS / (time.monotonic() - began):.0f} tickets a second")
    terminal.line("POST /tickets", _summary([took for _, took in opened]))
    with terminal.step("Waiting for the pages"):
        late = _lateness(run["aws_endpoint"], person.email, dict(opened))
    terminal.line("From the ticket to its page", _summary(late))


def _prepare(api: Client, name: str, person: Person) -> None:
    api.call("POST", "/teams", {"team_id": name, "name": "Bench"})
    demo.employ(api, (person,), name)
    rule = demo.rule(name, ({"user": person.user_id},), ("1h",))
    api.call("POST", "/rules", {**rule, "steps": [{**rule["steps"][0], "channels": ["email"]}]})


def _open(api: Client, team: str) -> tuple[str, float]:
    """Open a ticket; answers its title and how long the answer took."""
    title = f"Bench {uuid.uuid4().hex} {time.time():.3f}"
    began = time.monotonic()
    api.call("POST", "/tickets", {"team": team, "title": title})
    return title, time.monotonic() - began


def _lateness(endpoint: str, address: str, opened: dict[str, float]) -> list[float]:
    """Seconds from the moment in each title to the page that carries it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        pages = [message for message in inbox.messages(endpoint) if message.to == address]
        if len(pages) >= len(opened):
            break
        time.sleep(inbox.POLL)
    found = {title: message for message in pages for title in opened if title in message.subject + message.text}
    return [message.at.timestamp() - float(title.split()[-1]) for title, message in found.items()]


def _summary(values: list[float]) -> str:
    if len(values) < 2:
        return f"{len(values)} of {TICKETS}"
    cuts = quantiles(values, n=100)
    return f"{len(values)} of {TICKETS}, in seconds: p50 {cuts[49]:.3f}, p99 {cuts[98]:.3f}, max {max(values):.3f}"
