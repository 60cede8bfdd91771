"""Roles: what the template allows is the table of rights, and the table has no wildcard without a reason."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.places import Place
from infra.rights import FOR_CALLERS, RIGHTS, TABLES, THE_TENANT, WILDCARDS, Right, own, tenants
from tests.infra.assembly import Template

Allowed = set[tuple[str, str, str]]
"""Effect, action, and the resource as text."""


@pytest.fixture(scope="module")
def places(app: Template) -> dict[Place, list[str]]:
    """How the template spells each place, found by other ways than the app's own."""
    tickets = {"Fn::ImportValue": "TocsinData:ExportsOutputFnGetAttTicketsArnC5A27B47"}
    directory = {"Fn::ImportValue": "TocsinData:ExportsOutputFnGetAttDirectoryArn5B488153"}
    secrets = app.of_type("SecretsManager::Secret")
    operators, canarys = (
        {"Fn::GetAtt": [_only(name for name in secrets if name.startswith(start)), "Id"]}
        for start in ("OperatorKey", "CanaryKey")
    )
    group = {"Ref": _only(app.of_type("Scheduler::ScheduleGroup"))}
    here = [{"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    arn: list[Any] = ["arn:", {"Ref": "AWS::Partition"}]
    spelled: dict[Place, list[Any]] = {
        Place.TICKETS: [tickets],
        Place.TICKETS_DUE: [_join(tickets, "/index/due")],
        Place.TICKETS_OPEN: [_join(tickets, "/index/open")],
        Place.TICKETS_OF_TEAM: [_join(tickets, "/index/team")],
        Place.TICKETS_STREAM: [{"Fn::ImportValue": "TocsinData:ExportsOutputFnGetAttTicketsStreamArn2023751A"}],
        Place.TICKETS_STREAMS: [_join(tickets, "/stream/*")],
        Place.DIRECTORY: [directory],
        Place.DIRECTORY_LISTED: [_join(directory, "/index/listed")],
        Place.DUE_QUEUE: [_arn_of(app, "SQS::Queue", "DueQueue")],
        Place.SMS_QUEUE: [_arn_of(app, "SQS::Queue", "SmsQueue")],
        Place.VOICE_QUEUE: [_arn_of(app, "SQS::Queue", "VoiceQueue")],
        Place.EMAIL_QUEUE: [_arn_of(app, "SQS::Queue", "EmailQueue")],
        Place.WEBHOOK_QUEUE: [_arn_of(app, "SQS::Queue", "WebhookQueue")],
        Place.CANARY_QUEUE: [_arn_of(app, "SQS::Queue", "CanaryQueue")],
        Place.CANARY_SINK: [_arn_of(app, "SQS::Queue", "CanarySink")],
        Place.SCHEDULES: [_join(*arn, ":scheduler:", *here, ":schedule/", group, "/*")],
        Place.LIST_OF_SCHEDULES: [_join(*arn, ":scheduler:", *here, ":schedule/*/*")],
        Place.SCHEDULE_ROLE: [_arn_of(app, "IAM::Role", "TimersRole")],
        Place.OPERATOR_SECRET: [operators],
        Place.CANARY_SECRET: [canarys],
        Place.ALL_DEAD_LETTERS: [
            {"Fn::GetAtt": [name, "Arn"]} for name in app.of_type("SQS::Queue") if "DeadLetters" in name
        ],
        Place.REDRIVEN_FUNCTIONS: [
            {"Fn::GetAtt": [app.function_ids()[name], "Arn"]} for name in ("ingest", "replies", "historian")
        ],
        Place.PHONES: ["*"],
        Place.TOPICS: [_join(*arn, ":sns:*:*:*")],
        Place.VOICE_NUMBERS: [_join(*arn, ":sms-voice:", *here, ":phone-number/*")],
        Place.EMAIL_IDENTITIES: [
            _join(*arn, ":ses:", *here, ":identity/pages@tocsin.example.com"),
            _join(*arn, ":ses:", *here, ":identity/tocsin.example.com"),
        ],
    }
    return {place: list(map(_text, values)) for place, values in spelled.items()}


@pytest.mark.parametrize("name", RIGHTS)
def test_a_role_allows_what_the_table_of_rights_says(app: Template, places: dict[Place, list[str]], name: str) -> None:
    expected = _spelled(app, places, name, own(name))
    log = _text({"Fn::GetAtt": [app.functions()[name]["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]})
    expected |= {("Allow", action, log) for action in ("logs:CreateLogStream", "logs:PutLogEvents")}
    assert _allowed(_role_of(app, name)) == expected


@pytest.mark.parametrize("name", sorted(FOR_CALLERS))
def test_who_acts_for_a_caller_reaches_rows_of_tenants_by_a_session_of_one_alone(
    app: Template, places: dict[Place, list[str]], name: str
) -> None:
    role = _tenant_role_of(app, name)
    assert _allowed(role) == _spelled(app, places, name, tenants(name))
    for statement in _statements(role):
        denied = statement["Effect"] == "Deny"
        keys = statement["Condition"]["ForAnyValue:StringLike" if denied else "ForAllValues:StringLike"]
        assert all(rows.startswith(THE_TENANT) for rows in keys["dynamodb:LeadingKeys"])
        assert denied or statement["Condition"]["Null"] == {"dynamodb:LeadingKeys": "false"}, "nor what has no key"
        forbidden = {"dynamodb:Scan", "dynamodb:BatchWriteItem"}
        assert not forbidden.intersection(statement["Action"])
        assert "PartiQL" not in str(statement["Action"])
    for statement in _statements(_role_of(app, name)):
        if "TicketsArn" in str(statement["Resource"]) or "DirectoryArn" in str(statement["Resource"]):
            (rows,) = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert rows.split("#")[0] in {"IN", "FEED", "IDP", "PHONE", "LINK"}


@pytest.mark.parametrize("name", sorted(FOR_CALLERS))
def test_only_the_function_itself_makes_sessions_and_only_with_the_tenants_tag(app: Template, name: str) -> None:
    properties = app.functions()[name]
    (trust,) = _tenant_role_of(app, name)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": properties["Role"]}
    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert trust["Condition"] == {
        "StringLike": {"aws:RequestTag/tenant": "?*"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]},
    }


def test_every_function_behind_the_api_acts_for_a_caller_but_those_that_have_none() -> None:
    """Whoever makes a new one finds it here: it belongs to `FOR_CALLERS`, or the reason why not stands here."""
    reaching = {name for name, rights in RIGHTS.items() for right in rights if TABLES.intersection(right.places)}
    for_all = {"clock", "historian", "escalator", "sweeper", "auditor", "redriver"}  # they work for all tenants
    for_all |= {name for name in RIGHTS if name.startswith("notifier-")}
    for_all |= {"authorizer", "companies"}  # who finds out who a caller is; who is asked by the operator alone
    assert reaching - for_all == FOR_CALLERS - for_all == FOR_CALLERS


def test_roles_have_nothing_but_their_own_statements(app: Template) -> None:
    assert app.of_type("IAM::ManagedPolicy") == {}
    acting = app.of_type("IAM::Policy").values()
    assert len(acting) == len(FOR_CALLERS)
    for policy in acting:
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
        assert "TenantRole" in statement["Resource"]["Fn::GetAtt"][0]
    assert not any("ManagedPolicyArns" in role for role in app.of_type("IAM::Role").values())


def test_no_action_has_a_wildcard_and_resources_only_where_there_is_a_reason(
    app: Template, places: dict[Place, list[str]]
) -> None:
    reasoned = {arn for place in WILDCARDS for arn in places[place]}
    for role in app.of_type("IAM::Role").values():
        for _, action, resource in _allowed(role):
            assert "*" not in action
            assert "*" not in resource or resource in reasoned
    assert all(len(reason) > 20 for reason in WILDCARDS.values())


def test_only_the_schedules_role_is_passed_and_only_to_the_scheduler(app: Template) -> None:
    passing = [
        statement
        for role in app.of_type("IAM::Role").values()
        for statement in _statements(role)
        if "iam:PassRole" in _listed(statement["Action"])
    ]
    assert len(passing) == 3
    for statement in passing:
        assert statement["Resource"] == _arn_of(app, "IAM::Role", "TimersRole")
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


def test_schedules_of_our_group_may_send_to_the_due_queue_and_nowhere_else(app: Template) -> None:
    role = app.of_type("IAM::Role")[_arn_of(app, "IAM::Role", "TimersRole")["Fn::GetAtt"][0]]
    due, lost = (_text(_arn_of(app, "SQS::Queue", name)) for name in ("DueQueue", "TimersDeadLetters"))
    assert _allowed(role) == {("Allow", "sqs:SendMessage", due), ("Allow", "sqs:SendMessage", lost)}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["StringEquals"].keys() == {"aws:SourceAccount", "aws:SourceArn"}


def test_only_who_keeps_the_clock_and_who_redrives_may_send_to_the_due_queue() -> None:
    sending = {
        name
        for name, rights in RIGHTS.items()
        for right in rights
        if "sqs:SendMessage" in right.actions and Place.DUE_QUEUE in right.places
    }
    assert sending == {"clock", "escalator", "sweeper", "auditor", "redriver"}


def test_only_these_functions_may_delete_rows() -> None:
    deleting = {
        (name, place)
        for name, rights in RIGHTS.items()
        for right in rights
        for place in right.places
        if "dynamodb:DeleteItem" in right.actions and not right.rows
    }
    directory = {"rules", "schedules", "teams", "users", "api_keys", "integrations", "sso", "scim"}
    dedup = {"tickets", "ingest"}
    assert deleting == {(name, Place.DIRECTORY) for name in directory} | {(name, Place.TICKETS) for name in dedup}


def test_nobody_may_change_or_delete_what_stands_in_the_audit(app: Template) -> None:
    """It is denied to all who may change anything else of the table; one who may overwrite it asks if it is there."""
    changing = {"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    for name in RIGHTS:
        statements = [one for one in _reaching(app, name) if "DirectoryArn" in str(one["Resource"])]
        allowed = {action for one in statements if one["Effect"] == "Allow" for action in _listed(one["Action"])}
        denials = [one for one in statements if one["Effect"] == "Deny"]
        doors = {one["Action"] for one in statements if isinstance(one["Action"], str)}  # rows that are no tenant's
        assert len(denials) == bool((allowed - doors) & changing), name
        whose = THE_TENANT if name in FOR_CALLERS else "T#*#"
        for denial in denials:
            assert changing & (allowed - doors) <= set(denial["Action"])
            assert denial["Condition"] == {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [f"{whose}AUDIT#*"]}}


def test_who_changes_something_for_a_caller_may_write_that_into_the_audit() -> None:
    audited = {"rules", "schedules", "teams", "users", "severities", "company", "companies", "api_keys"}
    for name in (*audited, "integrations", "sso", "scim", "authorizer"):
        rights = [one for one in RIGHTS[name] if Place.DIRECTORY in one.places and not one.denied]
        assert any("dynamodb:PutItem" in right.actions for right in rights), name


def test_a_function_without_a_right_to_a_table_cannot_reach_it(app: Template) -> None:
    reaching = {name for name in RIGHTS if "TocsinData:" in str(_reaching(app, name))}
    assert reaching == RIGHTS.keys() - {"root", "canary"}
    assert "TicketsArn" not in str(_role_of(app, "companies")["Policies"])


def test_who_has_nothing_to_do_with_tickets_writes_no_row_of_theirs_but_the_allowance(app: Template) -> None:
    for name in ("rules", "users", "severities", "company", "api_keys", "integrations", "sso", "scim", "me"):
        writing = [one for one in _reaching(app, name) if "TicketsArn" in str(one) and "Update" in str(one)]
        assert [one["Action"] for one in writing] == ["dynamodb:UpdateItem"]
        assert writing[0]["Condition"] == {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{THE_TENANT}ALLOWANCE#requests"]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        }


def _spelled(app: Template, places: dict[Place, list[str]], name: str, rights: tuple[Right, ...]) -> Allowed:
    return {
        ("Deny" if right.denied else "Allow", action, arn)
        for right in rights
        for action in right.actions
        for place in right.places
        for arn in (places[place] if place is not Place.DEAD_LETTERS else [_dead_letters_of(app, name)])
    }


def _tenant_role_of(app: Template, name: str) -> dict[str, Any]:
    variables = app.functions()[name]["Environment"]["Variables"]
    return app.of_type("IAM::Role")[variables["TENANT_ROLE_ARN"]["Fn::GetAtt"][0]]


def _reaching(app: Template, name: str) -> list[dict[str, Any]]:
    """Return the statements of all roles that a function acts by."""
    roles = [_role_of(app, name), *([_tenant_role_of(app, name)] if name in FOR_CALLERS else [])]
    return [statement for role in roles for statement in _statements(role)]


def _role_of(app: Template, name: str) -> dict[str, Any]:
    return app.of_type("IAM::Role")[app.functions()[name]["Role"]["Fn::GetAtt"][0]]


def _dead_letters_of(app: Template, name: str) -> str:
    construct = app.function_ids()[name].rpartition("Function")[0]
    return _text(_arn_of(app, "SQS::Queue", f"{construct}DeadLetters"))


def _statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def _allowed(role: dict[str, Any]) -> Allowed:
    return {
        (statement["Effect"], action, _text(resource))
        for statement in _statements(role)
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _arn_of(app: Template, kind: str, start: str) -> dict[str, Any]:
    """The ARN of the one resource whose logical id is this construct's: what follows are eight hex digits."""
    ids = [name for name in app.of_type(kind) if name[:-8] in {start, f"{start}Queue"}]
    return {"Fn::GetAtt": [_only(ids), "Arn"]}


def _only(names: Any) -> str:
    (name,) = names
    return str(name)


def _join(*parts: Any) -> dict[str, Any]:
    return {"Fn::Join": ["", list(parts)]}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    """One spelling for an ARN: neighbouring strings of a join are one."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(_text, value["Fn::Join"][1]))
    return json.dumps(value)
