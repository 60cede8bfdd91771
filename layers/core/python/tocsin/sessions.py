"""Sessions: a function that acts for a caller reaches rows of one tenant alone, and it is IAM that keeps it so.

Who asks is known before anything of theirs is read: from then on the rows of tenants are reached by a session of the
function's tenant role, tagged with that tenant, whose policy is good for keys that begin with it. The tenant is the
caller's, never the key's: who asks for another tenant's row by a mistake of ours is denied. Rows that name no tenant
(keys of doors, links, phones) are reached by the function's own role. Functions that work for all tenants have no
tenant role, and nothing changes for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cachetools import LRUCache

from tocsin import aws, clock, keys
from tocsin.aws import Credentials
from tocsin.errors import Overloaded
from tocsin.settings import settings
from tocsin.telemetry import logger

LENGTH = timedelta(hours=1)  # the most for a role that assumes another (IAM user guide, "role chaining")
EARLY = timedelta(minutes=10)  # before its end a session is made anew, and used on where that fails
AGAIN = timedelta(seconds=10)  # until STS is asked once more while the session in hand is good
MOST = 1000


@dataclass(frozen=True)
class _Session:
    credentials: Credentials
    renewed_at: datetime
    ends_at: datetime


_sessions: LRUCache[str, _Session] = LRUCache(MOST)
_tenants: list[str] = []  # for whom this process acts, the innermost last


@contextmanager
def acting_for(tenant: str) -> Iterator[None]:
    """Reach the rows of tenants as this one, for as long as the block lasts; an empty tenant is nobody."""
    _tenants.append(tenant)
    try:
        yield
    finally:
        _tenants.pop()


def client(partition: str) -> Any:
    """Return the DynamoDB client by which a partition is reached. Raises `Overloaded` if STS has no session for it."""
    tenant = _tenants[-1] if _tenants else ""
    if tenant and settings.tenant_role_arn and keys.is_tenants(partition):
        return aws.lent_client("dynamodb", _credentials(tenant))
    return aws.client("dynamodb")


def forget() -> None:
    """Let go of all sessions, as a new process has none."""
    _sessions.clear()


def _credentials(tenant: str) -> Credentials:
    now = clock.now()
    held = _sessions.get(tenant)
    if held is None or now >= held.renewed_at:
        held = _renewed(tenant, held, now)
        _sessions[tenant] = held
    return held.credentials


def _renewed(tenant: str, held: _Session | None, now: datetime) -> _Session:
    try:
        answer = aws.client("sts").assume_role(
            RoleArn=settings.tenant_role_arn,
            RoleSessionName=f"tocsin-{tenant}",
            DurationSeconds=int(LENGTH.total_seconds()),
            Tags=[{"Key": "tenant", "Value": tenant}],
        )
    except aws.failures() as error:
        logger.warning("no session for a tenant", extra={"reason": aws.error_code(error) or str(error)})
        if held is None or now >= held.ends_at:
            raise Overloaded from error
        return _Session(held.credentials, now + AGAIN, held.ends_at)
    made = answer["Credentials"]
    credentials = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    return _Session(credentials, now + LENGTH - EARLY, now + LENGTH)
