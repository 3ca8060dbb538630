"""A child that outlives its event loop ends, or lives, as under plain Python."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from .running import Outcome, ropewalk, run, write

# The child has no output of the test's own, which would have to wait for it.
PROGRAM = """
    import asyncio, gc, os, signal, subprocess, sys

    PIPES = [int(digit) for digit in sys.argv[1]]
    kept = []

    async def main():
        names = ("stdin", "stdout", "stderr")
        ways = {
            name: subprocess.PIPE if number in PIPES else subprocess.DEVNULL
            for number, name in enumerate(names)
        }
        child = await asyncio.create_subprocess_exec("sleep", "1000", **ways)
        if "keep" in sys.argv:
            kept.append(child)
        return child.pid

    print(pid := asyncio.run(main()))
    if not kept:
        gc.collect()
    state = ""
    try:
        # Somebody who was just killed takes a moment to end; who lives stops.
        os.kill(pid, signal.SIGSTOP)
        while state not in ("T", "Z", "X"):
            with open(f"/proc/{pid}/stat") as status:
                state = status.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it was waited for
        pass
    print("lives" if state == "T" else "ended")
"""


def what_became_of(outcome: Outcome) -> tuple[str, bool, int, int]:
    """What the program saw, whether the child lives after it, complaints, status."""
    pid, seen = outcome.words
    lives = False
    # Where nobody waits for orphans, one that has ended stays there.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        lives = status.rpartition(")")[2].split()[0] not in "ZX"
        os.kill(int(pid), signal.SIGKILL)
    return seen, lives, outcome.err.count("Exception ignored"), outcome.status


@pytest.mark.parametrize("pipes", ["", "1", "012"], ids=["none", "one", "three"])
@pytest.mark.parametrize("kept", [(), ("keep",)], ids=["let go", "kept"])
def test_a_child_that_outlives_its_loop(
    tmp_path: Path, pipes: str, kept: tuple[str, ...]
) -> None:
    write(tmp_path / "program.py", PROGRAM)
    words = ("program.py", pipes, *kept)
    plain = what_became_of(run(*words, cwd=tmp_path))
    assert what_became_of(ropewalk(*words, cwd=tmp_path)) == plain
