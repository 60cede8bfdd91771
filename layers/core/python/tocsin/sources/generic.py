"""The generic door: an alert in our own words, from any system that can send JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from tocsin.sources import limits


class Action(StrEnum):
    """What the alert asks for."""

    OPEN = "open"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class GenericAlert:
    """An alert within a ticket's limits. `severity` is as sent: the company may not have it. `links`: href, text."""

    action: Action
    title: str
    description: str
    severity: str | None
    labels: dict[str, str]
    links: list[dict[str, str]]
    dedup_key: str | None


def _whole(value: Any) -> Any:
    return limits.whole(value) if isinstance(value, str) else value


def _word(value: Any) -> Any:
    """Take a number for a word: some systems have severities 1 to 5, and keys that are numbers."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _whole(value)


_Text = Annotated[str | None, BeforeValidator(_whole)]
_Word = Annotated[str | None, BeforeValidator(_word)]


class _Body(BaseModel):
    """What is looked at; everything else is kept as it is."""

    model_config = ConfigDict(strict=True, extra="allow")

    title: _Text = None
    description: _Text = None
    severity: _Word = None
    labels: dict[str, Any] | None = None
    links: list[Any] | None = None
    dedup_key: _Word = None
    action: _Text = None


def read(body: Mapping[str, Any]) -> GenericAlert:
    """Read an alert leniently: what is too long is cut, unknown fields go to the end of the description as JSON.

    Labels may have values of any type, links may be plain addresses; a link that is neither `http` nor `https` is kept
    as text, for it will be shown to be clicked.

    Raises:
        ValidationError: a ValueError whose `loc` names the field: one of another type, an unknown action, no title to
            open, no dedup_key to acknowledge or resolve.
    """
    sent = _Body.model_validate(dict(body))
    action = _action(sent.action)
    _require(action, sent)
    links, unusable = _links(sent.links or [])
    further = {**(sent.model_extra or {}), **({"links": unusable} if unusable else {})}
    return _fitting(
        GenericAlert(
            action=action,
            title=limits.cut((sent.title or "").strip(), limits.TITLE),
            description=_description(sent.description or "", further),
            severity=limits.cut(sent.severity, limits.SEVERITY) if sent.severity else None,
            labels=limits.labels((sent.labels or {}).items()),
            links=links,
            dedup_key=limits.key(sent.dedup_key) if sent.dedup_key else None,
        )
    )


def _action(text: str | None) -> Action:
    try:
        return Action((text or Action.OPEN).lower())
    except ValueError:
        raise _refusal("action", f"must be one of {', '.join(Action)}") from None


def _require(action: Action, sent: _Body) -> None:
    if action is Action.OPEN and not (sent.title or "").strip():
        raise _refusal("title", "is required to open a ticket")
    if action is not Action.OPEN and not sent.dedup_key:
        raise _refusal("dedup_key", f"is required to {action}")


def _refusal(field: str, why: str) -> ValidationError:
    error = PydanticCustomError("generic_alert", "{why}", {"why": f"{field} {why}"})
    return ValidationError.from_exception_data("alert", [InitErrorDetails(type=error, loc=(field,), input=None)])


def _links(sent: list[Any]) -> tuple[list[dict[str, str]], list[Any]]:
    links: list[dict[str, str]] = []
    unusable: list[Any] = []
    for one in sent:
        link = _link(one)
        if link and len(links) < limits.LINKS:
            links.append(link)
        else:
            unusable.append(one)
    return links, unusable


def _link(one: Any) -> dict[str, str] | None:
    href, text = (one.get("href"), one.get("text")) if isinstance(one, Mapping) else (one, None)
    if (
        not isinstance(href, str)
        or not href.lower().startswith(("http://", "https://"))
        or len(href) > limits.LINK_HREF
    ):
        return None
    href = limits.whole(href)
    return {"href": href, "text": limits.cut(text, limits.LINK_TEXT) if isinstance(text, str) and text else href}


def _description(text: str, further: dict[str, Any]) -> str:
    if further:
        text = f"{text}\n\nFurther fields:\n{limits.written(further, indent=2)}".lstrip("\n")
    return limits.cut(text, limits.DESCRIPTION)


def _fitting(alert: GenericAlert) -> GenericAlert:
    """Cut what is over the limit of all texts together: first the description, then links from the last."""
    labels = limits.size(
        *alert.labels, *alert.labels.values(), alert.title, alert.dedup_key or "", alert.severity or ""
    )
    links = list(alert.links)
    while links and labels + _links_size(links) > limits.TOGETHER:
        links.pop()
    room = limits.TOGETHER - labels - _links_size(links)
    return GenericAlert(**{**vars(alert), "links": links, "description": limits.cut_bytes(alert.description, room)})


def _links_size(links: list[dict[str, str]]) -> int:
    return limits.size(*(text for link in links for text in link.values()))
