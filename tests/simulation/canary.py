"""A world with a canary in it, and nobody else: it calls the installation over the Internet, as customers do."""

import json
import os
from itertools import count
from typing import Any, Self

from aws_lambda_powertools.metrics import MetricUnit

from tests.simulation.cloud.gate import Client
from tests.simulation.cloud.secrets import SecretsManager
from tests.simulation.cloud.sqs import Queue, queue_url
from tests.simulation.internet import Internet
from tests.simulation.world import World
from tests.world import Answer
from tocsin import authorizer, web

OPERATOR_KEY = "o" * 48
SECRET, OPERATOR_SECRET = "arn:canary-key", "arn:operator-key"


class CanaryWorld(World):
    """A world whose canary runs when it is told to, or once a minute."""

    def __init__(self, seed: int = 0, *, sweeper: bool = True) -> None:
        super().__init__(seed, sweeper=sweeper)
        self.internet = Internet(self)
        self.sink = Queue("sink", self.timeline, latency=lambda: self.random.uniform(0.01, 0.1))
        self.sqs.queues[queue_url("sink")] = self.sink
        self.secrets = SecretsManager(**{OPERATOR_SECRET: OPERATOR_KEY})
        self.clients["secretsmanager"] = Client("secretsmanager", self.secrets, self.gate)
        self.lateness: list[float] = []  # in milliseconds, as it was told
        self._runs = count(1)

    def __enter__(self) -> Self:
        super().__enter__()
        told = {
            "OPERATOR_SECRET_ARN": OPERATOR_SECRET,
            "CANARY_SECRET_ARN": SECRET,
            "CANARY_SINK_URL": queue_url("sink"),
        }
        os.environ.update(told)
        self.put(web, "request", self.internet.request)
        authorizer.forget_operator()
        return self

    def sing(self, event_id: str | None = None) -> bool | None:
        """Let the canary run once; None if it did not come to its end, or left the run to another."""
        answer = self.invoke("canary", {"id": event_id or f"run-{next(self._runs)}"})
        return answer and answer["passed"]

    def sing_every_minute(self, minutes: int) -> list[bool | None]:
        """Let the canary run once a minute."""
        sung = []
        for _ in range(minutes):
            began = self.seconds
            sung.append(self.sing())
            assert self.seconds < began + 55, "a run fits into its minute"
            self.run(began + 60 - self.seconds)
        return sung

    def operator(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the API as the operator."""
        return self.api(method, path, body, tenant="", role="operator")

    def admin(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the API as an admin of the canary's company."""
        return self.api(method, path, body, tenant="canary")

    def all_tickets(self) -> list[dict[str, Any]]:
        """Return all tickets of the canary's company, oldest first, resolved ones too."""
        found = self.api("GET", "/tickets", tenant="canary", query={"team": "canary"}).body["items"]
        return sorted(found, key=lambda ticket: str(ticket["created_at"]))

    def failures(self) -> dict[str, int]:
        """Return how often the canary failed, by kind."""
        found = self.counted.items()
        return {name.partition("_")[2]: number for name, number in found if name.startswith("CanaryFailed_")}

    def paged(self, ticket: dict[str, Any]) -> list[str]:
        """Return who was paged for a ticket."""
        pages = self.admin("GET", f"/tickets/{ticket['ticket_id']}/pages").body["items"]
        return [page["user"] for page in pages if page["status"] == "sent"]

    def _count(self, name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
        if name == "CanaryLateness":
            self.lateness.append(value)
        super()._count(name, unit, value, dimensions)

    def in_sink(self) -> list[str]:
        """Return the titles of what lies in the sink."""
        return [json.loads(message.body)["title"] for message in self.sink.messages]
