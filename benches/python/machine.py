"""What the figures depend on, and the lock that keeps timing runs apart.

Promise: nothing here names a user, a host, or a path.
"""

from __future__ import annotations

import fcntl
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from .sample import ROOT

BUSY_LOAD = 0.5
"""More than half a CPU at work before the run starts shows in the spreads."""


def facts() -> dict[str, object]:
    """Machine, interpreter, commit, date: everything a reader needs to compare."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--short=12", "HEAD") or "none",
        "uncommitted_changes": bool(_git("status", "--porcelain", "-uno")),
        "ropewalk": _version_of("ropewalk"),
        "machine": {
            "architecture": platform.machine(),
            "system": f"{platform.system()} {platform.release()}",
            "processor": _processor(),
            "cpus": cpus(),
        },
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
            "optimised": optimised(),
        },
    }


def cpus() -> int:
    """The CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def load() -> float:
    """The load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def optimised() -> str:
    """Whether the interpreter was built with profile-guided optimisation.

    Distributions that optimise their package do not always keep the option in the
    recorded configuration; for those this is an assumption, and says so.
    """
    if sysconfig.get_config_var("Py_DEBUG"):
        return "no: a debug build"
    if "--enable-optimizations" in str(sysconfig.get_config_var("CONFIG_ARGS")):
        return "yes"
    if sys.base_prefix == "/usr":
        return "yes, assumed of a distribution's package"
    return "no"


def warnings() -> list[str]:
    """What would make this run's figures doubtful, a sentence each."""
    found = []
    if load() > BUSY_LOAD:
        found.append(
            f"the load average is {load()} on {cpus()} CPUs:"
            " something else is running, expect wide spreads"
        )
    if optimised().startswith("no"):
        found.append(
            f"this Python {platform.python_version()} is not an optimised build:"
            " pure-Python code is slower here, so ratios look better than elsewhere"
        )
    return found


@contextmanager
def alone(say: Callable[[str], None]) -> Iterator[None]:
    """Hold the machine's lock for timing runs; wait for another run to end."""
    path = Path(tempfile.gettempdir()) / f"ropewalk-benches-{os.getuid()}.lock"
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another timing run to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return next(names, "unknown").strip()


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
