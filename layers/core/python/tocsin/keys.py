"""Every key of both tables, built here and nowhere else. The tenant is the first argument and the first part.

Tickets (runtime)

    item        pk                              sk
    ticket      T#<tenant>#TICKET#<id>          TICKET
    long text   same                            BODY#<sha256 of the text>
    page        same                            PAGE#<epoch>#<user>#<method>
    responder's same                            PAGE#<epoch>.R#<user>#<method>; asked for again: .R2, .R3
    note        same                            NOTE#<note_id>
    history     same                            EVENT#<time of the image>#<rev, page or note>#<kind>
    dedup       T#<tenant>#DEDUP#<sha256>       DEDUP
    allowance   T#<tenant>#ALLOWANCE#<name>     ALLOWANCE
    turn        T#<tenant>#USER#<user>          TURN#<method>
    waiting     same                            WAITING#<method>#<ticket>#<page>
    breaker     T#<tenant>#SENDER#<channel>     BREAKER#<sender>
    reply code  PHONE#<number>                  CODE#<5 digits>
    phone       PHONE#<number>                  PHONE
    seen SMS    PHONE#<number>                  SEEN#<digest of its id>
    link        LINK#<sha256 of the token>      LINK
    busy        SENDER#<channel>                BUSY#<tenant>

    index  hash                              range       holds
    due    DUE#<shard 00..63>                look_at     tickets and pages with something left to do
    open   T#<tenant>#OPEN#<shard>           opened      tickets that are not resolved
    team   T#<tenant>#TEAM#<team>#<shard>    opened      all tickets of a team

`opened` is `<created_at>#<ticket_id>`: no two are the same, so a cursor is a place between two of them.

Directory (metadata)

    item          pk                                sk
    company       T#<tenant>#COMPANY                COMPANY
    API key       T#<tenant>#KEY#<key_id>           KEY
    user          T#<tenant>#USER#<user>            USER
    team          T#<tenant>#TEAM#<team>            TEAM
    member        T#<tenant>#TEAM#<team>            ADMIN#<user> or MEMBER#<user>
    rule          T#<tenant>#RULE#<rule_id>         RULE
    schedule      T#<tenant>#SCHEDULE#<id>          SCHEDULE
    override      T#<tenant>#SCHEDULE#<id>          OVERRIDE#<to>#<override_id>
    its name      T#<tenant>#SCHEDULE#<id>          NAMED#<override_id>
    feed          FEED#<sha256 of a feed's key>     FEED
    integration   T#<tenant>#INTEGRATION#<id>       INTEGRATION
    door          IN#<sha256 of an integration key> IN
    issuer        T#<tenant>#ISSUER                 ISSUER
    issuer's pair IDP#<sha256 of both>              IDP
    identity      T#<tenant>#IDENTITY#<sha256>      IDENTITY
    audit         T#<tenant>#AUDIT#<month>          <time>#<audit_id>#ASKED or DONE
    SCIM's name   T#<tenant>#PROVISIONED#<sha256>   PROVISIONED

    index   hash                          range
    listed  T#<tenant>#<noun in plural>   id        what a list shows; COMPANIES for the operator
            T#<tenant>#RULES#<team>       rule_id   the rules of a team; team "" are the company's own
            T#<tenant>#SCHEDULES#<team>   id        the schedules of a team, likewise
            T#<tenant>#TEAMS-OF#<user>    team      a user's memberships

Members are keyed by role so that the admins of a team of any size are read first, without reading the rest. Overrides
are keyed by their end, before their schedule: it and those that are not over are one query, however many have been.
"""

import zlib
from typing import TypedDict

DUE_SHARDS = 64
OPEN_SHARDS = 8
TEAM_SHARDS = 4


class Key(TypedDict):
    """A row's primary key."""

    pk: str
    sk: str


def _tenant(tenant: str, *parts: str) -> str:
    return "#".join(("T", tenant, *parts))


def _shard(name: str, count: int) -> str:
    # crc32 is the same on every machine and version, as a part of a stored key must be.
    return f"{zlib.crc32(name.encode()) % count:02d}"


# --- Tickets


def ticket(tenant: str, ticket_id: str) -> Key:
    """Return the key of a ticket."""
    return Key(pk=_tenant(tenant, "TICKET", ticket_id), sk="TICKET")


def body(tenant: str, ticket_id: str, digest: str) -> Key:
    """Return the key of a ticket's long text, by the SHA-256 of the text."""
    return Key(pk=ticket(tenant, ticket_id)["pk"], sk=f"{BODIES}{digest}")


PAGES, NOTES, EVENTS, BODIES = "PAGE#", "NOTE#", "EVENT#", "BODY#"


def move(epoch: int, ask: int = 0) -> str:
    """Return the name of what pages are made by: a ticket's move or, within its epoch, the n-th ask for a responder."""
    return f"{epoch}.R{ask if ask > 1 else ''}" if ask else str(epoch)


def page(tenant: str, ticket_id: str, epoch: int, user: str, method: str, ask: int = 0) -> Key:
    """Return the key of a page. The epoch has ten digits until the year 2286, so pages sort by it."""
    return Key(pk=ticket(tenant, ticket_id)["pk"], sk=f"{PAGES}{move(epoch, ask)}#{user}#{method}")


