"""Users as a company's identity provider keeps them, by SCIM: the same users, found by the provider's names for them.

A name (`userName`, `externalId`) is one user's alone: a row of its own leads to the user, put if absent, before the
user has the name. A row that leads to a user who does not have the name is what an attempt that was cut short left
behind; it goes to the next who wants the name.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tocsin import gaps, ids, issuers, keys, resource, times
from tocsin.errors import ConditionFailed, Conflict, NotFound
from tocsin.keys import Key
from tocsin.rows import Row
from tocsin.scim import person
from tocsin.scim.person import Wanted
from tocsin.store import NEW, directory
from tocsin.user import User

COUNTED: Final = 1_000  # users that a list counts; a longer one says of how many it knows
_PAGE: Final = 500
_CUT_SHORT: Final = timedelta(minutes=1)  # after so long, who holds a name and does not have it will never have it


def create(tenant: str, wanted: Wanted, now: datetime) -> Row:
    """Make a user. Raises `Conflict` if a name is another's.

    Somebody who has signed in already, and whom the provider calls what the token did, is that user.
    """
    user_id = _signed_in(tenant, wanted) or ids.new()
    _check_free(tenant, user_id, wanted)
    _claim(tenant, user_id, wanted.names, now)
    marks = {**wanted.changes, "provisioned_at": times.text(now)}
    fresh = User(user_id=user_id, name=marks["name"], email=marks["email"], role="viewer", created_at=now)
    row = {**fresh.fields(), **resource.listing(tenant, "USERS", user_id), **keys.user(tenant, user_id), **marks}
    try:
        directory.put(row, when=NEW)
    except ConditionFailed:
        return resource.change(keys.user(tenant, user_id), lambda _: marks)
    return row


def change(tenant: str, user_id: str, decide: Callable[[Row], Wanted], now: datetime) -> Row:
    """Change a user to what `decide` makes of the row. Raises `NotFound`, and `Conflict` if a name is another's."""
    key = keys.user(tenant, user_id)
    had = person.names(resource.get(key).get("scim", {}))

    def changes(row: Row) -> Row:
        wanted = decide(row)
        new = [name for name in wanted.names if name not in had]
        if new:
            _check_free(tenant, user_id, wanted)
        _claim(tenant, user_id, new, now)
        if row.get("active", True) and not wanted.changes["active"]:
            gaps.warn(tenant, user_id, now)
        same = all(row.get(name) == new for name, new in wanted.changes.items())
        return {} if same else {**wanted.changes, "provisioned_at": times.text(now)}

    row = resource.change(key, changes)
    _let_go(tenant, user_id, [name for name in had if name not in person.names(row.get("scim", {}))])
    return row


def find(tenant: str, attribute: str, text: str) -> Row | None:
    """Return the user whose `userName`, `externalId` or `id` this is, None if there is none."""
    if attribute != "id":
        digest = person.digest(attribute, text)
        name = directory.get(keys.provisioned(tenant, digest))
        row = directory.get(keys.user(tenant, name["user_id"])) if name else None
        if row and digest in person.names(row.get("scim", {})):
            return row
    # Who was not made by SCIM has the id as userName.
    row = directory.get(keys.user(tenant, text)) if attribute != "externalId" and ids.is_one(text) else None
    return row if row and (attribute == "id" or "scim" not in row) else None


def listed(tenant: str, start: int, count: int) -> tuple[list[Row], int]:
    """Return `count` users from number `start` on, and how many there are, of which at most a thousand are counted."""
    end = start - 1 + count
    rows: list[Row] = []
    after: Row | None = None
    while True:
        page = directory.query(
            keys.listed(tenant, "USERS"),
            index="listed",
            hash_name="list_pk",
            range_name="list_sk",
            limit=_PAGE,
            after=after,
        )
        rows += page.items
        after = page.after
        if after is None or len(rows) > max(end, COUNTED):
            return rows[start - 1 : end], len(rows)


def let_go(tenant: str, row: Row) -> None:
    """Give back all names of a user that is about to be deleted."""
    _let_go(tenant, row["user_id"], person.names(row.get("scim", {})))


def _signed_in(tenant: str, wanted: Wanted) -> str | None:
    """Return the user who signed in with the subject that is the `externalId`, if SCIM does not keep that one yet."""
    issuer = issuers.read(directory.get(keys.issuer(tenant)))
    subject = wanted.kept.get("externalId")
    if issuer is None or not subject:
        return None
    identity = directory.get(keys.identity(tenant, ids.sha256(issuer.issuer, subject)))
    row = directory.get(keys.user(tenant, identity["user_id"])) if identity else None
    return str(row["user_id"]) if row and "scim" not in row else None


def _check_free(tenant: str, user_id: str, wanted: Wanted) -> None:
    """Raise `Conflict` if another has the `userName`: also one who was not made by SCIM, whose id it is."""
    other = find(tenant, "userName", str(wanted.kept["userName"]))
    if other and other["user_id"] != user_id:
        raise Conflict("There is already a user of this userName.")


def _claim(tenant: str, user_id: str, names: list[str], now: datetime) -> None:
    """Make names lead to a user: all of them, or none and `Conflict`."""
    try:
        _claim_each(tenant, user_id, names, now)
    except Conflict:
        _let_go(tenant, user_id, names)
        raise


def _claim_each(tenant: str, user_id: str, names: list[str], now: datetime) -> None:
    for name in names:
        row = {**keys.provisioned(tenant, name), "user_id": user_id, "at": times.text(now)}
        try:
            directory.put(row, when=NEW)
        except ConditionFailed as failure:
            found = failure.found or {}
            if found.get("user_id") != user_id:
                _take_over(tenant, name, row, found, now)


def _take_over(tenant: str, name: str, row: Row, found: Row, now: datetime) -> None:
    """Take a name that nobody has. Raises `Conflict` if somebody has it, or is about to."""
    owner = directory.get(keys.user(tenant, str(found.get("user_id"))))
    has_it = owner is not None and name in person.names(owner.get("scim", {}))
    if has_it or times.parse(found["at"]) > now - _CUT_SHORT:
        raise Conflict("There is already a user of this userName or externalId.")
    try:
        directory.put(row, when=[("user_id", "=", found["user_id"]), ("at", "=", found["at"])])
    except ConditionFailed:
        raise Conflict("There is already a user of this userName or externalId.") from None


def _let_go(tenant: str, user_id: str, names: list[str]) -> None:
    for name in names:
        key: Key = keys.provisioned(tenant, name)
        try:
            directory.delete(key, when=[("user_id", "=", user_id)])
        except ConditionFailed:
            continue  # it went to another


def found(tenant: str, user_id: str) -> Row:
    """Return a user's row. Raises `NotFound`."""
    row = find(tenant, "id", user_id)
    if row is None:
        raise NotFound("There is no such user.")
    return row
