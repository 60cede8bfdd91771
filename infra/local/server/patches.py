"""Where the embedded AWS differs from AWS in a way that breaks a promise of ours, it is mended here.

One function for each difference, with its reason. They touch internals, so they are good for exactly one version.
"""

# ruff: noqa: SLF001  # what is to be mended is private

import hashlib
import importlib
import importlib.metadata
import io
import json
import shutil
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from infra.local.errors import WrongVersion
from infra.local.server import authorization, nursery, streams
from infra.local.signing import SigningKey, sign

VERSION = "1.5.33"


def apply(*, runtime: Path, layers: Path, key: SigningKey) -> None:
    """Mend everything. `runtime` is the interpreter for functions, `layers` the folder for unpacked layers."""
    installed = importlib.metadata.version("ministack")
    if installed != VERSION:
        raise WrongVersion(
            f"The embedded AWS is ministack {installed}; its patches are for {VERSION}. Look at each anew."
        )
    fire_schedules_on_time()
    answer_without_waiting_for_logs()
    run_functions_on_a_bare_interpreter(runtime)
    unpack_layers_once(layers)
    retry_asynchronous_invocations()
    sign_messages_to_subscribers(key)
    keep_the_time_of_text_messages()
    route_options_like_any_method()
    authorization.patch()
    nursery.patch()
    streams.patch()


def _service(name: str) -> Any:
    return importlib.import_module(f"ministack.services.{name}")


def fire_schedules_on_time() -> None:
    """Schedules are looked at every 10 s, which makes each of them up to 10 s late, or a test that much longer."""
    _service("scheduler")._SCHEDULE_TICK_INTERVAL = 0.5


def answer_without_waiting_for_logs() -> None:
    """A warm call of a function that logs nothing waits 50 ms for a line. A late one is in the next call's log."""
    worker = importlib.import_module("ministack.core.lambda_runtime").Worker
    drain = worker._drain_stderr_bounded
    worker._drain_stderr_bounded = lambda self: drain(self, first_line_wait=0.003, idle_confirm=0.002)


def run_functions_on_a_bare_interpreter(python: Path) -> None:
    """The server's interpreter lends functions its packages: what our layers lack would pass here, not on AWS."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    detect = runtime._detect_runtime_binary

    def interpreter(name: str) -> tuple[str, str]:
        binary, script = detect(name)
        return (str(python), script) if name.startswith("python") else (binary, script)

    runtime._detect_runtime_binary = interpreter


def unpack_layers_once(folder: Path) -> None:
    """Each worker unpacks all layers for itself: seconds of work and hundreds of megabytes for a score of functions.

    A layer's content is unpacked once, in a folder named by its digest, and kept with the bytecode made from it.
    """
    runtime = importlib.import_module("ministack.core.lambda_runtime")
    lambda_service = _service("lambda_svc")
    spawn = runtime.Worker._spawn
    unpacked: dict[str, str] = {}

    def place(layer: Any) -> str:
        arn = layer if isinstance(layer, str) else layer["Arn"]
        if arn not in unpacked:
            unpacked[arn] = str(_unpacked(lambda_service._resolve_layer_zip(layer), folder))
        return unpacked[arn]

    def spawn_with_shared_layers(self: Any) -> None:
        places = [place(layer) for layer in self.config.get("Layers", [])]
        variables = self.config.get("Environment", {}).get("Variables", {})
        original = self.config
        self.config = {
            **original,
            "Layers": [],
            "Environment": {"Variables": {**variables, "_LAMBDA_LAYERS_DIRS": ":".join(places)}},
        }
        try:
            spawn(self)
        finally:
            self.config = original

    runtime.Worker._spawn = spawn_with_shared_layers


def _unpacked(archive: bytes, folder: Path) -> Path:
    target = folder / hashlib.sha256(archive).hexdigest()
    if target.exists():
        target.touch()
    else:
        folder.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder))
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            content.extractall(making)
        try:
            making.rename(target)
        except OSError:  # another stack was faster
            shutil.rmtree(making)
    return target


def retry_asynchronous_invocations() -> None:
    """SNS and EventBridge call a function once; AWS tries again twice, then tells the failure destination."""
    lambda_service = _service("lambda_svc")

    def invoke(arn: str, event: dict[str, Any]) -> None:
        function, config, _name = lambda_service._get_func_record_for_ref(arn)
        if function and config:
            lambda_service.invoke_async_with_retry(lambda_service._execution_record_for_config(function, config), event)

    def from_sns(endpoint: str, envelope: str, topic: str, subscription: str, *_rest: Any) -> None:  # noqa: ARG001
        record = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns"}
        invoke(endpoint, {"Records": [{**record, "Sns": json.loads(envelope)}]})

    def from_eventbridge(arn: str, payload: str) -> None:
        invoke(arn, json.loads(payload))

    _service("sns")._deliver_to_lambda = from_sns
    _service("eventbridge")._dispatch_to_lambda = from_eventbridge


def sign_messages_to_subscribers(key: SigningKey) -> None:
    """Messages over HTTP are signed "FAKE" by a certificate that is nowhere, and lack the headers that AWS sends."""
    sns = _service("sns")

    def post(endpoint: str, payload: str, kind: str) -> int:
        message = json.loads(payload)
        topic = sns._topics.get(message["TopicArn"]) or {}
        sign(message, key, topic.get("attributes", {}).get("SignatureVersion") or "1")
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
            "x-amz-sns-message-type": kind,
            "x-amz-sns-message-id": message["MessageId"],
            "x-amz-sns-topic-arn": message["TopicArn"],
        }
        for subscription in topic.get("subscriptions", []):
            if subscription["endpoint"] == endpoint and subscription.get("confirmed"):
                headers["x-amz-sns-subscription-arn"] = subscription["arn"]
        request = urllib.request.Request(endpoint, json.dumps(message).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=15) as answer:
            return int(answer.status)

    sns._http_post_sync = post


class _Stamped(list[dict[str, Any]]):
    """A log whose entries say when they came."""

    def append(self, entry: dict[str, Any]) -> None:
        super().append({**entry, "Timestamp": time.time()})


def keep_the_time_of_text_messages() -> None:
    """Text messages are listed without the time they were sent at, which is what the story is about."""
    sns = _service("sns")

    def log_for(number: str) -> list[dict[str, Any]]:
        if number not in sns._sms_messages:
            sns._sms_messages[number] = _Stamped()
        return sns._sms_messages[number]  # type: ignore[no-any-return]

    sns._sms_log_for = log_for


def route_options_like_any_method() -> None:
    """An API without CORS settings answers OPTIONS itself, by 403; AWS hands it to its route like any other method."""
    gateway = _service("apigateway")
    handle = gateway._handle_execute_in_scope

    async def handle_in_scope(api_id: str, stage: str, path: str, method: str, *rest: Any) -> Any:
        without_cors = not (gateway._apis.get(api_id) or {}).get("corsConfiguration")
        spelled = "options" if method == "OPTIONS" and without_cors else method  # spelled so, it is nothing special
        return await handle(api_id, stage, path, spelled, *rest)

    gateway._handle_execute_in_scope = handle_in_scope
