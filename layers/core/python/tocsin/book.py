"""What a decision may know of the directory: what was read so far. Asking for more says what is to be read.

A decision is made of values, but which values depends on the way it takes: the rule names the users. So a pure
function asks the book, and what is not in it ends the attempt with `Unread`; the edge reads that and asks again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tocsin.company import Company
from tocsin.rule import Rule
from tocsin.user import User


class Unread(Exception):
    """A decision needs users, teams' rosters, the company's own rules or its settings that are not in the book yet."""

    def __init__(
        self,
        *,
        users: Iterable[str] = (),
        rosters: Iterable[str] = (),
        company: bool = False,
        company_rules: bool = False,
    ) -> None:
        super().__init__("not read yet")
        self.users = frozenset(users)
        self.rosters = frozenset(rosters)
        self.company = company
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
    """What was read so far for one ticket. None in `users` stands for one that does not exist."""

    team_rules: Sequence[Rule]
    read_company: Company | None = None
    read_company_rules: Sequence[Rule] | None = None
    read_users: dict[str, User | None] = field(default_factory=dict)
    read_rosters: dict[str, Roster] = field(default_factory=dict)

    @property
    def company_rules(self) -> Sequence[Rule]:
        """The company's own rules. Raises `Unread`."""
        if self.read_company_rules is None:
            raise Unread(company_rules=True)
        return self.read_company_rules

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

    def users(self, names: Iterable[str]) -> list[User]:
        """Return the users that exist, in this order. Raises `Unread` for all that are missing at once.

        The company's settings are asked for along with them: one read more, where another call would cost more.
        """
        wanted = list(names)
        missing = [name for name in wanted if name not in self.read_users]
        if missing:
            raise Unread(users=missing, company=self.read_company is None)
        return [user for name in wanted if (user := self.read_users[name]) is not None]
