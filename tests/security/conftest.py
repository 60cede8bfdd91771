"""One gateway for all tests here, and two companies behind it; every test finds them as they were filled."""

from collections.abc import Iterator

import pytest

from tests.security.companies import Companies


@pytest.fixture(scope="module")
def filled() -> Iterator[Companies]:
    with Companies() as companies:
        yield companies


@pytest.fixture
def companies(filled: Companies) -> Companies:
    filled.restore()
    return filled
