"""Users and their contact methods in the directory, and the codes that prove an address."""

from collections.abc import Callable
from datetime import datetime

from tocsin import gaps, ids, keys, people, queues, resource, url
from tocsin.errors import Conflict, Invalid
from tocsin.keys import Key
from tocsin.queues import Notice
from tocsin.rows import Row
from tocsin.settings import settings
from tocsin.store import directory
from tocsin.user import (
    METHODS_LIMIT,
    ContactMethod,
    MethodPatch,
    MethodSettings,
    NewMethod,
    NewUser,
    PatchedUser,
    ShownMethod,
    User,
    UserPatch,
    check_channel,
    code_sent,
    code_tried,
)

CODE_DIGITS = 6


def create(tenant: str, request: NewUser, now: datetime) -> tuple[User, bool]:
    """Make a user. Raises `Conflict` if the id is taken."""
    user_id = request.user_id or ids.new()
    told = request.model_dump(exclude={"user_id"}) | {"name": request.name or user_id}
    user = User(user_id=user_id, created_at=now, **told)
    row, new = resource.create(
        keys.user(tenant, user_id),
        {**user.fields(), **resource.listing(tenant, "USERS", user_id)},
        fingerprint=ids.fingerprint(told),
    )
    return User.of(row), new


def get(tenant: str, user_id: str) -> User:
    """Return a user. Raises `NotFound`."""
    return User.of(resource.get(keys.user(tenant, user_id)))


def change(tenant: str, user_id: str, patch: UserPatch) -> User:
    """Change a user. Raises `NotFound` and `Invalid`."""

    def decide(row: Row) -> Row:
        patched = resource.patched(PatchedUser, row, patch)
        return patched.model_dump() | {"name": patched.name or user_id}

    return User.of(resource.change(keys.user(tenant, user_id), decide))


def delete(tenant: str, user_id: str, now: datetime) -> None:
    """Delete a user, the user's places in teams and ways to sign in. Of a gap that it leaves others are told first.

    The own row goes last: a retry finishes what was cut short.
    """
    key = keys.user(tenant, user_id)
    row = resource.get(key)
    gaps.warn(tenant, user_id, now)
    for digest in row.get("identities", []):
        directory.delete(keys.identity(tenant, digest))
    people.let_go(tenant, row)
    places = directory.query_all(
        keys.teams_of(tenant, user_id), index="listed", hash_name="list_pk", range_name="list_sk"
    )
    for row in places:
        directory.delete(Key(pk=row["pk"], sk=row["sk"]))
    directory.delete(key)


def add_method(tenant: str, user_id: str, request: NewMethod, now: datetime) -> tuple[ShownMethod, bool]:
    """Give a user a contact method. Return it and whether it is new: the same address again is what there is.

    Raises `NotFound`, `Invalid` for a channel that is not the company's, and `Conflict` if the id is taken or the
    user has twenty.
    """
    check_channel(tenant, request.channel)
    _check_here(request)
    fingerprint = ids.fingerprint(request.model_dump(exclude={"method_id"}))
    wanted = ContactMethod(
        method_id=request.method_id or ids.new(),
        **request.model_dump(exclude={"method_id"}),
        created_at=now,
        fingerprint=fingerprint,
    )
    there: ContactMethod | None = None

    def decide(row: Row) -> Row:
        nonlocal there
        user = User.of(row)
        there = _there(user, wanted)
        sent = user.codes_at(wanted.address)
        return {} if there else user.with_method(wanted.model_copy(update={"code_times": sent}))

    resource.change(keys.user(tenant, user_id), decide)
    return (there or wanted).shown(), there is None


def _check_here(method: MethodSettings) -> None:
    """Raise `Invalid` for what this installation does not send by: calls without a number, URLs of its own network."""
    if method.channel == "voice" and not settings.voice_sender:
        raise Invalid.at("body", "channel", msg="This installation makes no calls: its operator has set no number.")
    if method.channel == "webhook":
        try:
            url.check(method.address, loopback=settings.loopback_urls)
        except ValueError as error:
            raise Invalid.at("body", "address", msg=str(error)) from None


