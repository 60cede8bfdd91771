"""A whole local stack, from nothing to the demo company's first API key."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from infra.local import demo, recovery
from infra.local.assembly import SENDER, assembly
from infra.local.aws import client
from infra.local.client import Client
from infra.local.deployment import deploy
from infra.local.engine import ACCOUNT, REGION, Engine, start, stop
from infra.local.places import SIGNING, Places
from infra.local.signing import SigningKey, signing_key
from infra.local.terminal import Terminal
from infra.local.warmth import warm


@dataclass(frozen=True)
class Stack:
    """A stack that is ready: everything that run.json says, and the client of the demo company."""

    where: Places
    engine: Engine
    outputs: dict[str, str]
    operator_key: str
    api_key: str
    signing: SigningKey

    @property
    def url(self) -> str:
        """The root of the HTTP API."""
        return self.engine.url

    @property
    def endpoint(self) -> str:
        """Where AWS answers."""
        return self.engine.endpoint

    @property
    def api(self) -> Client:
        """The API as the demo company's admin."""
        return Client(self.url, self.api_key)

    def run_file(self) -> dict[str, str]:
        """What other programs need to drive the stack."""
        return {
            "url": self.url,
            "operator_key": self.operator_key,
            "company": demo.COMPANY,
            "api_key": self.api_key,
            "aws_endpoint": self.endpoint,
            "region": REGION,
            "account": ACCOUNT,
            "alarm_topic_arn": self.outputs["AlarmTopicArn"],
            "sms_reply_topic_arn": self.outputs["SmsReplyTopicArn"],
            "tickets_table": self.outputs["TicketsTable"],
            "directory_table": self.outputs["DirectoryTable"],
            "sns_signing_key": self.signing.private_key,
            "sns_signing_cert_url": self.signing.url,
        }

    def stop(self) -> None:
        """End it and leave nothing behind."""
        recovery.clear(self.where)


def bring_up(where: Places, terminal: Terminal, *, detached: bool) -> Stack:
    """Synthesize, start, deploy, warm up and onboard the demo company. Whatever goes wrong, nothing is left running."""
    where.folder.mkdir(parents=True, exist_ok=True)
    key = signing_key(SIGNING)
    with terminal.step("Synthesizing the app") as notes:
        folder, made = assembly(key)
        notes.append("anew" if made else "nothing has changed since")
    with terminal.step("Starting the embedded AWS") as notes:
        engine = start(where, leash=not detached)
        notes.append(f"AWS at {engine.endpoint}, the API at {engine.url}")
    try:
        recovery.write(where, engine, detached=detached, ready=False)
        stack = _furnish(Stack(where, engine, {}, "", "", key), folder, terminal)
        _write_run_file(stack)
        recovery.write(where, engine, detached=detached, ready=True)
    except BaseException:
        stop(engine, where)
        recovery.clear(where)
        raise
    return stack


def _furnish(bare: Stack, folder: Path, terminal: Terminal) -> Stack:
    endpoint = bare.endpoint
    with terminal.step("Deploying both stacks") as notes:
        outputs = deploy(folder, endpoint, bare.url)
        client("sesv2", endpoint).create_email_identity(EmailIdentity=SENDER.partition("@")[2])
        notes.append("TocsinData, Tocsin")
    with terminal.step("Calling each function once") as notes:
        number, complaints = warm(endpoint)
        notes += [f"{number} functions", *complaints]
    with terminal.step(f"Onboarding the company {demo.COMPANY!r}") as notes:
        secret = client("secretsmanager", endpoint).get_secret_value(SecretId=outputs["OperatorSecretArn"])
        operator_key = secret["SecretString"]
        api_key = demo.onboard(bare.url, operator_key)
        notes.append(f"team {demo.TEAM!r}, integration {demo.INTEGRATION!r}")
    return Stack(bare.where, bare.engine, outputs, operator_key, api_key, bare.signing)


def _write_run_file(stack: Stack) -> None:
    """For its owner's eyes alone: it holds keys."""
    making = stack.where.run_file.with_suffix(".making")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(stack.run_file(), file, indent=2)
    making.rename(stack.where.run_file)
