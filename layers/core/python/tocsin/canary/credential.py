"""The canary's API key: kept in a secret of its own, and made anew with the operator's when it is lost or refused."""

from tocsin import aws
from tocsin.canary import company
from tocsin.canary.customer import Customer
from tocsin.errors import CanaryFailed
from tocsin.settings import settings


def kept() -> Customer | None:
    """Return the customer that the kept key makes, None while there is no key."""
    secrets = aws.client("secretsmanager")
    try:
        return Customer(str(secrets.get_secret_value(SecretId=settings.canary_secret_arn)["SecretString"]))
    except (secrets.exceptions.ResourceNotFoundException, KeyError):
        return None  # a secret is made without a value


def renewed() -> Customer:
    """Make the company if there is none, and a new key of it, which is kept. Raises `CanaryFailed`.

    A company of this name that the canary did not make is somebody else's: the API answers 409, and nothing of it is
    touched.
    """
    at_home = aws.client("secretsmanager", settings.home_region)
    operator = Customer(str(at_home.get_secret_value(SecretId=settings.operator_secret_arn)["SecretString"]))
    _, made = operator.ask("POST", "/companies", company.ONBOARDING, good=(200, 201))
    key = made["api_key"]
    if "secret" not in key:
        _, key = operator.ask("POST", f"/companies/{company.COMPANY}/api_keys", {"name": "Canary"}, good=(201,))
    customer = Customer(str(key["secret"]))
    try:
        _keep(customer)
    except Exception:
        # A key that nobody has must not be left behind each minute.
        customer.ask("DELETE", f"/api_keys/{key['key_id']}", good=(204, 404))
        raise
    return customer


def _keep(customer: Customer) -> None:
    try:
        aws.client("secretsmanager").put_secret_value(SecretId=settings.canary_secret_arn, SecretString=customer.key)
    except aws.failures() as error:
        raise CanaryFailed("api", f"The key cannot be kept: {error}") from error
