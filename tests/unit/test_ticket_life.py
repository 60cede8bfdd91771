"""A ticket's life: people and timers change its row in any order, and what holds of it always holds."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.examples import EPOCH, NOW, a_ticket
from tocsin import ticket
from tocsin.rows import changed as written
from tocsin.ticket import Changes, Kind, Status, Ticket


class Life(RuleBasedStateMachine):
    """A ticket whose row is changed by people and timers in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.row = ticket.row(a_ticket(ack_timeout=600, auto_resolve=100_000))
        self.before: list[dict[str, Any]] = []

    @property
    def current(self) -> Ticket:
        return Ticket.of(self.row)

    def write(self, changes: Changes) -> None:
        self.before.append(self.row)
        self.row = written(self.row, changes)

    @rule()
    def a_minute_passes(self) -> None:
        self.now += timedelta(minutes=1)

    @precondition(lambda self: not self.current.resolved)
    @rule(status=st.sampled_from(list(Status)), seconds=st.integers(0, 100_000))
    def somebody_moves_it(self, status: Status, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.write(ticket.to_status(self.current, status, "ada", self.now))

    @precondition(lambda self: not self.current.resolved)
    @rule(seconds=st.integers(1, 604_800))
    def it_is_snoozed(self, seconds: int) -> None:
        self.write(ticket.snoozed(self.current, self.now + timedelta(seconds=seconds), "ada", self.now))

    @precondition(lambda self: not self.current.resolved)
    @rule(team=st.sampled_from(["payments", "search"]), user=st.sampled_from([None, "bob"]))
    def it_is_reassigned(self, team: str, user: str | None) -> None:
        self.write(ticket.reassigned(self.current, team, user, "ada", self.now))

    @precondition(lambda self: self.current.due_at)
    @rule()
    def its_time_comes(self) -> None:
        self.now = max(self.now, self.current.due_at or self.now)
        changes = ticket.rung(self.current, self.now)
        if changes:
            self.write(changes)

    @precondition(lambda self: self.current.status is Status.UNREAD and not self.current.snoozed_until)
    @rule(wait=st.integers(10, 1_000_000))
    def a_timer_moves_it(self, wait: int) -> None:
        step = {"rule_id": "r1", "step": self.current.step + 1, "assigned_to": ["bob"]}
        due_at = self.now + timedelta(seconds=wait)
        moves = ticket.moved(self.current, due_at, self.now)
        self.write({**step, **moves, **ticket.marked(Kind.ESCALATED, "system", self.now)})

    @precondition(lambda self: not self.current.resolved)
    @rule()
    def it_is_counted(self) -> None:
        self.write(ticket.counted("integration:i1", self.now))

    @precondition(lambda self: self.current.status is Status.UNREAD)
    @rule()
    def it_is_hurried(self) -> None:
        self.write(ticket.hurried(self.current, "system", self.now))

    @precondition(lambda self: self.current.status in (Status.UNDER_INVESTIGATION, Status.PENDING_FIX))
    @rule()
    def it_is_resumed(self) -> None:
        self.write(ticket.resumed(self.current, "ada", self.now))

    @invariant()
    def its_clock_runs_until_it_is_resolved(self) -> None:
        one = self.current
        assert ("due_at" in self.row) == (not one.resolved)
        assert ("due_at" in self.row) == ("due_shard" in self.row) == ("look_at" in self.row)
        if one.due_at and one.snoozed_until:
            assert one.due_at <= one.snoozed_until
        if one.due_at and one.resolve_at:
            assert one.due_at <= one.resolve_at

    @invariant()
    def a_snooze_ends(self) -> None:
        assert not (self.current.snoozed_until and self.current.resolved)

    @invariant()
    def it_is_listed_as_open_until_it_is_resolved(self) -> None:
        assert ("open_shard" in self.row) == (not self.current.resolved)

    @invariant()
    def somebody_has_acknowledged_it_once_it_was_looked_at(self) -> None:
        if self.current.status in (Status.UNDER_INVESTIGATION, Status.PENDING_FIX):
            assert self.row["acknowledged_by"] == "ada"
        if self.current.status is Status.UNREAD:
            assert "acknowledged_by" not in self.row

    @invariant()
    def no_due_time_is_set_twice_for_one_epoch(self) -> None:
        due_times = {(row["epoch"], row.get("due_at")) for row in [*self.before, self.row]}
        assert len({epoch for epoch, _ in due_times}) == len(due_times)

    @invariant()
    def epochs_runs_and_revisions_only_grow(self) -> None:
        for name in ("epoch", "run", "rev", "count"):
            values = [row[name] for row in [*self.before, self.row]]
            assert values == sorted(values)
        assert EPOCH <= self.row["run"] <= self.row["epoch"]


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
TestLife = Life.TestCase
