"""A unittest result that writes each start and each end down at once.

Promise: what is in the journal happened; a process that dies loses at most the test
it was in. A test's outcome is the worst of what it and its subtests reported.
"""

import json
import os
import sys
import time
import unittest
from types import TracebackType
from typing import Any

_Info = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)
_WORSE = {"pass": 0, "skip": 1, "fail": 2, "error": 3}


class Journal:
    """Appends one JSON line per event; silent in a forked child."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._process = os.getpid()
        # Tests replace functions of `os`; keep the true ones.
        self._open, self._write, self._close = os.open, os.write, os.close
        self._who = os.getpid

    def write(self, event: str, **facts: Any) -> None:
        """Append one event."""
        if self._who() != self._process:
            return
        line = json.dumps({"event": event, **facts}) + "\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = self._open(self._path, flags, 0o644)
        try:
            self._write(descriptor, line.encode())
        finally:
            self._close(descriptor)


class Recorder(unittest.TestResult):
    """Turns unittest's calls into journal events."""

    def __init__(self, journal: Journal, names: dict[int, str]) -> None:
        super().__init__()
        self._journal = journal
        self._names = names
        self._clock = time.monotonic
        self.running: str | None = None
        self._outcome: str | None = None

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.running = self._names.get(id(test), test.id())
        self._outcome, self._note, self._since = None, "", self._clock()
        self._journal.write("start", id=self.running)

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        # Without any outcome it was cut off: KeyboardInterrupt passes through here.
        if self.running is not None and self._outcome is not None:
            spent = round(self._clock() - self._since, 3)
            self._end(self.running, self._outcome, spent, self._note)
            self.running = None

    def _end(self, name: str, outcome: str, spent: float, note: str) -> None:
        self._journal.write("end", id=name, outcome=outcome, seconds=spent, note=note)

    def _add(self, test: Any, outcome: str, note: str = "") -> None:
        if self.running is not None:
            if self._outcome is None or _WORSE[outcome] > _WORSE[self._outcome]:
                self._outcome, self._note = outcome, note
        elif id(test) in self._names:
            # Python 3.12.1 reports a decorated skip without starting the test.
            self._end(self._names[id(test)], outcome, 0.0, note)
        else:
            self._journal.write("fixture", id=test.id(), outcome=outcome, note=note)

    def _told(self, test: Any, info: _Info) -> str:
        try:
            text: str = self._exc_info_to_string(  # type: ignore[attr-defined]
                info, getattr(test, "test_case", test)
            )
        except Exception:
            text = repr(info[1])
        sys.stderr.write(f"\n=== {test.id()}\n{text}\n")
        last = [line.strip() for line in text.strip().splitlines()[-3:]]
        return " | ".join(last)[-400:]

    def addSuccess(self, test: unittest.TestCase) -> None:
        self._add(test, "pass")

    def addError(self, test: unittest.TestCase, err: _Info) -> None:
        self._add(test, "error", self._told(test, err))

    def addFailure(self, test: unittest.TestCase, err: _Info) -> None:
        self._add(test, "fail", self._told(test, err))

    def addSubTest(
        self, test: unittest.TestCase, subtest: unittest.TestCase, err: _Info | None
    ) -> None:
        if err is not None and err[0] is not None:
            failed = issubclass(err[0], test.failureException)
            self._add(test, "fail" if failed else "error", self._told(subtest, err))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self._add(test, "skip", str(reason)[:200])

    def addExpectedFailure(self, test: unittest.TestCase, err: _Info) -> None:
        self._add(test, "pass")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self._add(test, "fail", "passed although marked as an expected failure")
