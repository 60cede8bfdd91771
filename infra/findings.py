"""Findings of cdk-nag that are meant to be so, each accepted where it is and with its reason."""

import aws_cdk as cdk
from constructs import Construct


def accept(construct: Construct, rule: str, reason: str) -> None:
    """Accept one finding (`AwsSolutions-IAM5[Resource::*]`, or a rule without parts) on a construct and all in it."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))
