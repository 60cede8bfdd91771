"""What people and systems do in a run, drawn from its seed: two companies with the same names for everything.

Tickets are opened (again, with the same key, with ids that run into each other, by monitors), answered by API, SMS and
link, changed, opened anew and resolved, while rules, users and methods change under way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulation.answers import Answers
from tests.simulation.companies import ALARMS, ALERTS, OTHER_TEAM, TEAM, USERS, number
from tests.simulation.customs import Customs
from tests.simulation.haste import Haste
from tests.simulation.leaves import Leaves
from tests.simulation.monitors import Monitors
from tests.simulation.rotas import NAME, Rotas
from tests.simulation.timeline import START
from tests.simulation.trace import CALLER, Act, Trace, Violation
from tests.simulation.world import World
from tests.world import Answer
from tocsin import rules, times
from tocsin.rows import Row
from tocsin.rule import RuleBody

WAITS = ("10s", "30s", "1m", "2m", "4m", "10m", "30m")
LONG_WAITS = ("2h", "25h", "3d")
TRIES = 6


@dataclass
class Opening:
    """A ticket that is to be opened, and its key once it is there."""

    tenant: str
    body: dict[str, Any]
    key: str = ""
    tag: str = ""  # how its title begins, whatever is edited
    at: float = 0.0  # when it is opened

    @property
    def path(self) -> str:
        """Its path in the API."""
        return f"/tickets/{self.key.rsplit('#', 1)[1]}"


@dataclass
class Scenario:
    """The acts of one run. `length`: seconds in which something is done or goes wrong."""

    world: World
    trace: Trace
    random: Random
    tenants: tuple[str, str]
    long: bool
    length: float
    people: Random  # what they make of an escalation; apart, so that it does not change what else a seed plays
    doors: dict[str, str]  # where each company's alerts go
    openings: list[Opening] = field(default_factory=list)
    rotas: Rotas = field(init=False)
    turns: Random = field(init=False)  # where rounds begin, and whose members take turns
    customs: Customs = field(init=False)
    answers: Answers = field(init=False)
    monitors: Monitors = field(init=False)

    def begin(self) -> None:
        """Make the rules, and plan what is done when."""
        self.turns = Random(f"turns {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        self.rotas = Rotas(
            Random(f"rotas {self.trace.mode} {self.world.seed}"),  # noqa: S311 - as above
            self.tenants,
            USERS,
            self.length,
            self._call,
            self._later,
            lambda: self.world.seconds,
            Random(f"covers {self.trace.mode} {self.world.seed}"),  # noqa: S311 - as above
        )
        self.rotas.begin()
        whim = Random(f"answers {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        self.answers = Answers(self.world, self.trace, self.random, whim, self._later)
        customs = Random(f"customs {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        self.customs = Customs(customs, self.tenants, USERS, TEAM, self.long)
        for tenant in self.tenants:
            for position in range(self.random.choice((1, 1, 2))):
                rules.create(tenant, RuleBody.model_validate(self._rule(f"r{position}", position)), START)
        for _ in range(self.random.choice((1, 2, 2, 3))):  # as few as can meet: many seeds find more than long ones
            self._plan_ticket(self.random.uniform(0, self.length / 3))
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            act = self.random.choice((self._change_rule, self._change_rule, self._delete_user, self._change_method))
            self._later(self.random.uniform(0, self.length), act)
        if self.random.random() < 0.2:
            self.answers.plan_stop(number(self.random.randrange(2), self.random.choice(USERS)), self.length)
        self._plan_people()
        self.customs.begin(self._companys_step)
        self.answers.plan([lambda one=one: one.key for one in list(self.openings)], self.length)
        haste = Random(f"haste {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        ways = (self.world, self._later, self._alert, self._act, self._readdress, self._call, self.trace.weather.wait)
        Haste(haste, *ways).plan(list(self.openings), self.length)
        leaves = Random(f"leaves {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        Leaves(leaves, self.world, self.tenants, self._later).plan(self.openings, self.length)
        self._later(100.0, self._expire)
        notes = Random(f"notes {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        for one in self.openings:
            if notes.random() < 0.25:
                self._later(one.at + notes.uniform(0, 600), self._note, one)
        watch = Random(f"monitors {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        self.monitors = Monitors(watch, self.world, self.trace, self.doors, self._later, self._takes_up)
        self.monitors.plan(self.length)

    def _plan_people(self) -> None:
        if self.people.random() < 0.6:
            for tenant in self.tenants:
                self._call("severities", "PUT", "/severities", self.customs.severities(self.people), tenant)
        for _ in range(self.people.choice((0, 0, 0, 1, 3))):
            self._later(self.people.uniform(0, self.length), self._pause)
        for one in list(self.openings):
            for _ in range(self.people.choice((0, 0, 1, 1, 2, 3))):
                self._later(self.people.uniform(0, self.length), self._steer, one)
        self._plan_asks()
        chance = self.customs.random
        if chance.random() < 0.25:
            body, tenant = self.customs.severities(chance), chance.choice(self.tenants)
            self._later(chance.uniform(0, self.length), self._call, "severities", "PUT", "/severities", body, tenant)

    def _plan_asks(self) -> None:
        """Plan for whom somebody asks beside the escalation; some of it twice."""
        random = Random(f"asks {self.trace.mode} {self.world.seed}")  # noqa: S311 - as above
        for one in list(self.openings):
            at = random.uniform(0, self.length)
            for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
                user = random.choice(USERS)
                on_call = {"schedule": NAME} if self.rotas.used else {"user": user}
                target = random.choice(({"user": user}, {"user": user}, on_call, {"team": TEAM}))
                self._later(at, self._ask, one, target)
                at += random.choice((0.5, 20.0, 61.0, 300.0))

    def _ask(self, one: Opening, target: dict[str, str]) -> None:
        if one.key:
            self._call("ask", "POST", f"{one.path}/responders", target, one.tenant, ticket=one.key)

    def _takes_up(self, tenant: str, pk: str) -> None:
        """Let people act on what a monitor has opened."""
        one, random = Opening(tenant, {}, key=pk, tag="Z7"), self.monitors.random
        for _ in range(random.choice((0, 0, 1, 2))):
            at = self.world.seconds + random.choice((1.0, 30.0, 600.0)) * random.random()
            self._later(at, random.choice((self._move, self._reply, self._follow, self._steer)), one)

    def end(self) -> None:
        """Ask for every ticket once more, in some runs by the lists, and send every dedup key that is still open."""
        by_lists = self.customs.random.random() < 0.3
        for pk, row in self._shown_by_lists() if by_lists else self._shown_one_by_one():
            there = self.trace.tickets[pk][-1].row
            if row is None or (row["status"], row["title"]) != (there["status"], there["title"]):
                self.trace.seen.append(Violation("I7", pk, f"is shown as {row}"))
        for pk, images in self.trace.tickets.items():
            row = images[-1].row
            if row.get("dedup_key") and row["status"] != "resolved":
                answer = self._again({**row, "team": images[0].row["team"]})
                if answer.status not in (200, 202) or answer.body["ticket_id"] != row["ticket_id"]:
                    self.trace.seen.append(Violation("I7", pk, f"its dedup key is answered {answer}"))

    def _again(self, row: Row) -> Answer:
        """Send the dedup key of a ticket as it came first; an alarm's own message cannot be answered."""
        if row["source"] == f"integration:{ALARMS}":
            return Answer(200, row)
        if row["source"] == f"integration:{ALERTS}":
            return self.monitors.again(row)
        again = {"team": row["team"], "title": row["title"], "dedup_key": row["dedup_key"]}
        return self.world.api("POST", "/tickets", again, tenant=row["tenant"])

    def _shown_one_by_one(self) -> Iterator[tuple[str, Any]]:
        for pk, images in self.trace.tickets.items():
            row = images[-1].row
            answer = self.world.api("GET", f"/tickets/{row['ticket_id']}", tenant=row["tenant"])
            yield pk, answer.body if answer.status == 200 else None

    def _shown_by_lists(self) -> Iterator[tuple[str, Any]]:
        """Yield each ticket as its team's list has it and, if it is not resolved, as that of all that are not."""
        listed: dict[tuple[str, str | None], dict[str, Any]] = {}
        for tenant in self.tenants:
            for team in (None, TEAM, OTHER_TEAM):
                of = {"limit": 100, **({"team": team} if team else {})}
                answer = self.world.api("GET", "/tickets", tenant=tenant, query=of)
                items = answer.body["items"] if answer.status == 200 else []
                listed[tenant, team] = {one["ticket_id"]: one for one in items}
        for pk, images in self.trace.tickets.items():
            row = images[-1].row
            yield pk, listed[row["tenant"], row["team"]].get(row["ticket_id"])
            if row["status"] != "resolved":
                yield pk, listed[row["tenant"], None].get(row["ticket_id"])

    def _later(self, at: float, act: Any, *given: Any) -> None:
        self.world.timeline.after(max(0.0, at - self.world.seconds), lambda: act(*given))

    # --- rules

    def _rule(self, rule_id: str, position: int) -> dict[str, Any]:
        steps = [self._step() for _ in range(self.random.choice((1, 2, 2, 3, 4)))]
        when = {"severity": ["sev1"]} if position == 0 and self.random.random() < 0.5 else None
        repeat = self.random.choice((0, 0, 1, 2))
        body = {"rule_id": rule_id, "name": rule_id, "team": TEAM, "position": position, "steps": steps}
        begin = self.turns.randint(1, len(steps))
        return {**body, "repeat": repeat, "repeat_from": begin, **({"when": when} if when else {})}

    def _step(self) -> dict[str, Any]:
        users = self.random.sample(USERS, self.random.choice((1, 1, 2)))
        channels = self.random.choice((None, None, ["sms", "voice"], ["email", "webhook", "voice"], ["sms", "email"]))
        wait = self.random.choice(LONG_WAITS if self.long and self.random.random() < 0.5 else WAITS)
        in_turn = [{"team": TEAM, "round_robin": True}]
        notify = in_turn if self.turns.random() < 0.15 else [self.rotas.target(user) for user in users]
        hold = self.turns.choice((None, "2m", "30m")) if any("schedule" in target for target in notify) else None
        return {
            "notify": notify,
            "wait": wait,
            **({"channels": channels} if channels else {}),
            **({"hold_until_on_call": hold} if hold else {}),
        }

    def _companys_step(self) -> dict[str, Any]:
        random = self.customs.random
        notify = [{"user": user} for user in random.sample(USERS, random.choice((1, 2)))]
        return {"notify": notify, "wait": random.choice(WAITS)}

    def _change_rule(self) -> None:
        tenant, rule_id = self.random.choice(self.tenants), self.random.choice(("r0", "r1"))
        if self.random.random() < 0.2:
            self._call("delete", "DELETE", f"/rules/{rule_id}", None, tenant)
        else:
            self._call("rule", "PUT", f"/rules/{rule_id}", self._rule(rule_id, int(rule_id[1])), tenant)

    def _delete_user(self) -> None:
        user = self.random.choice(USERS[1:])
        self._call("delete", "DELETE", f"/users/{user}", None, self.random.choice(self.tenants))

    def _expire(self) -> None:
        """Let the tables forget what has expired, as soon as they may."""
        self.world.expire()
        self._later(2 * self.world.seconds, self._expire)

    def _change_method(self) -> None:
        index, user = self.random.randrange(2), self.random.choice(USERS[1:])
        if self.random.random() < 0.5:
            self._call("delete", "DELETE", f"/users/{user}/contact_methods/sms", None, self.tenants[index])
        else:
            self._readdress(index, user)

    def _readdress(self, index: int, user: str) -> None:
        body = {"address": f"{number(index, user)[:-1]}7", "verified": True}
        self._call("method", "PATCH", f"/users/{user}/contact_methods/sms", body, self.tenants[index])

    # --- tickets

    def _plan_ticket(self, at: float) -> None:
        random, n = self.random, len(self.openings)
        tenant = self.tenants[random.random() < 0.4]
        body: dict[str, Any] = {"team": OTHER_TEAM if random.random() < 0.15 else TEAM, "title": f"Z{n:03d} disk full"}
        body |= {"severity": random.choice(("sev1", "sev2", "sev3"))} if random.random() < 0.5 else {}
        if random.random() < 0.4:
            body["dedup_key"] = random.choice(("disk", "net"))
        if random.random() < 0.5:
            # The same name with the company's before it, however the two are put together.
            rest = self.tenants[1].removeprefix(self.tenants[0]).lstrip("-")
            link = "-" if "-" in self.tenants[1] else ""
            body["ticket_id"] = f"{rest}{link}t{n}" if tenant == self.tenants[0] else f"t{n}"
        self._add(Opening(tenant, body), at)
        if "ticket_id" in body and random.random() < 0.5:
            other = self.tenants[tenant == self.tenants[0]]
            name = f"{rest}{link}t{n}" if other == self.tenants[0] else f"t{n}"
            twin = {**body, "title": f"Z{n + 1:03d} disk full", "ticket_id": name}
            self._add(Opening(other, twin), at + random.choice((0.0, 0.05)))

    def _add(self, one: Opening, at: float) -> None:
        one.at = at
        self.openings.append(one)
        self._later(at, self._open, one)
        for _ in range(self.random.choice((0, 0, 1))):
            same = self.random.random() < 0.8
            again = one if same else Opening(one.tenant, {**one.body, "title": f"{one.body['title']}, and more"})
            self._later(at + self.random.choice((0.0, 0.1, 30.0, 400.0)), self._open, again)
        often = (self._move, self._reply, self._edit, self._escalate)
        acts = (*often, *often, self._follow, self._look)
        for _ in range(self.random.choice((0, 1, 1, 2, 3, 4))):
            at += self.random.choice((1.0, 10.0, 100.0, 600.0, self.length / 3)) * self.random.random()
            self._later(at, self.random.choice(acts), one)

    def _open(self, one: Opening) -> None:
        def done(answer: Answer) -> None:
            if answer.status in (200, 201) and not one.key:
                one.key, one.tag = f"T#{one.tenant}#TICKET#{answer.body['ticket_id']}", answer.body["title"][:4]

        self._call("open", "POST", "/tickets", one.body, one.tenant, then=done)

    def _alert(self, tenant: str, body: dict[str, Any]) -> Opening:
        one = Opening(tenant, body)
        self._open(one)
        return one

    def _act(self, one: Opening, what: str, body: dict[str, Any]) -> None:
        if what == "move":
            self._patch(what, one, body)
        elif one.key:
            named = "ask" if what == "responders" else what
            self._call(named, "POST", f"{one.path}/{what}", body, one.tenant, ticket=one.key)

    def _move(self, one: Opening) -> None:
        statuses = ("under_investigation",) * 4 + ("pending_fix", "resolved", "unread", "unread")
        self._patch("move", one, {"status": self.random.choice(statuses)})

    def _edit(self, one: Opening) -> None:
        title = f"{one.tag} disk full {self.random.randrange(1000)}"
        if one.key:
            self._patch("edit", one, self.random.choice(({"title": title}, {"severity": "sev1"}, {"severity": "sev3"})))

    def _note(self, one: Opening) -> None:
        if one.key:
            body = {"note_id": f"n{self.world.seconds:.0f}", "text": "Looked at it."}
            self._call("note", "POST", f"{one.path}/notes", body, one.tenant, ticket=one.key)

    def _patch(self, what: str, one: Opening, body: dict[str, Any]) -> None:
        if one.key:
            self._call(what, "PATCH", one.path, body, one.tenant, ticket=one.key)

    def _pause(self) -> None:
        """Put a team into maintenance, or end that."""
        tenant = self.people.choice(self.tenants)
        if self.people.random() < 0.3:
            self._call("end of maintenance", "DELETE", f"/teams/{TEAM}/maintenance", None, tenant)
            return
        until = times.text(START + timedelta(seconds=self.world.seconds + self.people.choice((20, 120, 900, 2400))))
        self._call("maintenance", "PUT", f"/teams/{TEAM}/maintenance", {"until": until}, tenant)

    def _steer(self, one: Opening) -> None:
        """Snooze, escalate or reassign a ticket; people do not know what it has come to meanwhile."""
        if not one.key:
            return
        act = self.people.choice(("snooze", "snooze", "escalate", "reassign"))
        body: dict[str, Any] = {
            "snooze": {"for": self.people.choice(("1s", "30s", "2m", "10m", "1h"))},
            "escalate": self.people.choice(({}, {}, {"step": 1}, {"step": 2})),
            "reassign": self.people.choice(({"team": TEAM}, {"user": self.people.choice(USERS)})),
        }[act]
        self._call(act, "POST", f"{one.path}/{act}", body, one.tenant, ticket=one.key)

    def _woken(self, tenant: str) -> list[str]:
        """Return the tickets that the end of a maintenance may wake."""
        return [pk for pk, sk in self.trace.rows if sk == "TICKET" and pk.startswith(f"T#{tenant}#")]

    def _tries(self, ticket: str) -> None:
        """Note that somebody is about to act on a ticket, whatever comes of it."""
        self.trace.tried[ticket].append((self.world.seconds, CALLER))

    # --- answers

    def _reply(self, one: Opening) -> None:
        self.answers.reply(one.key)

    def _escalate(self, one: Opening) -> None:
        self.answers.escalate(one.key)

    def _look(self, one: Opening) -> None:
        self.answers.look(one.key)

    def _follow(self, one: Opening) -> None:
        self.answers.follow(one.key)

    # --- the API

    def _call(
        self,
        what: str,
        method: str,
        path: str,
        body: Any,
        tenant: str,
        *,
        ticket: str = "",
        tries: int = TRIES,
        then: Any = None,
        begun: float | None = None,
    ) -> None:
        """Call the API until it answers, as callers do."""
        begun = self.world.seconds if begun is None else begun
        for one in self._woken(tenant) if "maintenance" in what else [ticket] if ticket else []:
            self._tries(one)
        answer = self.world.api(method, path, body, tenant=tenant)
        self.trace.acts.append(Act(begun, self.world.seconds, what, tenant, path, body, answer, ticket))
        if answer.status < 500:
            if then:
                then(answer)
        elif tries:
            again = self.world.seconds + self.random.uniform(0.2, 3)
            how = {"ticket": ticket, "tries": tries - 1, "then": then, "begun": begun}
            self._later(again, lambda: self._call(what, method, path, body, tenant, **how))
