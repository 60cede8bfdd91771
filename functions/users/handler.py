"""HTTPS API: users, the addresses at which they are paged, and the codes that prove those."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin import api, aws, clock, keys, own_rules, resource, users
from tocsin.access import Role
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.own_rule import OwnRule
from tocsin.user import Confirmation, MethodPatch, NewMethod, NewUser, ShownMethod, ShownUser, User, UserPatch

aws.prepare("sqs")

app = Api("users")

USER = f"{PREFIX}/users/<user_id>"
METHODS = f"{USER}/contact_methods"
RULE = f"{USER}/rule"
METHOD = f"{METHODS}/<method_id>"


@app.post(f"{PREFIX}/users", summary="Make a user", responses=api.creates(ShownUser))
def create(body: NewUser) -> Response[Any]:
    user, new = users.create(app.principal.tenant, body, clock.now())
    return api.created(f"/users/{user.user_id}", user.shown(), new=new)


@app.get(f"{PREFIX}/users", summary="List users")
def list_(
    q: Annotated[str | None, Query(description="Part of the id, name or e-mail, whatever the case.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[ShownUser]:
    tenant = app.principal.tenant
    rows, following = resource.listed(
        tenant, keys.listed(tenant, "USERS"), lambda name: keys.user(tenant, name), limit=limit, after=cursor
    )
    found = [_shown(User.of(row)) for row in rows if api.mentions(q, row["user_id"], row["name"], row["email"])]
    return Page(items=found, next_cursor=following)


@app.get(USER, summary="Read a user")
def get(user_id: str) -> ShownUser:
    return _shown(users.get(app.principal.tenant, user_id))


@app.patch(USER, summary="Change a user")
def patch(user_id: str, body: UserPatch) -> ShownUser:
    return users.change(app.principal.tenant, user_id, body).shown()


@app.delete(USER, summary="Delete a user, in every team too", responses=api.DELETES)
def delete(user_id: str) -> Response[str]:
    users.delete(app.principal.tenant, user_id, clock.now())
    return api.no_content()


@app.post(METHODS, summary="Give a user a contact method", responses=api.creates(ShownMethod))
def add_method(user_id: str, body: NewMethod) -> Response[Any]:
    method, new = users.add_method(app.principal.tenant, user_id, body, clock.now())
    return api.created(f"/users/{user_id}/contact_methods/{method.method_id}", method, new=new)


@app.get(METHODS, summary="List a user's contact methods, oldest first")
def list_methods(user_id: str, limit: Limit = 25, cursor: Cursor = None) -> Page[ShownMethod]:
    tenant = app.principal.tenant
    methods = {method.method_id: method for method in _shown(users.get(tenant, user_id)).contact_methods}
    found, following = resource.paged(tenant, f"methods/{user_id}", methods, limit=limit, after=cursor)
    return Page(items=found, next_cursor=following)


@app.get(METHOD, summary="Read a contact method")
def get_method(user_id: str, method_id: str) -> ShownMethod:
    method = users.get(app.principal.tenant, user_id).method(method_id)
    return method.shown(secrets=_sees_secrets(user_id))


@app.patch(METHOD, summary="Change a contact method")
def patch_method(user_id: str, method_id: str, body: MethodPatch) -> ShownMethod:
    return users.change_method(app.principal.tenant, user_id, method_id, body)


@app.delete(METHOD, summary="Take a contact method away", responses=api.DELETES)
def remove_method(user_id: str, method_id: str) -> Response[str]:
    users.remove_method(app.principal.tenant, user_id, method_id)
    return api.no_content()


@app.post(f"{METHOD}/code", summary="Send a code that proves the address", responses=api.ACCEPTS)
def send_code(user_id: str, method_id: str) -> Response[str]:
    users.send_code(app.principal.tenant, user_id, method_id, clock.now())
    return api.accepted()


@app.put(f"{METHOD}/code", summary="Confirm an address by its code")
def confirm(user_id: str, method_id: str, body: Confirmation) -> ShownMethod:
    return users.confirm(app.principal.tenant, user_id, method_id, body.code, clock.now())


@app.post(f"{METHOD}/test", summary="Send a test page", responses=api.ACCEPTS)
def send_test(user_id: str, method_id: str) -> Response[str]:
    users.send_test(app.principal.tenant, user_id, method_id)
    return api.accepted()


@app.get(RULE, summary="Read how a user wants to be paged")
def get_rule(user_id: str) -> OwnRule:
    return own_rules.get(app.principal.tenant, user_id)


@app.put(RULE, summary="Say how a user is to be paged", responses=api.creates(OwnRule))
def put_rule(user_id: str, body: OwnRule) -> Response[Any]:
    new = own_rules.put(app.principal.tenant, user_id, body)
    return api.created(f"/users/{user_id}/rule", body, new=new)


@app.delete(RULE, summary="Page a user as the company does", responses=api.DELETES)
def delete_rule(user_id: str) -> Response[str]:
    own_rules.delete(app.principal.tenant, user_id)
    return api.no_content()


def _shown(user: User) -> ShownUser:
    return user.shown(secrets=_sees_secrets(user.user_id))


def _sees_secrets(user_id: str) -> bool:
    """Say whether the caller may see what addresses hold that are secrets: an admin, or the person."""
    return app.principal.role is Role.ADMIN or app.principal.person == user_id


lambda_handler = app.resolve
