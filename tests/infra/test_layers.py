"""The dependency layer: what is pinned is all there is, and the same for everybody."""

import ast
import sys
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.layers import REQUIREMENTS, ROOT, dependency_layer

LAMBDA = {"python_version": "3.13", "platform_machine": "aarch64", "platform_python_implementation": "CPython"}


@pytest.fixture(scope="module")
def layer() -> zipfile.ZipFile:
    return zipfile.ZipFile(dependency_layer(None))


def test_every_requirement_is_pinned_exactly() -> None:
    for file in (REQUIREMENTS, ROOT / "requirements.txt"):
        assert [line for line in _requirements(file.read_text()) if str(line.specifier)[:2] != "=="] == []


def test_the_layer_holds_what_is_pinned_and_all_that_it_needs(layer: zipfile.ZipFile) -> None:
    pinned = {canonicalize_name(it.name): str(it.specifier)[2:] for it in _requirements(REQUIREMENTS.read_text())}
    metadata = [HeaderParser().parsestr(layer.read(name).decode()) for name in layer.namelist() if _is_metadata(name)]
    assert {canonicalize_name(it["Name"]): it["Version"] for it in metadata} == pinned
    for needed in (Requirement(line) for it in metadata for line in it.get_all("Requires-Dist", [])):
        if needed.marker is None or needed.marker.evaluate({**LAMBDA, "extra": ""}):
            assert pinned[canonicalize_name(needed.name)] in needed.specifier


def test_the_layer_holds_all_that_functions_import(layer: zipfile.ZipFile) -> None:
    held = {name.split("/")[1].removesuffix(".py") for name in layer.namelist()}
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "core").rglob("*.py")]
    imported = {name.partition(".")[0] for source in sources for name in _imports(source)}
    assert imported - held - sys.stdlib_module_names == {"tocsin"}


def test_the_layer_is_for_lambda_on_arm(layer: zipfile.ZipFile) -> None:
    native = [name for name in layer.namelist() if name.endswith(".so")]
    assert native
    assert not any("x86_64" in name for name in native)


def test_the_layer_fits_into_lambda_and_starts_fast(layer: zipfile.ZipFile) -> None:
    assert sum(entry.file_size for entry in layer.infolist()) < 60_000_000  # of 262 MB
    assert all(name.startswith("python/") for name in layer.namelist())


def test_the_layer_keeps_the_models_of_the_services_that_functions_speak_to(layer: zipfile.ZipFile) -> None:
    kept = {name.split("/")[3] for name in layer.namelist() if name.startswith("python/botocore/data/")}
    services = {"dynamodb", "scheduler", "secretsmanager", "sesv2", "sns", "sqs", "sts"}
    assert services | {"endpoints.json", "partitions.json", "sdk-default-configuration.json"} <= kept


def _requirements(text: str) -> list[Requirement]:
    return [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]


def _imports(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module


def _is_metadata(name: str) -> bool:
    return name.endswith(".dist-info/METADATA")
