"""The canary's company: what it asks the API to make is what the API takes."""

from tocsin.canary import company
from tocsin.company import NewCompany
from tocsin.rule import RuleBody
from tocsin.team import NewTeam
from tocsin.ticket_api import NewTicket
from tocsin.user import NewMethod, NewUser


def test_what_makes_the_company_its_team_and_its_rule_is_taken() -> None:
    assert NewCompany.model_validate(company.ONBOARDING).company_id == "canary"
    assert NewTeam.model_validate(company.TEAM).team_id == "canary"
    rule = RuleBody.model_validate(company.RULE)
    assert [step.notify[0].user for step in rule.steps] == ["first", "second", "third"]


def test_what_makes_a_person_is_taken() -> None:
    person = NewUser.model_validate(company.person("first"))
    assert (person.user_id, person.name, person.email) == ("first", "first", "first@canary.test")
    assert person.role == "responder"


def test_a_person_is_reached_at_the_sink_alone_and_each_at_a_place_of_its_own() -> None:
    method = NewMethod.model_validate(company.method("first"))
    assert (method.method_id, method.channel, method.address) == ("sink", "canary", company.address("first"))
    assert method.verified
    assert len({company.address(name) for name in company.PEOPLE}) == 3


def test_a_ticket_is_known_by_its_title_and_is_for_the_canarys_team() -> None:
    ticket = NewTicket.model_validate(company.ticket("t1"))
    assert (ticket.ticket_id, ticket.team, ticket.title) == ("t1", "canary", "Canary t1")
    assert ticket.description == "Nothing is wrong."
