"""Starts scenarios in processes of their own and says how each ended.

Promise: nothing of a scenario outlives its round, and a failure names its seed and
the command that repeats it.
"""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.stress.scenario import HANG_SECONDS

ROOT = Path(__file__).resolve().parents[2]
_FILES = Path(__file__).resolve().with_name("scenarios").glob("[a-z]*.py")
NAMES = tuple(sorted(file.stem for file in _FILES))


@dataclass(frozen=True)
class Round:
    """One process: what it was told, and how it ended."""

    name: str
    seed: int
    impl: str
    status: int
    output: str

    @property
    def clean(self) -> bool:
        """Ended by itself, well, and silently."""
        return self.status == 0 and not self.output

    def told(self) -> str:
        """What a reader needs in order to see it again."""
        command = f"python -m tests.stress.scenario {self.name} --seed {self.seed}"
        return (
            f"{self.name}: status {self.status}; again with\n"
            f"  {command} --impl {self.impl}\n{self.output[-6000:]}"
        )


def play(name: str, seed: int, impl: str) -> Round:
    """One round."""
    words = ["-m", "tests.stress.scenario", name, "--seed", str(seed), "--impl", impl]
    # Forking with threads is what some scenarios are for; 3.12 and newer warn of it.
    quiet = ["-W", "ignore::DeprecationWarning"]
    process = subprocess.Popen(
        [sys.executable, *quiet, *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        # The scenario has a watchdog of its own, which tells more; this one is for
        # processes that cannot run it any more.
        output, _ = process.communicate(timeout=HANG_SECONDS * 2)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        output = "the watchdog of the scenario did not run\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            output += process.communicate(timeout=5)[0]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Round(name, seed, impl, process.returncode, output)
