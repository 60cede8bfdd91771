"""What a person on call for Tocsin looks at first: are pages on time, and if not, where do they wait."""

from collections.abc import Iterable, Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import metrics
from infra.function import Function
from infra.operations import MINUTE

WIDTH, HEIGHT = 8, 6  # of 24 columns; three graphs a row


class Dashboard(Construct):
    """One dashboard for the installation. Three of them are free; it shows no tenant."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        queues: Mapping[str, sqs.IQueue],
        dead_letters: Mapping[str, sqs.IQueue],
        functions: Mapping[str, Function],
        api: http.IHttpApi,
        tables: Sequence[str],
        schedules: str,
    ) -> None:
        """`functions` are by their names in the table of rights, `schedules` is the schedules' group."""
        super().__init__(scope, name)
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=cdk.Duration.hours(3))
        self.dashboard.add_widgets(*_lateness())
        self.dashboard.add_widgets(*_waiting(queues, dead_letters, functions))
        self.dashboard.add_widgets(*_nets(functions))
        self.dashboard.add_widgets(*_held_back())
        self.dashboard.add_widgets(*_functions(functions))
        self.dashboard.add_widgets(*_services(api, tables, schedules))
        self.dashboard.add_widgets(*_providers())


def _lateness() -> list[cloudwatch.GraphWidget]:
    spread = {"p50": "p50", "p99": "p99", "most": "Maximum"}
    return [
        *(
            _graph(title, [metrics.own(name, of, statistic=how, label=label) for label, how in spread.items()], "ms")
            for title, name, of in (
                ("Pages: late after their step was due", "PageLateness", "historian"),
                ("Escalations: late after they were due", "EscalationLateness", "escalator"),
            )
        ),
        _graph("Pages by outcome and channel", [metrics.searched("Pages", "channel", "outcome", "service")]),
    ]


def _waiting(
    queues: Mapping[str, sqs.IQueue], dead_letters: Mapping[str, sqs.IQueue], functions: Mapping[str, Function]
) -> list[cloudwatch.GraphWidget]:
    ages = [metrics.of_queue("ApproximateAgeOfOldestMessage", queue, name) for name, queue in queues.items()]
    ages += [metrics.of_function("IteratorAge", functions[name], name, "Maximum") for name in ("clock", "historian")]
    return [
        _graph("Oldest message (s), oldest record of the stream (ms)", ages),
        _graph(
            "Messages that wait",
            [metrics.of_queue("ApproximateNumberOfMessagesVisible", queue, name) for name, queue in queues.items()],
        ),
        _graph(
            "Dead letters",
            [metrics.of_queue("ApproximateNumberOfMessagesVisible", one, name) for name, one in dead_letters.items()],
        ),
    ]


def _nets(functions: Mapping[str, Function]) -> list[cloudwatch.GraphWidget]:
    tickets = [metrics.own(name, "historian", label=name) for name in ("TicketsOpened", "Deduplicated", "Acknowledged")]
    caught = [
        metrics.searched(name, "kind", "service") for name in ("SweeperRepairs", "SweeperRebuilds", "AuditRepairs")
    ]
    refused = [
        *(metrics.own("ScheduleFailed", of, label=f"ScheduleFailed {of}") for of in ("clock", "sweeper", "auditor")),
        metrics.own("CancelFailed", "clock", label="CancelFailed"),
        *(metrics.own("SendFailed", name, label=f"SendFailed {name}") for name in functions if "notifier" in name),
        metrics.own("SweeperStuck", "sweeper", label="SweeperStuck"),
        metrics.own("SweeperCutShort", "sweeper", label="SweeperCutShort"),
    ]
    return [_graph("Tickets", tickets), _graph("Caught by a net", caught), _graph("Refused, stuck, cut short", refused)]


def _held_back() -> list[cloudwatch.GraphWidget]:
    """What waits, or is refused, on purpose: so that one company's flood is its own."""
    return [
        _graph("Messages that wait for a company's share", [metrics.searched("WaitedForShare", "service")]),
        _graph("Breakers opened", [metrics.searched("BreakerOpened", "service")]),
        _graph(
            "Over a company's limit",
            [metrics.searched(f"{what}Refused", "service") for what in ("Tickets", "Requests")],
        ),
    ]


def _functions(functions: Mapping[str, Function]) -> list[cloudwatch.GraphWidget]:
    return [
        _graph(title, [metrics.of_function(name, one, of, how) for of, one in functions.items()])
        for title, name, how in (
            ("Errors", "Errors", "Sum"),
            ("Throttles", "Throttles", "Sum"),
            ("Duration, p99 (ms)", "Duration", "p99"),
        )
    ]


def _services(api: http.IHttpApi, tables: Sequence[str], schedules: str) -> list[cloudwatch.GraphWidget]:
    throttled = [metrics.of_table(name, table) for table in tables for name in metrics.TABLE_THROTTLES]
    invocations = [metrics.of_schedules(name, schedules) for name in metrics.SCHEDULES]
    gateway = [one(period=MINUTE) for one in (api.metric_count, api.metric_server_error, api.metric_client_error)]
    return [_graph("Table throttles", throttled), _graph("Schedules", invocations), _graph("API requests", gateway)]


def _providers() -> list[cloudwatch.GraphWidget]:
    spent = metrics.sms("SMSMonthToDateSpentUSD", "Maximum")
    rate = metrics.sms("SMSSuccessRate", "Average")
    mail = [metrics.ses(name) for name in ("Reputation.BounceRate", "Reputation.ComplaintRate")]
    return [
        _graph("SMS: spent this month (USD)", [spent]),
        _graph("SMS: share delivered", [rate]),
        _graph("Mail", mail),
    ]


def _graph(title: str, shown: Iterable[cloudwatch.IMetric], unit: str = "") -> cloudwatch.GraphWidget:
    axis = cloudwatch.YAxisProps(label=unit, show_units=False, min=0)
    return cloudwatch.GraphWidget(title=title, left=list(shown), left_y_axis=axis, width=WIDTH, height=HEIGHT)
