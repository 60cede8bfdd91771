"""What the canary's company must have. Made the first time, and again when somebody deleted or changed it."""

from tocsin.canary import company
from tocsin.canary.customer import Customer

MADE = (200, 201)


def furnish(customer: Customer) -> None:
    """Make team, people, their methods and the rule; may be called any number of times. Raises `CanaryFailed`."""
    customer.ask("POST", "/teams", company.TEAM, good=MADE)
    for name in company.PEOPLE:
        customer.ask("POST", "/users", company.person(name), good=MADE)
        _give_method(customer, name)
    _set_rule(customer)


def _give_method(customer: Customer, name: str) -> None:
    methods = f"/users/{name}/contact_methods"
    _, there = customer.ask("POST", methods, company.method(name), good=MADE)
    if not there["verified"]:
        customer.ask("PATCH", f"{methods}/{there['method_id']}", {"verified": True}, good=(200,))


def _set_rule(customer: Customer) -> None:
    status, _ = customer.ask("POST", "/rules", company.RULE, good=(*MADE, 409))
    if status != 201:  # it may have been changed since
        customer.ask("PUT", f"/rules/{company.RULE['rule_id']}", company.RULE, good=(200,))
