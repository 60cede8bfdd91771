"""What Tocsin promises, watched: pages on time, nothing lost, nothing stuck. And the dashboard to look at."""

from collections.abc import Iterable, Sequence

from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra import metrics
from infra.dashboard import Dashboard
from infra.function import Workshop
from infra.operations import FIVE_MINUTES

LATE = 5000  # milliseconds after its step was due; two seconds are usual
CAUGHT = 5  # in five minutes: a net that catches more than a crash or two has a hole above it
LOST_SHARE = 0.05  # of mail that bounces: from here on SES puts an account under review (SES developer guide)
NEAR_LIMIT = 0.8  # of the SMS limit of the month


class Watch(Construct):
    """Alarms about promises. Made last: it knows every function and queue."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        workshop: Workshop,
        *,
        api: http.IHttpApi,
        tables: Sequence[str],
        schedules: str,
        sms_limit: int,
        sums: bool,
    ) -> None:
        """`tables` are names, `schedules` is the schedules' group; `sms_limit` in USD a month, 0 if unknown.

        Without `sums` there are no alarms about several metrics together: the embedded AWS cannot add.
        """
        super().__init__(scope, name)
        self._workshop, self._operations, self._sums = workshop, workshop.operations, sums
        self._watch_pages()
        self._watch_nets()
        self._watch_services(api, tables, schedules)
        self._watch_providers(sms_limit)
        self.dashboard = Dashboard(
            self,
            "Overview",
            queues=self._operations.work_queues,
            dead_letters=self._operations.dead_letters,
            functions=workshop.functions,
            api=api,
            tables=tables,
            schedules=schedules,
        ).dashboard

    def _watch_pages(self) -> None:
        late = metrics.own("PageLateness", "historian", statistic="p99", period=FIVE_MINUTES)
        why = "One page in a hundred, or the only one, came more than five seconds late."
        self._operations.alarm("PageLateness", late, above=LATE, why=why, runbook="pages-come-late")
        pagers = [
            self._workshop.functions[name] for name in self._workshop.functions if name.startswith(metrics.PAGERS)
        ]
        # Apart, for an alarm adds up ten metrics at most.
        for name, what in (("Errors", "fail"), ("Throttles", "are throttled")):
            counted = [one.function.metric(name, statistic="Sum", period=FIVE_MINUTES) for one in pagers]
            self._sum(f"Pager{name}", counted, CAUGHT, f"Functions on the way of a page {what}.", "pagers-fail")

    def _watch_nets(self) -> None:
        caught = [_own("SweeperRepairs", "sweeper", kind=kind) for kind in ("overdue", "page", "failed")]
        why = "The sweeper does what others should have done: pages come a minute late."
        self._sum("SweeperRepairs", caught, CAUGHT, why, "the-sweeper-repairs")
        why = "A row was looked at five times, and nothing helped."
        self._operations.alarm(
            "SweeperStuck", _own("SweeperStuck", "sweeper"), above=0, why=why, runbook="a-row-is-stuck"
        )
        audited = [_own("AuditRepairs", "auditor", kind=kind) for kind in ("armed", "deleted", "failed")]
        why = "Schedules are missing, or were left over."
        self._sum("AuditRepairs", audited, CAUGHT, why, "the-auditor-repairs")

    def _watch_services(self, api: http.IHttpApi, tables: Sequence[str], schedules: str) -> None:
        errors = api.metric_server_error(period=FIVE_MINUTES, statistic="Sum")
        why = "Requests are answered with 5xx: tickets may not be opened."
        self._operations.alarm("ApiErrors", errors, above=CAUGHT, why=why, runbook="the-api-fails")
        throttled = [
            metrics.of_table(name, table, FIVE_MINUTES) for table in tables for name in metrics.TABLE_THROTTLES
        ]
        self._sum("TableThrottles", throttled, 100, "DynamoDB throttles a table.", "a-table-is-throttled")
        dropped = metrics.of_schedules("InvocationDroppedCount", schedules, FIVE_MINUTES)
        why = "Scheduler gave timers up: they are in its dead letters."
        self._operations.alarm("SchedulesDropped", dropped, above=0, why=why, runbook="schedules-are-dropped")

    def _watch_providers(self, sms_limit: int) -> None:
        bounces = metrics.ses("Reputation.BounceRate")
        why = "Mail bounces: SES may stop the account's sending."
        self._operations.alarm("MailBounces", bounces, above=LOST_SHARE, why=why, runbook="mail-bounces")
        if sms_limit:
            spent = metrics.sms("SMSMonthToDateSpentUSD", "Maximum")
            why = f"Most of this month's {sms_limit} USD for SMS is spent: at the limit nobody is paged by SMS."
            self._operations.alarm(
                "SmsSpend", spent, above=sms_limit * NEAR_LIMIT, why=why, runbook="sms-are-nearly-spent"
            )

    def _sum(self, name: str, added: Iterable[cloudwatch.Metric], above: float, why: str, runbook: str) -> None:
        if not self._sums:
            return
        parts: dict[str, cloudwatch.IMetric] = {f"m{number}": metric for number, metric in enumerate(added)}
        total = cloudwatch.MathExpression(
            expression="SUM(METRICS())", using_metrics=parts, label=name, period=FIVE_MINUTES
        )
        self._operations.alarm(name, total, above=above, why=why, runbook=runbook)


def _own(name: str, function: str, **of: str) -> cloudwatch.Metric:
    return metrics.own(name, function, period=FIVE_MINUTES, **of)