def _there(user: User, wanted: ContactMethod) -> ContactMethod | None:
    """Return the method that a create means if the user has it already. Raises `Conflict`."""
    same_id = user.methods.get(wanted.method_id)
    same_address = user.at(wanted.channel, wanted.address)
    if same_id and wanted.fingerprint != same_id.fingerprint and same_id is not same_address:
        raise Conflict("There is already one with this id, made by another request.")
    if not (same_id or same_address) and len(user.methods) >= METHODS_LIMIT:
        raise Conflict(f"A user has at most {METHODS_LIMIT} contact methods.")
    return same_id or same_address


def change_method(tenant: str, user_id: str, method_id: str, patch: MethodPatch) -> ShownMethod:
    """Change a contact method. Raises `NotFound`, `Invalid`, and `Conflict` if the user has the address already."""

    def decide(row: Row) -> Row:
        user = User.of(row)
        method = user.method(method_id)
        wanted = resource.patched(MethodSettings, method.model_dump(), patch)
        _check_here(wanted)
        other = user.at(wanted.channel, wanted.address)
        if other and other.method_id != method_id:
            raise Conflict(f"The user has this address already: {other.method_id}.")
        changed = method.readdressed(wanted.address)
        if "verified" in patch.model_fields_set:
            changed = changed.model_copy(update={"verified": wanted.verified})
        return user.with_method(changed)

    return User.of(resource.change(keys.user(tenant, user_id), decide)).method(method_id).shown()


def remove_method(tenant: str, user_id: str, method_id: str) -> None:
    """Take a contact method away. Raises `NotFound`."""
    resource.change(keys.user(tenant, user_id), lambda row: User.of(row).without_method(method_id))


def send_code(tenant: str, user_id: str, method_id: str, now: datetime) -> None:
    """Send a code that proves the address. Raises `NotFound`, and `TooMany` after five within an hour."""
    digits = ids.digits(CODE_DIGITS)
    method = _change(tenant, user_id, method_id, lambda method: code_sent(method, digits, now))
    text = f"Your code for Tocsin is {digits}. It is good for 10 minutes and lets alerts be sent to you here."
    _notify(tenant, method, f"Your code for Tocsin is {digits}", text)


def confirm(tenant: str, user_id: str, method_id: str, digits: str, now: datetime) -> ShownMethod:
    """Take a code. Raises `NotFound`, `Conflict` if none is live, `Invalid` for a wrong one, which costs a try."""
    method = _change(tenant, user_id, method_id, lambda method: code_tried(method, digits, now))
    if method.code is not None:
        left = method.code.tries_left
        raise Invalid.at("body", "code", msg=f"This is not the code; {left} {'try' if left == 1 else 'tries'} left.")
    return method.shown()


def send_test(tenant: str, user_id: str, method_id: str) -> None:
    """Send a test page. Raises `NotFound`, and `Conflict` for an address that is not verified."""
    method = get(tenant, user_id).method(method_id)
    if not method.verified:
        raise Conflict("This address is not verified: confirm its code first.")
    _notify(
        tenant, method, "Tocsin: test page", "Tocsin: this is a test page. Nothing is wrong, and alerts reach you here."
    )


def _change(
    tenant: str, user_id: str, method_id: str, decide: Callable[[ContactMethod], ContactMethod]
) -> ContactMethod:
    def of_row(row: Row) -> Row:
        user = User.of(row)
        method = user.method(method_id)
        counted = method.model_copy(update={"code_times": user.codes_at(method.address)})
        return user.with_method(decide(counted))

    return User.of(resource.change(keys.user(tenant, user_id), of_row)).method(method_id)


def _notify(tenant: str, method: ContactMethod, subject: str, text: str) -> None:
    queues.put(Notice(tenant=tenant, channel=method.channel, address=method.address, subject=subject, text=text))


def unflag(tenant: str, user_id: str, address: str) -> None:
    """Take the flag from a user's methods of this address. Raises `NotFound` if the user is gone."""

    def decide(row: Row) -> Row:
        return User.of(row).unflagged(address)

    resource.change(keys.user(tenant, user_id), decide)
