"""Deploy a cloud assembly without the CDK's command line: assets to S3, then a stack after the other."""

import json
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.assembly import PUBLIC_URL
from infra.local.aws import client
from infra.local.engine import ACCOUNT, REGION
from infra.local.errors import DeploymentFailed
from infra.local.places import CACHE

STACKS = ("TocsinData", "Tocsin")
PATIENCE = 120.0  # seconds; a stack takes about one
TEMPLATES = "templates"
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


def deploy(assembly: Path, endpoint: str, public_url: str) -> dict[str, str]:
    """Bring both stacks up and answer their outputs by name."""
    _upload_assets(assembly, endpoint)
    client("ssm", endpoint).put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
    outputs: dict[str, str] = {}
    for stack in STACKS:
        template = (assembly / f"{stack}.template.json").read_text().replace(PUBLIC_URL, public_url)
        outputs |= _deploy_stack(
            stack, _uploaded_template(stack, template, endpoint), client("cloudformation", endpoint)
        )
    return outputs


def _uploaded_template(stack: str, template: str, endpoint: str) -> str:
    """Put the template where CloudFormation can read it (the call itself takes 50 KB only); answer its URL."""
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=TEMPLATES)
    s3.put_object(Bucket=TEMPLATES, Key=stack, Body=template.encode())
    return f"{endpoint}/{TEMPLATES}/{stack}"


def _upload_assets(assembly: Path, endpoint: str) -> None:
    s3 = client("s3", endpoint)
    buckets = set()
    for digest, asset in _assets(assembly):
        source = assembly / asset["source"]["path"]
        body = source.read_bytes() if asset["source"]["packaging"] == "file" else _zipped(source, digest).read_bytes()
        for destination in asset["destinations"].values():
            bucket = _in_place(destination["bucketName"])
            if bucket not in buckets:
                s3.create_bucket(Bucket=bucket)
                buckets.add(bucket)
            s3.put_object(Bucket=bucket, Key=_in_place(destination["objectKey"]), Body=body)


def _assets(assembly: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for stack in STACKS:
        manifest = json.loads((assembly / f"{stack}.assets.json").read_text())
        yield from manifest["files"].items()


def _in_place(text: str) -> str:
    return text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


def _zipped(folder: Path, digest: str) -> Path:
    """The folder as an archive, kept by the asset's digest; not compressed, as it travels no further than next door."""
    target = CACHE / "assets" / f"{digest}.zip"
    if target.exists():
        target.touch()
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(folder))
    Path(name).rename(target)
    return target


def _deploy_stack(name: str, template_url: str, cloudformation: Any) -> dict[str, str]:
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
    cloudformation.create_stack(StackName=name, TemplateURL=template_url, Capabilities=capabilities)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if not stack["StackStatus"].endswith("IN_PROGRESS") or "ROLLBACK" in stack["StackStatus"]:
            break
        time.sleep(0.05)
    raise DeploymentFailed(f"Stack {name} did not come up:\n{_reasons(name, cloudformation)}")


def _reasons(name: str, cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "\n".join(
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in reversed(failed)
    )
