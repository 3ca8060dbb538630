"""The command: every program in every way, each in a process of its own.

    python tests/software/run.py [--program NAME ...] [--way plain install factory]

Promise: the status is 0 when every program that could be run ended well; what could
not be run, or fails on plain Python too, is named with the reason, and `--strict`
makes that a failure too.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.software.driver import HANG_SECONDS
from tests.software.servers import SERVERS, Missing
from tests.software.venv import HERE, ROOT, lacks, software

PROGRAMS = sorted(file.stem for file in (HERE / "programs").glob("[a-z]*.py"))
WAYS = ("plain", "install", "factory")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/software/run.py")
    add = parser.add_argument
    add("--program", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    add("--way", nargs="+", choices=WAYS, default=["install", "factory"])
    add("--strict", action="store_true", help="what cannot be run is a failure")
    return parser.parse_args()


def _play(python: Path, program: str, way: str, more: dict[str, str]) -> str:
    """One program in one way; "" when it ended well, else what it said."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ROPEWALK")}
    try:
        done = subprocess.run(
            [str(python), "-m", "tests.software.driver", program, way],
            cwd=ROOT,
            env={**environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=HANG_SECONDS * 2,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return f"hangs, and so does its watchdog\n{error.output or ''}"
    if done.returncode == 0:
        return ""
    return f"status {done.returncode}\n{done.stdout[-5000:]}"


def main() -> int:
    """The command."""
    options = _arguments()
    try:
        python, missing = software()
    except Missing as reason:
        print(f"skipped: all of it: {reason}")
        return 1 if options.strict else 0
    passed, failed = 0, []
    skipped: list[str] = []
    for program in options.program:
        if lack := lacks(HERE / "programs" / f"{program}.py", missing):
            print(f"skipped: {program}: {lack}", flush=True)
            skipped.append(program)
            continue
        with contextlib.ExitStack() as stack:
            more = {}
            if program in SERVERS:
                try:
                    more = dict(stack.enter_context(SERVERS[program]()))
                except Missing as reason:
                    print(f"skipped: {program}: {reason}", flush=True)
                    skipped.append(program)
                    continue
            for way in options.way:
                since = time.monotonic()
                said = _play(python, program, way, more)
                seconds = time.monotonic() - since
                if said and _play(python, program, "plain", more):
                    last = said.strip().splitlines()[-1]
                    print(f"skipped: {program}: fails on plain Python too: {last}")
                    skipped.append(program)
                    break
                verdict = "FAILED" if said else "passed"
                print(f"{verdict}: {program}, {way}, {seconds:.1f} s", flush=True)
                passed += not said
                if said:
                    failed.append(f"{program}, {way}")
                    print(said, flush=True)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or (options.strict and skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
