"""Companies in the directory: onboarding, suspending, their own settings."""

from datetime import datetime

from tocsin import api_keys, ids, keys, limits, resource, targets, users
from tocsin.api_key import NewKey
from tocsin.canary.company import COMPANY, ONBOARDING
from tocsin.company import Company, CompanyPatch, CompanySettings, FirstKey, MadeCompany, NewCompany, ShownCompany
from tocsin.errors import Conflict
from tocsin.own_company import OwnCompany, OwnPatch, OwnSettings
from tocsin.rows import Row
from tocsin.store import directory
from tocsin.user import NewUser

FIRST_KEY = "admin"


def create(request: NewCompany, by: str, now: datetime) -> tuple[MadeCompany, bool]:
    """Onboard a company: the company, its first admin, the admin's API key. Raises `Conflict` if the id is taken.

    The canary's is the installation's own: no other request than the canary's makes it.

    A first attempt that was cut short is finished by the next one; `onboarded`, written last, says that there is
    nothing left to do, so that an admin or key that was deleted since is not made again.
    """
    tenant = request.company_id
    if tenant == COMPANY and request != NewCompany.model_validate(ONBOARDING):
        raise Conflict("This is the name of the installation's own company, by which it watches itself.")
    company = Company(company_id=tenant, name=request.name, created_at=now)
    row, _ = resource.create(
        keys.company(tenant),
        {**company.fields(), "list_pk": keys.COMPANIES, "list_sk": tenant},
        fingerprint=ids.fingerprint(request.model_dump(mode="json")),
    )
    key = FirstKey(key_id=FIRST_KEY, role="admin")
    if not row.get("onboarded"):
        key = _first_admin(request, by, now)
        directory.update(keys.company(tenant), {"onboarded": True})
    return MadeCompany.of({**row, "api_key": key}), key.secret is not None


def _first_admin(request: NewCompany, by: str, now: datetime) -> FirstKey:
    tenant, admin = request.company_id, request.admin
    users.create(tenant, NewUser(user_id=admin.user_id, email=admin.email, role="admin"), now)
    wanted = NewKey(key_id=FIRST_KEY, name=f"First key, for {admin.user_id}", role="admin")
    made, _ = api_keys.create(tenant, wanted, by, now)
    return FirstKey.of(made.model_dump())


def own(tenant: str) -> OwnCompany:
    """Return a company as its own people see it. Raises `NotFound`."""
    return _own(resource.get(keys.company(tenant)))


def change_own(tenant: str, patch: OwnPatch) -> OwnCompany:
    """Change a company's own settings. Raises `NotFound`, and `Invalid` also for a target that there is not."""
    targets.check(targets.references(tenant, patch.last_resort or [], "body", "last_resort"))

    def decide(row: Row) -> Row:
        return resource.patched(OwnSettings, row, patch).model_dump(mode="json")

    return _own(resource.change(keys.company(tenant), decide))


def _own(row: Row) -> OwnCompany:
    company = Company.of(row)
    return OwnCompany.of({**company.fields(), "limits": limits.of(company).fields()})


def change(company_id: str, patch: CompanyPatch) -> ShownCompany:
    """Rename, limit, suspend or resume a company. Raises `NotFound` and `Invalid`."""

    def decide(row: Row) -> Row:
        return resource.patched(CompanySettings, row, patch).model_dump()

    return Company.of(resource.change(keys.company(company_id), decide)).shown()
