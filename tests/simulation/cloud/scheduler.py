"""EventBridge Scheduler, one-shot schedules: precise to a minute, gone after they fired (Scheduler user guide)."""
# ruff: noqa: N803 - arguments are named as AWS names them

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulation.cloud import errors
from tests.simulation.cloud.errors import Exceptions
from tests.simulation.timeline import Timeline

_NAME = re.compile(r"[0-9a-zA-Z-_.]{1,64}")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


@dataclass
class Schedule:
    """A schedule that has not fired."""

    name: str
    at: datetime
    arn: str
    body: str
    made_at: datetime
    stubborn: bool = False  # fires although it was deleted, or fired before


class Scheduler:
    """The service. `lateness` is how late the next one fires, 0 to 60 s; `deliver` takes what is due to its target.

    `firings` says how late a schedule fires each time that it does: once, unless a fault says otherwise.
    """

    exceptions = Exceptions("ConflictException", "ResourceNotFoundException", "ThrottlingException")

    def __init__(
        self, timeline: Timeline, *, lateness: Callable[[], float], deliver: Callable[[str, str], None], group: str
    ) -> None:
        self.schedules: dict[str, Schedule] = {}
        self.throttled = False
        self.firings: Callable[[Schedule], Iterable[float]] = lambda schedule: [lateness()]
        self._timeline, self._deliver, self._group = timeline, deliver, group

    def create_schedule(
        self, *, Name: str, GroupName: str, ScheduleExpression: str, Target: dict[str, Any], **how: Any
    ) -> dict[str, Any]:
        if self.throttled:
            raise errors.error("ThrottlingException", "CreateSchedule")
        at = _AT.fullmatch(ScheduleExpression)
        self._check(Name, GroupName, "CreateSchedule")
        if at is None or how["FlexibleTimeWindow"] != {"Mode": "OFF"} or how["ScheduleExpressionTimezone"] != "UTC":
            raise errors.error("ValidationException", "CreateSchedule", ScheduleExpression)
        if how["ActionAfterCompletion"] != "DELETE":
            raise errors.error("ValidationException", "CreateSchedule", "not modelled: schedules that stay")
        if Name in self.schedules:
            raise errors.error("ConflictException", "CreateSchedule", Name)
        moment = datetime.fromisoformat(at[1]).replace(tzinfo=UTC)
        schedule = Schedule(Name, moment, Target["Arn"], Target["Input"], self._timeline.now())
        self.schedules[Name] = schedule
        ahead = max((moment - schedule.made_at).total_seconds(), 0.0)
        for late in self.firings(schedule):
            self._timeline.after(ahead + late, lambda: self._fire(schedule))
        return {"ScheduleArn": f"arn:aws:scheduler:::schedule/{GroupName}/{Name}"}

    def get_schedule(self, *, Name: str, GroupName: str) -> dict[str, Any]:
        self._check(Name, GroupName, "GetSchedule")
        if Name not in self.schedules:
            raise errors.error("ResourceNotFoundException", "GetSchedule", Name)
        schedule = self.schedules[Name]
        target = {"Arn": schedule.arn, "Input": schedule.body}
        return {"Name": Name, "GroupName": GroupName, "CreationDate": schedule.made_at, "Target": target}

    def list_schedules(
        self, *, GroupName: str, MaxResults: int = 100, NamePrefix: str = "", NextToken: str = ""
    ) -> dict[str, Any]:
        self._check(NamePrefix or "any", GroupName, "ListSchedules")
        if not 0 < MaxResults <= 100:
            raise errors.error("ValidationException", "ListSchedules", "MaxResults")
        left = sorted(name for name in self.schedules if name.startswith(NamePrefix) and name > NextToken)
        shown = [
            {"Name": name, "CreationDate": self.schedules[name].made_at, "Target": {"Arn": self.schedules[name].arn}}
            for name in left[:MaxResults]
        ]
        return {"Schedules": shown, **({"NextToken": left[MaxResults - 1]} if len(left) > MaxResults else {})}

    def delete_schedule(self, *, Name: str, GroupName: str) -> dict[str, Any]:
        self._check(Name, GroupName, "DeleteSchedule")
        if self.schedules.pop(Name, None) is None:
            raise errors.error("ResourceNotFoundException", "DeleteSchedule", Name)
        return {}

    def forget(self, schedule: Schedule) -> None:
        """Let a schedule be gone without having fired."""
        if self.schedules.get(schedule.name) is schedule:
            del self.schedules[schedule.name]

    def clear(self) -> None:
        """Lose all schedules."""
        for schedule in self.schedules.values():
            schedule.stubborn = False
        self.schedules.clear()

    def _fire(self, schedule: Schedule) -> None:
        there = self.schedules.get(schedule.name) is schedule
        if there:
            del self.schedules[schedule.name]
        if there or schedule.stubborn:
            self._deliver(schedule.arn, schedule.body)

    def _check(self, name: str, group: str, operation: str) -> None:
        if not _NAME.fullmatch(name):
            raise errors.error("ValidationException", operation, name)
        if group != self._group:
            raise errors.error("ResourceNotFoundException", operation, group)