def note(tenant: str, ticket_id: str, note_id: str) -> Key:
    """Return the key of a note."""
    return Key(pk=ticket(tenant, ticket_id)["pk"], sk=f"{NOTES}{note_id}")


def event(tenant: str, ticket_id: str, at: str, name: str, kind: str) -> Key:
    """Return the key of a line of history: derived from what it tells, so writing it twice is writing it once."""
    return Key(pk=ticket(tenant, ticket_id)["pk"], sk=f"{EVENTS}{at}#{name}#{kind}")


def dedup(tenant: str, digest: str) -> Key:
    """Return the key of a dedup row; `digest` is the SHA-256 of scope and dedup key."""
    return Key(pk=_tenant(tenant, "DEDUP", digest), sk="DEDUP")


def allowance(tenant: str, name: str) -> Key:
    """Return the key of what a tenant has left of something that is limited, such as `tickets`."""
    return Key(pk=_tenant(tenant, "ALLOWANCE", name), sk="ALLOWANCE")


def turn(tenant: str, user_id: str, method: str) -> Key:
    """Return the key of a person's turn at a contact method."""
    return Key(pk=user(tenant, user_id)["pk"], sk=f"TURN#{method}")


def waiting_for(method: str) -> str:
    """Return what the sort keys of all pages begin with that wait for the turn of a method."""
    return f"WAITING#{method}#"


def waiting(tenant: str, user_id: str, method: str, ticket_id: str, page_sk: str) -> Key:
    """Return the key of the row that says that a page waits for its person's turn."""
    return Key(pk=user(tenant, user_id)["pk"], sk=f"{waiting_for(method)}{ticket_id}#{page_sk}")


def breaker(tenant: str, channel: str, sender: str) -> Key:
    """Return the key of a tenant's breaker for a sender."""
    return Key(pk=_tenant(tenant, "SENDER", channel), sk=f"BREAKER#{sender}")


BUSY = "BUSY#"


def busy(channel: str, tenant: str = "") -> Key:
    """Return the key of the row that says that a tenant wants more than its share of a channel's sender."""
    return Key(pk=f"SENDER#{channel}", sk=f"{BUSY}{tenant}")


CODES = "CODE#"


def code(number: str, digits: str) -> Key:
    """Return the key of a reply code, which is good for one phone number."""
    return Key(pk=f"PHONE#{number}", sk=f"{CODES}{digits}")


SEEN = "SEEN#"


def seen(number: str, digest: str) -> Key:
    """Return the key by which an SMS is known again that a number has sent."""
    return Key(pk=f"PHONE#{number}", sk=f"{SEEN}{digest}")


def phone(number: str) -> Key:
    """Return the key of what is remembered of a phone number, whatever the company: STOP, wrong codes, answers."""
    return Key(pk=f"PHONE#{number}", sk="PHONE")


def link(digest: str) -> Key:
    """Return the key of a link, by the SHA-256 of its token."""
    return Key(pk=f"LINK#{digest}", sk="LINK")


def due_shard(pk: str) -> str:
    """Return the partition of the due index that a row belongs to."""
    return f"DUE#{_shard(pk, DUE_SHARDS)}"


def due_shards() -> list[str]:
    """Return all partitions of the due index."""
    return [f"DUE#{shard:02d}" for shard in range(DUE_SHARDS)]


def open_shard(tenant: str, ticket_id: str) -> str:
    """Return the partition of the open index that a ticket belongs to while it is not resolved."""
    return _tenant(tenant, "OPEN", _shard(ticket_id, OPEN_SHARDS))


def open_shards(tenant: str) -> list[str]:
    """Return all partitions of a tenant's open tickets."""
    return [_tenant(tenant, "OPEN", f"{shard:02d}") for shard in range(OPEN_SHARDS)]


def team_shard(tenant: str, team: str, ticket_id: str) -> str:
    """Return the partition of the team index that a ticket belongs to."""
    return _tenant(tenant, "TEAM", team, _shard(ticket_id, TEAM_SHARDS))


def team_shards(tenant: str, team: str) -> list[str]:
    """Return all partitions of a team's tickets."""
    return [_tenant(tenant, "TEAM", team, f"{shard:02d}") for shard in range(TEAM_SHARDS)]


# --- Directory


def company(tenant: str) -> Key:
    """Return the key of a company: its settings and severities."""
    return Key(pk=_tenant(tenant, "COMPANY"), sk="COMPANY")


def api_key(tenant: str, key_id: str) -> Key:
    """Return the key of an API key."""
    return Key(pk=_tenant(tenant, "KEY", key_id), sk="KEY")


def user(tenant: str, user_id: str) -> Key:
    """Return the key of a user: contact methods are in the same item."""
    return Key(pk=_tenant(tenant, "USER", user_id), sk="USER")


def team(tenant: str, team_id: str) -> Key:
    """Return the key of a team."""
    return Key(pk=_tenant(tenant, "TEAM", team_id), sk="TEAM")


ADMINS, MEMBERS = "ADMIN#", "MEMBER#"


