"""A plug-in for pytest (`-p suite_record`): what became of each test, one line each.

It runs in the venv of another project, so it uses nothing of ours. The environment
says where to write (SUITE_RECORD) and, one id a line, which tests alone to run
(SUITE_ONLY), which not (SUITE_DONE) and which beginnings of ids not (SUITE_NOT).

Promise: a line is on disk before the next test starts, so that a process that dies or
hangs leaves behind which test did it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

WORST_FIRST = ("failed", "error", "expected to fail", "passed", "skipped")


def _ids(variable: str) -> list[str]:
    file = os.environ.get(variable)
    lines = Path(file).read_text("utf-8").split("\n") if file else []
    return [line for line in lines if line]


class Record:
    """Writes what pytest says of each test."""

    def __init__(self) -> None:
        # Taken away: a pytest that a test starts is another one.
        file = Path(os.environ.pop("SUITE_RECORD"))
        self.file = file.open("a", encoding="utf-8")
        self.outcomes: set[str] = set()
        self.text = ""

    def write(self, *words: str) -> None:
        self.file.write(json.dumps(words) + "\n")
        self.file.flush()

    def pytest_sessionstart(self) -> None:
        module = sys.modules.get("ropewalk")
        names = module.installed() if module else ()
        self.write("on", ",".join(names))

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        only, done = set(_ids("SUITE_ONLY")), set(_ids("SUITE_DONE"))
        refused = tuple(_ids("SUITE_NOT"))
        items[:] = [
            item
            for item in items
            if (not only or item.nodeid in only)
            and item.nodeid not in done
            and not item.nodeid.startswith(refused)
        ]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.outcomes, self.text = set(), ""
        self.write("begin", nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        outcome = report.outcome
        if outcome == "failed" and report.when != "call":
            outcome = "error"
        if hasattr(report, "wasxfail"):
            outcome = "expected to fail"
        if outcome in ("failed", "error"):
            self.text += str(report.longrepr)[-4000:]
        if report.when == "call" or outcome != "passed":
            self.outcomes.add(outcome)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        outcome = next((o for o in WORST_FIRST if o in self.outcomes), "passed")
        self.write("end", nodeid, outcome, self.text)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.write("begin", report.nodeid)
            self.write("end", report.nodeid, "error", str(report.longrepr)[-4000:])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self.write("finished", str(int(exitstatus)))


def pytest_configure(config: Any) -> None:
    """Called by pytest."""
    if "SUITE_RECORD" in os.environ:
        config.pluginmanager.register(Record(), "suite_record_of_this_run")
