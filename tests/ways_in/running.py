"""Runs small programs, plain and under ropewalk, each with a watchdog.

Promise: a program that hangs fails its test; the environment of the child holds
nothing of ROPEWALK or PYTHON but what the test gives.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WATCHDOG_SECONDS = 25

# Says whether the class that `import queue` gives is ropewalk's.
IS_OURS = (
    "(__import__('queue').Queue is"
    " getattr(__import__('sys').modules.get('ropewalk.queue'), 'Queue', 0))"
)


@dataclass(frozen=True)
class Outcome:
    """What can be seen of a process from outside."""

    status: int
    out: str
    err: str

    @property
    def words(self) -> list[str]:
        return self.out.split()


def run(
    *words: str,
    cwd: Path,
    flags: Sequence[str] = (),
    stdin: str = "",
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Run ``python *flags *words`` in `cwd`."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ROPEWALK", "PYTHON", "COVERAGE"))
    }
    done = subprocess.run(
        [sys.executable, *flags, *words],
        cwd=cwd,
        env={**bare, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=WATCHDOG_SECONDS,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def ropewalk(
    *words: str,
    cwd: Path,
    flags: Sequence[str] = (),
    stdin: str = "",
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Run ``python *flags -m ropewalk *words`` in `cwd`."""
    return run("-m", "ropewalk", *words, cwd=cwd, flags=flags, stdin=stdin, env=env)


def same(*words: str, cwd: Path, flags: Sequence[str] = (), stdin: str = "") -> Outcome:
    """Run it both ways, check that they cannot be told apart, return one."""
    plain = run(*words, cwd=cwd, flags=flags, stdin=stdin)
    under = ropewalk(*words, cwd=cwd, flags=flags, stdin=stdin)
    assert _settled(under) == _settled(plain)
    return under


def _settled(outcome: Outcome) -> Outcome:
    """Take out what differs from run to run: addresses."""
    return Outcome(
        outcome.status,
        re.sub(r"0x[0-9a-f]+", "0x...", outcome.out),
        re.sub(r"0x[0-9a-f]+", "0x...", outcome.err),
    )


def write(path: Path, source: str) -> Path:
    """Write a program, without its common indentation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source).lstrip("\n"), encoding="utf-8")
    return path
