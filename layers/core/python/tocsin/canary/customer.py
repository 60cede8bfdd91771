"""The canary as a customer: what it asks the HTTPS API for, with which key, and what it takes for a failure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin import web
from tocsin.errors import CanaryFailed, NoAnswer
from tocsin.settings import settings

TIMEOUT = 5.0  # seconds; a customer who waits longer has been failed


@dataclass(frozen=True)
class Customer:
    """A caller of the API with a key: the canary's own, or the operator's."""

    key: str

    def ask(self, method: str, path: str, body: Any = None, *, good: tuple[int, ...]) -> tuple[int, Any]:
        """Call the API and return status and body. Raises `CanaryFailed` for no answer, and for what is not good."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        status, text = _ask("api", method, f"{settings.public_url}/api/v1{path}", headers, content)
        if status not in good:
            raise CanaryFailed("api", f"{method} {path} was answered {status}: {text[:300]!r}", status=status)
        try:
            return status, json.loads(text) if text else None
        except ValueError:
            raise CanaryFailed("api", f"{method} {path} was not answered in JSON: {text[:300]!r}") from None


def press(link: str) -> None:
    """Press the button under a link. Raises `CanaryFailed`."""
    if not link.startswith(f"{settings.public_url}/a/"):
        raise CanaryFailed("ack", "The link of a page leads elsewhere.")
    status, _ = _ask("ack", "POST", link, {}, b"")
    if status != 200:
        raise CanaryFailed("ack", f"The link of a page was answered {status}.")


def _ask(kind: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
    try:
        answer = web.request(method, url, headers=headers, body=body, timeout=TIMEOUT)
    except NoAnswer as error:
        raise CanaryFailed(kind, f"{method} was not answered: {error}") from error
    return answer.status, answer.body
