"""Shared by all tests: which implementations a test runs on.

Promise: a ropewalk that is not built is an error, never a skip. With
ROPEWALK_TEST_STDLIB_ONLY=1 the tests check themselves on the standard library.
"""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Markers of these tests, so that --strict-markers holds in any set-up."""
    config.addinivalue_line(
        "markers",
        "differs(reason): passes on the standard library and, by a difference that "
        "docs/compat.md lists, fails on ropewalk",
    )
