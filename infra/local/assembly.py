"""The synthesized app, as the CDK writes it. Kept as long as nothing that goes into it has changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.errors import SynthesisFailed
from infra.local.places import CACHE, ROOT
from infra.local.signing import SigningKey

# The public URL holds the port, which is known only at the start; it is put in its place when the template is deployed.
PUBLIC_URL = "https://tocsin-public-url.invalid"
SENDER = "tocsin@example.com"
VOICE_SENDER = "+12025550101"
ALARM_INTEGRATION = "demo/cloudwatch"
KEPT = 7 * 24 * 3600.0  # seconds that the cache keeps what nobody uses

INPUTS = ("app.py", "cdk.json", "requirements.txt", "infra", "layers", "functions")
NOT_INPUTS = (ROOT / "infra" / "local",)


def assembly(key: SigningKey) -> tuple[Path, bool]:
    """The folder of the cloud assembly, and whether it had to be made."""
    context = json.dumps(_context(key), sort_keys=True)
    target = CACHE / f"assembly-{_digest(context)}"
    if target.exists():
        os.utime(target)
        return target, False
    CACHE.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=CACHE, prefix="making-"))
    try:
        _synthesize(making, context)
        making.rename(target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _forget_unused()
    return target, True


def _context(key: SigningKey) -> dict[str, Any]:
    return {
        "public_url": PUBLIC_URL,
        "email_sender": SENDER,
        "voice_sender": VOICE_SENDER,
        "alarm_integration": ALARM_INTEGRATION,
        "canary": False,  # its tickets would stand between those that somebody looks at
        "local": {
            "python": sys.executable,
            "sns_certificate_url": key.url,
            "sns_certificate_pem": key.certificate,
            "loopback_urls": True,
        },
    }


def _synthesize(folder: Path, context: str) -> None:
    answer = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": context},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise SynthesisFailed(answer.stdout[-4000:])


def _digest(context: str) -> str:
    digest = hashlib.sha256(f"{context}\0{sys.version}".encode())
    for file in sorted(_files()):
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


def _files() -> Iterator[Path]:
    for name in INPUTS:
        path = ROOT / name
        candidates = path.rglob("*") if path.is_dir() else [path]
        for file in candidates:
            if file.is_file() and "__pycache__" not in file.parts and not file.is_relative_to(NOT_INPUTS[0]):
                yield file


def _forget_unused() -> None:
    """Whoever uses something of the cache touches it."""
    for pattern in ("assembly-*", "making-*", "layers/*", "assets/*"):
        for path in CACHE.glob(pattern):
            if time.time() - path.stat().st_mtime > KEPT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
