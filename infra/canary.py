"""The canary: a customer of our own that is paged every minute, and the alarms for when it is not."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.findings import accept
from infra.function import Function, Workshop
from infra.layers import Layers
from infra.operations import MINUTE, Operations
from infra.places import Located, Place, Places
from infra.settings import Home, Settings

TIMEOUT = cdk.Duration.seconds(55)  # a run ends before the next one begins
LATE = 5000  # milliseconds


class Sink(Construct):
    """The queue that the canary's pages go to. What nobody reads there is gone by itself: it is about old tickets."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.minutes(10),
        )
        accept(
            self.queue, "AwsSolutions-SQS3", "Pages of the canary: one that it does not read has failed, and is told."
        )


class Secret(Construct):
    """Keeps the canary's API key, which it makes and puts there itself: empty at first."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        secret = secretsmanager.CfnSecret(self, "Key", description="Tocsin: the canary's own API key")
        accept(secret, "AwsSolutions-SMG4", "The canary makes a new key when this one is lost or refused.")
        self.arn = secret.attr_id


class Canary(Construct):
    """The function, its schedule if it is to run, and its alarms."""

    def __init__(self, scope: Construct, name: str, workshop: Workshop, *, runs: bool, home_region: str = "") -> None:
        """Make it; `home_region` is the installation's, if that is another than the canary's own."""
        super().__init__(scope, name)
        # A run waits for most of its time: little memory, for memory times time is what it costs.
        canary = Function(
            self,
            "canary",
            workshop,
            told=("PUBLIC_URL",),
            variables={"HOME_REGION": home_region} if home_region else {},
            timeout=TIMEOUT,
            memory=128,
        )
        self.function = canary.function
        canary.function.configure_async_invoke(retry_attempts=0, max_event_age=MINUTE)
        if runs:
            self._run_every_minute()
            self._watch(workshop.operations)

    def _run_every_minute(self) -> None:
        """What cannot be delivered in time is dropped: the next run is near, and a run that is missing is told."""
        target = targets.LambdaFunction(self.function, retry_attempts=0, max_event_age=MINUTE)
        events.Rule(self, "EveryMinute", schedule=events.Schedule.rate(MINUTE), targets=[target])

    def _watch(self, operations: Operations) -> None:
        operations.silence(
            "CanaryPassed",
            _metric("CanaryPassed", MINUTE, cloudwatch.Stats.MINIMUM),
            periods=3,
            of=5,
            why="The canary is not paged, or does not run: customers are not paged either.",
            runbook="the-canary-is-not-paged",
        )
        operations.alarm(
            "CanaryLateness",
            _metric("CanaryLateness", cdk.Duration.minutes(5), cloudwatch.Stats.percentile(99)),
            above=LATE,
            periods=2,
            why="The canary is paged late, and so are customers.",
            runbook="the-canary-is-not-paged",
        )


class TocsinCanary(cdk.Stack):
    """A canary in another Region than its installation: it is heard when all of that Region is silent."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings, home: Home) -> None:
        super().__init__(scope, name)
        self._home = home
        operations = Operations(self, "Operations", email=settings.operations_email)
        workshop = Workshop(
            layers=Layers(self, "Layers", local=settings.local).all,
            places=self._places(),
            operations=operations,
            log_retention=settings.log_retention,
            settings={"PUBLIC_URL": home.url},
        )
        canary = Canary(self, "Canary", workshop, runs=settings.canary, home_region=home.region)
        cdk.CfnOutput(self, "CanaryFunction", value=canary.function.function_name)
        cdk.CfnOutput(self, "OperationsTopicArn", value=operations.topic.topic_arn)

    def _places(self) -> Places:
        home, key = self._home, Secret(self, "CanaryKey")
        _, _, _, region, account, queue = home.sink_arn.split(":")
        sink_url = f"https://sqs.{region}.{self.url_suffix}/{account}/{queue}"
        return {
            Place.CANARY_SINK: Located((home.sink_arn,), {"CANARY_SINK_URL": sink_url}),
            Place.CANARY_SECRET: Located((key.arn,), {"CANARY_SECRET_ARN": key.arn}),
            Place.OPERATOR_SECRET: Located(
                (home.operator_secret_arn,), {"OPERATOR_SECRET_ARN": home.operator_secret_arn}
            ),
        }


def _metric(name: str, period: cdk.Duration, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Tocsin",
        metric_name=name,
        dimensions_map={"service": "canary"},
        period=period,
        statistic=statistic,
    )
