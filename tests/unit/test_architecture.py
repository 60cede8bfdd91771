"""The house as it is drawn: imports go one way, modules are small and named for what they are."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LAYER = ROOT / "layers" / "core" / "python"
CORE = sorted((LAYER / "tocsin").rglob("*.py"))
INFRA = sorted((ROOT / "infra").rglob("*.py"))
HANDLERS = {path.parent.name: path for path in sorted((ROOT / "functions").glob("*/handler.py"))}
SHIPPED = [ROOT / "app.py", *CORE, *INFRA, *HANDLERS.values()]

# Who reaches out of the process, or asks it what it was told or what time it is. Whoever imports one is an edge too.
OUTSIDE = {"tocsin.aws", "tocsin.clock", "tocsin.settings", "tocsin.telemetry", "tocsin.store"}
OUTSIDE_LIBRARIES = {
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "http.client",
    "os",
    "socket",
    "ssl",
    "urllib.request",
    "urllib3",
}
PURE = """
access api_key book canary.company company cursor decision due duration entry errors explanation feed gsm history
id_token ids integration issuer keys letter limit mail me model oncall own_company own_rule page pattern
pattern.checking pattern.matching phone problem rate reply rows rule schedule scim.messages scim.patch scim.person
scim.query severity sources.cloudwatch sources.generic sources.limits stream team ticket ticket_api times url user wall
window
"""
# Those who answer requests that are validated: they alone pay for the machinery of it when they start.
VALIDATED = {
    "api_keys",
    "audit",
    "companies",
    "company",
    "integrations",
    "me",
    "oncall",
    "rules",
    "schedules",
    "severities",
    "sso",
    "teams",
    "tickets",
    "users",
}


@cache
def imports(path: Path) -> frozenset[str]:
    """Return what a file imports, anywhere in it: modules, and `module.name` for what is imported from one."""
    return frozenset(_imports(ast.parse(path.read_text(encoding="utf-8"))))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(LAYER).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in CORE}


def imported_modules(path: Path) -> set[str]:
    """Return the modules of the core that a file imports itself."""
    return {name for name in imports(path) if name in MODULES} - {"tocsin"}


@cache
def reached(path: Path) -> frozenset[str]:
    """Return the modules of the core that a file imports, itself or by way of another."""
    found: set[str] = set()
    left = imported_modules(path)
    while left:
        name = left.pop()
        found.add(name)
        left |= imported_modules(MODULES[name]) - found
    return frozenset(found)


def libraries(path: Path) -> set[str]:
    """Return what is imported from elsewhere, with all packages it is in, by a file or what it reaches."""
    names = {name for file in [path, *(MODULES[name] for name in reached(path))] for name in imports(file)}
    return {".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 2)}


def is_pure(name: str) -> bool:
    return not (reached(MODULES[name]) | {name}) & OUTSIDE and not libraries(MODULES[name]) & OUTSIDE_LIBRARIES


@pytest.mark.parametrize("name", PURE.split())
def test_a_pure_module_reaches_nothing_outside(name: str) -> None:
    assert is_pure(f"tocsin.{name}")


def test_what_is_called_outside_is_no_more_pure_than_what_imports_it() -> None:
    for name in ("store", "queues", "timers", "tickets", "opening", "escalation", "notification", "sources.sns", "api"):
        assert not is_pure(f"tocsin.{name}")


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    graph = {name: imported_modules(path) - {name} for name, path in MODULES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_one_module_alone_imports_the_aws_sdk() -> None:
    sdk = {"boto3", "botocore"}
    shipped_to_aws = [*CORE, *HANDLERS.values()]
    users = [path for path in shipped_to_aws if any(name.split(".")[0] in sdk for name in imports(path))]
    assert users == [MODULES["tocsin.aws"]]


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_knows_neither_functions_nor_infrastructure(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & {"functions", "handler", "infra", "aws_cdk", "tests"}


@pytest.mark.parametrize("function", HANDLERS)
def test_functions_do_not_import_each_other(function: str) -> None:
    foreign = {"functions", "handler", "infra", "aws_cdk", "tests"}
    assert not {name.split(".")[0] for name in imports(HANDLERS[function])} & foreign


@pytest.mark.parametrize("path", INFRA, ids=lambda path: str(path.relative_to(ROOT)))
def test_infrastructure_imports_neither_functions_nor_the_core(path: Path) -> None:
    # The OpenAPI document is generated by loading the functions' files, not by importing them.
    assert not {name.split(".")[0] for name in imports(path)} & {"functions", "handler", "tocsin"}


@pytest.mark.parametrize("function", HANDLERS)
def test_only_functions_that_validate_requests_load_the_machinery_for_it(function: str) -> None:
    path = HANDLERS[function]
    loads = "tocsin.api" in reached(path) or "aws_lambda_powertools.event_handler" in libraries(path)
    assert loads == (function in VALIDATED)


@pytest.mark.parametrize("function", HANDLERS)
def test_a_handler_says_in_its_first_line_by_what_it_is_called(function: str) -> None:
    docstring = ast.get_docstring(ast.parse(HANDLERS[function].read_text(encoding="utf-8")))
    assert docstring
    assert ":" in docstring.splitlines()[0]


def test_a_module_is_named_for_what_it_is() -> None:
    vague = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
    shipped = [path.relative_to(ROOT) for path in SHIPPED]
    assert not [path for path in shipped if vague & {*path.parts, path.stem, *path.stem.split("_")}]


def test_no_module_is_longer_than_can_be_read() -> None:
    files = [*SHIPPED, *(ROOT / "tests").rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > 400} == {}
