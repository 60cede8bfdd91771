"""What a decision may know of the directory: what was read so far. Asking for more says what is to be read.

A decision is made of values, but which values depends on the way it takes: the rule names the users. So a pure
function asks the book, and what is not in it ends the attempt with `Unread`; the edge reads that and asks again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tocsin import oncall
from tocsin.company import Company
from tocsin.oncall import Rota
from tocsin.rule import Rule
from tocsin.team import Team
from tocsin.user import User


class Unread(Exception):
    """A decision needs what is not in the book yet: users, rosters, schedules, the company's own rules or settings."""

    def __init__(
        self,
        *,
        users: Iterable[str] = (),
        rosters: Iterable[str] = (),
        schedules: Iterable[str] = (),
        company: bool = False,
        team: bool = False,
        company_rules: bool = False,
    ) -> None:
        super().__init__("not read yet")
        self.users = frozenset(users)
        self.rosters = frozenset(rosters)
        self.schedules = frozenset(schedules)
        self.company = company
        self.team = team
        self.company_rules = company_rules


@dataclass(frozen=True)
class Roster:
    """Who is in a team: its admins and all members. A large team is not paged whole, and not all of it is read."""

    admins: tuple[str, ...] = ()
    everybody: tuple[str, ...] = ()
    large: bool = False

    @property
    def for_target(self) -> tuple[str, ...]:
        """Whom a team target pages: everybody, of a large team its admins."""
        return self.admins if self.large else self.everybody

    @property
    def for_built_in(self) -> tuple[str, ...]:
        """Whom the built-in rule pages: the admins, or everybody if there is none, who was read of a large team."""
        return self.admins or self.everybody


@dataclass
class Book:
    """What was read so far for one ticket. None in users and schedules stands for one that does not exist."""

    team_rules: Sequence[Rule]
    team_id: str = ""
    read_team: Team | None = None
    read_company: Company | None = None
    read_company_rules: Sequence[Rule] | None = None
    read_users: dict[str, User | None] = field(default_factory=dict)
    read_rosters: dict[str, Roster] = field(default_factory=dict)
    read_schedules: dict[str, Rota | None] = field(default_factory=dict)

    @property
    def company_rules(self) -> Sequence[Rule]:
        """The company's own rules. Raises `Unread`."""
        if self.read_company_rules is None:
            raise Unread(company_rules=True)
        return self.read_company_rules

    @property
    def team(self) -> Team:
        """The ticket's team. Raises `Unread`."""
        if self.read_team is None:
            raise Unread(team=True)
        return self.read_team

    @property
    def company(self) -> Company:
        """The company's settings. Raises `Unread`."""
        if self.read_company is None:
            raise Unread(company=True)
        return self.read_company

    def rosters(self, teams: Iterable[str]) -> dict[str, Roster]:
        """Return teams' rosters; one that does not exist is empty. Raises `Unread` for all that are missing at once."""
        wanted = list(teams)
        missing = [name for name in wanted if name not in self.read_rosters]
        if missing:
            raise Unread(rosters=missing)
        return {name: self.read_rosters[name] for name in wanted}

    def on_call(self, schedules: Iterable[str], now: datetime) -> dict[str, str | None]:
        """Return who is on call by each schedule, None for nobody. Raises `Unread` for all that are missing at once.

        Nobody but who is on call is asked for; who is known by then to be deleted or deactivated is passed over.
        """
        wanted = list(schedules)
        missing = [name for name in wanted if name not in self.read_schedules]
        if missing:
            raise Unread(schedules=missing)
        return {name: self._first_there(self.read_schedules[name], now) for name in wanted}

    def comes_on_call(self, schedules: Iterable[str], now: datetime, until: datetime) -> datetime | None:
        """Return when somebody comes on call by one of these schedules, None if nobody does until a time.

        Of schedules that were asked for before; who is known to be gone is passed over.
        """
        rotas = [rota for name in schedules if (rota := self.read_schedules[name]) is not None]
        shifts = (shift for rota in rotas for shift in oncall.shifts(rota, now, until, gone=self._gone))
        return min((shift.begin for shift in shifts if shift.user is not None and shift.begin > now), default=None)

    def there(self, schedules: Iterable[str]) -> bool:
        """Say whether one of these schedules, which were asked for before, has not been deleted."""
        return any(self.read_schedules[name] is not None for name in schedules)

    @property
    def _gone(self) -> set[str]:
        return {name for name, user in self.read_users.items() if user is None or not user.active}

    def _first_there(self, rota: Rota | None, now: datetime) -> str | None:
        candidates = oncall.candidates(rota, now) if rota else []
        return next((name for name in candidates if name not in self._gone), None)

    def users(self, names: Iterable[str]) -> list[User]:
        """Return the users that exist, in this order. Raises `Unread` for all that are missing at once.

        Company and team are asked for along with them: two reads more, where another call would cost more.
        """
        wanted = list(names)
        missing = [name for name in wanted if name not in self.read_users]
        if missing:
            raise Unread(users=missing, company=self.read_company is None, team=self.read_team is None)
        return [user for name in wanted if (user := self.read_users[name]) is not None]
