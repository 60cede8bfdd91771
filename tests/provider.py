"""A real OpenID Connect provider in a process of its own, and tokens: those it gives, and those it never would."""

import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey, import_key

REDIRECT = "https://tocsin.example.com/signed-in"
AUDIENCE = "tocsin"


@dataclass
class Provider:
    """A provider that answers at its issuer's URL, as long as it runs."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=10))

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, with a key that it has never had before."""
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command line
                command, stdout=log, stderr=log, env={"PATH": os.defpath}
            )
        for _ in range(400):
            if self.process.poll() is not None:
                break
            try:
                self.http.get(f"{self.issuer}/.well-known/openid-configuration")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def token(self, subject: str, *, audience: str = AUDIENCE, **claims: Any) -> str:
        """Return the ID token that somebody gets who signs in (OpenID Connect Core, authorization code flow)."""
        assert self.http.put(f"{self.issuer}/users/{subject}", json=claims).status_code == 204
        asked = {
            "client_id": audience,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": "openid profile email",
        }
        form = self.http.post(f"{self.issuer}/oauth2/authorize", params=asked, data={"sub": subject})
        (code,) = parse_qs(urlsplit(form.headers["location"]).query)["code"]
        taken = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "client_id": audience,
            "client_secret": "any",
        }
        answer = self.http.post(f"{self.issuer}/oauth2/token", data=taken)
        return str(answer.json()["id_token"])

    def keys(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.http.get(f"{self.issuer}/jwks").json()["keys"]
        return found


@contextmanager
def provider(log: Path) -> Iterator[Provider]:
    """Start a provider on a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    running = Provider(port, log)
    running.start()
    try:
        yield running
    finally:
        running.stop()
        running.http.close()


def signed(key: RSAKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return a token signed with a key of one's own."""
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def strangers_key() -> RSAKey:
    return import_key(rsa.generate_private_key(65_537, 2_048), "RSA")


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token."""
    header, claims, _ = token.split(".")
    return _read(header), _read(claims)


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{_written(header)}.{_written(claims)}."


def with_secret(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """Return a token with an HMAC, whatever the secret looks like: libraries refuse public keys, attackers do not."""
    text = f"{_written(header)}.{_written(claims)}"
    return f"{text}.{_encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def _read(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _written(part: dict[str, Any]) -> str:
    return _encoded(json.dumps(part).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
