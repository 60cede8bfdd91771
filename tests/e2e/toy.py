"""Small functions for the embedded AWS, deployed by hand, that leave a trace in S3."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
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


def archive(name: str, source: str) -> bytes:
    """A ZIP of one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as content:
        content.writestr(name, source)
    return buffer.getvalue()


def layer(endpoint: str, name: str, **modules: str) -> str:
    """A layer of one module; answers its ARN."""
    ((module, source),) = modules.items()
    content = {"ZipFile": archive(f"python/{module}.py", source)}
    published = client("lambda", endpoint).publish_layer_version(LayerName=name, Content=content)
    arn: str = published["LayerVersionArn"]
    return arn


def bucket(endpoint: str) -> None:
    """The bucket of all traces, into which everybody may put."""
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket="seen")
    s3.delete_public_access_block(Bucket="seen")
    put = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::seen/*"}
    s3.put_bucket_policy(Bucket="seen", Policy=json.dumps({"Version": "2012-10-17", "Statement": [put]}))


def role(endpoint: str) -> None:
    """The role of all toys, which may do everything."""
    iam = client("iam", endpoint)
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="toy", AssumeRolePolicyDocument=json.dumps({"Statement": [statement]}))
        iam.put_role_policy(RoleName="toy", PolicyName="all", PolicyDocument=json.dumps({"Statement": [rights]}))


def deploy(endpoint: str, name: str, source: str, layers: tuple[str, ...] = ()) -> str:
    """A function of this source; answers its ARN."""
    bucket(endpoint)
    role(endpoint)
    function = client("lambda", endpoint).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=f"arn:aws:iam::{ACCOUNT}:role/toy",
        Handler="handler.lambda_handler",
        Code={"ZipFile": archive("handler.py", PRELUDE + source)},
        Layers=layers,
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


def until(look: Callable[[], T | None], what: str, *, seconds: float = 30) -> T:
    """What `look` finds, as soon as it does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"in vain: {what}")
