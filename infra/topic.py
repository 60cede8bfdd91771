"""An SNS topic into which one AWS service publishes."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct


class Topic(Construct):
    """Takes messages over TLS only, from principals of this account with the right to publish, and from one service."""

    def __init__(self, scope: Construct, name: str, *, publisher: str) -> None:
        super().__init__(scope, name)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OneServiceOfThisAccount",
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal(publisher)],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
