"""A plain client of Tocsin's HTTPS API, for the demo and the tests."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from infra.local.errors import Refused

# Nothing between us and 127.0.0.1, whatever the machine's proxy settings say.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(NamedTuple):
    """Status, headers by their names in lower case, and the body: what the JSON says, or its text."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Client:
    """Calls as one principal. `key` None: without a credential."""

    url: str
    key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: Any = None) -> Answer:
        """Any call; `body` is sent as JSON, or as it is when it is bytes. Whatever the status, it is the answer."""
        headers = {"Content-Type": "application/json", **self.headers}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=60) as answer:
                return _answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.headers, error.read())

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call below /api/v1 that is expected to go well; answers the body. Raises Refused."""
        answer = self.request(method, f"/api/v1{path}", body)
        if answer.status >= 300:
            raise Refused(f"{method} {path} -> {answer.status} {answer.body}")
        return answer.body


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    names = {name.lower(): value for name, value in headers.items()}
    text = content.decode()
    body = json.loads(text) if text and "json" in names.get("content-type", "") else text
    return Answer(status, names, body)


def get_json(url: str) -> Any:
    """What a local address answers to GET, as JSON."""
    with _OPENER.open(url, timeout=60) as answer:
        return json.loads(answer.read())
