"""Runs a program that hangs, asks it for a report, reads its stderr as it comes.

Promise: a program that never says what is expected fails its test within the
watchdog's time, with all it said; it is always ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from types import TracebackType

WATCHDOG_SECONDS = 20.0

# Takes the place of a script's empty first line: from here on the signal may come.
READY = "print('ready')\n"

# The main thread's stack is the last one, and this is the end of it.
END = "in _run_module_as_main\n"

HEAD = "ropewalk: who waits for what in process "


class Program:
    """A script in a process of its own; `with` ends it."""

    def __init__(
        self,
        source: str,
        env: Mapping[str, str] | None = None,
        words: tuple[str, ...] = ("-m", "ropewalk"),
    ) -> None:
        bare = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ROPEWALK", "PYTHON", "COVERAGE"))
        }
        self._process = subprocess.Popen(
            [
                sys.executable,
                *words,
                "-c",
                READY + textwrap.dedent(source).removeprefix("\n"),
            ],
            env={**bare, "PYTHONUNBUFFERED": "1", **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._said = {"out": "", "err": ""}

    def __enter__(self) -> Program:
        try:
            self.until("ready\n", stream="out")
        except BaseException:
            self._end()
            raise
        self._said["out"] = self._said["out"].removeprefix("ready\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its children too
        self._process.communicate()

    def ask(self) -> None:
        """Send the signal that asks for a report."""
        self._process.send_signal(signal.SIGQUIT)

    def report(self, expected: str) -> str:
        """Ask again and again until a report has `expected` in it; return that one."""
        end = time.monotonic() + WATCHDOG_SECONDS
        while True:
            before, stacks = len(self.err), self.err.count(END)
            self.ask()
            # The stacks come when the main thread runs Python code. If a signal caught
            # it on its way into a system call, only the next one gets it out of there.
            while not self._has_said(END, stacks + 1, "err", seconds=1.0):
                assert self._process.poll() is None, f"ended: {self._said}"
                assert time.monotonic() < end, f"never said {END!r}: {self._said}"
                self.ask()
            # Whoever asked twice may have been told twice before the stacks came.
            told = self.err[before : self.err.rindex(END)]
            last = told[max(told.rfind(HEAD), 0) :] + END
            if expected in last:
                return last
            assert time.monotonic() < end, f"never said {expected!r}: {self._said}"

    def has_ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def end_input(self) -> None:
        """Let the program know that it may end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None

    def write_line(self) -> None:
        """Let the program's next readline() return."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()

    def until(self, text: str, *, count: int = 1, stream: str = "err") -> str:
        """Return all that the stream said, once `text` stands in it `count` times."""
        if not self._has_said(text, count, stream, seconds=WATCHDOG_SECONDS):
            raise AssertionError(f"never said {text!r}: {self._said}")
        return self._said[stream]

    def _has_said(self, text: str, count: int, stream: str, seconds: float) -> bool:
        source = self._process.stderr if stream == "err" else self._process.stdout
        assert source is not None
        end = time.monotonic() + seconds
        while self._said[stream].count(text) < count:
            left = end - time.monotonic()
            ready = left > 0 and select.select([source], [], [], left)[0]
            more = os.read(source.fileno(), 65536) if ready else b""
            if not more:
                return False
            self._said[stream] += more.decode()
        return True

    def status(self) -> int:
        """How it ended."""
        out, err = self._process.communicate(timeout=WATCHDOG_SECONDS)
        self._said["out"] += out.decode()
        self._said["err"] += err.decode()
        return self._process.returncode

    @property
    def out(self) -> str:
        """What it said on stdout so far."""
        return self._said["out"]

    @property
    def err(self) -> str:
        """What it said on stderr so far."""
        return self._said["err"]
