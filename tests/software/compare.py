"""The smallest true use of each library, on plain Python and on ropewalk, compared.

    python tests/software/compare.py [--use NAME ...] [--strict]

Promise: the status is 1 when a use that ends well on plain Python does not print the
same under `python -m ropewalk`. What cannot be installed, or does not run on plain
Python, is "skipped: ..." with the reason, and `--strict` makes that a failure too.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.software.servers import Missing
from tests.software.venv import HERE, ROOT, software

HANG_SECONDS = 90
WAYS = {"plain": (), "module": ("-m", "ropewalk")}


def _arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/software/compare.py")
    parser.add_argument("--use", nargs="+", choices=names, default=names)
    parser.add_argument(
        "--strict", action="store_true", help="what cannot be run is a failure"
    )
    return parser.parse_args()


def play(python: Path, name: str, way: str) -> tuple[int, str]:
    """One use in one way: its status, and what it printed without addresses."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ROPEWALK")}
    path = f"{python.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    try:
        done = subprocess.run(
            [str(python), *WAYS[way], str(HERE / "uses" / f"{name}.py")],
            cwd=ROOT,
            env={**kept, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=HANG_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        printed = error.output or b""
        return 1, f"{printed.decode(errors='replace')}\nhangs"
    return done.returncode, re.sub(r"0x[0-9a-f]+", "0x...", done.stdout)


def judge(python: Path, name: str) -> str:
    """What is not equal, "" when all is; Missing when plain Python fails too."""
    status, expected = play(python, name, "plain")
    if status != 0:
        last = expected.strip().splitlines()[-1:]
        raise Missing(f"on plain Python it ends with {status}: {' '.join(last)}")
    status, got = play(python, name, "module")
    if (status, got) == (0, expected):
        return ""
    theirs, ours = expected.splitlines(), got.splitlines()
    names = ("plain Python", "ropewalk")
    difference = difflib.unified_diff(theirs, ours, *names, lineterm="")
    return "\n".join((f"status {status}", *difference))


def main() -> int:
    """The command."""
    uses = tomllib.loads((HERE / "uses.toml").read_text("utf-8"))
    options = _arguments(list(uses))
    failed, skipped = [], []
    try:
        python, missing = software()
    except Missing as reason:
        print(f"skipped: all of it: {reason}")
        return 1 if options.strict else 0
    for name in options.use:
        since = time.monotonic()
        reasons = [missing[one] for one in uses[name]["wants"] if one in missing]
        try:
            if reasons:
                raise Missing(reasons[0])
            said = judge(python, name)
        except Missing as reason:
            print(f"skipped: {name}: {reason}", flush=True)
            skipped.append(name)
            continue
        seconds = time.monotonic() - since
        print(f"{'DIFFERS' if said else 'equal'}: {name}, {seconds:.1f} s", flush=True)
        if said:
            failed.append(name)
            print(said, flush=True)
    equal = len(options.use) - len(failed) - len(skipped)
    print(f"{equal} equal, {len(failed)} differ, {len(skipped)} skipped")
    return 1 if failed or (options.strict and skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
