"""One step of a long command: said when it starts, timed, its output kept.

Promise: a step that succeeds prints one line; one that fails prints the end of its
output and where the whole of it is, and ends the program with status 1.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "target" / "logs"
VENV = ROOT / ".venv"

HEARTBEAT_SECONDS = 10
"""A quiet step says this often that it is still at work."""

TAIL_LINES = 300 if os.environ.get("CI") else 25
"""Enough for a compiler's last error; where nobody can open the log, more."""


def tool_environment() -> dict[str, str]:
    """The user's environment; cargo builds for the venv's Python."""
    return {
        **os.environ,
        "PYO3_PYTHON": str(VENV / "bin" / "python"),
        # Our own build backend calls maturin: it need not warn that it is not named.
        "MATURIN_NO_MISSING_BUILD_BACKEND_WARNING": "1",
    }


def run_step(
    title: str,
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> None:
    """Run quietly; on failure show the tail of the log and stop."""
    if not try_step(title, command, env, hint):
        sys.exit(1)


def try_step(
    title: str,
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> bool:
    """Run quietly; say whether it went well."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{re.sub('[^A-Za-z0-9.]+', '-', title).strip('-')}.log"
    started = time.monotonic()
    print(f"  {title} ... ", end="", flush=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env or tool_environment()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        code = wait_with_heartbeat(process, started)
    if code == 0:
        print(f"{time.monotonic() - started:.1f} s", flush=True)
        return True
    print(f"failed (status {code})", flush=True)
    lines = log.read_text(errors="replace").splitlines()
    for line in lines[-TAIL_LINES:]:
        print(f"    {line}")
    print(f"  command: {shlex.join(command)}")
    print(f"  whole output: {log.relative_to(ROOT)}")
    if hint:
        print(f"  {hint}")
    return False


def wait_with_heartbeat(process: "subprocess.Popen[bytes]", started: float) -> int:
    """Wait for the end; say the time at every heartbeat."""
    while True:
        try:
            return process.wait(timeout=HEARTBEAT_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{time.monotonic() - started:.0f} s ... ", end="", flush=True)


def show(
    title: str, command: Sequence[str], env: Mapping[str, str] | None = None
) -> bool:
    """Run with its output shown; say whether it went well and how long it took."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=dict(env or tool_environment()))
    took = time.monotonic() - started
    word = "ok" if done.returncode == 0 else f"FAILED (status {done.returncode})"
    print(f"== {title}: {word}, {took:.1f} s", flush=True)
    return done.returncode == 0


def show_side_by_side(title: str, commands: Sequence[Sequence[str]]) -> bool:
    """Run all at once, then show the output of each; say whether all went well."""
    print(f"\n== {title}, {len(commands)} at a time", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    name = re.sub("[^A-Za-z0-9.]+", "-", title).strip("-")
    logs = [LOGS / f"{name}-{number}.log" for number in range(len(commands))]
    started = time.monotonic()
    processes = []
    for command, log in zip(commands, logs, strict=True):
        with log.open("wb") as output:
            processes.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=tool_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )
    codes = [wait_with_heartbeat(process, started) for process in processes]
    print(flush=True)
    for log in logs:
        print(log.read_text(errors="replace").rstrip(), flush=True)
    failed = [code for code in codes if code != 0]
    word = f"FAILED (status {failed[0]})" if failed else "ok"
    print(f"== {title}: {word}, {time.monotonic() - started:.1f} s", flush=True)
    return not failed
