"""The app as it is deployed to AWS, synthesized once for all tests."""

import pytest

from app import build
from tests.infra.assembly import Assembly, Template, synthesize

CONTEXT: dict[str, object] = {
    "email_sender": "Tocsin <pages@tocsin.example.com>",
    "sms_sender": "+14255550182",
    "alarm_integration": "demo/cloudwatch",
    "sms_spend_limit": 1000,
}


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesize(build, CONTEXT, tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="session")
def app(assembly: Assembly) -> Template:
    return assembly.app


@pytest.fixture(scope="session")
def data(assembly: Assembly) -> Template:
    return assembly.data
