"""Findings of cdk-nag that are meant to be so, each accepted where it is and with its reason."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct


def accept(construct: Construct, rule: str, reason: str) -> None:
    """Accept one finding (`AwsSolutions-IAM5[Resource::*]`, or a rule without parts) on a construct and all in it."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


def accept_wildcard(construct: Construct, arn: str, reason: str) -> None:
    """Accept that a role has a right to an ARN with a wildcard in it."""
    accept(construct, f"AwsSolutions-IAM5[Resource::{_spelled(cdk.Stack.of(construct).resolve(arn))}]", reason)


def _spelled(value: Any) -> str:
    """Write an unresolved ARN as cdk-nag does in the names of its findings."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_spelled, parts))
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::ImportValue": name}:
            return str(name)
    return str(value)
