"""The synthesized app, and what tests ask of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

Resource = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One stack's template."""

    body: dict[str, Any]
    path: Path

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Properties of all resources of a type (without `AWS::`), by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def functions(self) -> dict[str, Resource]:
        """Properties of all functions, by the name they go by in the table of rights."""
        return {name: self.body["Resources"][logical]["Properties"] for name, logical in self.function_ids().items()}

    def function_ids(self) -> dict[str, str]:
        functions = self.of_type("Lambda::Function")
        return {it["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: logical for logical, it in functions.items()}


@dataclass(frozen=True)
class Assembly:
    """Both templates, the manifest, and the findings of cdk-nag that nobody has accepted."""

    data: Template
    app: Template
    manifest: dict[str, Any]
    findings: list[str]


def synthesize(build: Callable[..., cdk.App], context: dict[str, object], folder: Path) -> Assembly:
    app = build(context, outdir=str(folder))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    findings = synthesis_findings(app)
    return Assembly(_template(folder, "TocsinData"), _template(folder, "Tocsin"), _json(folder, "manifest"), findings)


def synthesis_findings(app: cdk.App) -> list[str]:
    """Write the assembly; return what plugins found in it that nobody has accepted."""
    try:
        app.synth()
    except RuntimeError as error:  # the CDK writes the assembly, then fails because of what was found
        if not str(error).startswith("ValidationFailed: "):
            raise
        return [found.strip() for found in str(error).removeprefix("ValidationFailed: ").split("\n\n")]
    return []


def _template(folder: Path, stack: str) -> Template:
    return Template(_json(folder, f"{stack}.template"), folder / f"{stack}.template.json")


def _json(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return content


def strings(value: object) -> Iterator[str]:
    """All strings in a piece of a template, keys included."""
    match value:
        case str():
            yield value
        case dict():
            for key, part in value.items():
                yield from (key, *strings(part))
        case list():
            for part in value:
                yield from strings(part)