def member(tenant: str, team_id: str, user_id: str, *, admin: bool) -> Key:
    """Return the key of a membership."""
    return Key(pk=team(tenant, team_id)["pk"], sk=f"{ADMINS if admin else MEMBERS}{user_id}")


def rule(tenant: str, rule_id: str) -> Key:
    """Return the key of a rule."""
    return Key(pk=_tenant(tenant, "RULE", rule_id), sk="RULE")


OVERRIDES, NAMED = "OVERRIDE#", "NAMED#"


def schedule(tenant: str, schedule_id: str) -> Key:
    """Return the key of a schedule. In its partition it comes after its overrides."""
    return Key(pk=_tenant(tenant, "SCHEDULE", schedule_id), sk="SCHEDULE")


def override(tenant: str, schedule_id: str, until: str, override_id: str) -> Key:
    """Return the key of an override by which it is read: by the time it ends at."""
    return Key(pk=schedule(tenant, schedule_id)["pk"], sk=f"{OVERRIDES}{until}#{override_id}")


def override_name(tenant: str, schedule_id: str, override_id: str) -> Key:
    """Return the key under which an override's id is taken."""
    return Key(pk=schedule(tenant, schedule_id)["pk"], sk=f"{NAMED}{override_id}")


def feed(digest: str) -> Key:
    """Return the key by which the secret key of a calendar feed finds its tenant and schedule."""
    return Key(pk=f"FEED#{digest}", sk="FEED")


def integration(tenant: str, integration_id: str) -> Key:
    """Return the key of an integration."""
    return Key(pk=_tenant(tenant, "INTEGRATION", integration_id), sk="INTEGRATION")


def door(digest: str) -> Key:
    """Return the key by which an integration's secret key finds its tenant."""
    return Key(pk=f"IN#{digest}", sk="IN")


def issuer(tenant: str) -> Key:
    """Return the key of a company's identity provider: how its people sign in."""
    return Key(pk=_tenant(tenant, "ISSUER"), sk="ISSUER")


def issuer_pair(digest: str) -> Key:
    """Return the key by which a token finds its tenant: the SHA-256 of its issuer and audience."""
    return Key(pk=f"IDP#{digest}", sk="IDP")


def identity(tenant: str, digest: str) -> Key:
    """Return the key by which somebody who signs in finds the user: the SHA-256 of issuer and subject."""
    return Key(pk=_tenant(tenant, "IDENTITY", digest), sk="IDENTITY")


def provisioned(tenant: str, digest: str) -> Key:
    """Return the key by which an identity provider's name for a user finds the user: the SHA-256 of the name."""
    return Key(pk=_tenant(tenant, "PROVISIONED", digest), sk="PROVISIONED")


def audit(tenant: str, month: str) -> str:
    """Return the partition of what was changed in a month (`2026-11`)."""
    return _tenant(tenant, "AUDIT", month)


def audited(tenant: str, at: str, audit_id: str, part: str) -> Key:
    """Return the key of a part of an audit entry: what was ASKED for, or what was DONE."""
    return Key(pk=audit(tenant, at[:7]), sk=f"{at}#{audit_id}#{part}")


def is_tenants(partition: str) -> bool:
    """Say whether a partition, of a table or an index, is some tenant's."""
    return partition.startswith("T#")


def tenant_of(key: Key) -> str:
    """Return whose a row is, "" if it is nobody's."""
    mark, _, rest = key["pk"].partition("#")
    return rest.partition("#")[0] if mark == "T" else ""


_THINGS = {
    "COMPANY": "company",
    "KEY": "api_key",
    "USER": "user",
    "TEAM": "team",
    "ADMIN": "member",
    "MEMBER": "member",
    "RULE": "rule",
    "SCHEDULE": "schedule",
    "OVERRIDE": "override",
    "INTEGRATION": "integration",
    "ISSUER": "sso",
}


def thing(key: Key) -> tuple[str, str] | None:
    """Return what a row of the directory is of, and its id: after that of what it belongs to, if it does.

    None for rows by which others are found.
    """
    _, _, *place = key["pk"].split("#")
    kind, *parts = key["sk"].split("#")
    if not key["pk"].startswith("T#") or kind not in _THINGS:
        return None
    return _THINGS[kind], "/".join([*place[1:], *parts[-1:]]) or tenant_of(key)


COMPANIES = "COMPANIES"


def listed(tenant: str, noun: str) -> str:
    """Return the partition of the listed index for a noun in the plural: USERS, TEAMS, KEYS, INTEGRATIONS."""
    return _tenant(tenant, noun)


def rules_of(tenant: str, team_id: str | None) -> str:
    """Return the partition of the listed index with a team's rules; None: the company's own."""
    return _tenant(tenant, "RULES", team_id or "")


def schedules_of(tenant: str, team_id: str | None) -> str:
    """Return the partition of the listed index with a team's schedules; None: the company's own."""
    return _tenant(tenant, "SCHEDULES", team_id or "")


def teams_of(tenant: str, user_id: str) -> str:
    """Return the partition of the listed index with a user's memberships."""
    return _tenant(tenant, "TEAMS-OF", user_id)
