"""Everything except the tables: it can be deployed anew at any time."""

import string

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.api import Api, Gateway
from infra.canary import Canary, Secret, Sink
from infra.data import TocsinData
from infra.escalation import Audit, Escalation, Timers
from infra.findings import accept
from infra.function import Workshop
from infra.history import History
from infra.intake import Alarms, Replies
from infra.layers import Layers
from infra.notification import CHANNELS, Notification
from infra.operations import Operations
from infra.places import QUEUES, Located, Place, Places
from infra.queues import WorkQueue
from infra.redrive import Redrive
from infra.settings import Settings
from infra.watch import Watch

LONGEST_DELAY = 900  # seconds; a timer's, while Scheduler is throttled (180 otherwise)
LONGEST_RETRY = 300  # seconds; a page's, after an error of its provider


class Tocsin(cdk.Stack):
    """The app: one construct per capability, on the tables of `TocsinData`."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings, data: TocsinData) -> None:
        super().__init__(scope, name)
        self.add_stack_dependency(data)
        self._settings, self._data = settings, data
        self._operations = Operations(self, "Operations", email=settings.operations_email)
        self._due = WorkQueue(self, "DueQueue", operations=self._operations, delayed=LONGEST_DELAY)
        self._channels = {
            channel.name: WorkQueue(
                self, f"{channel.name.capitalize()}Queue", operations=self._operations, delayed=LONGEST_RETRY
            )
            for channel in CHANNELS
        }
        self._timers = Timers(self, "Timers", due=self._due.queue, operations=self._operations)
        self._sink, self._canary_key = Sink(self, "CanarySink"), Secret(self, "CanaryKey")
        self._operator_key = self._generated_operator_key()
        self._gateway = Gateway(self, "Gateway", settings=settings)
        self._build(self._workshop())

    def _build(self, workshop: Workshop) -> None:
        stream = self._data.tickets_stream_arn
        alarms = Alarms(self, "Alarms", workshop)
        replies = Replies(self, "Replies", workshop)
        Api(self, "HttpsApi", workshop, gateway=self._gateway, ingest=alarms.ingest)
        escalation = Escalation(self, "Escalation", workshop, due=self._due, stream=stream)
        Notification(self, "Notification", workshop, queues=self._channels)
        History(self, "History", workshop, stream=stream)
        canary = Canary(self, "Canary", workshop, runs=self._settings.canary)
        Audit(self, "Audit", workshop)
        takers = {name: workshop.functions[name] for name in ("ingest", "replies", "historian")}
        redrive = Redrive(self, "Redrive", workshop, functions=takers)
        watch = Watch(
            self,
            "Watch",
            workshop,
            api=self._gateway.api,
            tables=[self._data.tickets_name, self._data.directory_name],
            schedules=self._timers.group.ref,
            sms_limit=self._settings.sms_spend_limit,
            sums=self._settings.local is None,
        )
        cdk.CfnOutput(self, "Url", value=self._gateway.url)
        cdk.CfnOutput(self, "OperatorSecretArn", value=self._operator_key)
        cdk.CfnOutput(self, "AlarmTopicArn", value=alarms.topic.topic_arn)
        cdk.CfnOutput(self, "SmsReplyTopicArn", value=replies.topic.topic_arn)
        cdk.CfnOutput(self, "OperationsTopicArn", value=self._operations.topic.topic_arn)
        cdk.CfnOutput(self, "Sweeper", value=escalation.sweeper.function.function_name)
        cdk.CfnOutput(self, "CanarySinkArn", value=self._sink.queue.queue_arn)
        cdk.CfnOutput(self, "CanaryFunction", value=canary.function.function_name)
        cdk.CfnOutput(self, "Redriver", value=redrive.redriver.function.function_name)
        cdk.CfnOutput(self, "DashboardName", value=watch.dashboard.dashboard_name)
        cdk.CfnOutput(self, "ScheduleGroup", value=self._timers.group.ref)

    def _generated_operator_key(self) -> str:
        """Make the secret whose text is the operator's key, 48 letters and digits. Return its ARN."""
        secret = secretsmanager.CfnSecret(
            self,
            "OperatorKey",
            description="Tocsin: the operator's key, good for onboarding companies",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=48, exclude_punctuation=True, exclude_characters=string.punctuation
            ),
        )
        accept(
            secret,
            "AwsSolutions-SMG4",
            "A person holds this key: it is changed by putting a new value, which counts within seconds.",
        )
        return secret.attr_id

    def _workshop(self) -> Workshop:
        local = self._settings.local
        return Workshop(
            layers=Layers(self, "Layers", local=local).all,
            places=self._places(),
            operations=self._operations,
            log_retention=self._settings.log_retention,
            pager_concurrency=self._settings.pager_concurrency,
            settings={
                "PUBLIC_URL": self._gateway.url,
                "EMAIL_SENDER": self._settings.email_sender,
                "SMS_SENDER": self._settings.sms_sender,
                "VOICE_SENDER": self._settings.voice_sender,
                "EMAIL_RATE": str(self._settings.email_rate),
                "SMS_RATE": str(self._settings.sms_rate),
                "VOICE_RATE": str(self._settings.voice_rate),
                "WEBHOOK_RATE": "100",  # there is no sender to spare: what may come of our own functions
                "CANARY_RATE": "100",  # its sink is a queue: nothing to be spared
                "ALARM_INTEGRATION": self._settings.alarm_integration,
                "SMS_PER_DAY": str(self._settings.sms_per_day),
                "VOICE_PER_DAY": str(self._settings.voice_per_day),
                "TICKETS_PER_SECOND": str(self._settings.tickets_per_second),
                "REQUESTS_PER_SECOND": str(self._settings.requests_per_second),
                "SNS_CERTIFICATE_URL": local.sns_certificate_url if local else "",
                "SNS_CERTIFICATE_PEM": local.sns_certificate_pem if local else "",
                "LOOPBACK_URLS": "yes" if local and local.loopback_urls else "",
            },
        )

    def _places(self) -> Places:
        data = self._data
        return {
            Place.TICKETS: Located((data.tickets_arn,), {"TICKETS_TABLE": data.tickets_name}),
            Place.TICKETS_DUE: Located((f"{data.tickets_arn}/index/due",)),
            Place.TICKETS_OPEN: Located((f"{data.tickets_arn}/index/open",)),
            Place.TICKETS_OF_TEAM: Located((f"{data.tickets_arn}/index/team",)),
            Place.TICKETS_STREAM: Located((data.tickets_stream_arn,)),
            Place.TICKETS_STREAMS: Located((f"{data.tickets_arn}/stream/*",)),
            Place.DIRECTORY: Located((data.directory_arn,), {"DIRECTORY_TABLE": data.directory_name}),
            Place.DIRECTORY_LISTED: Located(
                (f"{data.directory_arn}/index/listed",), {"DIRECTORY_TABLE": data.directory_name}
            ),
            **self._places_of_queues(),
            **self._places_of_timers(),
            Place.OPERATOR_SECRET: Located((self._operator_key,), {"OPERATOR_SECRET_ARN": self._operator_key}),
            Place.CANARY_SECRET: Located((self._canary_key.arn,), {"CANARY_SECRET_ARN": self._canary_key.arn}),
            Place.PHONES: Located(("*",)),
            Place.TOPICS: Located((f"arn:{self.partition}:sns:*:*:*",)),
            Place.VOICE_NUMBERS: Located(
                (self.format_arn(service="sms-voice", resource="phone-number", resource_name="*"),)
            ),
            Place.EMAIL_IDENTITIES: Located(tuple(map(self._identity_arn, self._settings.email_identities))),
        }

    def _places_of_queues(self) -> Places:
        due, sink = self._due.queue, self._sink.queue
        channels = {name: channel.queue for name, channel in self._channels.items()}
        return {
            Place.DUE_QUEUE: Located((due.queue_arn,), {"DUE_QUEUE_URL": due.queue_url}),
            **{
                QUEUES[name]: Located((queue.queue_arn,), {f"{name.upper()}_QUEUE_URL": queue.queue_url})
                for name, queue in channels.items()
            },
            Place.CANARY_SINK: Located((sink.queue_arn,), {"CANARY_SINK_URL": sink.queue_url}),
        }

    def _places_of_timers(self) -> Places:
        timers = self._timers
        return {
            Place.SCHEDULES: Located(
                (timers.schedules_arn,),
                {
                    "SCHEDULE_GROUP": timers.group.ref,
                    "SCHEDULE_DEAD_LETTER_ARN": timers.dead_letters.queue_arn,
                    "DUE_QUEUE_ARN": self._due.queue.queue_arn,
                },
            ),
            Place.LIST_OF_SCHEDULES: Located((timers.list_arn,)),
            Place.SCHEDULE_ROLE: Located((timers.role.role_arn,), {"SCHEDULE_ROLE_ARN": timers.role.role_arn}),
        }

    def _identity_arn(self, identity: str) -> str:
        return self.format_arn(service="ses", resource="identity", resource_name=identity)
