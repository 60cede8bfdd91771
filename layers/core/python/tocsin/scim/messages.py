"""What SCIM answers: resources in lists, errors, and what this service is able to do (RFC 7643, RFC 7644)."""

from http import HTTPStatus
from typing import Any, Final

from tocsin.errors import Conflict, Problem

CONTENT_TYPE: Final = "application/scim+json"
USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
_CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:"
_API: Final = "urn:ietf:params:scim:api:messages:2.0:"
PAGE: Final = 100  # resources in an answer, at most


class Unacceptable(Problem):
    """400: `scim_type` says what of the request is wrong (RFC 7644, section 3.12)."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, scim_type: str, detail: str) -> None:
        super().__init__(detail)
        self.scim_type = scim_type


class NotOffered(Problem):
    """501: SCIM has it, and this service does not."""

    status = HTTPStatus.NOT_IMPLEMENTED


def error(problem: Problem) -> dict[str, Any]:
    """Return a refusal as SCIM has it."""
    kind = problem.scim_type if isinstance(problem, Unacceptable) else None
    kind = "uniqueness" if isinstance(problem, Conflict) else kind
    named = {"scimType": kind} if kind else {}
    return {"schemas": [f"{_API}Error"], "status": str(int(problem.status)), **named, "detail": problem.detail}


def listed(resources: list[dict[str, Any]], *, total: int, start: int) -> dict[str, Any]:
    """Return a list, or the page of one that begins with the resource number `start`."""
    return {
        "schemas": [f"{_API}ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def service(base: str) -> dict[str, Any]:
    """Return what this service is able to do."""
    no: dict[str, Any] = {"supported": False}
    return {
        "schemas": [f"{_CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": PAGE},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "API key",
                "description": "Authorization: Bearer <API key with the role admin>",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_type(base: str) -> dict[str, Any]:
    """Return the one kind of resource there is."""
    return {
        "schemas": [f"{_CORE}ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "Somebody who may be paged, and may sign in.",
        "schema": USER,
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/User"},
    }


def schema(base: str) -> dict[str, Any]:
    """Return the attributes of a user that are kept; others are taken and passed over."""
    return {
        "schemas": [f"{_CORE}Schema"],
        "id": USER,
        "name": "User",
        "description": "A user.",
        "attributes": [
            _attribute("userName", required=True, uniqueness="server"),
            _attribute("name", "complex", parts=["formatted", "familyName", "givenName"]),
            _attribute("displayName"),
            _attribute("emails", "complex", parts=["value", "type"], many=True),
            _attribute("active", "boolean"),
            _attribute("locale"),
            _attribute("timezone"),
        ],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{USER}"},
    }


def _attribute(
    name: str,
    kind: str = "string",
    *,
    required: bool = False,
    uniqueness: str = "none",
    parts: list[str] | None = None,
    many: bool = False,
) -> dict[str, Any]:
    inner = [_attribute(part) for part in parts or []]
    if many:
        inner.append(_attribute("primary", "boolean"))
    return {
        "name": name,
        "type": kind,
        "multiValued": many,
        "description": name,
        "required": required,
        "mutability": "readWrite",
        "returned": "default",
        **({"caseExact": False, "uniqueness": uniqueness} if kind == "string" else {}),
        **({"subAttributes": inner} if parts else {}),
    }
