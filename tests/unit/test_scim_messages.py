"""What SCIM answers: what providers read of this service before they speak to it (RFC 7643, sections 5 to 7)."""

from typing import Any

import pytest

from tocsin.errors import Conflict, Forbidden, NotFound, Problem
from tocsin.scim import messages
from tocsin.scim.messages import NotOffered, Unacceptable

BASE = "https://tocsin.example.com/scim/v2"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"


@pytest.mark.parametrize(
    ("problem", "status", "kind"),
    [
        (Unacceptable("invalidPath", "No path."), "400", "invalidPath"),
        (Conflict("There is one."), "409", "uniqueness"),
        (NotFound("There is none."), "404", None),
        (Forbidden("No."), "403", None),
        (NotOffered("Not here."), "501", None),
    ],
)
def test_a_refusal_has_its_status_as_text_and_its_kind_where_there_is_one(
    problem: Problem, status: str, kind: str | None
) -> None:
    told = messages.error(problem)
    assert told == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status,
        "detail": problem.detail,
        **({"scimType": kind} if kind else {}),
    }
    assert str(problem) == problem.detail


def test_a_list_says_where_it_begins_and_how_many_there_are() -> None:
    assert messages.listed([{"id": "a"}, {"id": "b"}], total=7, start=3) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 7,
        "startIndex": 3,
        "itemsPerPage": 2,
        "Resources": [{"id": "a"}, {"id": "b"}],
    }


def test_what_is_not_offered_is_not_promised() -> None:
    told = messages.service(BASE)
    assert told["schemas"] == [f"{CORE}ServiceProviderConfig"]
    offered = {name: one["supported"] for name, one in told.items() if isinstance(one, dict) and "supported" in one}
    assert offered == {
        "patch": True,
        "bulk": False,
        "filter": True,
        "changePassword": False,
        "sort": False,
        "etag": False,
    }
    assert (told["bulk"]["maxOperations"], told["bulk"]["maxPayloadSize"]) == (0, 0)
    assert told["filter"]["maxResults"] == messages.PAGE
    (scheme,) = told["authenticationSchemes"]
    assert (scheme["type"], scheme["primary"], scheme["name"]) == ("oauthbearertoken", True, "API key")
    assert scheme["description"] == "Authorization: Bearer <API key with the role admin>"
    assert told["meta"] == {
        "resourceType": "ServiceProviderConfig",
        "location": f"{BASE}/ServiceProviderConfig",
    }


def test_there_is_one_kind_of_resource() -> None:
    assert messages.resource_type(BASE) == {
        "schemas": [f"{CORE}ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "Somebody who may be paged, and may sign in.",
        "schema": messages.USER,
        "meta": {"resourceType": "ResourceType", "location": f"{BASE}/ResourceTypes/User"},
    }


def test_the_schema_names_what_is_kept_of_a_user() -> None:
    told = messages.schema(BASE)
    head = {name: told[name] for name in ("schemas", "id", "name", "description", "meta")}
    assert head == {
        "schemas": [f"{CORE}Schema"],
        "id": messages.USER,
        "name": "User",
        "description": "A user.",
        "meta": {"resourceType": "Schema", "location": f"{BASE}/Schemas/{messages.USER}"},
    }
    kinds = {one["name"]: (one["type"], one["multiValued"], parts(one)) for one in told["attributes"]}
    assert kinds == {
        "userName": ("string", False, None),
        "name": ("complex", False, {"formatted": "string", "familyName": "string", "givenName": "string"}),
        "displayName": ("string", False, None),
        "emails": ("complex", True, {"value": "string", "type": "string", "primary": "boolean"}),
        "active": ("boolean", False, None),
        "locale": ("string", False, None),
        "timezone": ("string", False, None),
    }


def parts(attribute: dict[str, Any]) -> dict[str, str] | None:
    inner = attribute.get("subAttributes")
    return None if inner is None else {one["name"]: one["type"] for one in inner}


def test_each_attribute_says_how_it_is_written_and_shown() -> None:
    every = {one["name"]: one for one in messages.schema(BASE)["attributes"]}
    inner = [part for one in every.values() for part in one.get("subAttributes", [])]
    for one in (*every.values(), *inner):
        assert (one["mutability"], one["returned"], one["description"]) == ("readWrite", "default", one["name"])
        assert one["required"] == (one["name"] == "userName")
        # RFC 7643, section 2.2: these two are said of texts.
        told = {"caseExact": False, "uniqueness": "server" if one["name"] == "userName" else "none"}
        found = {name: one[name] for name in told if name in one}
        assert found == (told if one["type"] == "string" else {})
    assert not any(part["multiValued"] for part in inner)
