"""CloudWatch alarms, as SNS and as EventBridge deliver them.

Shapes: Amazon CloudWatch user guide, "Alarm events and EventBridge"; SNS payloads as in aws-lambda-go's test data. What
is missing or unknown is passed over, as long as it can be told which alarm it is and what state it has.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tocsin import times
from tocsin.sources import limits

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]+")
_CONSOLES = {"cn": "console.amazonaws.cn", "us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True)
class AlarmChange:
    """An alarm went to a state.

    `arn` identifies the alarm; older senders give none, and then it is account, region and name. `region` is a code
    such as `eu-central-1`, or empty if it is not known, and `link` (the alarm in the console) is empty with it.
    """

    arn: str
    name: str
    state: str
    reason: str = ""
    description: str = ""
    at: datetime | None = None
    region: str = ""
    account: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    link: str = ""
    title: str = ""

    @property
    def opens(self) -> bool:
        """Whether it is one to open a ticket for."""
        return self.state == "ALARM"


def from_sns(message: str | Mapping[str, Any], *, region: str = "") -> AlarmChange:
    """Read the `Message` of an SNS notification, as text or parsed; `region` is used if the alarm names none.

    Raises:
        ValueError: this is no alarm.
    """
    alarm = _parsed(message)
    arn = _text(alarm, "AlarmArn")
    spelled = _text(alarm, "Region")  # "EU (Frankfurt)": of no use in a link
    return _change(
        arn=arn,
        name=_text(alarm, "AlarmName"),
        state=_text(alarm, "NewStateValue"),
        reason=_text(alarm, "NewStateReason"),
        description=_text(alarm, "AlarmDescription"),
        at=_text(alarm, "StateChangeTime"),
        region=_region(arn) or (spelled if _REGION.fullmatch(spelled) else region),
        place=spelled,
        account=_text(alarm, "AWSAccountId"),
        details=_sns_labels(_mapping(alarm, "Trigger")),
    )


def from_eventbridge(event: Mapping[str, Any]) -> AlarmChange:
    """Read an event `CloudWatch Alarm State Change`.

    Raises:
        ValueError: this is no alarm.
    """
    detail, resources = _mapping(event, "detail"), event.get("resources")
    state, configuration = _mapping(detail, "state"), _mapping(detail, "configuration")
    arn = resources[0] if isinstance(resources, list) and resources and isinstance(resources[0], str) else ""
    return _change(
        arn=arn,
        name=_text(detail, "alarmName"),
        state=_text(state, "value"),
        reason=_text(state, "reason"),
        description=_text(configuration, "description"),
        at=_text(state, "timestamp"),
        region=_region(arn) or _text(event, "region"),
        place=_text(event, "region"),
        account=_text(event, "account"),
        details=[*_eventbridge_labels(configuration), *_mapping(detail, "alarmTags").items()],
    )


def _parsed(message: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(message, str):
        try:
            message = json.loads(message)
        except (ValueError, RecursionError):
            raise ValueError("not a CloudWatch alarm: the message is not JSON") from None
    if not isinstance(message, Mapping):
        raise ValueError("not a CloudWatch alarm: the message is not an object")  # noqa: TRY004 - one error for all
    return message


def _change(
    *,
    arn: str,
    name: str,
    state: str,
    reason: str,
    description: str,
    at: str,
    region: str,
    place: str,
    account: str,
    details: list[tuple[str, Any]],
) -> AlarmChange:
    if not name:
        raise ValueError("not a CloudWatch alarm: it has no name")
    if state not in STATES:
        raise ValueError(f"not a CloudWatch alarm: its state is none of {', '.join(STATES)}")
    known = [("alarm", name), ("account", account or None), ("region", region or None)]
    return AlarmChange(
        arn=limits.key(arn or f"{account}:{place}:{name}"),
        name=limits.cut(name, limits.TITLE),
        state=state,
        reason=limits.whole(reason),
        description=limits.whole(description),
        at=_moment(at),
        region=region,
        account=account,
        labels=limits.labels([*known, *details]),
        link=_link(region, name),
        title=limits.cut(name, limits.TITLE),
    )


def _region(arn: str) -> str:
    """Return the fourth part of `arn:aws:cloudwatch:eu-central-1:123456789012:alarm:name`."""
    region = arn.split(":")[3] if arn.count(":") > 3 else ""
    return region if _REGION.fullmatch(region) else ""


def _link(region: str, name: str) -> str:
    if not _REGION.fullmatch(region):
        return ""
    partition = next((part for part in _CONSOLES if region.startswith(f"{part}-")), "")
    console = f"{region}.{_CONSOLES.get(partition, 'console.aws.amazon.com')}"
    return f"https://{console}/cloudwatch/home?region={region}#alarmsV2:alarm/{quote(limits.whole(name), safe='')}"


def _moment(text: str) -> datetime | None:
    """Read `2015-06-03T17:43:27.123+0000`, which is RFC 3339 but for a colon."""
    try:
        return times.parse(re.sub(r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2", text))
    except ValueError:
        return None


def _sns_labels(trigger: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return metric, namespace and dimensions; a metric-math alarm has several of each, and the first counts."""
    found = _metric(trigger, "MetricName", "Namespace")
    for query in _mappings(trigger.get("Metrics")):
        metric = _mapping(_mapping(query, "MetricStat"), "Metric")
        found += [*_metric(metric, "MetricName", "Namespace"), *_expression(query, "Expression")]
    return found


def _eventbridge_labels(configuration: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for query in _mappings(configuration.get("metrics")):
        metric = _mapping(_mapping(query, "metricStat"), "metric")
        found += [*_metric(metric, "name", "namespace"), *_expression(query, "expression")]
    return found


def _metric(metric: Mapping[str, Any], name: str, namespace: str) -> list[tuple[str, Any]]:
    known = [("namespace", metric.get(namespace)), ("metric", metric.get(name))]
    return [*known, *_dimensions(metric.get("Dimensions") or metric.get("dimensions"))]


def _dimensions(dimensions: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(dimensions, Mapping):
        yield from dimensions.items()
    for one in _mappings(dimensions):
        name = one.get("name", one.get("Name"))
        if isinstance(name, str):
            yield name, one.get("value", one.get("Value"))


def _expression(query: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    return [("expression", query[name])] if isinstance(query.get(name), str) else []


def _text(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    return limits.whole(value) if isinstance(value, str) else ""


def _mapping(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = source.get(name)
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
