"""One run of a project's tests in one way, whatever befalls its processes.

Promise: each test that was chosen has an outcome in the end. One that kills its process
or hangs in it is "died" or "hung", and the rest goes on in a new process.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from tests.software.suite_places import Missing, Suite

TEST_SECONDS = 100
"""One test may take this long; the slowest, one of loky's, takes half of it."""

PROCESSES = 12
"""So many times a run goes on after a test that ended its process."""

CONFIGURATIONS = ("pyproject.toml", "pytest.ini", "setup.cfg")

AFTER = "(after the last test)"
"""Stands for a test's id when a process dies while it ends."""

BAD = ("failed", "error", "died", "hung")


@dataclass
class Run:
    """Outcomes by test id, and what failed tests said."""

    outcomes: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def bad(self) -> set[str]:
        """The ids of what did not go well."""
        return {name for name, outcome in self.outcomes.items() if outcome in BAD}

    def count(self, *outcomes: str) -> int:
        """How many tests ended so."""
        return sum(outcome in outcomes for outcome in self.outcomes.values())


def play(suite: Suite, way: str, only: Collection[str] = ()) -> Run:
    """Run all of a suite's tests, or `only` these, in one way."""
    run = Run()
    since = time.monotonic()
    end = since + suite.seconds
    for _ in range(PROCESSES):
        if _one_process(suite, way, only, run, end - time.monotonic()):
            break
    run.seconds = time.monotonic() - since
    return run


def _one_process(
    suite: Suite, way: str, only: Collection[str], run: Run, seconds: float
) -> bool:
    """Add to `run`; whether that was all of it."""
    with tempfile.TemporaryDirectory(prefix="suite-") as folder:
        lists = {
            "SUITE_ONLY": only,
            "SUITE_DONE": run.outcomes,
            "SUITE_NOT": suite.deselected,
        }
        environment = _environment(suite, way)
        environment["SUITE_RECORD"] = str(Path(folder, "record"))
        for name, ids in lists.items():
            Path(folder, name).write_text("\n".join(ids), "utf-8")
            environment[name] = str(Path(folder, name))
        code, output = _pytest(suite, way, environment, seconds)
        record = Path(folder, "record")
        lines = record.read_text("utf-8").splitlines() if record.exists() else []
        return _read(run, way, [json.loads(line) for line in lines], code, output)


def _environment(suite: Suite, way: str) -> dict[str, str]:
    ours = ("ROPEWALK", "PYTEST", "PYTHON", "VIRTUAL_ENV", "CI")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    kept["PATH"] = f"{suite.python.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    if way == "environment":
        kept["ROPEWALK"] = "1"
    return {**kept, **suite.environment}


def _pytest(
    suite: Suite, way: str, environment: dict[str, str], seconds: float
) -> tuple[int, str]:
    front = ["-m", "ropewalk"] if way == "module" else []
    # The order is the files'; a hang ends the process with every thread's stack.
    configuration = next(
        (name for name in suite.files if name in CONFIGURATIONS), os.devnull
    )
    common = ["-c", configuration, "--rootdir=.", "-q", "-rN", "-p", "no:cacheprovider"]
    common += ["-p", "suite_prelude", "-p", "suite_record"]
    common += ["-o", f"faulthandler_timeout={TEST_SECONDS}"]
    common += ["-o", "faulthandler_exit_on_timeout=true"]
    common += ["--continue-on-collection-errors"]
    words = [str(suite.python), *front, "-m", "pytest", *common, *suite.arguments]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            words,
            cwd=suite.tests,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(max(seconds, 1))
        except subprocess.TimeoutExpired:
            code = -signal.SIGALRM
        finally:
            # What a test left behind goes with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")[-6000:]


def _read(run: Run, way: str, lines: list[list[str]], code: int, output: str) -> bool:
    begun, finished = None, False
    for kind, *words in lines:
        if kind == "on":
            if bool(words[0]) == (way == "plain"):
                raise AssertionError(f"{way}, but ropewalk took charge of: {words[0]}")
        elif kind == "begin":
            begun = words[0]
        elif kind == "end":
            name, outcome, text = words
            run.outcomes[name] = outcome
            if text:
                run.said[name] = text
            begun = None
        else:
            finished = True
    if finished and begun is None and run.outcomes:
        return True
    if not run.outcomes and begun is None:
        raise Missing(f"pytest, status {code}, ran nothing: {output}")
    begun = begun or AFTER
    run.outcomes[begun] = "hung" if "Timeout (" in output else "died"
    run.said[begun] = f"status {code}\n{output}"
    # Out of time for all of them together: there is no going on.
    return code == -signal.SIGALRM
