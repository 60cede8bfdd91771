"""The installation as the Internet sees it: its public URL leads through the authorizer to the function of the path."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.world import ENVIRONMENT, Answer, request
from tocsin import web
from tocsin.errors import NoAnswer

if TYPE_CHECKING:
    from tests.simulation.world import World

PUBLIC = ENVIRONMENT["PUBLIC_URL"]
ROUND_TRIP = 0.04  # seconds


class Internet:
    """What stands behind `tocsin.web`. `down`: nobody answers at all; `answers`: instead of what was done, by path."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.down = False
        self.answers: dict[str, int] = {}
        self.asked: list[tuple[str, str, int]] = []

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> web.Answer:
        """Answer as `web.request` does, through the gate, as every call that leaves a handler."""
        arguments = {"method": method, "url": url, "headers": headers, "body": body}
        answer: web.Answer = self._world.gate.pass_("internet", method, arguments, self._request)
        return answer

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> web.Answer:
        self._world.run(ROUND_TRIP)
        if self.down:
            raise NoAnswer("the connection was refused")
        assert url.startswith(PUBLIC), url
        path = url.removeprefix(PUBLIC)
        status, content = self._answered(method, path, headers, body)
        self.asked.append((method, path, status))
        return web.Answer(status, content)

    def _answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        for start, status in self.answers.items():
            if path.startswith(start):
                return status, b""
        found = self._reached(method, path, headers, body)
        text = found.body if isinstance(found.body, str) else json.dumps(found.body)
        return found.status, text.encode()

    def _reached(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        text = body.decode() if body else None
        if not path.startswith("/api/v1/"):
            return self._world._call("links", request(method, path, text))
        event = request(method, path, text, headers={name.lower(): value for name, value in headers.items()})
        found = self._world.invoke("authorizer", {"version": "2.0", "headers": event["headers"]})
        event["requestContext"]["authorizer"] = {"lambda": found["context"]}
        return self._world._call(path.split("/")[3], event)
