"""Shared by all tests: which implementations a test runs on.

Promise: a ropewalk that is not built is an error, never a skip. With
ROPEWALK_TEST_STDLIB_ONLY=1 the tests check themselves on the standard library. Runs
with the same --share folder run each test file once between them.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option instead of a plugin that shares tests out among its own threads.

    Such a thread would be there in every test that forks or that counts threads.
    """
    parser.addoption(
        "--share",
        type=Path,
        metavar="FOLDER",
        help="leave out the test files that another run with this folder has taken",
    )


class _Share:
    """What of the tests is this run's: a file is taken by the first who comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _take(self, file: Path) -> bool:
        name = "-".join(file.parts[1:])
        try:
            descriptor = os.open(self._folder / name, os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return False
        os.close(descriptor)
        return True

    def _mine(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        """Take a file when its turn comes, and not before."""
        for file, tests in itertools.groupby(items, key=lambda item: item.path):
            if self._take(file):
                yield from tests

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run what is ours; each test is told which one of ours comes next."""
        if session.testsfailed or session.config.option.collectonly:
            return None
        mine = self._mine(session.items)
        item = next(mine, None)
        while item is not None:
            following = next(mine, None)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            item = following
        return True


def pytest_configure(config: pytest.Config) -> None:
    """Markers of these tests, so that --strict-markers holds in any set-up."""
    config.addinivalue_line(
        "markers",
        "differs(reason): passes on the standard library and, by a difference that "
        "docs/compat.md lists, fails on ropewalk",
    )
    folder = config.getoption("share")
    if folder is not None:
        config.pluginmanager.register(_Share(folder))
