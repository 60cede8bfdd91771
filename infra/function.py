"""What all functions have in common, in one construct."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.findings import accept, accept_wildcard
from infra.layers import ROOT
from infra.operations import Operations
from infra.places import Located, Place, Places
from infra.queues import DeadLetters
from infra.rights import RIGHTS, WILDCARDS, Right, own, tenants


@dataclass(frozen=True)
class Workshop:
    """What functions are made from: layers, the places they may get rights to, and settings by variable name.

    `pager_concurrency`, unless 0, is how many of each function on the way of a page are reserved. `functions` are those
    that were made, by name.
    """

    layers: list[lambda_.LayerVersion]
    places: Places
    operations: Operations
    log_retention: logs.RetentionDays
    pager_concurrency: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    functions: "dict[str, Function]" = field(default_factory=dict)


class Function(Construct):
    """The Lambda function of `functions/<folder>`, with its role and log and, with a right to them, dead letters."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        workshop: Workshop,
        *,
        told: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        folder: str | None = None,
        timeout: cdk.Duration | None = None,
        memory: int = 512,
        pagers: int | None = None,
    ) -> None:
        """Make the function `name` of the table of rights.

        `told` are the settings it gets as variables (those that are empty are left out), `variables` others of its own,
        `memory` is in MB, `timeout` 10 seconds if none is given. `pagers`, of a function on the way of a page, says how
        many of it run at once at most.
        """
        super().__init__(scope, "".join(word.capitalize() for word in name.replace("_", "-").split("-")))
        self._name, self._workshop = name, workshop
        workshop.functions[name] = self
        reserved = min(workshop.pager_concurrency, pagers or 0) or None
        # A queue that asked for more would be throttled, and its messages use up their attempts.
        self.at_once = reserved or pagers or 0
        self.dead_letters = self._dead_letters()
        self._places = self._own_places()
        self._log = logs.LogGroup(
            self, "Log", retention=workshop.log_retention, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        role = self._role()
        self.function = lambda_.Function(
            self,
            "Function",
            code=lambda_.Code.from_asset(
                str(ROOT / "functions" / (folder or name)), exclude=["**/__pycache__", "**/*.pyc"]
            ),
            handler="handler.lambda_handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            layers=[*workshop.layers],
            role=role.without_policy_updates(),  # the table of rights is the whole truth
            log_group=self._log,
            environment=self._environment(told, variables or {}),
            timeout=timeout or cdk.Duration.seconds(10),
            memory_size=memory,
            reserved_concurrent_executions=reserved,
        )
        if tenants(name):
            self.function.add_environment("TENANT_ROLE_ARN", self._tenant_role(role).role_arn)
        accept(self.function, "AwsSolutions-L1", "Python 3.13 is the version that all dependencies have wheels for.")

    def on_failure(self, *, retries: int, oldest: cdk.Duration) -> None:
        """Retry an event that came without a waiting caller, and keep it as a dead letter when that does not help."""
        lambda_.EventInvokeConfig(
            self,
            "Events",
            function=self.function,
            retry_attempts=retries,
            max_event_age=oldest,
            on_failure=destinations.SqsDestination(self.dead_letter_queue),
        )

    @property
    def dead_letter_queue(self) -> cdk.aws_sqs.IQueue:
        """The queue of the function's dead letters."""
        if self.dead_letters is None:
            raise LookupError(f"{self._name} has no right to dead letters")
        return self.dead_letters.queue

    def _dead_letters(self) -> DeadLetters | None:
        if not any(Place.DEAD_LETTERS in right.places for right in RIGHTS[self._name]):
            return None
        return DeadLetters(self, "DeadLetters", operations=self._workshop.operations, of=self.node.id)

    def _own_places(self) -> Places:
        if self.dead_letters is None:
            return self._workshop.places
        return {**self._workshop.places, Place.DEAD_LETTERS: Located((self.dead_letters.queue.queue_arn,))}

    def _environment(self, told: tuple[str, ...], variables: Mapping[str, str]) -> dict[str, str]:
        places = [place for right in RIGHTS[self._name] for place in right.places if not right.denied]
        found_by = {name: value for place in places for name, value in self._places[place].variables.items()}
        settings = {name: value for name in told if (value := self._workshop.settings[name])}
        return {
            "POWERTOOLS_SERVICE_NAME": self._name,
            "POWERTOOLS_METRICS_NAMESPACE": "Tocsin",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **found_by,
            **settings,
            **variables,
        }

    def _role(self) -> iam.Role:
        write_log = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self._log.log_group_arn]
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "Rights": iam.PolicyDocument(statements=[write_log, *map(self._statement, own(self._name))])
            },
        )
        for place in {place for right in own(self._name) for place in right.places} & WILDCARDS.keys():
            self._acknowledge_wildcards(role, place)
        return role

    def _tenant_role(self, role: iam.Role) -> iam.Role:
        """Make the role by which the function reaches the rows of one tenant: sessions of it are tagged with whose."""
        tagged = {
            "StringLike": {"aws:RequestTag/tenant": "?*"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]},
        }
        rights = [self._statement(right) for right in tenants(self._name)]
        tenant_role = iam.Role(
            self,
            "TenantRole",
            assumed_by=iam.ArnPrincipal(role.role_arn).with_conditions(tagged).with_session_tags(),
            inline_policies={"Rights": iam.PolicyDocument(statements=rights)},
        )
        acting = iam.PolicyStatement(actions=["sts:AssumeRole", "sts:TagSession"], resources=[tenant_role.role_arn])
        # A resource of its own: each of the two roles names the other.
        allowed = iam.Policy(self, "ActForTenants", statements=[acting], roles=[role])
        self.function.node.add_dependency(allowed)
        return tenant_role

    def _statement(self, right: Right) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            effect=iam.Effect.DENY if right.denied else iam.Effect.ALLOW,
            actions=list(right.actions),
            resources=[arn for place in right.places for arn in self._places[place].arns],
            conditions=right.conditions(),
        )

    def _acknowledge_wildcards(self, role: iam.Role, place: Place) -> None:
        for arn in self._places[place].arns:
            accept_wildcard(role, arn, WILDCARDS[place])
