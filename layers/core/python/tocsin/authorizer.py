"""Who holds a credential: its company, actor and role, or the reason why there is nobody.

Services have API keys, people the tokens of their company's identity provider.

The answer is always yes, with what was found, so that 401 and 403 are told by the API in its own form.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tocsin import api_key, aws, id_token, ids, keys
from tocsin.access import CompanyRole
from tocsin.api_key import ApiKey, Named
from tocsin.company import ShownCompany
from tocsin.errors import Forbidden, Overloaded
from tocsin.id_token import BadToken
from tocsin.settings import settings
from tocsin.store import directory

# How long the operator's key is remembered: so long is an old one good after it was changed.
_MEMORY: Final = timedelta(seconds=30)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{1,8192}")  # b64token, RFC 6750 section 2.1

Found = dict[str, str]
UNKNOWN: Final[Found] = {"problem": "This API key is not known."}


@dataclass
class _Operator:
    """The operator's key, as Secrets Manager had it last."""

    sha256: str = ""
    until: datetime | None = None


_operator = _Operator()


def forget_operator() -> None:
    """Forget the operator's key: the next one that is shown is compared with the secret as it is then."""
    _operator.until = None


def authorize(event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Answer the gateway: HTTP API Lambda authorizer, payload format 2.0, simple response."""
    try:
        found = _found(_header(event), now)
    except Overloaded as overload:
        found = {"problem": overload.detail, "overloaded": "true"}
    return {"isAuthorized": True, "context": found}


def _header(event: Mapping[str, Any]) -> str:
    headers = {name.lower(): text for name, text in (event.get("headers") or {}).items()}
    return str(headers.get("authorization") or "")


def _found(header: str, now: datetime) -> Found:
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if not header:
        return {"problem": "There is no credential: send Authorization: Bearer <API key or token>."}
    if scheme.lower() != "bearer" or not token:
        return {"problem": "The credential must be sent as Authorization: Bearer <API key or token>."}
    if not _TOKEN.fullmatch(token):
        return {"problem": "This is neither an API key nor a token."}
    if token.startswith(api_key.PREFIX):
        return _company(token, now)
    return _person(token, now) if id_token.looks_like_one(token) else _operator_found(token, now)


def _person(token: str, now: datetime) -> Found:
    from tocsin import sign_in  # noqa: PLC0415 - requests with API keys do not wait for what tokens need

    try:
        person = sign_in.person(token, now)
    except BadToken as bad:
        return {"problem": bad.reason}
    except Forbidden as refused:
        return {"problem": refused.detail, "forbidden": "true"}
    return _known(person.company, person.user_id, person.role)


def _company(token: str, now: datetime) -> Found:
    named = Named.of(token)
    if named is None:
        return {"problem": "This is not an API key: it is cut short or too long."}
    key_row, company_row = directory.get_many([keys.api_key(named.company, named.key_id), keys.company(named.company)])
    if key_row is None or company_row is None:
        return UNKNOWN
    key, company = ApiKey.of(key_row), ShownCompany.of(company_row)
    if not hmac.compare_digest(key.sha256, ids.sha256(token)):
        return UNKNOWN
    if key.expired(now):
        return {"problem": "This API key has expired."}
    if company.suspended:
        return {"problem": "The company is suspended.", "forbidden": "true"}
    return _known(company, f"api_key:{key.key_id}", key.role)


def _known(company: ShownCompany, actor: str, role: CompanyRole) -> Found:
    most = company.limits.requests_per_second or settings.requests_per_second
    return {"tenant": company.company_id, "actor": actor, "role": role, "requests_per_second": str(most)}


def _operator_found(token: str, now: datetime) -> Found:
    if not hmac.compare_digest(_operator_hash(now), ids.sha256(token)):
        return UNKNOWN
    return {"tenant": "", "actor": "operator", "role": "operator"}


def _operator_hash(now: datetime) -> str:
    if _operator.until is None or now >= _operator.until:
        secret = aws.client("secretsmanager").get_secret_value(SecretId=settings.operator_secret_arn)
        _operator.sha256, _operator.until = ids.sha256(secret["SecretString"]), now + _MEMORY
    return _operator.sha256
