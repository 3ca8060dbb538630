"""The command: every program in every way, each in a process of its own.

    python tests/software/run.py [--program NAME ...] [--way plain install factory]

Promise: the status is 0 when every program that could be run ended well; what could
not be run is named with the reason, and `--strict` makes that a failure too.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.software.driver import HANG_SECONDS
from tests.software.servers import SERVERS, Missing

_HERE = Path(__file__).resolve().parent
ROOT = _HERE.parents[1]
PROGRAMS = sorted(file.stem for file in (_HERE / "programs").glob("[a-z]*.py"))
WAYS = ("plain", "install", "factory")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/software/run.py")
    add = parser.add_argument
    add("--program", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    add("--way", nargs="+", choices=WAYS, default=["install", "factory"])
    add("--strict", action="store_true", help="what cannot be run is a failure")
    return parser.parse_args()


def _venv() -> Path:
    """A venv with the software, and this Python's ropewalk beside it; its Python."""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    venv = ROOT / "target" / f"software-{minor}"
    python = venv / "bin" / "python"
    wanted = (_HERE / "requirements.txt").read_text("utf-8")
    installed = venv / "requirements.txt"
    if not installed.exists() or installed.read_text("utf-8") != wanted:
        make = [sys.executable, "-m", "venv", "--clear", str(venv)]
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        pip += ["--disable-pip-version-check", "-r", str(_HERE / "requirements.txt")]
        for command in (make, pip):
            if subprocess.run(command, check=False).returncode != 0:
                raise Missing(f"this failed: {' '.join(command)}")
        installed.write_text(wanted, "utf-8")
    spec = find_spec("ropewalk")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("ropewalk is not installed in this Python: make build")
    link = venv / "lib" / f"python{minor}" / "site-packages" / "ropewalk"
    link.unlink(missing_ok=True)
    link.symlink_to(spec.submodule_search_locations[0], target_is_directory=True)
    return python


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
        python = _venv()
    except Missing as reason:
        print(f"skipped: all of it: {reason}")
        return 1 if options.strict else 0
    failed: list[str] = []
    skipped: list[str] = []
    for program in options.program:
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
                verdict = "FAILED" if said else "passed"
                print(f"{verdict}: {program}, {way}, {seconds:.1f} s", flush=True)
                if said:
                    failed.append(f"{program}, {way}")
                    print(said, flush=True)
    tried = (len(options.program) - len(skipped)) * len(options.way)
    print(f"{tried - len(failed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or (options.strict and skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
