"""Small functions for the embedded AWS, deployed by hand, that leave a trace in S3."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

from infra.local.aws import client
from infra.local.engine import ACCOUNT

T = TypeVar("T")

# `seen(name)` is what a function did; a bare interpreter has no AWS client, so it is one unsigned PUT.
PRELUDE = """
import json, os, sys, urllib.request

def seen(name):
    url = f"{os.environ['AWS_ENDPOINT_URL']}/seen/{os.environ['AWS_LAMBDA_FUNCTION_NAME']}/{name}"
    urllib.request.urlopen(urllib.request.Request(url, data=b"", method="PUT"))
"""


def deploy(endpoint: str, name: str, source: str) -> str:
    """A function of this source; answers its ARN."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", PRELUDE + source)
    client("s3", endpoint).create_bucket(Bucket="seen")
    function = client("lambda", endpoint).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=f"arn:aws:iam::{ACCOUNT}:role/toy",
        Handler="handler.lambda_handler",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=10,
    )
    arn: str = function["FunctionArn"]
    return arn


def seen(endpoint: str, name: str) -> list[str]:
    """What the function says it did."""
    listed = client("s3", endpoint).list_objects_v2(Bucket="seen", Prefix=f"{name}/")
    return [each["Key"].removeprefix(f"{name}/") for each in listed.get("Contents", [])]


def queue(endpoint: str, name: str) -> tuple[str, str]:
    """A queue; answers URL and ARN."""
    sqs = client("sqs", endpoint)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def message(endpoint: str, url: str) -> dict[str, Any] | None:
    """The JSON body of one message of the queue, if there is one."""
    messages = client("sqs", endpoint).receive_message(QueueUrl=url).get("Messages", [])
    return json.loads(messages[0]["Body"]) if messages else None


def until(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, as soon as it does."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"in vain: {what}")
