"""What must outlive every deployment: the two tables."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.settings import Settings


class TocsinData(cdk.Stack):
    """The Tickets and the Directory table, with all their indexes from the first day: a deployment can change only one.

    Logical ids are fixed: a table that got another would be a new, empty table.
    """

    def __init__(self, scope: Construct, name: str, *, settings: Settings, termination_protection: bool) -> None:
        super().__init__(scope, name, termination_protection=termination_protection)
        self._protected = settings.local is None
        # What carries `expires` is over by then: nothing on the way of a page relies on its being deleted. Of a
        # resolved ticket that is its row alone; the historian sees it go, and clears the rest away.
        self.tickets = self._table("Tickets", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES, expiry="expires")
        for index, key, order in (
            ("due", "due_shard", "look_at"),
            ("open", "open_shard", "opened"),
            ("team", "team_shard", "opened"),
        ):
            self._index(self.tickets, index, key, order, dynamodb.ProjectionType.KEYS_ONLY)
        self.directory = self._table("Directory")
        self._index(self.directory, "listed", "list_pk", "list_sk", dynamodb.ProjectionType.ALL)
        self._export()
        cdk.CfnOutput(self, "TicketsTable", value=self.tickets.table_name)
        cdk.CfnOutput(self, "DirectoryTable", value=self.directory.table_name)

    def _export(self) -> None:
        """Name what the other stack refers to. What is exported stays exported, whoever uses it."""
        self.tickets_arn = str(self.export_value(self.tickets.table_arn))
        self.tickets_name = str(self.export_value(self.tickets.table_name))
        self.tickets_stream_arn = str(self.export_value(self.tickets.table_stream_arn))
        self.directory_arn = str(self.export_value(self.directory.table_arn))
        self.directory_name = str(self.export_value(self.directory.table_name))

    def _table(
        self, name: str, *, stream: dynamodb.StreamViewType | None = None, expiry: str | None = None
    ) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            name,
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=stream,
            time_to_live_attribute=expiry,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._protected,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        resource = table.node.default_child
        assert isinstance(resource, dynamodb.CfnTable)  # noqa: S101 (tells the type checker what a Table is made of)
        resource.override_logical_id(name)
        return table

    def _index(
        self, table: dynamodb.Table, name: str, key: str, order: str, projection: dynamodb.ProjectionType
    ) -> None:
        table.add_global_secondary_index(
            index_name=name, partition_key=_text(key), sort_key=_text(order), projection_type=projection
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
