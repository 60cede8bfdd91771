"""HTTPS API: rules, of a team or of the company."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin import api, clock, explaining, keys, resource, rules
from tocsin.api import PREFIX, Api, Cursor, Limit, Page
from tocsin.explanation import Explanation, Question
from tocsin.ids import Id
from tocsin.rule import Rule, RuleBody

app = Api("rules")

RULE = f"{PREFIX}/rules/<rule_id>"


@app.post(f"{PREFIX}/rules", summary="Make a rule", responses=api.creates(Rule))
def create(body: RuleBody) -> Response[Any]:
    rule, new = rules.create(app.principal.tenant, body, clock.now())
    return api.created(f"/rules/{rule.rule_id}", rule, new=new)


@app.get(f"{PREFIX}/rules", summary="List the rules of a team, or the company's own")
def list_(
    team: Annotated[Id | None, Query(description="Missing: the company's own rules.")] = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> Page[Rule]:
    tenant = app.principal.tenant
    rows, following = resource.listed(
        tenant, keys.rules_of(tenant, team), lambda name: keys.rule(tenant, name), limit=limit, after=cursor
    )
    return Page(items=[Rule.of(row) for row in rows], next_cursor=following)


@app.post(f"{PREFIX}/rules/explain", summary="Say who would be paged when, by what and because of what")
def explain(body: Question) -> Explanation:
    return explaining.explain(app.principal, body, clock.now())


@app.get(RULE, summary="Read a rule")
def get(rule_id: str) -> Rule:
    return Rule.of(resource.get(keys.rule(app.principal.tenant, rule_id)))


@app.put(RULE, summary="Put another rule in its place")
def put(rule_id: str, body: RuleBody) -> Rule:
    return rules.replace(app.principal.tenant, rule_id, body, clock.now())


@app.delete(RULE, summary="Delete a rule", responses=api.DELETES)
def delete(rule_id: str) -> Response[str]:
    resource.delete(keys.rule(app.principal.tenant, rule_id))
    return api.no_content()


lambda_handler = app.resolve
