"""Requests to the outside over HTTP(S): one attempt, no redirects. The seam behind which tests put another Internet."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import urllib3

from tocsin.errors import NoAnswer

LARGEST = 1024 * 1024  # bytes of an answer; what is beyond is not read


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: bytes


def request(method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, timeout: float) -> Answer:
    """Ask once and return the answer. `timeout` in seconds, of the whole. Raises `NoAnswer` if there is none.

    Each time over a connection of its own: one that was left open while the function was frozen may be dead.
    """
    try:
        answer = _pool().request(
            method,
            url,
            headers={**headers, "Connection": "close"},
            body=body,
            timeout=urllib3.Timeout(total=timeout),
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            return Answer(answer.status, answer.read(LARGEST))
        finally:
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from error


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(ssl_context=ssl.create_default_context())  # to read the certificates takes longest
