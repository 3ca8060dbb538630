"""Runs one test module to its end: a child process, and a fresh one after each death.

Promise: every planned test id has one outcome. A test without progress for too long
is a "hang" (its stacks are dumped, then its process group is killed), a test whose
process died is a "crash", and the rest goes on in a fresh process. Whether the
process then also ends by itself, with status 0, is a counted test of its own.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cpython import leftovers
from tests.cpython.sandbox import Sandbox

EXIT_ID = "::interpreter exit"
_CHILD = Path(__file__).resolve().with_name("child.py")
_NOT_PASSED_ON = ("PYTHON", "ROPEWALK")
_LAST_WORDS = 2500


class Stopped(Exception):
    """The run was told to stop."""


@dataclass(frozen=True)
class Order:
    """What one child has to do; the same for both implementations."""

    group: str
    module: str
    must: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Limits:
    """Seconds without progress that make a hang, and deaths that end a module."""

    test: float = 120.0
    exit: float = 60.0
    deaths: int = 25


@dataclass
class Outcome:
    """pass, skip, fail, error, hang, crash, lost or stock; and why."""

    kind: str
    seconds: float = 0.0
    note: str = ""


@dataclass
class ModuleResult:
    """What became of one module."""

    order: Order
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    proofs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


class _Child:
    """One process and its journal."""

    def __init__(
        self, sandbox: Sandbox, folder: Path, order: Order, finished: list[str]
    ) -> None:
        folder.mkdir(parents=True)
        self._console = folder / "console.txt"
        self._journal = folder / "journal.jsonl"
        self._place = folder / "cwd"
        self._place.mkdir()
        self._read = 0
        self.last_progress = time.monotonic()
        paper = folder / "order.json"
        facts = {**vars(order), "journal": str(self._journal), "finished": finished}
        paper.write_text(json.dumps(facts), "utf-8")
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_NOT_PASSED_ON)
        }
        with self._console.open("wb") as console:
            self.process = subprocess.Popen(
                [str(sandbox.python), "-u", str(_CHILD), str(paper)],
                cwd=self._place,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )

    def events(self) -> list[dict[str, Any]]:
        """The whole lines written since the last call."""
        try:
            with self._journal.open("rb") as journal:
                journal.seek(self._read)
                text = journal.read()
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        if whole:
            self.last_progress = time.monotonic()
        return [json.loads(line) for line in whole.splitlines()]

    def last_words(self) -> str:
        """The end of what the child wrote: a crash's or a hang's stacks."""
        text = self._console.read_text("utf-8", "replace")
        return text[-_LAST_WORDS:]

    def dump_and_end(self) -> None:
        """Every thread's stack goes to the console, then the group ends."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(3)

    def close(self) -> None:
        """Leave nothing of this child running, nor its working folder."""
        leftovers.end_session(self.process.pid)
        self.process.wait()
        leftovers.end_all(self._place)
        shutil.rmtree(self._place, ignore_errors=True)


class ModuleRun:
    """Drives the children of one module."""

    def __init__(
        self,
        sandbox: Sandbox,
        order: Order,
        limits: Limits,
        stop: threading.Event,
        taken_as: dict[str, Outcome] | None = None,
    ) -> None:
        """`taken_as`: outcomes that are known; these tests are not run."""
        self._sandbox, self._limits, self._stop = sandbox, limits, stop
        kind = "ropewalk" if sandbox.ropewalk else "stdlib"
        alone = "alone-" if order.only else ""
        self._folder = sandbox.folder / "runs" / f"{alone}{kind}-{order.module}"
        self._plan: list[str] | None = None
        self._running: str | None = None
        self._ended = self._broken = False
        self._abort = ""
        self._fixtures: list[dict[str, Any]] = []
        self.result = ModuleResult(order, dict(taken_as or {}))

    def run(self) -> ModuleResult:
        """Children until every planned test has its outcome."""
        since = time.monotonic()
        for count in range(self._limits.deaths + 1):
            self._one_child(count)
            left = [i for i in self._plan or () if i not in self.result.outcomes]
            if self._ended or self._plan is None or not left:
                break
        else:
            self.result.notes.append(f"gave up after {self._limits.deaths} deaths")
        self._settle()
        self.result.seconds = round(time.monotonic() - since, 1)
        return self.result

    def _one_child(self, count: int) -> None:
        self._running, self._ended, self._abort = None, False, ""
        child = _Child(
            self._sandbox,
            self._folder / str(count),
            self.result.order,
            list(self.result.outcomes),
        )
        try:
            hung = self._watch(child)
        finally:
            child.close()
        for event in child.events():
            self._take(event)
        self._conclude(child, hung=hung)

    def _watch(self, child: _Child) -> bool:
        """True when the child had to be ended."""
        while True:
            over = child.process.poll() is not None
            for event in child.events():
                self._take(event)
            if over:
                return False
            if self._stop.is_set():
                raise Stopped
            limit = self._limits.exit if self._ended else self._limits.test
            if time.monotonic() - child.last_progress > limit:
                child.dump_and_end()
                return True
            self._stop.wait(0.05)

    def _take(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "plan":
                self._plan = self._plan or event["ids"]
            case "proof":
                self.result.proofs.append(event)
            case "start":
                self._running = event["id"]
            case "end":
                self._running = None
                self.result.outcomes[event["id"]] = Outcome(
                    event["outcome"], event["seconds"], event["note"]
                )
            case "fixture":
                self._fixtures.append(event)
            case "module":
                self._broken = event["outcome"] != "skip"
                self._set(self.result.order.module, event["outcome"], event["note"])
            case "abort":
                self._abort = event["note"]
            case "done":
                self._ended = True

    def _set(self, test_id: str, kind: str, note: str) -> None:
        self.result.outcomes[test_id] = Outcome(kind, 0.0, note)

    def _conclude(self, child: _Child, *, hung: bool) -> None:
        status = child.process.returncode
        console = child.last_words()
        kind = "hang" if hung else "error" if self._abort else "crash"
        why = self._abort or ("no progress" if hung else f"exit status {status}")
        exit_id = self.result.order.module + EXIT_ID
        if self._ended:
            if self._broken:
                return
            clean = status == 0 and not hung
            note = "" if clean else f"{why}\n{console}"
            self._set(exit_id, "pass" if clean else kind, note)
        elif self._running is not None:
            self._set(self._running, kind, f"{why}\n{console}")
        elif self._plan is None:
            self._set(exit_id, kind, f"before its plan: {why}\n{console}")
        else:
            left = [i for i in self._plan if i not in self.result.outcomes]
            victim = left[0] if left else exit_id
            self._set(victim, kind, f"between two tests: {why}\n{console}")

    def _settle(self) -> None:
        """Tests that never started belong to a fixture, or are lost."""
        for test_id in self._plan or ():
            if test_id in self.result.outcomes:
                continue
            self._set(test_id, "lost", "never ran")
            for event in self._fixtures:
                scope = event["id"].partition("(")[2].rstrip(")")
                if test_id.startswith(f"{scope}.") or test_id == scope:
                    self._set(test_id, event["outcome"], event["note"])
